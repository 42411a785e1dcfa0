"""Counts of the last hours and days that move on with the clock. Pure: no clock, no store."""

import heapq
from array import array
from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)


class Span(NamedTuple):
    """So many minutes, the last of them `lag` minutes before the running one."""

    length: int
    lag: int = 0


class Sliding(Generic[K]):
    """How often each key was used, in each of the spans.

    Keys have numbers, which are given to others when all that is known of a key has gone by. A
    minute is an append-only pair of arrays (number, uses), and each span keeps a running sum: what
    enters it is added once, and what leaves it is taken off once.
    """

    def __init__(self, now: int, spans: Iterable[Span]) -> None:
        self.now = now
        self.sums = {span: array("I") for span in spans}
        self._reach = max(span.lag + span.length for span in self.sums)
        self._minutes: dict[int, tuple[array[int], array[int]]] = {}
        self._keys: list[K] = []
        self._numbers: dict[K, int] = {}
        self._free: list[int] = []
        self._of_age: dict[int, list[Span]] = {}
        # How many entries the minutes hold of a number.
        self._entries = array("I")

    def add(self, key: K, minute: int, uses: int) -> None:
        """`key` was used so often in a minute (since 1970)."""
        age = self.now - minute
        if age >= self._reach:
            return
        number = self._number(key)
        if minute not in self._minutes:
            self._minutes[minute] = array("I"), array("I")
        numbers, counts = self._minutes[minute]
        numbers.append(number)
        counts.append(uses)
        self._entries[number] += 1
        for span in self._spans(age):
            self._change(span, number, uses)

    def advance(self, now: int) -> list[K]:
        """The running minute is `now` (since 1970); it never goes back. The keys now forgotten."""
        forgotten: list[K] = []
        while self.now < now:
            self.now += 1
            for span in self.sums:
                newest = self.now - span.lag
                self._move(span, newest, 1)
                self._move(span, newest - span.length, -1)
            forgotten += self._forget(self.now - self._reach)
        return forgotten

    def count(self, span: Span, key: K) -> int:
        """Uses of `key` in the span."""
        number = self._numbers.get(key)
        return 0 if number is None else self.sums[span][number]

    def at_least(self, span: Span, least: int) -> list[tuple[K, int]]:
        """Each key that has at least so many uses in the span, which are one or more."""
        keys = self._keys
        return [(keys[number], n) for number, n in enumerate(self.sums[span]) if n >= least]

    def most(self, span: Span, size: int) -> list[tuple[K, int]]:
        """The `size` keys with the most uses in the span, and those with as many as the last."""
        least = min(heapq.nlargest(size, self.sums[span]), default=1)
        return self.at_least(span, max(least, 1))

    def minutes(self) -> Iterable[int]:
        """The minutes in which anything was used."""
        return self._minutes.keys()

    def _spans(self, age: int) -> list[Span]:
        """The spans in which a minute of this age lies; most ages are few."""
        if age not in self._of_age:
            self._of_age[age] = [
                span for span in self.sums if span.lag <= age < span.lag + span.length
            ]
        return self._of_age[age]

    def _number(self, key: K) -> int:
        number = self._numbers.get(key)
        if number is not None:
            return number
        if self._free:
            number = self._free.pop()
            self._keys[number] = key
        else:
            number = len(self._keys)
            self._keys.append(key)
            for numbered in (self._entries, *self.sums.values()):
                numbered.append(0)
        self._numbers[key] = number
        return number

    def _move(self, span: Span, minute: int, sign: int) -> None:
        for number, count in zip(*self._minutes.get(minute, ((), ())), strict=True):
            self._change(span, number, sign * count)

    def _change(self, span: Span, number: int, amount: int) -> None:
        self.sums[span][number] += amount

    def _forget(self, minute: int) -> Iterator[K]:
        numbers, _ = self._minutes.pop(minute, ((), ()))
        for number in numbers:
            self._entries[number] -= 1
            if not self._entries[number]:
                key = self._keys[number]
                del self._numbers[key]
                self._free.append(number)
                yield key


class Distinct(Sliding[tuple[str, str]]):
    """How many different persons used each key, in each of the spans; its keys are pairs of both.

    A person who used a key again counts until the last of the uses has left the span.
    """

    def __init__(self, now: int, spans: Iterable[Span]) -> None:
        super().__init__(now, spans)
        self.persons: dict[Span, dict[str, int]] = {span: {} for span in self.sums}

    def _change(self, span: Span, number: int, amount: int) -> None:
        sums = self.sums[span]
        before = sums[number]
        sums[number] = after = before + amount
        if before and after:
            return
        persons = self.persons[span]
        key = self._keys[number][0]
        persons[key] = persons.get(key, 0) + (1 if after else -1)
        if not persons[key]:
            del persons[key]
