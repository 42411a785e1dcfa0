"""How far the counting has come: the bookkeeping row of docs/contracts/hbase.md."""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from trends.batch import Batch

# Kafka offsets by partition number, as text: what Spark writes and JSON can have as keys.
Offsets = dict[str, int]


class ProgressError(Exception):
    """The checkpoint and HBase tell different stories; the message says what to do."""


class Cell:
    """A dataclass that is the JSON of one cell."""

    __slots__ = ()

    def to_json(self) -> bytes:
        """The cell's value."""
        return json.dumps(asdict(self)).encode()  # type: ignore[call-overload]

    @classmethod
    def from_json(cls, value: bytes) -> Self:
        """The inverse of `to_json`."""
        return cls(**json.loads(value))


@dataclass(frozen=True, slots=True)
class Intent(Cell):
    """A batch about to be applied: its fence, and its offsets (`end` exclusive)."""

    fence: int
    start: Offsets
    end: Offsets


@dataclass(frozen=True, slots=True)
class Done(Cell):
    """The batch applied last, and the totals after it.

    `trail` holds `[milliseconds, offsets]` of earlier batches, oldest first, so that the ids of
    the last hour can be read from Kafka again when the checkpoint that held them is gone.
    """

    fence: int = 0
    end: Offsets = field(default_factory=dict)
    read: int = 0
    tagged: int = 0
    quarantined: int = 0
    surplus: int = 0
    sources: tuple[str, ...] = ()
    demo: bool = True
    trail: tuple[tuple[int, Offsets], ...] = ()

    @classmethod
    def from_json(cls, value: bytes) -> Self:
        """The inverse of `to_json`; fields that a later version wrote are ignored."""
        document: dict[str, Any] = json.loads(value)
        known = {name: document[name] for name in cls.__dataclass_fields__ if name in document}
        known["sources"] = tuple(known.get("sources", ()))
        known["trail"] = tuple((at, offsets) for at, offsets in known.get("trail", ()))
        return cls(**known)

    def after(self, intent: Intent, batch: Batch, horizon: int) -> Self:
        """The totals with `batch` applied; ids are remembered for `horizon` milliseconds."""
        base = self
        if self.demo and not batch.demo:  # the first real tweets: generated ones no longer count
            base = replace(self, tagged=0, surplus=0, sources=())
        return replace(
            base,
            fence=intent.fence,
            end=intent.end,
            read=base.read + span(intent.start, intent.end),
            tagged=base.tagged + batch.tagged,
            quarantined=base.quarantined + len(batch.bad),
            surplus=base.surplus + batch.surplus,
            sources=tuple(sorted({*base.sources, *batch.sources})),
            demo=batch.demo,
            trail=_trail(self.trail, intent, horizon),
        )

    def seed_start(self, now: int, horizon: int) -> Offsets:
        """Where Kafka has to be read from to know the ids of the last `horizon` milliseconds."""
        start: Offsets = {}
        for at, offsets in self.trail:
            if start and at > now - horizon:
                break
            start = offsets
        return start


@dataclass(frozen=True, slots=True)
class Seed(Cell):
    """Records whose ids the deduplication has to be told, since its own memory is gone.

    They lie from `start` to `end` (exclusive) on the topic, and count until `until` (milliseconds;
    0: always).
    """

    until: int
    start: Offsets
    end: Offsets


def _trail(
    trail: tuple[tuple[int, Offsets], ...], intent: Intent, horizon: int
) -> tuple[tuple[int, Offsets], ...]:
    """Add the batch's start, a dozen entries a horizon at most, the oldest just beyond it."""
    now = intent.fence
    if not trail or now - trail[-1][0] >= horizon / 12:
        trail = (*trail, (now, intent.start))
    while len(trail) > 1 and trail[1][0] <= now - horizon:
        trail = trail[1:]
    return trail


def span(start: Offsets, end: Offsets) -> int:
    """How many records lie between two offsets."""
    return sum(offset - start.get(partition, 0) for partition, offset in end.items())


def is_applied(end: Offsets, done: Done) -> bool:
    """Whether a batch that reaches to `end` lies wholly in what was applied."""
    return bool(done.end) and all(
        offset <= done.end.get(partition, -1) for partition, offset in end.items()
    )
