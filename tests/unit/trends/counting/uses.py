"""Uses of tags, as a list and as columns."""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from trends.counting.arrays import Ints
from trends.counting.tally import TagUses

# One post with a tag: the tag's key, the minute since 1970, and the author, or 0 for none.
Use = tuple[str, int, int]


def columns(uses: Iterable[Use]) -> TagUses:
    """Turn uses into the columns of one batch."""
    uses = list(uses)
    codes = {key: code for code, key in enumerate(dict.fromkeys(key for key, *_ in uses))}
    posts = sorted(Counter((codes[key], minute) for key, minute, _ in uses).items())
    rows = {row: position for position, (row, _) in enumerate(posts)}
    authors = sorted({(rows[codes[key], minute], who) for key, minute, who in uses if who})
    return TagUses(
        keys=list(codes),
        tag=np.array([tag for (tag, _), _ in posts], np.int32),
        minute=np.array([minute for (_, minute), _ in posts], np.int64),
        posts=np.array([n for _, n in posts], np.int64),
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
