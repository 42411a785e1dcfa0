"""The progress of counting: totals, and the topic they belong to."""

import json
from typing import Any

import numpy as np
import pytest

from support.posts import Record, posts_of
from trends.counting.batch import Batch, QuarantinedRecord
from trends.counting.duplicates import Duplicates
from trends.counting.progress import UNFINISHED_IMPORT, Done, Intent, TopicError
from trends.counting.tally import tally
from trends.kafka.offsets import Topic


def after(done: Done, intent: Intent, posts: list[Record], **values: Any) -> Done:
    given = {"start": {}, "end": {}, "newest": {}, "records": 0, "ignored_tags": 0}
    batch = Batch(**{**given, "quarantined": [], **values}, posts=posts_of(posts))
    none = np.zeros(len(posts), np.bool_)
    return done.after(intent, batch, tally(batch.posts, Duplicates(none, none), done.demo))


def test_totals_grow_by_the_batch() -> None:
    bad = [QuarantinedRecord("tweets/0/1", "why", "{")]
    done = after(
        Done(demo=False, times={"0": 80, "2": 5}),
        Intent(10, {"0": 5}, {"0": 9, "1": 2}),
        [Record("1"), Record("2"), Record("3")],
        records=6,
        ignored_tags=2,
        quarantined=bad,
        newest={"0": 70, "1": 90},
    )
    assert (done.fence, done.end, done.read, done.tagged) == (10, {"0": 9, "1": 2}, 6, 3)
    assert (done.ignored_tags, done.quarantined, done.sources) == (2, 1, ("x",))
    assert done.times == {"0": 80, "1": 90, "2": 5}


def test_first_real_posts_end_the_demo() -> None:
    demo = Done(read=50, tagged=40, sources=("demo",))
    done = after(demo, Intent(1, {"0": 50}, {"0": 52}), [Record("1"), Record("2")], records=2)
    assert (done.demo, done.read, done.tagged, done.sources) == (False, 52, 2, ("x",))


def test_documents_survive_the_way_through_hbase() -> None:
    done = Done(7, {"0": 3}, {"0": 9}, 3, 2, 1, 0, ("x",), False, "id", 1, ((5, {"0": 1}),))
    intent = Intent(8, {"0": 3}, {"0": 4})
    assert Done.from_json(done.to_json()) == done
    assert Intent.from_json(intent.to_json()) == intent


def test_the_progress_of_the_version_before_is_read() -> None:
    document = {
        "fence": 7, "end": {"0": 3}, "read": 3, "tagged": 2, "quarantined": 1, "surplus": 4,
        "sources": ["x"], "demo": False, "trail": [[5, {"0": 1}]], "topic": "id",
    }  # fmt: skip
    done = Done.from_json(json.dumps(document).encode())
    assert done == Done(7, {"0": 3}, {}, 3, 2, 1, 4, ("x",), False, "id", 0, ((5, {"0": 1}),))
    assert after(done, Intent(8, {}, {"0": 4}), []).offset_history == ()


def test_a_later_versions_fields_are_ignored() -> None:
    assert Done.from_json(b'{"fence": 3, "new": true}').fence == 3


TOPIC = Topic("new", {"0": 0, "1": 0}, {"0": 20, "1": 5})


def test_offsets_stay_with_the_topic_that_they_are_of() -> None:
    done = Done(end={"0": 20, "1": 5}, topic="new")
    assert done.adopt(TOPIC, None, "") == done.adopt(TOPIC, None, "new") == done


def test_a_topic_of_which_nothing_is_known_is_taken_if_it_is_long_enough() -> None:
    """Earlier versions did not store the topic's id."""
    done = Done(fence=3, end={"0": 20, "1": 5}, read=25)
    assert done.adopt(TOPIC, Intent(3, {}, done.end), "").topic == "new"
    assert Done().adopt(TOPIC, None, "") == Done(topic="new")
    with pytest.raises(TopicError):
        done.adopt(TOPIC, Intent(4, done.end, {"0": 21, "1": 5}), "")
    with pytest.raises(TopicError):
        Done(end={"0": 1, "2": 1}).adopt(TOPIC, None, "")


@pytest.mark.parametrize("wanted", ["", "old", "other"])
def test_another_topic_is_refused(wanted: str) -> None:
    with pytest.raises(TopicError, match="set COUNT_TOPIC=new in"):
        Done(end={"0": 1}, topic="old").adopt(TOPIC, None, wanted)


@pytest.mark.parametrize("wanted", ["", "new"])
def test_half_an_import_is_not_counted_on(wanted: str) -> None:
    with pytest.raises(TopicError, match="an import was not finished: repeat it"):
        Done(topic=UNFINISHED_IMPORT).adopt(TOPIC, None, wanted)


@pytest.mark.parametrize("topic", ["old", ""])
def test_another_topic_that_is_wanted_is_counted_from_its_beginning(topic: str) -> None:
    done = Done(7, {"0": 90}, {"0": 5}, 90, 9, 1, 0, ("x",), False, topic, 1, ((5, {"0": 1}),))
    found = done.adopt(TOPIC, Intent(8, {"0": 90}, {"0": 95}), "new")
    assert (found.topic, found.end, found.times, found.offset_history) == ("new", {}, {}, ())
    assert found.fence == 8, "the half applied batch would be run again"
    assert (found.read, found.tagged, found.sources) == (90, 9, ("x",))
