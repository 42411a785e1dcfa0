"""The feed of the sources' run: ingest makes of its posts just what it expects."""

import pytest

from chaos.sources import MODES, NETWORKS, SETTINGS, Feed
from fakes import bluesky, mastodon, x
from fakes.server import Double, Serving
from ingest.settings import read_settings
from ingest.sources import make_source
from support.oracle import hashtags
from support.stack import Json

URLS = {"x": "X_API_URL", "mastodon": "MASTODON_URL", "bluesky": "BLUESKY_URL"}
DOUBLES: dict[str, type[Double]] = {
    "x": x.XDouble,
    "mastodon": mastodon.MastodonDouble,
    "bluesky": bluesky.BlueskyDouble,
}


def found(message: Json) -> list[str]:
    """The hashtags of a message, which may be in its text alone."""
    given: list[str] | None = message["hashtags"]
    return hashtags(message["text"]) if given is None else given


@pytest.mark.parametrize("name", NETWORKS)
def test_ingest_makes_of_the_posts_what_is_expected(name: str) -> None:
    feed = Feed(1)
    with Serving(DOUBLES[name]()) as served:
        served.double.settings(MODES[name])
        served.double.add(feed.posts(name, 400))
        settings = read_settings({**SETTINGS, URLS[name]: served.url, "FIRST_POSTS": "1000"})
        source = make_source(name, settings.sources[name], settings.common)
        batches = [source.fetch(None)]
        while not batches[-1].wait:
            batches.append(source.fetch(batches[-1].cursor))
        source.close()
    messages = [message for batch in batches for message in batch.messages]
    rejected = sum(len(batch.rejected) for batch in batches)
    skipped = sum(batch.private_skipped for batch in batches)
    assert rejected == feed.malformed[name] > 0
    assert skipped > 0 or name == "x"
    assert len(messages) + rejected + skipped == 400
    expected = sorted((each["created_at"], each["hashtags"]) for each in feed.expected)
    made = [(each["created_at"], found(each)) for each in messages]
    assert sorted(made) == expected
    authors = {each["author"] for each in feed.expected}
    assert len({each["author"] for each in messages}) == len(authors)
