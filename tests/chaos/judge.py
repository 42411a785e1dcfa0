"""The right answer, computed outside the stack, and what the stack made of it."""

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from e2e.checks import assert_exact
from e2e.stack import READ_TOPIC, Json, Stack
from ingest.sources.demo.source import demo_message
from oracle import Oracle
from waiting import eventually

SETTLE_SECONDS = 240


class Ledger(Oracle):
    """What the demo of a seed has to have sent, and how it has to be counted.

    Text, author and all else follow from seed and number alone. When a tweet was written is the
    one thing that is taken from the topic, and only of its first record.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(())
        self.repeated = 0
        self.strange: list[str] = []
        self._seed = seed
        self._numbers: set[int] = set()
        self._positions: dict[str, int] = {}

    def follow(self, stack: Stack) -> int:
        """Take in what is new on the topic; how many records that was."""
        known = json.dumps(self._positions)
        lines = stack.inside("ingest", READ_TOPIC, "tweets", known).splitlines()
        for line in lines:
            partition, offset, value = json.loads(line)
            self._positions[str(partition)] = offset + 1
            self.take(json.loads(value))
        return len(lines)

    def take(self, message: Json) -> None:
        """Count one record of the topic, unless it came before or should not exist."""
        self.read += 1
        number = self._number(message)
        if number is None:
            self.strange.append(message["id"])
        elif number in self._numbers:
            self.repeated += 1
        else:
            self._numbers.add(number)
            self._count(message)

    def _number(self, message: Json) -> int | None:
        """The number of a tweet that is as it has to be."""
        start, _, number = message["id"].rpartition(":")
        if start != f"demo:{self._seed}" or not number.isdecimal():
            return None
        right = demo_message(self._seed, int(number), 0) | {"created_at": message["created_at"]}
        return int(number) if message == right else None

    def lost(self, next_number: int) -> list[int]:
        """The numbers that the topic lacks; the source says it has sent all below `next_number`."""
        end = max([next_number, *(number + 1 for number in self._numbers)])
        return sorted(set(range(end)) - self._numbers)

    def expected(self, lost: Iterable[int]) -> Counter[str]:
        """How often each tag has to be counted, with the tweets that were lost on the way."""
        return self.counts + Oracle(demo_message(self._seed, n, 0) for n in lost).counts


@dataclass(frozen=True)
class Score:
    """Uses of tags that HBase lacks, has too often, or has of tags that nobody used."""

    missing: int
    duplicate: int
    foreign: int
    problems: tuple[str, ...] = ()


def differences(expected: Counter[str], stored: Counter[str]) -> tuple[int, int, int]:
    """Missing, duplicate and foreign uses of tags."""
    more = stored - expected
    foreign = sum(n for key, n in more.items() if key not in expected)
    return (expected - stored).total(), more.total() - foreign, foreign


def settle(stack: Stack, ledger: Ledger) -> None:
    """Wait until everything on the topic has been read, and nothing more comes."""

    def quiet() -> bool:
        ledger.follow(stack)
        read = ledger.read
        eventually(lambda: stack.board()["tweets_read"] >= read, within=SETTLE_SECONDS)
        board = stack.later_board()
        return bool(board["tweets_read"] == read and ledger.follow(stack) == 0)

    eventually(quiet, within=SETTLE_SECONDS)


def compare(stack: Stack, ledger: Ledger) -> Score:
    """Hold a stack at rest against the ledger: topic, HBase, and all boards as served."""
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
    """What a trial has shown; a fault that cannot be proved has shown nothing."""
    if problems:
        return "FAILED"
    return "pass" if bit else "inconclusive"
