"""The row `_progress`: the batch applied last, the one announced last, and who is counting."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from trends.counting.batch import Batch, Offsets
from trends.counting.tally import Tally
from trends.kafka.offsets import Topic

# Instead of a topic's id, until an import (trends.moving) is complete.
UNFINISHED_IMPORT = "unfinished import"


class ProgressError(Exception):
    """HBase is not in the state that the driver left; the message says why."""


class TopicError(Exception):
    """The topic is not the one that was counted so far; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A batch about to be applied: its fence and its offsets (`end` exclusive).

    `driver` is the driver that may announce the next one. The first version did not write it.
    """

    fence: int
    start: Offsets
    end: Offsets
    driver: str = ""

    def to_json(self) -> bytes:
        """The cell's value."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, value: bytes) -> Self:
        """The inverse of `to_json`; also reads what earlier and later versions write."""
        return cls(**_known(cls, json.loads(value)))


@dataclass(frozen=True, slots=True)
class Lease:
    """Which driver is counting; it writes the cell again every few seconds, with a later `until`.

    `driver` is its host and a random number, with a slash between them. Its boards have timestamps
    up to `until` (milliseconds since 1970), and those of the next driver greater ones.
    `application` is its id on Spark's master. `stopped` says that it has stopped counting.
    """

    driver: str
    until: int
    application: str = ""
    stopped: bool = False

    @property
    def host(self) -> str:
        """The driver's host name."""
        return self.driver.partition("/")[0]

    def to_json(self) -> bytes:
        """The cell's value."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, value: bytes) -> Self:
        """The inverse of `to_json`; also reads what later versions write."""
        return cls(**_known(cls, json.loads(value)))


@dataclass(frozen=True, slots=True)
class Done:
    """The batch applied last, and the totals after it.

    `times` has the highest append time of each partition so far (milliseconds since 1970). A later
    record can only duplicate one that was appended less than DEDUPLICATE_MINUTES before that time.
    `topic` is the id of the topic that `end` refers to. Early versions wrote neither, but
    `offset_history`: the `(milliseconds, offsets)` of batches, oldest first. `keys` is the version
    of the key rule (`recovery.KEYS`) that all rows of `hashtags` follow.
    """

    fence: int = 0
    end: Offsets = field(default_factory=dict)
    times: Offsets = field(default_factory=dict)
    read: int = 0
    tagged: int = 0
    quarantined: int = 0
    ignored_tags: int = 0
    sources: tuple[str, ...] = ()
    demo: bool = True
    topic: str = ""
    keys: int = 0
    offset_history: tuple[tuple[int, Offsets], ...] = ()

    def to_json(self) -> bytes:
        """The cell's value: the same for two drivers that have applied the same batch."""
        return json.dumps(asdict(self), sort_keys=True).encode()

    @classmethod
    def from_json(cls, value: bytes) -> Self:
        """The inverse of `to_json`; also reads what earlier and later versions write."""
        document: dict[str, Any] = json.loads(value)
        for earlier, name in (("surplus", "ignored_tags"), ("trail", "offset_history")):
            document.setdefault(name, document.get(earlier, getattr(cls(), name)))
        known = _known(cls, document)
        known["sources"] = tuple(known.get("sources", ()))
        known["offset_history"] = tuple((at, offsets) for at, offsets in known["offset_history"])
        return cls(**known)

    def has(self, intent: Intent | None) -> bool:
        """Whether the batch announced last, if any, is fully applied."""
        return intent is None or intent.fence <= self.fence

    def after(self, intent: Intent, batch: Batch, tally: Tally) -> Self:
        """The progress once a batch is applied."""
        base = self
        if self.demo and not tally.demo:  # the first real posts: demo data no longer counts
            base = replace(self, tagged=0, ignored_tags=0, sources=())
        return replace(
            base,
            fence=intent.fence,
            end=intent.end,
            times={
                **self.times,
                **{p: max(time, self.times.get(p, 0)) for p, time in batch.newest.items()},
            },
            read=base.read + batch.records,
            tagged=base.tagged + tally.tagged,
            quarantined=base.quarantined + len(batch.quarantined),
            ignored_tags=base.ignored_tags + batch.ignored_tags,
            sources=tuple(sorted({*base.sources, *tally.sources})),
            demo=tally.demo,
            offset_history=(),
        )

    def adopt(self, topic: Topic, intent: Intent | None, wanted: str) -> Self:
        """Carry the progress over to the topic that Kafka has now.

        `intent` is the batch announced last. A new topic whose id is `wanted` is counted from its
        beginning, and a half-applied batch is abandoned, because its records are gone.

        Raises:
            TopicError: it is a new topic, and no user has asked for it to be counted.
        """
        if self.topic == UNFINISHED_IMPORT:
            raise TopicError(
                "an import was not finished: repeat it, `make import FILE=...`, or start over with "
                "empty counts, `make reset`"
            )
        if topic.id == self.topic:
            return self
        if topic.id == wanted:
            fence = max(self.fence, intent.fence if intent else 0)
            return replace(self, topic=topic.id, fence=fence, end={}, times={}, offset_history=())
        counted = (intent or self).end
        if self.topic or any(topic.end.get(p, 0) < offset for p, offset in counted.items()):
            raise TopicError(
                "the topic `tweets` is not the one that was counted so far; its posts would be "
                "counted on top of what HBase has. To do that, set "
                f"COUNT_TOPIC={topic.id} in .env and start `trends` again with `make up`; "
                "to start over with empty counts: `make reset`"
            )
        return replace(self, topic=topic.id)


def _known(cls: type[Intent | Lease | Done], document: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the members that a later version has added."""
    return {name: document[name] for name in cls.__dataclass_fields__ if name in document}
