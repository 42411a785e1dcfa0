"""Formats the boards as JSON documents (docs/contracts/hbase.md)."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from trends.counting.leaderboard import Ranking, Rankings
from trends.counting.post_totals import PostTotals
from trends.counting.progress import Done
from trends.counting.ranking import PEOPLE, changes
from trends.counting.spans import ALL, NOW, POINTS, RISING, WINDOWS
from trends.trending.boards import Rise

# "Once in a billion" is as good as any larger number.
_MOST_SURPRISE = 10**9


def documents(
    rankings: Rankings,
    spellings: Mapping[str, str],
    done: Done,
    totals: PostTotals,
    version: int,
) -> dict[str, bytes]:
    """Format the document of each row of the table `boards`.

    `spellings` has the spelling to show for each of `rankings.keys()`. `version` is the time in
    milliseconds since 1970.
    """
    head = _head(done, version)
    written = {}
    for board in rankings.boards:
        # Only windows are ranked by either.
        by_people = board.rank_by == PEOPLE and board.name in WINDOWS
        row = f"{board.name}.{PEOPLE}" if by_people else board.name
        document = {"board": board.name, "rank_by": board.rank_by, **head}
        span = POINTS[board.span]
        found = totals.window(span.minutes, demo=head["demo"]) if board.span != ALL else None
        if found is not None:
            document |= {"window_posts": found.posts, "window_tagged": found.tagged}
        document["point_minutes"] = span.length
        entries = document["hashtags"] = _entries(board, spellings)
        if board.name == RISING:
            document["known_hours"] = rankings.known_hours
            for entry, rise in zip(entries, rankings.rises, strict=True):
                entry.update(_explain(rise))
        if board.name == NOW:
            document["window"] = board.window
        written[row] = json.dumps(document, ensure_ascii=False).encode()
    return written


def _head(done: Done, version: int) -> dict[str, Any]:
    as_of = datetime.fromtimestamp(version // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "as_of": as_of,
        "version": version,
        "source": done.sources,
        "demo": done.demo and "demo" in done.sources,
        "tweets_read": done.read,
        "tweets_tagged": done.tagged,
    }


def _entries(board: Ranking, spellings: Mapping[str, str]) -> list[dict[str, Any]]:
    gained = changes(board.tags, board.earlier)
    entries: list[dict[str, Any]] = [
        {
            "rank": rank,
            "tag": spellings[tag.key],
            "key": tag.key,
            "count": tag.count,
            "change": gained[tag.key],
            "points": points,
        }
        for rank, (tag, points) in enumerate(zip(board.tags, board.points, strict=True), 1)
    ]
    if board.posts_and_people is not None:
        for entry, (posts, people) in zip(entries, board.posts_and_people, strict=True):
            entry["count"], entry["people"] = posts, people
    return entries


def _explain(rise: Rise) -> dict[str, Any]:
    """The numbers behind a tag's rank on the rising board."""
    return {
        "window": rise.window,
        "observed": rise.people,
        "expected": float(f"{rise.expected:.2g}"),
        "surprise": int(float(f"{min(math.exp(rise.score), _MOST_SURPRISE):.2g}")),
        "score": round(rise.score, 2),
    }
