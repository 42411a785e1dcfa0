"""The driver as it is, but no row knows its fence: a batch that is applied twice counts twice."""

from trends.hbase.row import Cells, Row

read = Row.from_cells


def without_fence(cells: Cells) -> Row:
    row = read(cells)
    row.fence = 0
    return row


Row.from_cells = without_fence  # type: ignore[method-assign]
