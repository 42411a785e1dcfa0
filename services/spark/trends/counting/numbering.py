"""Numbers tags, and pairs of a tag and an author, so that arrays can have an element for each.

Freed numbers are reused, so arrays only grow to the most that is held at any one time.
"""

from collections.abc import Sequence
from typing import Any, TypeVar, cast

import numpy as np

from trends.counting.arrays import Integers, Ints, Unsigned

_FREE, _EMPTY = -1, -1
_LEAST_SLOTS = 64
# Odd 64-bit constants that spread neighbouring values over the whole range. An attacker cannot
# choose pairs that collide, because authors are salted hashes.
_SPREAD_TAG, _SPREAD = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)

AnyArray = TypeVar("AnyArray", bound=np.ndarray[Any, Any])


def grown(array: AnyArray, size: int) -> AnyArray:
    """Return `array`, or a longer copy padded with 0 if its last axis has fewer than `size`."""
    if array.shape[-1] >= size:
        return array
    longer = np.zeros((*array.shape[:-1], 2 * size), array.dtype)
    longer[..., : array.shape[-1]] = array
    return cast(AnyArray, longer)


class TagNumbers:
    """Numbers keys from 0 up; `keys` has the key of each number, and "" for a free one."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.numbers: dict[str, int] = {}
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self.numbers)

    def number(self, keys: Sequence[str]) -> Integers:
        """Look up the numbers of distinct keys; a new key is given one."""
        numbers = np.array([self.numbers.get(key, _FREE) for key in keys], np.int32)
        for at in np.flatnonzero(numbers == _FREE).tolist():
            numbers[at] = self._add(keys[at])
        return numbers

    def free(self, numbers: Integers) -> None:
        """Forget the keys of `numbers`."""
        for number in numbers.tolist():
            del self.numbers[self.keys[number]]
            self.keys[number] = ""
            self._free.append(number)

    def _add(self, key: str) -> int:
        if self._free:
            number = self._free.pop()
            self.keys[number] = key
        else:
            number = len(self.keys)
            self.keys.append(key)
        self.numbers[key] = number
        return number


class PairNumbers:
    """Numbers pairs of a tag's number and an author (64 bits) from 0 up.

    This is a hash table with open addressing that works on whole columns. Each slot in `_slots` has
    the number of a pair, or `_EMPTY`. `tag` and `_author` have the pair of each number; the tag of
    a free number is `_FREE`. A search probes slots at growing distances until it finds the pair or
    an empty slot.

    The slot of a freed pair keeps the number, so that searches do not end there. A search matches
    nothing in it, or a later pair that was given the same number; both are correct. Rebuilding the
    table drops such slots.

    A pair takes about 30 bytes, a quarter of what it would take in a dictionary.
    """

    def __init__(self) -> None:
        self.tag: Integers = np.zeros(16, np.int32)
        self._author: Unsigned = np.zeros(16, np.uint64)
        self._free: Integers = np.zeros(0, np.int32)
        self._slots: Integers = np.full(_LEAST_SLOTS, _EMPTY, np.int32)
        self._used_slots = 0
        self.size = 0
        """One more than the highest number ever given."""

    def __len__(self) -> int:
        return self.size - len(self._free)

    def number(self, tag: Integers, author: Unsigned) -> Integers:
        """Look up the number of each pair; a new pair is given one. Pairs may repeat."""
        self._make_room(len(tag))
        numbers = np.empty(len(tag), np.int32)
        slot = self._home(tag, author)
        # Positions of the pairs not found yet; each round compares one slot for each of them.
        open_ = np.arange(len(tag), dtype=np.int32)
        step = 0
        while len(open_):
            at = slot[open_]
            is_empty = self._slots[at] == _EMPTY
            if is_empty.any():
                self._add(open_[is_empty], slot, tag, author)
            found = self._slots[at]
            is_it = (self.tag[found] == tag[open_]) & (self._author[found] == author[open_])
            numbers[open_[is_it]] = found[is_it]
            open_ = open_[~is_it]
            step += 1
            slot[open_] = (slot[open_] + step) % len(self._slots)
        return numbers

    def free(self, numbers: Integers) -> None:
        """Forget the pairs of `numbers`, which are distinct."""
        self.tag[numbers] = _FREE
        self._free = np.concatenate([self._free, numbers])

    def _home(self, tag: Integers, author: Unsigned) -> Ints:
        """The slot where the search for each pair begins."""
        mixed = (author + tag.astype(np.uint64) * _SPREAD_TAG) * _SPREAD
        bits = len(self._slots).bit_length() - 1
        return (mixed >> np.uint64(64 - bits)).astype(np.int64)

    def _add(self, which: Integers, slot: Ints, tag: Integers, author: Unsigned) -> None:
        """Put new pairs, given by position, into their slots, which are empty.

        If several pairs want the same slot, one gets it; the others may be equal to it.
        """
        self._slots[slot[which]] = which  # of several, the last one stays for now
        which = which[self._slots[slot[which]] == which]
        numbers = self._take_numbers(len(which))
        self.tag[numbers], self._author[numbers] = tag[which], author[which]
        self._slots[slot[which]] = numbers
        self._used_slots += len(which)

    def _take_numbers(self, count: int) -> Integers:
        kept = max(len(self._free) - count, 0)
        reused, self._free = self._free[kept:], self._free[:kept]
        end = self.size + count - len(reused)
        new = np.arange(self.size, end, dtype=np.int32)
        self.size = end
        self.tag, self._author = grown(self.tag, end), grown(self._author, end)
        return np.concatenate([reused, new])

    def _make_room(self, count: int) -> None:
        """Keep half of the slots empty after adding `count` pairs, so that searches end."""
        if 2 * (self._used_slots + count) <= len(self._slots):
            return
        slots = 1 << (4 * (len(self) + count)).bit_length()
        self._slots = np.full(max(slots, _LEAST_SLOTS), _EMPTY, np.int32)
        numbers = np.flatnonzero(self.tag[: self.size] != _FREE).astype(np.int32)
        self._used_slots = len(numbers)
        slot = self._home(self.tag[numbers], self._author[numbers])
        step = 0
        while len(numbers):
            is_empty = self._slots[slot] == _EMPTY
            self._slots[slot[is_empty]] = numbers[is_empty]
            is_placed = self._slots[slot] == numbers
            step += 1
            numbers, slot = numbers[~is_placed], (slot[~is_placed] + step) % len(self._slots)
