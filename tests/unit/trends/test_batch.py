"""From the rows of a tally to a batch."""

from types import SimpleNamespace
from typing import Any

from trends.batch import BadRecord, gather


def row(kind: str, a: str = "", b: str = "", demo: bool = False, **values: Any) -> Any:
    return SimpleNamespace(
        kind=kind,
        a=a,
        b=b,
        demo=demo,
        **{"minute": 7, "n": 1, "first": 100, "last": 100, "record": None, **values},
    )


def test_rows_of_one_tag_come_together() -> None:
    batch = gather(
        [
            row("tag", "café", "Café", n=2, first=5, last=50),
            row("tag", "café", "CAFÉ", minute=8, n=3, first=4, last=40),
            row("tweet", "x", n=4),
            row("surplus", n=6),
            row("bad", "tweets/0/3", "not UTF-8", record="?"),
        ],
        demo=False,
    )
    delta = batch.tags["café"]
    assert delta.spellings == {"Café": 2, "CAFÉ": 3}
    assert delta.minutes == {7: 2, 8: 3}
    assert (delta.count, delta.first, delta.last) == (5, 4, 50)
    assert (batch.tagged, batch.surplus, batch.sources) == (4, 6, {"x"})
    assert batch.bad == [BadRecord("tweets/0/3", "not UTF-8", "?")]


def test_generated_tweets_count_until_a_real_one_comes() -> None:
    generated = [row("tag", "a", "a", demo=True), row("tweet", "demo", demo=True)]
    real = [row("tag", "b", "b"), row("tweet", "x")]
    first = gather(generated, demo=True)
    assert first.demo and set(first.tags) == {"a"} and first.sources == {"demo"}
    mixed = gather(generated + real, demo=True)
    assert not mixed.demo and set(mixed.tags) == {"b"} and mixed.sources == {"x"}
    later = gather(generated, demo=False)
    assert not later.demo and not later.tags and later.tagged == 0


def test_a_broken_record_does_not_end_the_demo() -> None:
    assert gather([row("bad", "tweets/0/1", "not UTF-8")], demo=True).demo
