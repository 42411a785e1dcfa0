"""What the harness takes for right, and what it calls a difference."""

import json
from collections import Counter
from typing import Any

import pytest

from chaos.judge import Ledger, compare, differences, settle, verdict
from ingest.sources.demo.source import demo_message
from support.stack import READ_TOPIC, Json

SEED = 7
AT = 1_790_000_000.0


def tweets(*numbers: int) -> list[Json]:
    return [demo_message(SEED, number, AT + number) for number in numbers]


def ledger(messages: list[Json]) -> Ledger:
    found = Ledger(SEED)
    for message in messages:
        found.take(message)
    return found


def test_a_tweet_that_comes_twice_counts_once() -> None:
    once, twice = ledger(tweets(*range(50))), ledger(tweets(*range(50), 3, 4))
    assert twice.counts == once.counts
    assert (once.repeated, twice.repeated) == (0, 2)
    assert (once.read, twice.read) == (50, 52)


def test_what_the_topic_lacks_is_expected_all_the_same() -> None:
    whole, holed = ledger(tweets(*range(50))), ledger(tweets(*range(20), *range(30, 50)))
    assert whole.lost(50) == []
    assert holed.lost(50) == [*range(20, 30)]
    assert holed.expected(holed.lost(50)) == whole.counts


def test_tweets_are_lost_at_the_end_too() -> None:
    """The source says that it has sent them: its cursor is beyond them."""
    assert ledger(tweets(*range(50))).lost(52) == [50, 51]


@pytest.mark.parametrize(
    "change",
    [
        {"id": "demo:8:3"},
        {"id": "demo:7:x"},
        {"id": "17"},
        {"text": "#another"},
        {"author": "0123456789abcdef"},
    ],
    ids=str,
)
def test_what_nobody_sent_is_strange(change: Json) -> None:
    (message,) = tweets(3)
    found = ledger([message | change])
    assert found.strange == [(message | change)["id"]]
    assert not found.counts


def test_differences_are_told_apart() -> None:
    expected = Counter({"a": 5, "b": 3, "c": 1})
    assert differences(expected, Counter(expected)) == (0, 0, 0)
    assert differences(expected, Counter({"a": 3, "b": 4, "d": 7})) == (3, 1, 7)


def test_a_verdict_needs_a_proof_and_no_problem() -> None:
    assert verdict("paused", []) == "pass"
    assert verdict("", []) == "inconclusive"
    assert verdict("paused", ["a count is wrong"]) == verdict("", ["a"]) == "FAILED"


class Recorded:
    """A stack at rest, as it was recorded."""

    def __init__(self, messages: list[Json], counts: Counter[str], cursor: int) -> None:
        self._lines = [json.dumps([0, i, json.dumps(m)]) for i, m in enumerate(messages)]
        self._counts, self._cursor = counts, cursor

    def inside(self, _: str, script: str, topic: str, known: str) -> str:
        assert (script, topic) == (READ_TOPIC, "tweets")
        return "\n".join(self._lines[json.loads(known).get("0", 0) :])

    def records(self, topic: str) -> list[str]:
        assert topic == "ingest.cursors"
        return [json.dumps({"next": self._cursor})]

    def counts(self) -> Counter[str]:
        return self._counts

    def board(self, *_: Any) -> Json:
        as_of = "2026-11-23T12:00:00Z"
        return {"tweets_read": len(self._lines), "as_of": as_of, "hashtags": []}

    later_board = board


def test_only_new_records_are_followed() -> None:
    stack, found = Recorded(tweets(*range(9)), Counter(), 9), Ledger(SEED)
    assert [found.follow(stack), found.follow(stack)] == [9, 0]  # type: ignore[arg-type]
    settle(stack, found)  # type: ignore[arg-type]
    assert found.read == 9


def test_every_kind_of_loss_is_a_problem() -> None:
    messages = tweets(*range(40), *range(41, 60))
    found, missing = ledger(messages), ledger(tweets(*range(60, 80))).counts
    key = next(key for key in found.counts if key not in missing)
    stored = found.expected([40]) + Counter({key: 2, "nobody's": 1})
    score = compare(Recorded(messages, stored, 80), found)  # type: ignore[arg-type]
    assert (score.missing, score.duplicate, score.foreign) == (missing.total(), 2, 1)
    assert missing.total() > 0
    told = " | ".join(score.problems)
    assert "lacks 21 tweets, the first is 40" in told
    assert "HBase's counts are wrong" in told


def test_a_wrong_board_is_a_problem_where_the_counts_are_right() -> None:
    messages = tweets(*range(60))
    found = ledger(messages)
    score = compare(Recorded(messages, found.counts, 60), found)  # type: ignore[arg-type]
    assert (score.missing, score.duplicate, score.foreign) == (0, 0, 0)
    assert score.problems[0].startswith("what is served is wrong: ('all', 'tweets', 100")
