"""Faults that apply to one particular service, or to all services."""

import json
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import happybase

from chaos import disks, network
from chaos.faults import Fault, Kill, Relayed
from chaos.judge import Ledger
from support.checks import executors
from support.stack import Stack, service_of
from support.waiting import eventually

SECONDS = 120
# Each try restarts the driver, and a trial fails after more than five restarts.
TRIES = 5


class KilledBeforeAcknowledgement(Relayed):
    """Kills ingest before Kafka has acknowledged its posts."""

    ARGUMENTS = ("--hold", "tweets")
    SAYS = "held"

    def __init__(self, stack: Stack, ledger: Ledger) -> None:
        super().__init__(stack, "kafka")
        self._ledger = ledger
        self._repeated = ledger.repeated
        self._kill = Kill(stack, "ingest")

    def begin(self) -> None:
        super().begin()
        super().proof()
        self._kill.begin()

    def proof(self) -> str:
        return self._kill.proof() and "killed with tweets on their way"


class KilledBeforeCursor(KilledBeforeAcknowledgement):
    """Kills ingest after Kafka has acknowledged its posts, but before their cursor."""

    ARGUMENTS = ("--hold", "ingest.cursors")

    def proof(self) -> str:
        """Only in this case does ingest send posts again that the topic already has."""

        def sent_again() -> int:
            self._ledger.follow(self.stack)
            return self._ledger.repeated - self._repeated

        return f"{eventually(sent_again, within=SECONDS)} tweets sent again"


@dataclass(frozen=True)
class Progress:
    """Progress according to HBase: the last batch, and the fences last announced and written."""

    done: dict[str, Any]
    announced: int
    written: int


class KilledWhileWriting(Fault):
    """Kills the driver when HBase has counts of a batch, but not yet its progress."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack, "trends")
        counts = stack.counts()
        self._key = max(counts, key=counts.__getitem__).encode()
        self._found = ""
        self._killed = 0.0

    def begin(self) -> None:
        for _ in range(TRIES):
            self._strike()
            if self._found:
                return

    def proof(self) -> str:
        return self._found

    def end(self) -> float:
        return self._killed

    def _strike(self) -> None:
        """Try to kill the driver at the right moment."""
        started = time.time()
        eventually(lambda: self.stack.later_board(started), within=SECONDS)
        before = self.stack.container("trends")
        connection = happybase.Connection(network.address(self.stack, "hbase-thrift"), timeout=9000)
        first, deadline = self._progress(connection), time.monotonic() + SECONDS
        while not self._is_now(first, self._progress(connection)):
            if time.monotonic() > deadline:
                raise AssertionError("the driver applies nothing")
        os.kill(before["State"]["Pid"], signal.SIGKILL)
        self._killed = time.time()
        self._found = self._evidence(self._progress(connection))
        connection.close()

        def is_back() -> bool:
            state = self.stack.container("trends")["State"]
            return bool(state["Running"] and state["StartedAt"] > before["State"]["StartedAt"])

        eventually(is_back, within=SECONDS)

    def _progress(self, connection: Any) -> Progress:
        row = connection.table("boards").row(b"_progress", [b"b:done", b"b:intent"])
        cells = connection.table("hashtags").row(self._key, [b"n:count"], include_timestamp=True)
        done = json.loads(row[b"b:done"])
        return Progress(done, json.loads(row[b"b:intent"])["fence"], cells[b"n:count"][1])

    def _is_now(self, first: Progress, now: Progress) -> bool:
        return bool(now.written > now.done["fence"])

    def _evidence(self, left: Progress) -> str:
        half = left.done["fence"] < left.announced == left.written
        return "a batch was half applied" if half else ""


class KilledBetweenBatches(KilledWhileWriting):
    """Kills the driver when a batch has been applied and executors are computing the next."""

    def _is_now(self, first: Progress, now: Progress) -> bool:
        return bool(now.done["fence"] > first.done["fence"])

    def _evidence(self, left: Progress) -> str:
        is_between = left.announced == left.done["fence"]
        return "a batch was applied, and the next not announced" if is_between else ""


class Scale(Fault):
    """Adds two workers to the running job, and removes them again."""

    def __init__(self, stack: Stack, hold: float) -> None:
        super().__init__(stack, "spark-worker", hold)

    def begin(self) -> None:
        self.stack.scale("spark-worker", 3)
        eventually(lambda: executors(self.stack) == 3, within=SECONDS, every=1)

    def proof(self) -> str:
        return "three executors" if executors(self.stack) == 3 else ""

    def end(self) -> float:
        ended = time.time()
        self.stack.scale("spark-worker", 1)
        return ended


class DownAndUp(Fault):
    """Removes all containers and recreates them on the same volumes."""

    def __init__(self, stack: Stack, hold: float) -> None:
        super().__init__(stack, "web", hold)

    def begin(self) -> None:
        self.stack.compose("down")

    def proof(self) -> str:
        return "" if self.stack.containers() else "no container left"

    def end(self) -> float:
        ended = time.time()
        self.stack.up(wait=False)
        return ended


class StartedInOrder(Fault):
    """Starts the services of a new stack one after the other, in a given order."""

    def __init__(self, stack: Stack, order: list[str]) -> None:
        self.stack, self.service, self.hold = stack, order[0], 0.0
        self._order = order

    def begin(self) -> None:
        self.stack.up_in_order(self._order)

    def proof(self) -> str:
        started = {service_of(each): each["State"]["StartedAt"] for each in self.stack.containers()}
        is_so = sorted(started, key=started.__getitem__) == self._order
        return ", ".join(self._order) if is_so else ""


class DiskFull(Fault):
    """Fills disks to the last byte; half-way through, kills the services that write to them.

    The stack has to be on small disks.
    """

    def __init__(
        self, stack: Stack, hold: float, volumes: Sequence[str], services: Sequence[str]
    ) -> None:
        super().__init__(stack, services[0], hold / 2)
        self._volumes, self._services = volumes, services
        self._free: list[int] = []
        self._told = self._complaints()

    def _complaints(self) -> int:
        logs = self.stack.logs(*self._services)
        return sum(logs.count(words) for words in ("No space left", "the disk is full"))

    def begin(self) -> None:
        self._free = disks.fill(self.stack, self._volumes)
        self.wait()
        self.stack.kill9(*self._services)

    def proof(self) -> str:
        eventually(lambda: self._complaints() > self._told, within=SECONDS)
        return "no space left" if self._free and not any(self._free) else ""

    def end(self) -> float:
        disks.empty(self.stack, self._volumes)
        return super().end()
