"""What is news, what is quiet, and what is remembered."""

import json

import pytest

from alerts.memory import (
    MOST_PENDING,
    PARAGRAPH,
    Memory,
    Rule,
    Seen,
    announce,
    delivered,
    dropped,
    entered,
    next_for,
    not_quiet,
    observe,
    only_for,
    only_on,
    turned_off,
    waiting,
    withhold,
)

RULE, DAY = Rule("rising", 10, 0), Rule("24h", 10, 0)
TEXT = ("title", "body", ())


def seen(*keys, rule=RULE, **more):
    return Memory(seen={rule.board: Seen(rule, frozenset(keys))}, **more)


def text(title, *about):
    """A message with a paragraph for each key."""
    return title, PARAGRAPH.join(f"#{key}: why" for key in about), about


def next_titles(memory):
    """What each of two receivers gets next."""
    found = (next_for(memory, receiver) for receiver in (1, 2))
    return [each and each.title for each in found]


def test_a_tag_that_was_not_there_is_news():
    assert entered(seen("a"), RULE, ["b", "a", "c"]) == ["b", "c"]


def test_what_is_there_when_a_rule_is_first_followed_is_no_news():
    assert entered(Memory(), RULE, ["a"]) == []
    assert entered(seen(), Rule("1h", 10, 0), ["a"]) == []
    assert entered(seen(), Rule("rising", 20, 0), ["a"]) == []


def test_each_board_has_what_was_on_it():
    memory = observe(seen("a"), DAY, ["b"], 0)
    assert entered(memory, RULE, ["a", "b"]) == ["b"]
    assert entered(memory, DAY, ["a", "b"]) == ["a"]


def test_a_board_that_is_watched_again_is_read_as_for_the_first_time():
    memory = observe(seen("a"), DAY, ["b"], 0)
    left = only_on(memory, {"24h"})
    assert entered(left, RULE, ["c"]) == []
    assert entered(left, DAY, ["c"]) == ["c"]
    assert only_on(memory, {"rising", "24h"}) == memory


def test_a_tag_is_announced_once_in_the_quiet_time():
    memory = announce(seen(), ["a"], TEXT, 1, now=1000)
    memory = observe(memory, RULE, [], quiet_before=900)
    assert not_quiet(memory, ["a", "b"], quiet_before=999) == ["b"]
    assert not_quiet(memory, ["a"], quiet_before=1000) == ["a"]


def test_a_tag_that_stays_is_not_announced_again():
    memory = observe(announce(seen(), ["a"], TEXT, 1, now=0), RULE, ["a"], 0)
    assert entered(memory, RULE, ["a"]) == []


def test_announcements_are_forgotten_after_the_quiet_time():
    memory = announce(seen(), ["a", "b"], TEXT, 1, now=1000)
    assert observe(memory, RULE, [], 999).announced == {"a": 1000, "b": 1000}
    assert observe(memory, RULE, [], 1000).announced == {}


def test_each_receiver_gets_each_message_in_order():
    memory = announce(announce(seen(), ["a"], text("1"), 2, 0), ["b"], text("2"), 2, 0)
    assert next_titles(memory) == ["1", "1"]
    memory = delivered(memory, 1, 2, now=5)
    assert next_titles(memory) == ["1", "2"]
    memory = dropped(delivered(memory, 2, 2, now=6), 1, 1)
    assert next_for(memory, 2) is None
    assert [each.number for each in memory.outbox] == [2]
    assert (memory.sent, memory.dropped, memory.last_sent) == (2, 1, 6)


def test_a_receiver_that_is_removed_gets_nothing_more():
    memory = announce(seen(), ["a"], text("1"), 2, 0)
    memory = announce(delivered(memory, 1, 1, 0), ["b"], text("2"), 2, 0)
    left = only_for(memory, 1)
    assert [(each.number, each.to) for each in left.outbox] == [(2, (1,))]


def test_the_outbox_is_bounded():
    memory = seen()
    for number in range(MOST_PENDING + 3):
        memory = announce(memory, [], text(str(number)), 2, 0)
    assert [each.title for each in memory.outbox] == [str(n) for n in range(3, MOST_PENDING + 3)]
    assert memory.dropped == 6


def test_a_hidden_tag_is_taken_out_of_what_waits():
    memory = announce(seen(), ["a", "b"], text("1", "a", "b"), 2, 0)
    memory = announce(memory, ["a"], text("2", "a"), 2, 0)
    assert withhold(memory, {"c"}) == memory
    left = withhold(memory, {"a"})
    assert [(each.body, each.about) for each in left.outbox] == [("#b: why", ("b",))]
    assert (waiting(left), left.dropped) == (2, 0)
    assert withhold(memory, {"a", "b"}).outbox == ()


def test_what_follows_the_tags_of_a_message_stays():
    title, body, about = text("1", "a", "b")
    memory = announce(seen(), ["a", "b"], (title, f"{body}\n\nAnd 3 more.", about), 1, 0)
    assert withhold(memory, {"a"}).outbox[0].body == "#b: why\n\nAnd 3 more."
    assert withhold(memory, {"a", "b"}).outbox == ()


def test_when_it_is_turned_on_again_what_is_there_is_no_news():
    memory = announce(seen("a"), ["b"], TEXT, 1, now=1000)
    off = turned_off(memory)
    assert off.outbox == () and entered(off, RULE, ["c"]) == []
    back = observe(off, RULE, ["c"], 0)
    assert not_quiet(back, entered(back, RULE, ["b", "c", "d"]), 999) == ["d"]


@pytest.mark.parametrize(
    "memory",
    [
        Memory(),
        seen(),
        observe(seen("a"), DAY, ["b"], 0),
        announce(seen("é", "a"), ["é"], text("title", "é"), 2, 1_795_341_600.25),
    ],
)
def test_it_is_read_as_it_was_written(memory):
    assert Memory.from_json(memory.to_json()) == memory


def test_a_memory_of_a_single_board_is_still_read():
    """As it was written before there could be several."""
    now = announce(seen("é", "a"), ["é"], text("title", "é"), 2, 1_795_341_600.25)
    before = json.loads(now.to_json())
    del before["seen"]
    rule = {"board": "rising", "top": 10, "score": 0}
    cell = json.dumps(before | {"rule": rule, "present": ["a", "é"]}).encode()
    assert Memory.from_json(cell) == now
    # Alerts that were off, or had never read a board.
    for unread in (rule, None):
        cell = json.dumps(before | {"rule": unread, "present": None}).encode()
        assert Memory.from_json(cell).seen == {}


@pytest.mark.parametrize(
    "cell",
    [
        b"",
        b"[",
        b"[]",
        b"{}",
        b"\xff",
        b"null",
        b'{"rule": 1}',
        b'{"outbox": [], "rule": 1, "present": []}',
        b'{"outbox": [], "seen": {"1h": []}}',
    ],
)
def test_what_cannot_be_read_is_an_error(cell):
    with pytest.raises(ValueError):
        Memory.from_json(cell)
