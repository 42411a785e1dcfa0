"""Writes made-up hashtags into the table `hashtags`, as the driver would.

    python -m bench.tags NUMBER

It runs in a container of the stack's network. Each tag is three syllables long, so that there are
as many tags with a prefix as its length leaves: of a million, ten thousand for one syllable.
"""

import sys
import time

import happybase

SYLLABLES = [a + b for a in "bcdfghjklmnprstvwxyz" for b in "aeiou"]
MOST = len(SYLLABLES) ** 3
BATCH = 2000


def tag(number: int) -> str:
    """The tag of a number below `MOST`."""
    first, rest = divmod(number, len(SYLLABLES) ** 2)
    return "".join(SYLLABLES[each] for each in (first, *divmod(rest, len(SYLLABLES))))


def cell(key: str, count: int, milliseconds: int) -> str:
    """The cell `n:count` of a tag that was used so often a moment ago (docs/contracts/hbase.md)."""
    day, hour = milliseconds // 86_400_000, milliseconds // 3_600_000 % 24
    return f"{count} {milliseconds} {milliseconds} {day} {hour}:{count} {key}"


def write(number: int) -> None:
    """Write the first `number` tags."""
    now = int(time.time() * 1000)
    table = happybase.Connection("hbase-thrift", timeout=120_000).table("hashtags")
    with table.batch(batch_size=BATCH) as batch:
        for each in range(number):
            key = tag(each)
            # Counts in no order.
            batch.put(key, {b"n:count": cell(key, 1 + each * 7919 % 1000, now).encode()})


if __name__ == "__main__":
    write(int(sys.argv[1]))
