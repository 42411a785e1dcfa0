"""The loop, and that no kill at any moment loses a message or repeats more than one."""

import itertools
import json
import random
from collections import Counter, deque
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from alerts import watcher
from alerts.deliveries import DROPPED, TAKEN, Failure, Outcome
from alerts.lifecycle import Shutdown
from alerts.memory import Rule
from alerts.message import Links
from alerts.watcher import Plan, Watcher, forget
from support.alerts import board, entry

RULE, DAY = Rule("rising", 10, 0), Rule("24h", 10, 0)


class Kill(BaseException):
    """The end of a process at one moment."""


class World:
    """HBase, the receivers and the clock: what outlives a process.

    A process is killed at each of the moments in `kills`: before and after each message that is
    sent and each time that something is remembered.
    """

    def __init__(self, receivers=2, quiet_seconds=3600.0, kills=(), rules=(RULE,)):
        self.plan = Plan(tuple(rules), quiet_seconds, Links(), ("ntfy",) * receivers)
        self.kills = set(kills)
        self.moments = 0
        self.boards, self.hidden = {}, None
        self.memory = None
        self.statuses = []
        self.got: list[list[str]] = [[] for _ in range(receivers)]
        self.results = {}
        self.now = 1_795_341_600.0
        self.start()

    def start(self):
        """A new process, which knows nothing but what is in HBase."""
        self.shutdown = Shutdown()
        self.deliveries = InlineDeliveries(self)
        self.watcher = Watcher(
            self.plan, self, self.deliveries, self.shutdown, clock=lambda: self.now
        )

    def moment(self):
        self.moments += 1
        if self.moments in self.kills:
            raise Kill

    def show(self, *tags, **changes):
        """Publish a board, and let the process look at it; start another as often as one dies."""
        self.publish(*tags, **changes)
        self.look()

    def publish(self, *tags, name="rising", **changes):
        self.boards[name] = board(*tags, name=name, **changes)

    def look(self):
        for _ in range(3 * len(self.got)):
            try:
                if not self.watcher._memory.seen and self.memory is not None:
                    self.watcher.recall()
                self.watcher.step()
            except Kill:
                self.start()

    @property
    def titles(self):
        return self.got[0]

    # -- The store -----------------------------------------------------------------------------

    def read_board(self, name):
        return self.boards.get(name)

    def read_hidden(self):
        return self.hidden

    def read_memory(self):
        return self.memory

    def write_memory(self, value):
        self.moment()
        self.memory = value
        self.moment()

    def write_status(self, value):
        self.statuses.append(json.loads(value))

    write_last_status = write_status


class InlineDeliveries:
    """Delivers at once, in the same thread."""

    def __init__(self, world):
        self.world = world
        self.busy, self.failures = set(), {}
        self.outcomes = deque[Outcome]()
        self.updates = []

    def start(self, receiver, message):
        assert receiver not in self.busy
        self.busy.add(receiver)
        result = self.world.results.get(receiver, TAKEN)
        if result == TAKEN:
            self.world.moment()
            self.world.got[receiver - 1].append(message.title)
            self.world.moment()
        if result:
            self.outcomes.append(Outcome(receiver, message.number, result))

    def update(self, outbox):
        self.updates.append([each.number for each in outbox])

    def outcome(self, seconds):
        return self.outcomes.popleft() if self.outcomes else None

    def finish(self, outcome):
        self.busy.discard(outcome.receiver)


@pytest.fixture(autouse=True)
def always_due(monkeypatch):
    monkeypatch.setattr(watcher, "LOOK_SECONDS", 0)


def story(world):
    """Tags that enter, stay, leave, return, and enter together."""
    world.show("a")
    world.show("a", "b")
    world.show("b", "c", "d")
    world.now += 60
    world.show("c", "a")
    world.now += 3600
    world.show("b")
    world.show("b", "e")
    world.show("b", "e")


TOLD = ["#b is rising", "2 hashtags are rising", "#a is rising", "#b is rising", "#e is rising"]


def moments():
    world = World()
    story(world)
    return world.moments


def test_a_tag_is_told_when_it_enters():
    world = World()
    story(world)
    assert world.got == [TOLD, TOLD]
    assert world.statuses[-1]["sent"] == 10


def assert_told(world, repeats):
    """Each receiver has got each message, and so many of them twice at most."""
    for got in world.got:
        assert Counter(TOLD) - Counter(got) == Counter()
        assert (Counter(got) - Counter(TOLD)).total() <= repeats
    assert json.loads(world.memory)["outbox"] == []


def test_a_kill_at_any_moment_loses_nothing_and_repeats_one_message_at_most():
    repeated = 0
    for kill in range(1, moments() + 1):
        world = World(kills={kill})
        story(world)
        assert_told(world, 1)
        repeated += len(world.titles) > len(TOLD)
    assert repeated >= len(TOLD)  # at the least when killed just after the sending


@pytest.mark.component
def test_each_further_kill_repeats_one_more_at_most():
    pairs = list(itertools.combinations(range(1, moments() + 1), 2))
    for kills in random.Random(1).sample(pairs, 100):
        world = World(kills=kills)
        story(world)
        assert_told(world, 2)


def test_a_new_process_stays_quiet_about_what_was_told():
    world = World()
    world.show("a")
    world.show("a", "b")
    world.start()
    world.show("a")
    world.show("a", "b")
    assert world.titles == ["#b is rising"]


def test_what_entered_while_the_service_was_down_is_told():
    world = World()
    world.show("a")
    world.start()
    world.show("a", "b")
    assert world.titles == ["#b is rising"]


def test_a_receiver_that_hangs_holds_up_no_other():
    world = World()
    world.results = {1: None}
    world.show()
    world.show("a")
    world.show("a", "b")
    assert world.got == [[], ["#a is rising", "#b is rising"]]
    assert world.statuses[-1]["waiting"] == 2


def test_a_message_that_is_given_up_is_counted():
    world = World(receivers=1)
    world.results = {1: DROPPED}
    world.show()
    world.show("a")
    assert (world.statuses[-1]["dropped"], world.statuses[-1]["waiting"]) == (1, 0)


def test_only_the_first_places_count():
    world = World(rules=[Rule("rising", 2, 0)])
    world.show("a", "b", "c")
    world.show("a", "b", "c", "d")
    assert world.titles == []
    world.show("a", "c", "b")
    assert world.titles == ["#c is rising"]


def test_a_tag_is_told_when_its_score_is_high_enough():
    world = World(rules=[Rule("rising", 10, 12)])
    world.show("a")
    world.show(hashtags=[entry(1, "a", score=11.99)])
    assert world.titles == []
    world.show(hashtags=[entry(1, "a", score=12)])
    assert world.titles == ["#a is rising"]


def test_without_a_readable_board_what_is_known_stays(caplog):
    world = World()
    world.show("a")
    for cell in (None, b"[", b"{}"):
        world.boards["rising"] = cell
        world.watcher.step()
        world.watcher.step()
    assert caplog.text.count("event=board_unreadable") == 2
    world.show("a", "b")
    assert world.titles == ["#b is rising"]


BOTH = "#a is rising and in the top 10 of the last 24 hours"


def watched(*names, **settings):
    """Several boards, each of which has been empty so far."""
    rules = [Rule(name, 10, 0) for name in names]
    world = World(rules=rules, **settings)
    for name in names:
        world.publish(name=name)
    world.look()
    return world


def test_a_tag_that_enters_two_boards_at_once_is_in_one_message():
    world = watched("rising", "24h")
    world.publish("a", name="24h")
    world.show("a")
    assert world.got == [[BOTH]] * 2
    assert world.statuses[-1]["boards"] == ["rising", "24h"]


def test_a_tag_that_enters_another_board_is_quiet():
    world = watched("rising", "24h")
    world.show("a")
    world.show("a", "b", name="24h")
    assert world.titles == ["#a is rising", "#b is in the top 10 of the last 24 hours"]
    world.now += 3600
    world.show(name="24h")
    world.show("a", "b", name="24h")
    assert world.titles[2:] == ["2 hashtags are in the top 10 of the last 24 hours"]


def test_without_a_quiet_time_each_board_is_announced():
    world = watched("rising", "24h", quiet_seconds=0)
    world.show("a")
    world.now += 1
    world.show("a", name="24h")
    assert world.titles == ["#a is rising", "#a is in the top 10 of the last 24 hours"]


def test_a_kill_at_any_moment_repeats_no_tag_of_two_boards():
    def story(world):
        world.publish("a", name="24h")
        world.show("a")
        world.show("a", "b", name="24h")

    told = [BOTH, "#b is in the top 10 of the last 24 hours"]
    world = watched("rising", "24h")
    before = world.moments
    story(world)
    assert world.titles == told
    for kill in range(before + 1, world.moments + 1):
        killed = watched("rising", "24h", kills={kill})
        story(killed)
        for got in killed.got:
            assert Counter(told) - Counter(got) == Counter()
            assert (Counter(got) - Counter(told)).total() <= 1
        assert json.loads(killed.memory)["outbox"] == []


def test_what_is_on_a_board_that_is_added_is_no_news():
    world = World()
    world.show("a")
    world.plan = replace(world.plan, rules=(RULE, DAY))
    world.start()
    world.show("b", name="24h")
    world.show("b", "c", name="24h")
    world.show("a", "d")
    assert world.titles == ["#c is in the top 10 of the last 24 hours", "#d is rising"]


def test_a_board_that_is_taken_out_is_forgotten():
    world = watched("rising", "24h")
    both = world.plan
    world.plan = replace(both, rules=(RULE,))
    world.start()
    world.show("a")
    assert json.loads(world.memory)["seen"].keys() == {"rising"}
    world.plan = both
    world.start()
    world.show("b", name="24h")
    assert world.titles == ["#a is rising"]


def test_a_board_that_cannot_be_read_holds_up_no_other(caplog):
    world = watched("rising", "24h")
    world.boards["rising"] = b"["
    world.show("a", name="24h")
    assert "event=board_unreadable board=rising" in caplog.text
    assert world.titles == ["#a is in the top 10 of the last 24 hours"]


def hide(*keys, patterns=()):
    return json.dumps({"keys": keys, "patterns": patterns}).encode()


def test_a_hidden_tag_is_not_announced_though_the_board_still_has_it():
    world = World()
    world.show()
    world.hidden = hide("a", patterns=["*pam"])
    world.show("a", "spam", "b")
    assert world.titles == ["#b is rising"]


def test_a_tag_that_is_shown_again_is_announced_unless_it_was_before():
    world = World()
    world.show()
    world.show("a")
    world.hidden = hide("a", "b")
    world.show()
    world.hidden = hide()
    world.show("a", "b")
    assert world.titles == ["#a is rising", "#b is rising"]


def test_a_tag_is_hidden_from_messages_that_wait():
    world = World(receivers=1)
    world.results = {1: None}
    world.show()
    world.show("a")
    world.show("a", "b", "c")
    world.hidden = hide("a", "b")
    world.show("a", "b", "c")
    assert world.deliveries.updates[-1] == [2]
    assert [each["about"] for each in json.loads(world.memory)["outbox"]] == [["c"]]
    assert "#b" not in str(world.memory)


def test_what_cannot_be_read_hides_what_was_hidden_before(caplog):
    world = World()
    world.show()
    world.hidden = hide("a")
    world.show()
    for cell in (b"[", b"{}", b'{"keys": 1, "patterns": []}'):
        world.hidden = cell
        world.show("a")
    assert "event=hidden_unreadable" in caplog.text
    assert world.titles == []


def test_when_it_is_off_it_forgets_what_was_there():
    world = World(receivers=1)
    world.results = {1: None}
    world.show()
    world.show("a")
    assert json.loads(world.memory)["outbox"] != []
    forget(world)
    moments = world.moments
    forget(world)
    assert world.moments == moments
    world.start()
    world.show("a", "b")
    world.results = {}
    world.show("a", "b", "c")
    assert world.titles == ["#c is rising"]


def value(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_announced_and_suppressed_tags_count():
    names = ("alerts_announced_hashtags_total", "alerts_suppressed_hashtags_total")
    before = [value(name) for name in names]
    world = World()
    for tags in ((), ("a", "b"), (), ("a", "c")):
        world.show(*tags)
    after = [value(name) for name in names]
    assert [new - old for new, old in zip(after, before, strict=True)] == [3, 1]


def test_what_waits_and_what_is_given_up_count():
    world, before = World(receivers=1), value("alerts_dropped_total")
    world.results = {1: None}
    world.show()
    world.show("a")
    world.show("a", "b")
    assert value("alerts_waiting") == 2
    world.deliveries.outcomes.append(Outcome(1, 1, DROPPED))
    world.watcher.step()
    assert (value("alerts_waiting"), value("alerts_dropped_total") - before) == (1, 1)


def test_a_memory_that_cannot_be_read_is_a_fresh_start(caplog):
    world = World()
    world.memory = b"["
    world.show("a")
    world.show("a", "b")
    assert "event=memory_unreadable" in caplog.text
    assert world.titles == ["#b is rising"]


def test_nothing_is_written_while_nothing_changes():
    world = World()
    world.show("a")
    before, statuses = world.moments, len(world.statuses)
    world.show("a", version=1)
    world.show("a", version=2)
    assert world.moments == before
    assert len(world.statuses) == statuses


def test_the_status_says_what_is_wrong():
    world = World()
    for cell in (None, b"{}"):
        world.boards["rising"] = cell
        world.watcher.step()
        assert world.statuses[-1]["state"] == "starting"
    world.show("a")
    assert (world.statuses[-1]["state"], world.statuses[-1]["boards"]) == ("ok", ["rising"])
    world.deliveries.failures[2] = Failure("it answered with status 404", world.now, 3)
    world.watcher.step()
    assert world.statuses[-1]["state"] == "failing"
    assert [each["error"] and each["error"]["failures"] for each in
            world.statuses[-1]["receivers"]] == [None, 3]  # fmt: skip


def test_a_stop_remembers_what_is_delivered_meanwhile():
    world = World(receivers=1)
    world.results = {1: None}
    world.show()
    world.show("a")
    assert world.deliveries.busy == {1}
    world.shutdown.stop.set()
    world.deliveries.outcomes.append(Outcome(1, 1, TAKEN))
    world.watcher._collect_last()
    assert json.loads(world.memory)["outbox"] == []
