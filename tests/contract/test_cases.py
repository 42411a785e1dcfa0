"""Posts of kinds that people reported, from a network's own format to the keys that are counted.

CASES names another folder of such posts.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest import message
from ingest.fields import Context
from ingest.kafka.publisher import encode
from ingest.sources.mastodon.parse import is_public
from trends.extract.message import hashtags_of, parse
from trends.settings import Settings

CASES = Path(os.environ.get("CASES") or Path(__file__).parents[1] / "cases")
POSTS = json.loads((CASES / "posts.json").read_text(encoding="utf-8"))
CONTEXT, NOW = Context("x", b"salt"), datetime(2026, 12, 1, tzinfo=UTC)


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
    return message.from_mastodon(status, CONTEXT, NOW) if is_public(status) else None


READ = {
    "X v2 object": lambda given: message.from_x(given, CONTEXT, NOW),
    "X v1.1 object": lambda given: message.from_v1(given, CONTEXT, NOW),
    "JSON line": lambda given: message.from_any(given, CONTEXT, NOW),
    "Mastodon status": from_status,
    "Bluesky facets": lambda given: message.from_bluesky(item_with(given), CONTEXT, NOW),
}


@pytest.mark.parametrize("case", POSTS, ids=lambda case: case["case"])
def test_a_post_has_just_its_tags(case: dict[str, Any]) -> None:
    made = READ[case["as"]](case["input"])
    assert not isinstance(made, message.Rejection)
    keys = {} if made is None else hashtags_of(parse(encode(made)))[0]
    hidden = Settings.from_environment(case.get("setting", {})).hidden
    assert [key for key in keys if key not in hidden] == case["tags"]
    if "spelling" in case:
        assert list(keys.values()) == [case["spelling"]]
