"""Detects duplicate posts by Kafka's append times."""

from typing import NamedTuple

import numpy as np

from trends.counting.arrays import Bools, Integers, Ints, Unsigned, first_of_runs, run_ends
from trends.counting.batch import Ids, Offsets, Posts

_NEVER = np.int64(-(1 << 62))


class Duplicates(NamedTuple):
    """Whether each post was read before, and whether one with hashtags was with hashtags before."""

    read: Bools
    tagged: Bools


class RecentPosts:
    """The posts of the last `span` milliseconds, and of these apart, the posts with hashtags.

    A post may be read without hashtags first, and with them once its author has edited it. It is
    then one post that was read, and its hashtags count.
    """

    def __init__(self, span: int) -> None:
        self._read, self._tagged = RecentIds(span), RecentIds(span)

    def __len__(self) -> int:
        return len(self._read)

    def add(self, posts: Posts) -> Duplicates:
        """Remember posts; returns which of them are duplicates."""
        has_tags = posts.tags_each > 0
        is_duplicate = np.zeros(len(has_tags), np.bool_)
        is_duplicate[has_tags] = self._tagged.add(posts.rows(has_tags))
        return Duplicates(self._read.add(posts), is_duplicate)

    def advance(self, newest: Offsets) -> None:
        """Update the highest append time of each partition, including malformed records."""
        self._read.advance(newest)
        self._tagged.advance(newest)


class RecentIds:
    """The hashed ids of the posts of the last `span` milliseconds.

    A post is a duplicate if one with the same id was appended to the topic less than `span`
    before it. A post's time is the highest append time of its partition so far, because a broker's
    clock may be set back. The copies of a post share a partition, as its id is the record's key,
    unless partitions were added in between. So whether a post is a duplicate depends on the log
    alone, and not on how it is split into batches.

    An id takes 28 bytes.
    """

    def __init__(self, span: int) -> None:
        self._span = span
        # The highest append time of each partition so far.
        self._newest = np.zeros(0, np.int64)
        # Sorted by `_hi`; each id occurs once, with the time and partition of its last copy.
        self._hi: Unsigned = np.zeros(0, np.uint64)
        self._lo: Unsigned = np.zeros(0, np.uint64)
        self._appended: Ints = np.zeros(0, np.int64)
        self._partition: Integers = np.zeros(0, np.int32)
        self._forget_beyond = 0

    def __len__(self) -> int:
        return len(self._hi)

    def add(self, posts: Ids) -> Bools:
        """Remember the ids of `posts`.

        Returns whether each post is a duplicate, either of one before it in `posts` or of a
        remembered one.
        """
        times = self._times(posts)
        order = _order(posts, times)
        hi, lo, appended = posts.hi[order], posts.lo[order], times[order]
        is_first = first_of_runs(hi) | first_of_runs(lo)
        starts = np.flatnonzero(is_first)
        found = self._find(hi[starts], lo[starts])
        is_known = found >= 0
        last = np.full(len(starts), _NEVER)
        last[is_known] = self._appended[found[is_known]]
        last = last[np.cumsum(is_first) - 1]
        is_duplicate = np.empty(len(order), np.bool_)
        # Hence `abs`: after partitions were added, the later of two copies may be read first.
        is_duplicate[order] = (~is_first & (np.diff(appended, prepend=0) < self._span)) | (
            np.abs(appended - last) < self._span
        )
        last_copy = order[run_ends(starts, len(order)) - 1]
        self._update(found[is_known], posts, times, last_copy[is_known])
        self._insert(posts, times, last_copy[~is_known])
        self._forget()
        return is_duplicate

    def advance(self, newest: Offsets) -> None:
        """Update the highest append time of each partition, whatever was appended."""
        for partition, time in newest.items():
            number = int(partition)
            if number >= len(self._newest):
                self._newest = np.append(
                    self._newest, np.zeros(number + 1 - len(self._newest), np.int64)
                )
            self._newest[number] = max(time, self._newest[number])

    def _times(self, posts: Ids) -> Ints:
        """The highest append time of each post's partition so far."""
        return np.maximum(posts.appended, self._newest_of(posts.partition))

    def _newest_of(self, partition: Integers) -> Ints:
        is_known = partition < len(self._newest)
        newest = np.zeros(len(partition), np.int64)
        newest[is_known] = self._newest[partition[is_known]]
        return newest

    def _find(self, hi: Unsigned, lo: Unsigned) -> Ints:
        """Find the position of each id, or -1."""
        found = np.full(len(hi), -1, np.int64)
        at = np.searchsorted(self._hi, hi)
        # Distinct ids hardly ever share their first half, so this ends after one or two rounds.
        unresolved = np.arange(len(hi))
        while len(unresolved):
            unresolved = unresolved[at[unresolved] < len(self)]
            unresolved = unresolved[self._hi[at[unresolved]] == hi[unresolved]]
            is_it = self._lo[at[unresolved]] == lo[unresolved]
            found[unresolved[is_it]] = at[unresolved[is_it]]
            unresolved = unresolved[~is_it]
            at[unresolved] += 1
        return found

    def _update(self, positions: Ints, posts: Ids, times: Ints, which: Ints) -> None:
        is_later = times[which] > self._appended[positions]
        positions, which = positions[is_later], which[is_later]
        self._appended[positions] = times[which]
        self._partition[positions] = posts.partition[which]

    def _insert(self, posts: Ids, times: Ints, which: Ints) -> None:
        """Insert ids, sorted by their first halves."""
        at = np.searchsorted(self._hi, posts.hi[which])
        self._hi = np.insert(self._hi, at, posts.hi[which])
        self._lo = np.insert(self._lo, at, posts.lo[which])
        self._appended = np.insert(self._appended, at, times[which])
        self._partition = np.insert(self._partition, at, posts.partition[which])

    def _forget(self) -> None:
        """Drop ids that no later record of their partition can be a duplicate of.

        Each partition goes by its own times, so one that lags behind keeps its ids however far the
        others have come.
        """
        if len(self) <= self._forget_beyond:
            return
        newest = self._newest_of(self._partition)
        is_recent = self._appended > newest - self._span
        self._hi, self._lo = self._hi[is_recent], self._lo[is_recent]
        self._appended, self._partition = self._appended[is_recent], self._partition[is_recent]
        self._forget_beyond = len(self) + len(self) // 4 + 10_000


def _order(posts: Ids, times: Ints) -> Ints:
    """The positions of posts sorted by id; copies by their times, then in the given order."""
    order = np.argsort(posts.hi)
    is_same = ~first_of_runs(posts.hi[order])
    # Sorting by all keys is slow, and only ids with the same first half need it.
    tied = np.flatnonzero(is_same | np.append(is_same[1:], False))
    copies = order[tied]
    order[tied] = copies[np.lexsort((copies, times[copies], posts.lo[copies], posts.hi[copies]))]
    return order
