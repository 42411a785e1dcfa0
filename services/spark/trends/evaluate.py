"""Shows the boards `rising` and `now` as they would have been at any time of a stream of hashtags.

python -m trends.evaluate FILE [--every 20m | --at TIME] [--text] [--help]

Each line of FILE (`-`: standard input) is a use of a hashtag, in the order in which they came:
{"at": "2026-03-01T12:00:00Z", "key": "caturday", "author": "whatever tells people apart"}
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any, TextIO

import msgspec
import numpy as np

from trends.counting.batch import Posts
from trends.counting.documents import documents
from trends.counting.duplicates import Duplicates
from trends.counting.leaderboard import Leaderboard
from trends.counting.post_totals import PostTotals
from trends.counting.progress import Done
from trends.counting.spans import NOW, RISING
from trends.counting.tally import tally

_UNITS = {"m": 1, "h": 60, "d": 24 * 60}


class StreamError(Exception):
    """A line of the stream cannot be read; the message says which and why."""


class Use(msgspec.Struct, frozen=True):
    """A line of the stream; one without an author counts as a post, but not as a person."""

    at: datetime
    key: str
    author: str | int | None = None


def read(lines: Iterable[str]) -> Iterator[Use]:
    """Parse the lines of a stream; empty ones are skipped.

    Raises:
        StreamError: a line is not what the module's docstring says.
    """
    decode = msgspec.json.Decoder(Use).decode
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            use = decode(line)
        except msgspec.MsgspecError as error:
            raise StreamError(f"line {number}: {error}") from None
        if use.at.tzinfo is None:
            raise StreamError(f"line {number}: `at` has no time zone: end it with Z")
        yield use


class Evaluation:
    """Counts a stream as the driver would."""

    def __init__(self, start: datetime, rising_people: int) -> None:
        self._leaderboard = Leaderboard(_milliseconds(start) // 60_000, rising_people=rising_people)
        self._counts: dict[str, int] = {}
        self._lasts: dict[str, int] = {}

    def add(self, uses: Sequence[Use]) -> None:
        """Count uses as a batch."""
        posts = _posts(uses)
        none = np.zeros(len(uses), np.bool_)
        added = tally(posts, Duplicates(none, none), demo=False)
        for key, count, last in zip(
            added.uses.keys, added.counts.tolist(), added.lasts.tolist(), strict=True
        ):
            self._counts[key] = self._counts.get(key, 0) + count
            self._lasts[key] = max(self._lasts.get(key, 0), last)
        self._leaderboard.add(
            added.uses,
            np.array([self._counts[key] for key in added.uses.keys], np.int64),
            np.array([self._lasts[key] for key in added.uses.keys], np.int64),
        )

    def boards(self, at: datetime, size: int) -> dict[str, Any]:
        """Return both boards at a time, with the first `size` hashtags of each."""
        rankings = self._leaderboard.rankings(_milliseconds(at))
        spellings = {key: key for key in rankings.keys()}  # noqa: SIM118 -- not a mapping
        # Uses tell nothing of posts without hashtags, so their totals are left out.
        totals = PostTotals(_milliseconds(at) // 60_000)
        written = documents(rankings, spellings, Done(), totals, _milliseconds(at))
        rising, now = json.loads(written[RISING]), json.loads(written[NOW])
        return {
            "at": rising["as_of"],
            "known_hours": rising["known_hours"],
            "rising": rising["hashtags"][:size],
            "now": {"window": now["window"], "hashtags": now["hashtags"][:size]},
        }


def evaluate(
    uses: Iterable[Use],
    every: timedelta,
    *,
    at: datetime | None = None,
    size: int = 10,
    rising_people: int = 3,
) -> Iterator[dict[str, Any]]:
    """Yield both boards at all multiples of `every` (since 1970), until all uses are counted.

    Each has the uses up to its time. With `at`, only the boards of that time.
    """
    evaluation: Evaluation | None = None
    waiting: list[Use] = []
    due = datetime.min
    for use in uses:
        if evaluation is None:
            evaluation = Evaluation(use.at, rising_people)
            due = at or _next(use.at, every)
        while use.at > due:
            evaluation.add(waiting)
            waiting = []
            yield evaluation.boards(due, size)
            if at:
                return
            due += every
        waiting.append(use)
    if evaluation:
        evaluation.add(waiting)
        yield evaluation.boards(due, size)


def _next(at: datetime, every: timedelta) -> datetime:
    """The first multiple of `every` that is not before `at`."""
    since = at - datetime.fromtimestamp(0, at.tzinfo)
    return at + -since % every


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _posts(uses: Sequence[Use]) -> Posts:
    """Turn uses into posts with one hashtag each."""
    codes = {key: code for code, key in enumerate(dict.fromkeys(use.key for use in uses))}
    none = np.zeros(len(uses), np.uint64)
    return Posts(
        hi=none,
        lo=none,
        partition=np.zeros(len(uses), np.int32),
        appended=np.zeros(len(uses), np.int64),
        created=np.array([_milliseconds(use.at) for use in uses], np.int64),
        author=np.array([_author(use.author) for use in uses], np.uint64),
        has_author=np.array([use.author is not None for use in uses], np.bool_),
        source=np.zeros(len(uses), np.int32),
        tags_each=np.ones(len(uses), np.int32),
        use=np.array([codes[use.key] for use in uses], np.int32),
        keys=list(codes),
        spellings=list(codes),
        sources=["replay"],
    )


def _author(name: str | int | None) -> int:
    return int.from_bytes(blake2b(str(name).encode(), digest_size=8).digest(), "big")


def _minutes(text: str) -> timedelta:
    if match := re.fullmatch(r"([1-9]\d{0,5})([mhd])", text):
        return timedelta(minutes=int(match[1]) * _UNITS[match[2]])
    raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 20m, 1h or 1d")


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time in ISO 8601") from None
    if time.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no time zone: end it with Z")
    return time


def _as_text(boards: dict[str, Any]) -> str:
    lines = [f"{boards['at']}   knows {boards['known_hours']} hours"]
    lines += [
        f"  rising {each['rank']:2}  #{each['key']}: {each['observed']} people in "
        f"{each['window']}, {each['expected']} usual: once in {each['surprise']:,}"
        for each in boards["rising"]
    ]
    now = boards["now"]
    lines += [
        f"  now    {each['rank']:2}  #{each['key']}: {each['people']} people in {now['window']}"
        for each in now["hashtags"]
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None, output: TextIO = sys.stdout) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(
        "trends.evaluate", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("file", help="the stream, or - for standard input")
    parser.add_argument("--every", type=_minutes, default="20m", help="time between two boards")
    parser.add_argument("--at", type=_time, help="the only time to show, such as 2026-03-01T12:00Z")
    parser.add_argument("--top", type=int, default=10, help="hashtags of each board")
    parser.add_argument(
        "--rising-people", type=int, default=3, help="people without whom nothing rises"
    )
    parser.add_argument("--text", action="store_true", help="print sentences instead of JSON lines")
    options = parser.parse_args(arguments)
    show = _as_text if options.text else json.dumps
    try:
        with sys.stdin if options.file == "-" else Path(options.file).open() as lines:
            for boards in evaluate(
                read(lines),
                options.every,
                at=options.at,
                size=options.top,
                rising_people=options.rising_people,
            ):
                output.write(show(boards) + "\n")
    except (OSError, UnicodeDecodeError, StreamError) as error:
        sys.stderr.write(f"{options.file}: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
