"""Reads and writes the table `boards`: the boards, and what is hidden."""

import time
from collections.abc import Mapping
from typing import Any

import happybase

from trends.counting.hidden import NONE_HIDDEN, HiddenTags
from trends.hbase.client import Client

BOARDS, HIDDEN = "boards", b"_hidden"
BOARD, TAGS = b"b:board", b"b:tags"
FAMILIES: Mapping[str, Mapping[str, Any]] = {"b": {"max_versions": 1}}


class BoardsTable:
    """The rows of the boards, and the row `_hidden`; `_progress` is in progress_row.py."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def create(self) -> None:
        """Create the table unless it exists."""
        self._client.create_table(BOARDS, FAMILIES)

    def read_hidden(self) -> HiddenTags:
        """Read which tags were hidden at runtime.

        Raises:
            ValueError: somebody else has written the cell.
        """
        value = self._client.call(lambda connection: _hidden(connection)[0])
        return HiddenTags.from_json(value) if value else NONE_HIDDEN

    def write_hidden(self, hidden: HiddenTags) -> None:
        """Replace the tags that are hidden at runtime."""

        def write(connection: happybase.Connection) -> None:
            # Newer than what it replaces, even if the clock was set back.
            at = max(time.time_ns() // 1_000_000, _hidden(connection)[1] + 1)
            connection.table(BOARDS).put(HIDDEN, {TAGS: hidden.to_json()}, timestamp=at)

        self._client.call(write)

    def write(self, boards: Mapping[str, bytes], at: int) -> None:
        """Replace boards, each of them atomically.

        The timestamp `at` hides what an abandoned attempt, or another driver, writes late.
        """

        def write(connection: happybase.Connection) -> None:
            with connection.table(BOARDS).batch(timestamp=at, transaction=True) as batch:
                for name, board in boards.items():
                    batch.put(name.encode(), {BOARD: board})

        self._client.call(write)


def _hidden(connection: happybase.Connection) -> tuple[bytes, int]:
    """The cell of the hidden tags, and its timestamp; empty if none were ever hidden."""
    row = connection.table(BOARDS).row(HIDDEN, [TAGS], include_timestamp=True)
    value, at = row.get(TAGS, (b"", 0))
    return value, at
