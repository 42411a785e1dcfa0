"""Uses of tags, as a list and as columns."""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from trends.counting.arrays import Ints
from trends.counting.stored_tag import StoredTag
from trends.counting.tally import TagUses

# One post with a tag: the tag's key, the minute since 1970, and the author, or 0 for none.
Use = tuple[str, int, int]


def columns(uses: Iterable[Use]) -> TagUses:
    """Turn uses into the columns of one batch."""
    uses = list(uses)
    codes = {key: code for code, key in enumerate(dict.fromkeys(key for key, *_ in uses))}
    posts = sorted(Counter((codes[key], minute) for key, minute, _ in uses).items())
    hours = sorted(Counter((codes[key], minute // 60) for key, minute, _ in uses).items())
    rows = {row: position for position, (row, _) in enumerate(posts)}
    authors = sorted({(rows[codes[key], minute], who) for key, minute, who in uses if who})
    return TagUses(
        keys=list(codes),
        tag=np.array([tag for (tag, _), _ in posts], np.int32),
        minute=np.array([minute for (_, minute), _ in posts], np.int64),
        posts=np.array([n for _, n in posts], np.int64),
        hour_tag=np.array([tag for (tag, _), _ in hours], np.int32),
        hour=np.array([hour for (_, hour), _ in hours], np.int64),
        hour_posts=np.array([n for _, n in hours], np.int64),
        author_row=np.array([row for row, _ in authors], np.int32),
        author=np.array([who for _, who in authors], np.uint64),
    )


def totals(uses: TagUses, earlier: Iterable[Use]) -> tuple[Ints, Ints]:
    """Return all-time counts and last uses (start of the minute) of the keys of `uses`."""
    counts: Counter[str] = Counter()
    lasts: dict[str, int] = {}
    for key, minute, _ in earlier:
        counts[key] += 1
        lasts[key] = max(lasts.get(key, 0), minute * 60_000)
    return (
        np.array([counts[key] for key in uses.keys], np.int64),
        np.array([lasts[key] for key in uses.keys], np.int64),
    )


def stored(uses: Iterable[Use]) -> list[StoredTag]:
    """Return the tags as HBase would have them, if it forgot nothing."""
    tags: dict[str, dict[int, list[int]]] = {}
    for key, minute, author in uses:
        tags.setdefault(key, {}).setdefault(minute, []).append(author)
    return [
        StoredTag(
            key,
            sum(map(len, minutes.values())),
            max(minutes) * 60_000,
            {minute: (len(who), sorted({*who} - {0})) for minute, who in minutes.items()},
            Counter(minute // 60 for minute, who in minutes.items() for _ in who),
        )
        for key, minutes in tags.items()
    ]
