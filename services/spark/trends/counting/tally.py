"""Adds up a batch: posts by tag, spelling, hour and minute, their authors, and all posts."""

from dataclasses import dataclass

import numpy as np

from trends.counting.arrays import Bools, Integers, Ints, Unsigned, first_of_runs, run_ends
from trends.counting.batch import Posts
from trends.counting.duplicates import Duplicates

DEMO = "demo"

Counts = np.ndarray[tuple[int, int], np.dtype[np.int64]]
"""A row for each minute; its columns: posts, those with hashtags, and the same of the demo."""


@dataclass(frozen=True, slots=True)
class PostsByMinute:
    """Distinct posts in each of some minutes (since 1970), which are distinct and sorted."""

    minutes: Ints
    counts: Counts


@dataclass(frozen=True, slots=True)
class TagUses:
    """Distinct posts by tag, minute and hour (since 1970), and their authors by tag and minute.

    A tag's code is its index in `keys`. `tag`, `minute` and `posts` have a row for each tag and
    minute, sorted by both; `hour_tag`, `hour` and `hour_posts` for each tag and hour. `author_row`
    and `author` have an element for each distinct author of a tag and minute; `author_row` is the
    row's position.
    """

    keys: list[str]
    tag: Integers
    minute: Ints
    posts: Ints
    hour_tag: Integers
    hour: Ints
    hour_posts: Ints
    author_row: Integers
    author: Unsigned


@dataclass(frozen=True, slots=True)
class Tally:
    """What a batch adds to the counts.

    `counts`, `firsts` and `lasts` (milliseconds since 1970) have an element for each of
    `uses.keys`. `spelling_tag`, `spelling` and `spelling_posts` have one for each spelling.
    `posts` are those with hashtags or without.

    `demo` says whether everything ever counted, including this batch, is demo data.
    """

    uses: TagUses
    counts: Ints
    firsts: Ints
    lasts: Ints
    spelling_tag: Integers
    spelling: list[str]
    spelling_posts: Ints
    posts: PostsByMinute
    tagged: int
    sources: frozenset[str]
    demo: bool


def tally(posts: Posts, duplicates: Duplicates, demo: bool) -> Tally:
    """Add up the posts that are not duplicates.

    `demo` says whether everything counted before is demo data. From the first real post with
    hashtags on, demo posts do not count: they are never shown beside real ones.
    """
    is_demo = np.array([name == DEMO for name in posts.sources], bool)[posts.source]
    read, counted = ~duplicates.read, (posts.tags_each > 0) & ~duplicates.tagged
    demo = demo and not (counted & ~is_demo).any()
    if not demo:
        read &= ~is_demo
        counted &= ~is_demo
    by_minute = _by_minute(posts, read, counted, is_demo)
    sources = frozenset(posts.sources[code] for code in np.unique(posts.source[counted]).tolist())
    spelling, post = _uses(posts, counted)
    keys, key_of_spelling = _number_keys(posts.keys, spelling)
    return _add_up(
        posts, post, spelling, key_of_spelling, keys, by_minute, int(counted.sum()), sources, demo
    )


def _by_minute(posts: Posts, read: Bools, tagged: Bools, is_demo: Bools) -> PostsByMinute:
    minutes, at = np.unique(posts.created // 60_000, return_inverse=True)
    counted = (read & ~is_demo, tagged & ~is_demo, read & is_demo, tagged & is_demo)
    columns = [np.bincount(at[which], minlength=len(minutes)) for which in counted]
    return PostsByMinute(minutes, np.stack(columns, axis=1))


def _uses(posts: Posts, counted: Bools) -> tuple[Integers, Ints]:
    """For each use of a tag in a counted post, the spelling's code and the post's position."""
    post = np.repeat(np.arange(len(posts.tags_each)), posts.tags_each)
    is_counted = counted[post]
    return posts.use[is_counted], post[is_counted]


def _number_keys(key_of_code: list[str], spelling: Integers) -> tuple[list[str], Integers]:
    """The distinct keys in use, and for each spelling's code the position of its key.

    The keys are sorted, because HBase is faster with neighbouring rows.
    """
    is_used = np.zeros(len(key_of_code), np.bool_)
    is_used[spelling] = True
    used = np.flatnonzero(is_used)
    keys = sorted({key_of_code[code] for code in used.tolist()})
    positions = {key: position for position, key in enumerate(keys)}
    key_of_spelling = np.zeros(len(key_of_code), np.int32)
    key_of_spelling[used] = [positions[key_of_code[code]] for code in used.tolist()]
    return keys, key_of_spelling


def _add_up(
    posts: Posts,
    post: Ints,
    spelling: Integers,
    key_of_spelling: Integers,
    keys: list[str],
    by_minute: PostsByMinute,
    tagged: int,
    sources: frozenset[str],
    demo: bool,
) -> Tally:
    created = posts.created[post]
    author, has_author = posts.author[post], posts.has_author[post]
    tag, minute = key_of_spelling[spelling], created // 60_000
    order = np.lexsort((author, has_author, minute, tag))
    tag, minute, created = tag[order], minute[order], created[order]
    author, has_author = author[order], has_author[order]

    is_new_tag = first_of_runs(tag)
    tag_starts = np.flatnonzero(is_new_tag)
    is_new_minute = is_new_tag | first_of_runs(minute)
    minute_starts = np.flatnonzero(is_new_minute)
    is_new_hour = is_new_tag | first_of_runs(minute // 60)
    hour_starts = np.flatnonzero(is_new_hour)
    is_new_author = has_author & (is_new_minute | first_of_runs(author) | first_of_runs(has_author))
    uses = TagUses(
        keys,
        tag[minute_starts],
        minute[minute_starts],
        run_ends(minute_starts, len(tag)) - minute_starts,
        tag[hour_starts],
        minute[hour_starts] // 60,
        run_ends(hour_starts, len(tag)) - hour_starts,
        (np.cumsum(is_new_minute)[is_new_author] - 1).astype(np.int32),
        author[is_new_author],
    )
    spelling_posts = np.bincount(spelling, minlength=len(key_of_spelling))
    spelling_codes = np.flatnonzero(spelling_posts)
    return Tally(
        uses,
        counts=run_ends(tag_starts, len(tag)) - tag_starts,
        firsts=_reduce(np.minimum, created, tag_starts),
        lasts=_reduce(np.maximum, created, tag_starts),
        spelling_tag=key_of_spelling[spelling_codes],
        spelling=[posts.spellings[code] for code in spelling_codes.tolist()],
        spelling_posts=spelling_posts[spelling_codes],
        posts=by_minute,
        tagged=tagged,
        sources=sources,
        demo=demo,
    )


def _reduce(function: np.ufunc, values: Ints, starts: Ints) -> Ints:
    """Reduce each run of `values` by `function`; `reduceat` alone fails if there are none."""
    return function.reduceat(values, starts) if len(starts) else values[:0]
