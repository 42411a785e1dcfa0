"""How far the counting has come: the bookkeeping row of docs/contracts/hbase.md."""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from trends.counting.tally import Batch

# Kafka offsets by partition number, as text: what Spark writes and JSON can have as keys.
Offsets = dict[str, int]


class ProgressError(Exception):
    """The checkpoint and HBase tell different stories; the message says what to do."""


class TopicError(Exception):
    """The topic is not the one that was counted so far; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Topic:
    """The topic as Kafka has it: its id, and where each partition begins and ends (exclusive)."""

    id: str
    begin: Offsets
    end: Offsets

    def nearest(self, offsets: Offsets) -> Offsets:
        """The offset of every partition, moved to where Kafka has records.

        Before `begin` retention has removed them; beyond `end` a broker has lost them that was
        killed together with its machine, or restored from a backup.
        """
        return {
            partition: max(begin, min(offsets.get(partition, 0), self.end[partition]))
            for partition, begin in self.begin.items()
        }

    def has(self, offsets: Offsets) -> bool:
        """Whether Kafka can be read from `offsets` on."""
        return self.nearest(offsets).items() >= offsets.items()


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
    the last hour can be read from Kafka again when the checkpoint that held them is gone. `topic`
    is the id of the topic whose offsets these are; earlier versions did not write it.
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
    topic: str = ""

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

    def on(self, topic: Topic, intent: Intent | None, wanted: str) -> Self:
        """The progress on the topic that Kafka has now, with the batch announced last.

        Where it is another topic than before and its id is `wanted`, nothing of it is counted, and
        a half applied batch is over: its records are gone.

        Raises:
            TopicError: it is another topic, and nobody has said that it is to be counted.
        """
        if topic.id == self.topic:
            return self
        if topic.id == wanted:
            fence = max(self.fence, intent.fence if intent else 0)
            return replace(self, topic=topic.id, fence=fence, end={}, trail=())
        counted = (intent or self).end
        if self.topic or any(topic.end.get(p, 0) < offset for p, offset in counted.items()):
            raise TopicError(
                "the topic `tweets` is not the one that was counted so far; what is on it now "
                "would be counted on top of what HBase has. To do that, set "
                f"COUNT_TOPIC={topic.id} in .env and start `trends` again with `make up`; "
                "to begin anew: `make reset`"
            )
        return replace(self, topic=topic.id)

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


def told(start: Offsets, end: Offsets) -> str:
    """The records between two offsets in words; nothing where `end` is nowhere beyond `start`."""
    found = {p: n for p, offset in sorted(end.items()) if (n := offset - start.get(p, 0)) > 0}
    places = ", ".join(f"{n} of partition {p}" for p, n in found.items())
    return f"{sum(found.values())} records ({places})" if found else ""


def is_applied(end: Offsets, done: Done) -> bool:
    """Whether a batch that reaches to `end` lies wholly in what was applied."""
    return bool(done.end) and all(
        offset <= done.end.get(partition, -1) for partition, offset in end.items()
    )
