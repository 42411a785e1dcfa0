"""Reads and writes the table `totals`: how many posts there were in each minute."""

import happybase
import numpy as np

from trends.counting.post_totals import PostTotals
from trends.counting.progress import Done, Intent
from trends.counting.spans import LONGEST
from trends.counting.tally import PostsByMinute
from trends.hbase.client import Client, Families
from trends.hbase.row import minute_column

TOTALS, POSTS, SINCE = "totals", b"posts", b"n:since"
_FAMILY = {"max_versions": 1}
FAMILIES: Families = {"n": _FAMILY, "m": {**_FAMILY, "time_to_live": LONGEST * 60}}


class TotalsTable:
    """The row `posts`.

    It is written once for each batch, like the rows of `hashtags`: one put, with the batch's fence
    as the timestamp of all its cells. `n:since` is always among them, so its timestamp says which
    batch the row has.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._fence = 0

    def create(self) -> None:
        """Create the table unless it exists."""
        self._client.create_table(TOTALS, FAMILIES)

    def read(self, now: int, done: Done, intent: Intent | None) -> PostTotals:
        """Read the totals at the minute `now`, given the progress and the intent written last."""
        cells = self._client.call(
            lambda connection: connection.table(TOTALS).row(POSTS, include_timestamp=True)
        )
        since, self._fence = cells.pop(SINCE, (b"0", 0))
        if self._fence not in (done.fence, intent.fence if intent else done.fence):
            # An earlier version, which kept no totals, has counted batches that are not in the row.
            since = now + 1
        totals = PostTotals(now, int(since))
        minutes = np.array([int(column[2:]) for column in cells], np.int64)
        values = [list(map(int, value.split())) for value, _ in cells.values()]
        counts = np.array(values, np.int64).reshape(-1, 4)
        kept = totals.is_kept(minutes)
        totals.add(minutes[kept], counts[kept])
        return totals

    def add(self, posts: PostsByMinute, totals: PostTotals, fence: int) -> None:
        """Add a batch to the totals and the row, unless the row has it already."""
        if self._fence >= fence:
            return
        kept = totals.is_kept(posts.minutes)
        minutes = posts.minutes[kept]
        totals.add(minutes, posts.counts[kept])
        cells = {SINCE: b"%d" % totals.since}
        for minute, counts in zip(minutes.tolist(), totals.at(minutes).tolist(), strict=True):
            cells[minute_column(minute)] = b"%d %d %d %d" % tuple(counts)

        def write(connection: happybase.Connection) -> None:
            connection.table(TOTALS).put(POSTS, cells, timestamp=fence)

        self._client.call(write)
        self._fence = fence
