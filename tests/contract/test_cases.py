"""Posts of kinds that people reported, from a network's own format to the keys that are counted.

CASES names another folder of such posts.
"""

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.environment import SettingsError
from ingest.fields import Context
from ingest.kafka.publisher import encode
from ingest.message import Rejection
from ingest.sources.archive.formats import parse_record
from ingest.sources.archive.source import ReplaySource
from ingest.sources.bluesky.parse import parse_item
from ingest.sources.mastodon.parse import is_public, parse_status
from ingest.sources.x.parse import parse_v1, parse_v2
from trends.extract.message import hashtags_of, parse
from trends.settings import Settings

CASES = Path(os.environ.get("CASES") or Path(__file__).parents[1] / "cases")
POSTS = json.loads((CASES / "posts.json").read_text(encoding="utf-8"))
CONTEXT, NOW = Context("x", b"salt"), datetime(2026, 12, 1, tzinfo=UTC)


ARCHIVES = {
    "array-oneline.json": {"onelinearray"},
    "array-pretty.json": {"prettyarray"},
    "semicolon.js": {"semi"},
    "tweets-part1.js": {"parttwo"},
    "tweets-cat.js": {"partone", "parttwo"},
    "tweets-long.js": {"photography", "endoftext"},
}


def item_with(tags: list[str]) -> dict[str, Any]:
    """An item of a Bluesky timeline with these tags as facets."""
    facets = [
        {"features": [{"$type": "app.bsky.richtext.facet#tag", "tag": tag}], "index": {}}
        for tag in tags
    ]
    record = {"$type": "app.bsky.feed.post", "text": "words", "facets": facets}
    post = {
        "uri": "at://did:plc:a/app.bsky.feed.post/1",
        "author": {"did": "did:plc:a"},
        "indexedAt": "2026-11-28T01:00:00.000Z",
        "record": record,
    }
    return {"post": post}


def from_status(status: object) -> Any:
    return parse_status(status, CONTEXT, NOW) if is_public(status) else None


READ = {
    "X v2 object": lambda given: parse_v2(given, CONTEXT, NOW),
    "X v1.1 object": lambda given: parse_v1(given, CONTEXT, NOW),
    "JSON line": lambda given: parse_record(given, CONTEXT, NOW),
    "Mastodon status": from_status,
    "Bluesky facets": lambda given: parse_item(item_with(given), CONTEXT, NOW),
}


@pytest.mark.parametrize("case", POSTS, ids=lambda case: case["case"])
def test_a_post_has_just_its_tags(case: dict[str, Any]) -> None:
    made = READ[case["as"]](case["input"])
    assert not isinstance(made, Rejection)
    keys = {} if made is None else hashtags_of(parse(encode(made)))[0]
    hidden = Settings.from_environment(case.get("setting", {})).hidden
    assert [key for key in keys if key not in hidden] == case["tags"]
    if "spelling" in case:
        assert list(keys.values()) == [case["spelling"]]


def keys_of(path: Path) -> set[str]:
    """The keys of all posts of a file, none of which may be set aside."""
    source, keys = ReplaySource(path, path.name, 0, b"salt"), set[str]()
    batch = source.fetch(None)
    source.close()
    assert batch.finished and batch.rejected == []
    for each in batch.messages:
        keys |= set(hashtags_of(parse(encode(each)))[0])
    return keys


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_has_just_its_tags(name: str, caplog: pytest.LogCaptureFixture) -> None:
    assert keys_of(CASES / "archives" / name) == ARCHIVES[name]
    assert [each.getMessage() for each in caplog.records if each.levelname != "INFO"] == []


def test_the_beginning_of_a_long_post_has_no_tag_that_nobody_wrote(tmp_path: Path) -> None:
    alone = shutil.copy(CASES / "archives/tweets-long.js", tmp_path)
    assert keys_of(Path(alone)) == set()


def test_another_encoding_is_refused_before_anything_is_set_aside() -> None:
    with pytest.raises(SettingsError, match="UTF-16"):
        keys_of(CASES / "archives/utf16.jsonl")
