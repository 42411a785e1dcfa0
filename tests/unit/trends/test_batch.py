"""From the rows of a digest to a batch."""

from typing import Any

from trends.batch import BadRecord, Minute, Row, gather


def row(tags: dict[str, str], source: str = "x", **values: Any) -> Row:
    """A tweet with tags: key -> spelling."""
    given = {"at": 7 * 60_000, "author": None, "surplus": 0, **values}
    return Row(source=source, keys=list(tags), spellings=list(tags.values()), **given)


def bad(origin: str, reason: str, record: str) -> Row:
    return Row("x", 0, None, None, None, None, reason, origin, record)


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
