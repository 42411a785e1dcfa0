"""The bookkeeping: totals, and where the deduplication's memory is found again."""

import pytest

from trends.counting.tally import BadRecord, Batch
from trends.hbase.progress import Done, Intent, Seed, Topic, TopicError, is_applied, span, told

HOUR = 3_600_000


def test_totals_grow_by_the_batch() -> None:
    batch = Batch(tagged=3, surplus=2, sources={"x"}, bad=[BadRecord("tweets/0/1", "why", "{")])
    done = Done(demo=False).after(Intent(10, {"0": 5}, {"0": 9, "1": 2}), batch, HOUR)
    assert (done.fence, done.end, done.read, done.tagged) == (10, {"0": 9, "1": 2}, 6, 3)
    assert (done.surplus, done.quarantined, done.sources) == (2, 1, ("x",))


def test_first_real_tweets_end_the_demo() -> None:
    demo = Done(read=50, tagged=40, sources=("demo",))
    done = demo.after(Intent(1, {"0": 50}, {"0": 52}), Batch(tagged=2, sources={"x"}), HOUR)
    assert (done.demo, done.read, done.tagged, done.sources) == (False, 52, 2, ("x",))


def test_documents_survive_the_way_through_hbase() -> None:
    done = Done(7, {"0": 3}, 3, 2, 1, 0, ("x",), False, ((5, {"0": 1}),), "id")
    intent, seed = Intent(8, {"0": 3}, {"0": 4}), Seed(9, {"0": 0}, {"0": 3})
    assert Done.from_json(done.to_json()) == done
    assert Intent.from_json(intent.to_json()) == intent
    assert Seed.from_json(seed.to_json()) == seed


def test_a_later_versions_fields_are_ignored() -> None:
    assert Done.from_json(b'{"fence": 3, "new": true}').fence == 3


def test_applied_means_wholly() -> None:
    done = Done(end={"0": 10, "1": 5})
    assert is_applied({"0": 10, "1": 5}, done)
    assert is_applied({"0": 9}, done)
    assert not is_applied({"0": 11, "1": 5}, done)
    assert not is_applied({"0": 9, "2": 1}, done)
    assert not is_applied({"0": 0}, Done())


def test_span_counts_a_new_partition_from_its_beginning() -> None:
    assert span({"0": 4}, {"0": 6, "1": 3}) == 5


def test_trail_reaches_back_over_the_horizon_and_no_further() -> None:
    done = Done()
    for minute in range(300):
        intent = Intent(minute * 60_000, {"0": minute}, {"0": minute + 1})
        done = done.after(intent, Batch(), HOUR)
        now = minute * 60_000
        start = done.seed_start(now, HOUR)["0"]
        assert start <= max(0, minute - 60), "an id of the last hour would be forgotten"
        assert start >= minute - 66, "more is read again than needed"
        assert len(done.trail) <= 14


TOPIC = Topic("new", {"0": 0, "1": 0}, {"0": 20, "1": 5})


def test_offsets_stay_with_the_topic_that_they_are_of() -> None:
    done = Done(end={"0": 20, "1": 5}, topic="new")
    assert done.on(TOPIC, None, "") == done.on(TOPIC, None, "new") == done


def test_a_topic_of_which_nothing_is_known_is_taken_if_it_is_long_enough() -> None:
    """Earlier versions did not write it down."""
    done = Done(fence=3, end={"0": 20, "1": 5}, read=25)
    assert done.on(TOPIC, Intent(3, {}, done.end), "").topic == "new"
    assert Done().on(TOPIC, None, "") == Done(topic="new")
    with pytest.raises(TopicError):
        done.on(TOPIC, Intent(4, done.end, {"0": 21, "1": 5}), "")
    with pytest.raises(TopicError):
        Done(end={"0": 1, "2": 1}).on(TOPIC, None, "")


@pytest.mark.parametrize("wanted", ["", "old", "other"])
def test_another_topic_is_refused(wanted: str) -> None:
    with pytest.raises(TopicError, match="set COUNT_TOPIC=new in"):
        Done(end={"0": 1}, topic="old").on(TOPIC, None, wanted)


@pytest.mark.parametrize("topic", ["old", ""])
def test_another_topic_that_is_wanted_is_counted_from_its_beginning(topic: str) -> None:
    done = Done(7, {"0": 90}, 90, 9, 1, 0, ("x",), False, ((5, {"0": 1}),), topic)
    found = done.on(TOPIC, Intent(8, {"0": 90}, {"0": 95}), "new")
    assert (found.topic, found.end, found.trail) == ("new", {}, ())
    assert found.fence == 8, "the half applied batch would be run again"
    assert (found.read, found.tagged, found.sources) == (90, 9, ("x",))


def test_offsets_are_moved_to_where_kafka_has_records() -> None:
    topic = Topic("", {"0": 10, "1": 0, "2": 3}, {"0": 20, "1": 5, "2": 3})
    assert topic.nearest({"0": 4, "1": 9}) == {"0": 10, "1": 5, "2": 3}
    assert topic.has({"0": 10, "1": 5})
    assert not topic.has({"0": 9})
    assert not topic.has({"1": 6})
    assert not topic.has({"7": 0})


def test_records_are_told_by_partition() -> None:
    assert told({"0": 4, "1": 9}, {"0": 7, "1": 9, "2": 2}) == (
        "5 records (3 of partition 0, 2 of partition 2)"
    )
    assert told({"0": 4}, {"0": 3}) == ""
