"""Hides hashtags from the boards, or shows them again, while everything runs.

python -m trends.hide [--undo] [HASHTAG...]

In a HASHTAG, `*` stands for any characters. Without one, lists what is hidden.
"""

import argparse
import os
import sys
import threading
from collections.abc import Sequence

from trends.counting.hidden import NONE_HIDDEN, HiddenTags
from trends.hbase.boards_table import BoardsTable
from trends.hbase.client import Client
from trends.settings import Settings


def main(arguments: Sequence[str] | None = None, boards: BoardsTable | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser("hide", description=__doc__)
    parser.add_argument("--undo", action="store_true", help="show the hashtags again")
    parser.add_argument("hashtags", nargs="*", metavar="HASHTAG")
    options = parser.parse_args(arguments)
    boards = boards or _boards()
    try:
        words = HiddenTags.from_words(word for word in options.hashtags if word)
        hidden = boards.read_hidden()
    except ValueError as error:
        sys.stderr.write(f"hide: {error}\n")
        return 2
    if words != NONE_HIDDEN:
        hidden = hidden - words if options.undo else hidden | words
        boards.write_hidden(hidden)
    shown = sorted(hidden.keys | hidden.patterns)
    sys.stdout.write(f"Hidden: {', '.join(shown) or 'nothing'}, and what HIDE_HASHTAGS names\n")
    return 0


def _boards() -> BoardsTable:
    settings = Settings.from_environment(os.environ)
    return BoardsTable(Client(settings.hbase, threading.Event()))


if __name__ == "__main__":
    sys.exit(main())
