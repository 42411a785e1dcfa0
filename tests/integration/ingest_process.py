"""The ingest as it is, but with PREFIX before the names of its topics and of its status.

`python ingest_process.py PREFIX` runs it; PREFIX may be empty.

With DIE_BEFORE_CURSOR=n in the environment it dies, as by kill -9, when it is about to write its
n-th cursor: Kafka has acknowledged the tweets, and nothing else knows of it.
"""

import os
import sys
from typing import Any

from ingest import status as reporting
from ingest.kafka import topics

PREFIX = sys.argv[1]
topics.TWEETS, topics.QUARANTINE, topics.CURSORS = (
    PREFIX + name for name in (topics.TWEETS, topics.QUARANTINE, topics.CURSORS)
)
reporting.ROW = PREFIX.encode() + reporting.ROW

# After the renaming: these modules take the names as they are when they are loaded.
from ingest import __main__ as process  # noqa: E402
from ingest.kafka.publisher import Publisher, Record  # noqa: E402


class Dying(Publisher):
    """Dies before the n-th cursor."""

    left = int(os.environ.get("DIE_BEFORE_CURSOR", "0"))

    def _send(self, records: list[Record]) -> None:
        if records and records[0][0] == topics.CURSORS:
            Dying.left -= 1
            if Dying.left == 0:
                os._exit(137)
        super()._send(records)


if Dying.left:
    patched: Any = process
    patched.Publisher = Dying
status = process.main()
sys.stdout.flush()
os._exit(status)
