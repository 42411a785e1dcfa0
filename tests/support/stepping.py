"""Runs drivers against one HBase, one call at a time, in an order that the test chooses."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import happybase

from trends.hbase.client import Client
from trends.hbase.gateway import Gateway

WRITES = ("checkAndPut", "mutateRowsTs", "mutateRowTs")


class KilledError(Exception):
    """Simulates a crash of the driver."""


class Turns:
    """Lets the threads of a driver make one call at a time, when the test says so."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting = self._granted = self._done = 0
        self.is_over = self.is_killed = False

    def step(self) -> bool:
        """Let the driver make its next call and wait for its end; False if it makes no more."""
        with self._changed:
            self._wait(lambda: self._waiting or self.is_over)
            if self.is_over:
                return False
            self._granted += 1
            target = self._done + 1
            self._changed.notify_all()
            self._wait(lambda: self._done == target)
            return True

    def end(self, *, killed: bool = False) -> None:
        """The driver makes no more calls."""
        with self._changed:
            self.is_over, self.is_killed = True, killed
            self._changed.notify_all()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Wait for a turn, and report its end."""
        with self._changed:
            self._waiting += 1
            self._changed.notify_all()
            self._wait(lambda: self._granted or self.is_over)
            self._waiting -= 1
            if self.is_over:
                raise KilledError
            self._granted -= 1
        try:
            yield
        finally:
            with self._changed:
                self._done += 1
                self._changed.notify_all()

    def _wait(self, condition: Callable[[], Any]) -> None:
        assert self._changed.wait_for(condition, timeout=60)


class SteppedClient(Client):
    """The product's client; each of its calls waits for a turn, and a few go wrong.

    After a call whose answer is lost, or that is only carried out by `deliver`, it tries again.
    """

    def __init__(self, port: int, turns: Turns, chance: random.Random, faults: float) -> None:
        super().__init__(Gateway((("127.0.0.1", port),)), threading.Event())
        self._turns, self._chance, self._faults = turns, chance, faults
        self._late: list[Callable[[happybase.Connection], object]] = []

    def call(self, action: Callable[[happybase.Connection], Any]) -> Any:
        def stepped(connection: happybase.Connection) -> Any:
            if not isinstance(connection.client, _Stepped):
                connection.client = _Stepped(connection.client, self)
            return action(connection)

        return super().call(stepped)

    def deliver(self) -> None:
        """Carry out, too late, the calls that seemed to fail."""
        while self._late:
            super().call(self._late.pop())

    def carry_out(self, name: str, call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        with self._turns.one():
            fault = self._chance.random() / self._faults if self._faults else 1
            if name in WRITES and fault < 0.5:
                self._late.append(lambda connection: getattr(connection.client, name)(*arguments))
                raise ConnectionResetError("delayed")
            answer = call(*arguments)
            if fault < 1:
                raise ConnectionResetError("the answer is lost")
            return answer


class _Stepped:
    """Stands in the place of a connection's calls."""

    def __init__(self, calls: Any, client: SteppedClient) -> None:
        self._calls, self._client = calls, client

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._calls, name)
        return lambda *arguments: self._client.carry_out(name, call, arguments)
