"""Compares what a stack counted with the right answer, computed outside the stack."""

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ingest.sources.demo.source import demo_message
from support.checks import assert_exact
from support.oracle import Oracle
from support.stack import READ_TOPIC, Json, Stack
from support.waiting import eventually

SETTLE_SECONDS = 240


class Ledger(Oracle):
    """The posts that a demo with this seed must have sent, and their expected counts.

    Text, author and everything else follow from seed and number alone. Only the time of a post is
    taken from the topic, from the first record of the post.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(())
        self.repeated = 0
        self.strange: list[str] = []
        self._seed = seed
        self._numbers: set[int] = set()
        self._positions: dict[str, int] = {}

    def follow(self, stack: Stack) -> int:
        """Read the new records of the topic; return how many there were."""
        known = json.dumps(self._positions)
        lines = stack.inside("ingest", READ_TOPIC, "tweets", known).splitlines()
        for line in lines:
            partition, offset, value = json.loads(line)
            self._positions[str(partition)] = offset + 1
            self.take(json.loads(value))
        return len(lines)

    def take(self, message: Json) -> None:
        """Count one record of the topic, unless it is a duplicate or should not exist."""
        self.read += 1
        number = self._number(message)
        if number is None:
            self.strange.append(message["id"])
        elif number in self._numbers:
            self.repeated += 1
        else:
            self._numbers.add(number)
            self._add_post(message)
            self._count(message)

    def _number(self, message: Json) -> int | None:
        """Return the number of a post, or None if it is not exactly what the demo sends."""
        start, _, number = message["id"].rpartition(":")
        if start != f"demo:{self._seed}" or not number.isdecimal():
            return None
        right = demo_message(self._seed, int(number), 0) | {"created_at": message["created_at"]}
        return int(number) if message == right else None

    def lost(self, next_number: int) -> list[int]:
        """Return the numbers missing from the topic.

        According to its cursor, the source has sent all below `next_number`.
        """
        end = max([next_number, *(number + 1 for number in self._numbers)])
        return sorted(set(range(end)) - self._numbers)

    def expected(self, lost: Iterable[int]) -> Counter[str]:
        """Return the right count of each tag, including posts that were lost on the way."""
        return self.counts + Oracle(demo_message(self._seed, n, 0) for n in lost).counts


@dataclass(frozen=True)
class Score:
    """Uses of tags that HBase lacks, has counted too often, or has for tags that nobody used."""

    missing: int
    duplicate: int
    foreign: int
    problems: tuple[str, ...] = ()


def differences(expected: Counter[str], stored: Counter[str]) -> tuple[int, int, int]:
    """Return the numbers of missing, duplicate and foreign uses of tags."""
    more = stored - expected
    foreign = sum(n for key, n in more.items() if key not in expected)
    return (expected - stored).total(), more.total() - foreign, foreign


def settle(stack: Stack, ledger: Ledger) -> None:
    """Wait until everything on the topic has been read and nothing more arrives."""

    def quiet() -> bool:
        ledger.follow(stack)
        read = ledger.read
        eventually(lambda: stack.board()["tweets_read"] >= read, within=SETTLE_SECONDS)
        board = stack.later_board()
        return bool(board["tweets_read"] == read and ledger.follow(stack) == 0)

    eventually(quiet, within=SETTLE_SECONDS)


def compare(stack: Stack, ledger: Ledger) -> Score:
    """Compare a stack at rest with the ledger: topic, HBase, and all boards as served."""
    problems = []
    cursors = stack.records("ingest.cursors")
    lost = ledger.lost(json.loads(cursors[-1])["next"] if cursors else 0)
    if lost:
        problems.append(f"the topic lacks {len(lost)} tweets, the first is {lost[0]}")
    if ledger.strange:
        problems.append(f"the topic has {len(ledger.strange)} records that nobody sent")
    differing = differences(ledger.expected(lost), Counter(stack.counts()))
    if any(differing):
        problems.append("HBase's counts are wrong, and so is what is served")
    else:
        problems += _served(stack, ledger)
    return Score(*differing, tuple(problems))


def _served(stack: Stack, ledger: Ledger) -> list[str]:
    try:
        assert_exact(stack, ledger)
    except AssertionError as error:
        return [f"what is served is wrong: {str(error)[:200]}"]
    return []


def verdict(bit: str, problems: Collection[str]) -> str:
    """Return the verdict of a trial; it is inconclusive without proof of the fault."""
    if problems:
        return "FAILED"
    return "pass" if bit else "inconclusive"
