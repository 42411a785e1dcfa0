"""The demo source: pure, steady, and like a timeline."""

import hashlib
import json
import re
import unicodedata
from collections import Counter

import pytest

from ingest.sources.demo.source import BACKLOG, DemoSource, demo_message


class Clock:
    def __init__(self, now=1_795_000_000.0):
        self.now = now

    def __call__(self):
        return self.now


def source(clock, rate=5.0, seed=1, count=0):
    return DemoSource(rate, seed, count, clock)


def test_content_is_a_function_of_seed_and_number():
    """The digest pins it: other programs compute the same tweets as an oracle."""
    tweets = [demo_message(1, number, 1_795_000_000 + number) for number in range(1000)]
    digest = hashlib.sha256(json.dumps(tweets).encode()).hexdigest()
    assert digest == "0d620dd3a6e8e6cdcf8daa3a08b56281fe2ac00325c5888499e9e07cbeaec1d2"
    assert demo_message(2, 0, 0)["text"] != tweets[0]["text"]


def test_it_looks_like_a_timeline():
    texts = [demo_message(1, number, 0)["text"] for number in range(20_000)]
    tags = [re.findall(r"(?<=\s)#(\S+)", text) for text in texts]
    folded = Counter(
        unicodedata.normalize("NFKC", tag).casefold() for found in tags for tag in found
    )
    spelled = {tag for found in tags for tag in found}
    assert 0.4 < sum(map(bool, tags)) / len(texts) < 0.6
    assert {len(found) for found in tags} == {0, 1, 2, 3}
    assert len(folded) > 300
    assert len(spelled) > 2 * len(folded)
    ranked = [count for _, count in folded.most_common()]
    assert ranked[0] > 4 * ranked[30] > 4 * ranked[200]
    assert any("#section" in text or "#install" in text for text in texts)
    assert any(len(text) > 280 for text in texts)


def test_the_first_poll_tells_of_the_last_hour():
    batch = source(Clock()).fetch(None)
    times = [tweet["created_at"] for tweet in batch.messages]
    assert [tweet["id"] for tweet in batch.messages[:2]] == ["demo:1:0", "demo:1:1"]
    assert len(times) == BACKLOG + 1
    assert times == sorted(times)
    assert (times[0], times[-1]) == ("2026-11-18T10:06:40.000Z", "2026-11-18T11:06:40.000Z")


@pytest.mark.parametrize("rate", [0.5, 5.0, 3000.0])
def test_the_rate_is_kept_and_no_number_is_left_out(rate):
    clock = Clock()
    demo, cursor, ids = source(clock, rate), None, []
    end = clock.now + 20
    while clock.now < end:
        batch = demo.fetch(cursor)
        cursor = json.loads(json.dumps(batch.cursor))
        ids += [tweet["id"] for tweet in batch.messages]
        clock.now += batch.wait
    assert ids == [f"demo:1:{number}" for number in range(len(ids))]
    assert abs(len(ids) - BACKLOG - 20 * rate) <= max(1, rate * 0.5)


def test_a_repeated_poll_is_the_same():
    clock = Clock()
    demo = source(clock)
    cursor = demo.fetch(None).cursor
    clock.now += 10
    assert source(clock).fetch(cursor) == demo.fetch(cursor)


@pytest.mark.parametrize(("rate", "later"), [(5.0, 86_400), (0.1, 0)])
def test_after_a_long_stop_or_with_another_rate_it_goes_on_from_now(rate, later):
    clock = Clock()
    cursor = source(clock).fetch(None).cursor
    clock.now += 1
    cursor = source(clock, 3000.0).fetch(cursor).cursor
    clock.now += later
    batch = source(clock, rate).fetch(cursor)
    assert [tweet["id"] for tweet in batch.messages] == [f"demo:1:{cursor['next']}"]


def test_a_count_ends_it_exactly():
    clock = Clock()
    demo = source(clock, 3000.0, count=1000)
    batch = demo.fetch(None)
    assert not batch.finished
    clock.now += 10
    batch = demo.fetch(batch.cursor)
    assert batch.finished
    assert batch.messages[-1]["id"] == "demo:1:999"
    again = demo.fetch(batch.cursor)
    assert again.finished
    assert again.messages == []
