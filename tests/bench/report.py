"""Words and tables of the reports."""

import sys
import time


def say(text: str) -> None:
    """Report progress."""
    print(f"{time.strftime('%X')} {text}", file=sys.stderr, flush=True)


def row(*cells: str) -> str:
    """One row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def verdict(is_reached: bool) -> str:
    """The word for an aim that was reached, or was not."""
    return "reached" if is_reached else "missed"
