"""The main loop: reads the boards, decides what to announce, and remembers every step.

The order of the steps makes messages survive a kill at any moment:

1. A message is written to HBase together with the knowledge that its hashtags are on the boards.
   From then on it is sent, however often the process starts again.
2. It is sent to each receiver.
3. Only then is the receiver crossed off. A kill between 2 and 3 repeats this one message.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from alerts import memory as steps
from alerts import metrics, status
from alerts.board import Board, parse_board
from alerts.deliveries import DROPPED, TAKEN, Deliveries
from alerts.hidden import Hidden, parse_hidden
from alerts.lifecycle import Shutdown, ShutdownRequested
from alerts.memory import Memory, Rule
from alerts.message import Links, Place, compose

log = logging.getLogger(__name__)

# The driver publishes a board at least every five seconds.
LOOK_SECONDS = 5.0
STEP_SECONDS = 1.0
# The status is written at least this often, as a sign of life.
STATUS_SECONDS = 10.0
# How long a stop waits for deliveries, to remember them. Docker kills after 10 s.
GRACE_SECONDS = 4.0


class Store(Protocol):
    """Where boards come from, and the memory and the status are kept."""

    def read_board(self, name: str) -> bytes | None:
        """Return the board in a row, None if there is none yet."""

    def read_hidden(self) -> bytes | None:
        """Return what `make hide` hides, None if that is nothing."""

    def read_memory(self) -> bytes | None:
        """Return the memory that was written last; None the first time."""

    def write_memory(self, value: bytes) -> None:
        """Replace the memory, atomically."""

    def write_status(self, value: bytes) -> None:
        """Replace the status."""

    def write_last_status(self, value: bytes) -> None:
        """Replace the status at a stop, unless it takes long."""


@dataclass(frozen=True)
class Plan:
    """What to watch and how to write about it; `services` are those of the receivers, in order.

    There is one rule for each board.
    """

    rules: tuple[Rule, ...]
    quiet_seconds: float
    links: Links
    services: tuple[str, ...]


class Watcher:
    """Watches the boards, from one thread."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        deliveries: Deliveries,
        shutdown: Shutdown,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._plan, self._store, self._deliveries = plan, store, deliveries
        self._shutdown, self._clock = shutdown, clock
        self._started_at = clock()
        self._memory = Memory()
        self._cells: dict[str, bytes] = {}
        self._has_read_a_board = False
        self._hidden = Hidden()
        self._looked_at = self._reported_at = -LOOK_SECONDS - STATUS_SECONDS
        self._reported: dict[str, Any] | None = None

    def run(self) -> None:
        """Watch until a stop; then remember what has been delivered meanwhile."""
        with suppress(ShutdownRequested):
            self.recall()
            while True:
                self.step()
        log.info("event=stopping")
        with suppress(ShutdownRequested):
            self._collect_last()
        document = self._document() | {"state": status.STOPPED}
        self._store.write_last_status(status.to_json(document, self._clock()))

    def recall(self) -> None:
        """Read what an earlier process has remembered."""
        self._memory = recall(self._store)
        memory = steps.only_on(self._memory, {rule.board for rule in self._plan.rules})
        self._remember(steps.only_for(memory, len(self._plan.services)))

    def step(self) -> None:
        """Do whatever is due, and wait for a delivery to end or a second to pass."""
        self._shutdown.check()
        self._shutdown.heartbeat()
        if time.monotonic() - self._looked_at >= LOOK_SECONDS:
            self.look()
            self._looked_at = time.monotonic()
        self._dispatch()
        self._report()
        self._collect(STEP_SECONDS)

    def look(self) -> None:
        """Read the boards, and put a message into the outbox if hashtags have entered any.

        A hashtag that has entered several is in one message, and is then quiet on all of them. One
        write remembers all that was seen: otherwise a kill could announce a hashtag twice.
        """
        self._withhold()
        plan, now = self._plan, self._clock()
        quiet_before = now - plan.quiet_seconds
        memory, entered = self._memory, dict[str, list[Place]]()
        for rule in plan.rules:
            if board := self._read_board(rule):
                places = self._places(board, rule)
                for key in steps.entered(memory, rule, list(places)):
                    entered.setdefault(key, []).append(places[key])
                memory = steps.observe(memory, rule, places.keys(), quiet_before)
        new = steps.not_quiet(self._memory, list(entered), quiet_before)
        if new:
            text = compose([entered[key] for key in new], plan.links)
            memory = steps.announce(memory, new, text, len(plan.services), now)
            log.info("event=entered hashtags=%d message=%d", len(new), self._memory.next_number)
        self._remember(memory)
        metrics.ANNOUNCED.inc(len(new))
        metrics.SUPPRESSED.inc(len(entered) - len(new))

    def _withhold(self) -> None:
        """Take what has been hidden since out of the messages that wait."""
        cell = self._store.read_hidden()
        try:
            self._hidden = parse_hidden(cell) if cell else Hidden()
        except ValueError as error:
            log.error("event=hidden_unreadable: keeping the last readable list: %s", error)
        self._remember(steps.withhold(self._memory, self._hidden))
        self._deliveries.update(self._memory.outbox)

    def _read_board(self, rule: Rule) -> Board | None:
        """Return the board of a rule if there is one that is new and readable."""
        cell = self._store.read_board(rule.board)
        if cell is None or cell == self._cells.get(rule.board):
            return None
        self._cells[rule.board] = cell
        try:
            board = parse_board(rule.board, cell)
        except ValueError as error:
            form = "event=board_unreadable board=%s: skipping it until it is written again: %s"
            log.error(form, rule.board, error)
            return None
        self._has_read_a_board = True
        return board

    def _places(self, board: Board, rule: Rule) -> dict[str, Place]:
        """Return the places worth a message, by key.

        The board may be from before a tag was hidden.
        """
        return {
            each.key: Place(board, each, rule.top)
            for each in board.entries
            if steps.meets(rule, each.rank, each.rise.score if each.rise else 0.0)
            and each.key not in self._hidden
        }

    def _remember(self, memory: Memory) -> None:
        """Make the next step of the memory durable before anything relies on it."""
        if memory != self._memory:
            self._store.write_memory(memory.to_json())
            metrics.DROPPED.inc(memory.dropped - self._memory.dropped)
            self._memory = memory
        metrics.WAITING.set(steps.waiting(memory))

    def _dispatch(self) -> None:
        for receiver in range(1, len(self._plan.services) + 1):
            message = steps.next_for(self._memory, receiver)
            if message and receiver not in self._deliveries.busy:
                self._deliveries.start(receiver, message)

    def _collect(self, seconds: float) -> None:
        """Wait for a delivery to end, and remember it."""
        outcome = self._deliveries.outcome(seconds)
        if outcome is None:
            return
        if outcome.result == TAKEN:
            now = self._clock()
            self._remember(steps.delivered(self._memory, outcome.number, outcome.receiver, now))
        elif outcome.result == DROPPED:
            self._remember(steps.dropped(self._memory, outcome.number, outcome.receiver))
        self._deliveries.finish(outcome)

    def _collect_last(self) -> None:
        deadline = time.monotonic() + GRACE_SECONDS
        while self._deliveries.busy and (left := deadline - time.monotonic()) > 0:
            self._collect(left)

    def _document(self) -> dict[str, Any]:
        failures = dict(self._deliveries.failures)
        state = status.OK if self._has_read_a_board else status.STARTING
        return status.Status(
            state=status.FAILING if failures else state,
            started_at=self._started_at,
            boards=[rule.board for rule in self._plan.rules],
            memory=self._memory,
            services=self._plan.services,
            failures=failures,
        ).document()

    def _report(self) -> None:
        """Write the status if it has changed, or as a sign of life."""
        found, now = self._document(), time.monotonic()
        if found == self._reported and now - self._reported_at < STATUS_SECONDS:
            return
        self._store.write_status(status.to_json(found, self._clock()))
        self._reported, self._reported_at = found, now


def recall(store: Store) -> Memory:
    """Read what an earlier process has remembered."""
    cell = store.read_memory()
    try:
        return Memory.from_json(cell) if cell else Memory()
    except ValueError as error:
        log.error("event=memory_unreadable: starting from scratch: %s", error)
        return Memory()


def forget(store: Store) -> Memory:
    """Remember that alerts are off; return what is left of the memory."""
    before = recall(store)
    after = steps.turned_off(before)
    if after != before:
        store.write_memory(after.to_json())
    return after
