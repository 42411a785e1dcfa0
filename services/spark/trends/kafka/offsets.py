"""Offsets of the topic: where it begins and ends, and which records were lost."""

from dataclasses import dataclass

from trends.counting.batch import Offsets


@dataclass(frozen=True, slots=True)
class Topic:
    """The topic as Kafka has it: its id, and where each partition begins and ends (exclusive)."""

    id: str
    begin: Offsets
    end: Offsets

    def nearest(self, offsets: Offsets) -> Offsets:
        """The offset of every partition, moved to where Kafka has records.

        Records before `begin` were removed by retention. Records beyond `end` were lost by a broker
        that was killed together with its machine, or restored from a backup.
        """
        return {
            partition: max(begin, min(offsets.get(partition, 0), self.end[partition]))
            for partition, begin in self.begin.items()
        }

    def has(self, offsets: Offsets) -> bool:
        """Whether Kafka can be read from `offsets` on."""
        return self.nearest(offsets).items() >= offsets.items()


def describe_lost_records(start: Offsets, end: Offsets) -> str:
    """Describe the records from `start` to `end`; empty if `end` is nowhere beyond `start`."""
    lost = {p: n for p, offset in sorted(end.items()) if (n := offset - start.get(p, 0)) > 0}
    places = ", ".join(f"{n} of partition {p}" for p, n in lost.items())
    return f"{sum(lost.values())} records ({places})" if lost else ""
