"""The job as it is, but no row knows its last fence: a batch that runs twice is added twice."""

from trends.hbase.row import Cells, Row

read = Row.of


def without_fence(cells: Cells) -> Row:
    row = read(cells)
    row.fence = 0
    return row


Row.of = without_fence  # type: ignore[method-assign]
