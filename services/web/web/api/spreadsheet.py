"""Writes boards and histories as CSV (RFC 4180)."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from web.boards.board import RISING
from web.hashtags.history import STEPS

BOARD_COLUMNS = ("rank", "tag", "key", "count", "people", "change", "url")
RISING_COLUMNS = ("window", "observed", "expected", "surprise", "score")
HISTORY_COLUMNS = ("from", "count")

# A cell that begins with one of these is run as a formula by a spreadsheet, and tags are text from
# strangers (https://owasp.org/www-community/attacks/CSV_Injection); wide forms count as well.
_FORMULA = tuple("=+-@＝＋－＠\t\r\n")

# Of a key in a file name: it is sent in a header.
_NAME_CHARACTERS = 50


def board(trends: Mapping[str, Any]) -> bytes:
    """Return a row for each tag of what docs/contracts/trends.schema.json describes."""
    columns = BOARD_COLUMNS + (RISING_COLUMNS if trends["board"] == RISING else ())
    rows = ([entry.get(column) for column in columns] for entry in trends["hashtags"])
    return _write(columns, rows)


def board_name(trends: Mapping[str, Any]) -> str:
    """Return a file name that says which board it was, and when."""
    time = trends["as_of"].replace(":", "").replace("-", "")
    return f"hashtags-{trends['board']}-by-{trends['rank_by']}-{time}.csv"


def history(answer: Mapping[str, Any]) -> bytes:
    """Return a row for each step of what docs/contracts/hashtag.schema.json describes."""
    start = datetime.fromisoformat(answer["from"])
    step = timedelta(minutes=STEPS[answer["step"]])
    return _write(
        HISTORY_COLUMNS,
        (
            (f"{start + number * step:%Y-%m-%dT%H:%M:%SZ}", count)
            for number, count in enumerate(answer["counts"])
        ),
    )


def history_name(answer: Mapping[str, Any]) -> str:
    """Return a file name that says which tag it was, and how the posts were counted."""
    return f"hashtag-{answer['key'][:_NAME_CHARACTERS]}-by-{answer['step']}.csv"


def _write(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    """Keep a text from being run: spreadsheets show what follows an apostrophe as it is."""
    is_formula = isinstance(value, str) and value.startswith(_FORMULA)
    return f"'{value}" if is_formula else value
