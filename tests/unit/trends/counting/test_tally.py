"""From the rows of a digest to a batch."""

from typing import Any

import pyarrow as pa

from trends.counting import tally as module
from trends.counting.tally import DIGEST, BadRecord, Batch, Minute

Row = dict[str, Any]


def row(tags: dict[str, str], source: str = "x", **values: Any) -> Row:
    """A tweet with tags: key -> spelling."""
    given = {"at": 7 * 60_000, "author": None, "surplus": 0, **values}
    return {"source": source, "keys": list(tags), "spellings": list(tags.values()), **given}


def bad(origin: str, reason: str, record: str) -> Row:
    return {"source": "x", "reason": reason, "origin": origin, "record": record}


def gather(rows: list[Row], *, demo: bool) -> Batch:
    return module.gather(pa.Table.from_pylist(rows, DIGEST), demo)


def test_rows_of_one_tag_come_together() -> None:
    batch = gather(
        [
            row({"café": "Café", "b": "b"}, at=7 * 60_000 + 50, author="1"),
            row({"café": "Café"}, at=7 * 60_000 + 5, author="1"),
            row({"café": "CAFÉ"}, at=8 * 60_000, author="2", source="mastodon"),
            row({"café": "CAFÉ"}, at=8 * 60_000 + 1),
            row({}, surplus=6, source="bluesky"),
            bad("tweets/0/3", "not UTF-8", "?"),
        ],
        demo=False,
    )
    delta = batch.tags["café"]
    assert delta.spellings == {"Café": 2, "CAFÉ": 2}
    assert delta.minutes == {7: Minute(2, {"1"}), 8: Minute(2, {"2"})}
    assert (delta.count, delta.first, delta.last) == (4, 7 * 60_000 + 5, 8 * 60_000 + 1)
    assert batch.tags["b"].minutes == {7: Minute(1, {"1"})}
    assert (batch.tagged, batch.surplus, batch.sources) == (4, 6, {"x", "mastodon"})
    assert batch.bad == [BadRecord("tweets/0/3", "not UTF-8", "?")]


def test_generated_tweets_count_until_a_real_one_comes() -> None:
    generated, real = row({"a": "a"}, source="demo"), row({"b": "b"})
    first = gather([generated], demo=True)
    assert first.demo and set(first.tags) == {"a"} and first.sources == {"demo"}
    mixed = gather([generated, real], demo=True)
    assert not mixed.demo and set(mixed.tags) == {"b"} and mixed.sources == {"x"}
    later = gather([generated], demo=False)
    assert not later.demo and not later.tags and later.tagged == 0


def test_a_broken_record_does_not_end_the_demo() -> None:
    assert gather([bad("tweets/0/1", "not UTF-8", "?")], demo=True).demo


def test_a_batch_may_come_in_pieces_and_may_be_empty() -> None:
    """As Spark hands it over: a piece for each of its partitions."""
    pieces = [[row({"a": "A", "b": "b"}), row({}, surplus=1)], [], [row({"b": "B"}, author="1")]]
    digest = pa.concat_tables(pa.Table.from_pylist(piece, DIGEST) for piece in pieces)
    batch = module.gather(digest, demo=False)
    assert {key: delta.spellings for key, delta in batch.tags.items()} == {
        "a": {"A": 1},
        "b": {"b": 1, "B": 1},
    }
    assert batch.tags["b"].minutes == {7: Minute(2, {"1"})}
    assert (batch.tagged, batch.surplus) == (2, 1)
    empty = module.gather(DIGEST.empty_table(), demo=True)
    assert empty.demo and not empty.tags and not empty.bad
