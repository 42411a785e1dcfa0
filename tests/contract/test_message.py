"""The Kafka message and the quarantine entry: the examples, and what ingest writes."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from fakes import bluesky, mastodon
from fakes.server import Serving
from fakes.x import CREDENTIALS, XDouble
from ingest.kafka.publisher import encode
from ingest.message import quarantine
from ingest.settings import read_settings
from ingest.sources.archive.source import ReplaySource
from ingest.sources.bluesky.source import BlueskySource
from ingest.sources.demo.source import DemoSource
from ingest.sources.mastodon.source import MastodonSource
from ingest.sources.x.source import XSource
from trends.extract.message import parse

CONTRACTS = Path(__file__).parents[2] / "docs" / "contracts"


def validator(name):
    schema = json.loads((CONTRACTS / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


MESSAGE, QUARANTINE = validator("message"), validator("quarantine")


def check(batch, source):
    assert batch.messages
    for message in batch.messages:
        written = encode(message)
        MESSAGE.validate(json.loads(written))
        assert message["source"] == source
        assert set(message) == set(json.loads(example("message.x.json")))
        assert_read(parse(written), message)
    for entry in batch.rejected:
        QUARANTINE.validate(entry)


def assert_read(read, message):
    """The executors' decoder finds in the written bytes what ingest meant."""
    fields = (read.id, read.source, read.text, read.hashtags)
    assert fields == tuple(message[name] for name in ("id", "source", "text", "hashtags"))
    created = datetime.fromisoformat(message["created_at"])
    assert read.created == round(created.timestamp() * 1000)
    assert read.author == (int(message["author"], 16) if message["author"] else None)


def example(name):
    return (CONTRACTS / "examples" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted((CONTRACTS / "examples").glob("message.*.json")))
def test_the_message_examples_keep_the_contract(path):
    MESSAGE.validate(json.loads(path.read_text(encoding="utf-8")))


def test_the_quarantine_example_keeps_the_contract():
    QUARANTINE.validate(json.loads(example("quarantine.json")))


@pytest.mark.parametrize("missing", ["id", "created_at", "text"])
def test_the_contract_can_be_broken(missing):
    message = json.loads(example("message.x.json"))
    del message[missing]
    assert not MESSAGE.is_valid(message)


def test_the_demo_keeps_the_contract():
    check(DemoSource(3000, 1, 0).fetch(None), "demo")


def test_x_keeps_the_contract():
    tweets = [
        {"text": "a &amp; b #Café"},
        {"text": "RT @a: …", "referenced_tweets": [{"type": "retweeted", "id": "3"}]},
        {"text": "long", "note_tweet": {"text": "longer"}, "lang": None, "author_id": None},
        {"text": 5},
        {"text": "later", "created_at": "2100-01-01T00:00:00Z"},
    ]
    credentials = read_settings(CREDENTIALS).sources["x"].credentials
    with Serving(XDouble()) as x:
        x.double.add(tweets)
        source = XSource(credentials, b"salt", api_url=x.url)
        batch = source.fetch(None)
        source.close()
    check(batch, "x")
    assert (len(batch.messages), len(batch.rejected)) == (4, 1)
    later = [(message["lang"], message["repost"]) for message in batch.messages]
    assert later == [("en", False), ("en", True), (None, False), ("en", False)]
    now = datetime.now(UTC).isoformat()
    assert all(message["created_at"] <= now for message in batch.messages)


def test_mastodon_keeps_the_contract():
    with Serving(mastodon.MastodonDouble()) as served:
        served.double.add([{}, {"reblog": {"content": "<p>#a</p>"}}, {"content": 5}])
        account = read_settings(mastodon.environment(served.url)).sources["mastodon"]
        assert account
        source = MastodonSource(account, b"salt", poll_seconds=60, first_posts=200)
        batch = source.fetch(None)
        source.close()
    check(batch, "mastodon")
    assert (len(batch.messages), len(batch.rejected)) == (2, 1)
    assert [message["repost"] for message in batch.messages] == [False, True]


def test_bluesky_keeps_the_contract():
    with Serving(bluesky.BlueskyDouble()) as served:
        served.double.add([{"text": "a #b"}, {"text": "c", "tags": ["d"]}, {"text": 5}])
        account = read_settings(bluesky.environment(served.url)).sources["bluesky"].account
        assert account
        source = BlueskySource(account, b"salt", poll_seconds=60, first_posts=200)
        batch = source.fetch(None)
        source.close()
    check(batch, "bluesky")
    assert (len(batch.messages), len(batch.rejected)) == (2, 1)


def test_replay_takes_the_examples_and_keeps_the_contract(tmp_path):
    names = ["message.x.json", "message.mastodon.json", "message.least.json", "quarantine.json"]
    path = tmp_path / "tweets.jsonl"
    path.write_text("\n".join(example(name).strip() for name in names), encoding="utf-8")
    source = ReplaySource(path, path.name, 0, b"salt")
    batch = source.fetch(None)
    source.close()
    check(batch, "replay")
    assert (len(batch.messages), len(batch.rejected)) == (3, 1)


@pytest.mark.parametrize("record", [None, 5, "x" * 5000, {"a": "\ud800"}, "\ud800" * 2000])
def test_whatever_is_set_aside_keeps_the_contract(record):
    QUARANTINE.validate(quarantine("a reason", "tweets.jsonl:1", record))
