"""Tallying a batch of posts."""

import random
from collections import Counter, defaultdict

import numpy as np

from support.posts import Record, posts_of
from trends.counting.duplicates import Duplicates
from trends.counting.tally import Tally, tally

MINUTE = 60_000


def add_up(records: list[Record], *, demo: bool, duplicates: frozenset[int] = frozenset()) -> Tally:
    is_duplicate = np.array([at in duplicates for at in range(len(records))], np.bool_)
    return tally(posts_of(records), Duplicates(is_duplicate, is_duplicate), demo)


def posts(found: Tally) -> dict[int, list[int]]:
    """By minute, the posts and those with hashtags, and the same of the demo."""
    rows = zip(found.posts.minutes.tolist(), found.posts.counts.tolist(), strict=True)
    return {minute: counts for minute, counts in rows if any(counts)}


def spellings(found: Tally) -> dict[str, dict[str, int]]:
    of: dict[str, dict[str, int]] = {key: {} for key in found.uses.keys}
    columns = (found.spelling_tag.tolist(), found.spelling, found.spelling_posts.tolist())
    for tag, spelling, posts in zip(*columns, strict=True):
        of[found.uses.keys[tag]][spelling] = posts
    return of


def minutes(found: Tally) -> dict[tuple[str, int], tuple[int, set[int]]]:
    uses = found.uses
    authors: dict[int, set[int]] = defaultdict(set)
    for row, author in zip(uses.author_row.tolist(), uses.author.tolist(), strict=True):
        assert author not in authors[row]
        authors[row].add(author)
    rows = zip(uses.tag.tolist(), uses.minute.tolist(), uses.posts.tolist(), strict=True)
    return {
        (uses.keys[tag], minute): (posts, authors[row])
        for row, (tag, minute, posts) in enumerate(rows)
    }


def test_posts_with_one_tag_come_together() -> None:
    found = add_up(
        [
            Record("1", created=7 * MINUTE + 50, tags={"café": "Café", "b": "b"}, author=0),
            Record("2", created=7 * MINUTE + 5, tags={"café": "Café"}, author=0),
            Record("3", created=68 * MINUTE, tags={"café": "CAFÉ"}, author=2, source="mastodon"),
            Record("4", created=68 * MINUTE + 1, tags={"café": "CAFÉ"}),
        ],
        demo=False,
    )
    assert found.uses.keys == ["b", "café"]
    assert spellings(found) == {"café": {"Café": 2, "CAFÉ": 2}, "b": {"b": 1}}
    assert minutes(found) == {
        ("café", 7): (2, {0}), ("café", 68): (2, {2}), ("b", 7): (1, {0})
    }  # fmt: skip
    assert found.counts.tolist() == [1, 4]
    assert found.firsts.tolist() == [7 * MINUTE + 50, 7 * MINUTE + 5]
    assert found.lasts.tolist() == [7 * MINUTE + 50, 68 * MINUTE + 1]
    assert found.uses.hour_tag.tolist() == [0, 1, 1]
    assert (found.uses.hour.tolist(), found.uses.hour_posts.tolist()) == ([0, 0, 1], [1, 2, 2])
    assert (found.tagged, sorted(found.sources)) == (4, ["mastodon", "x"])


def test_duplicates_do_not_count() -> None:
    found = add_up([Record("1"), Record("2", tags={"b": "b"})], demo=False, duplicates={1})
    assert (found.uses.keys, found.tagged) == (["a"], 1)


def test_demo_posts_count_until_a_real_one_comes() -> None:
    generated, real = Record("1", source="demo"), Record("2", tags={"b": "b"})
    first = add_up([generated], demo=True)
    assert first.demo and first.uses.keys == ["a"] and first.sources == {"demo"}
    mixed = add_up([generated, real], demo=True)
    assert not mixed.demo and mixed.uses.keys == ["b"] and mixed.sources == {"x"}
    later = add_up([generated], demo=False)
    assert not later.demo and not later.uses.keys and later.tagged == 0


def test_a_real_post_that_is_a_duplicate_does_not_end_the_demo() -> None:
    assert add_up([Record("1")], demo=True, duplicates={0}).demo


def test_posts_without_tags_are_counted_by_minute_alone() -> None:
    records = [
        Record("1", created=7 * MINUTE, tags={"a": "a", "b": "b"}),
        Record("2", created=7 * MINUTE + 5, tags={}, source="mastodon"),
        Record("3", created=9 * MINUTE, tags={}),
        Record("4", created=9 * MINUTE, tags={}),
    ]
    found = add_up(records, demo=False, duplicates=frozenset({3}))
    assert posts(found) == {7: [2, 1, 0, 0], 9: [1, 0, 0, 0]}
    assert (found.tagged, found.counts.tolist(), sorted(found.sources)) == (1, [1, 1], ["x"])


def test_a_post_that_has_got_tags_since_it_was_read_first_counts_for_them_alone() -> None:
    records = [Record("1", tags={}), Record("1")]
    duplicates = Duplicates(np.array([False, True]), np.array([False, False]))
    found = tally(posts_of(records), duplicates, demo=False)
    assert (posts(found), found.counts.tolist()) == ({0: [1, 1, 0, 0]}, [1])


def test_posts_of_the_demo_are_kept_apart_from_real_ones() -> None:
    demo = [Record("1", source="demo"), Record("2", tags={}, source="demo")]
    untagged = Record("3", tags={})
    before = add_up([*demo, untagged], demo=True)
    assert before.demo and posts(before) == {0: [1, 0, 2, 1]}
    after = add_up([*demo, untagged, Record("4")], demo=True)
    assert not after.demo and posts(after) == {0: [2, 1, 0, 0]}


def test_a_batch_may_be_empty() -> None:
    found = add_up([], demo=True)
    assert posts(found) == {}
    assert found.demo and not found.uses.keys and not len(found.counts) and not found.sources


def test_random_posts_add_up_as_one_by_one() -> None:
    rng = random.Random(4)
    records = [
        Record(
            str(number),
            created=rng.randrange(300) * 20_000,
            author=rng.choice([None, 0, 1, 2]),
            tags={tag.lower(): tag for tag in rng.sample("aBcD", rng.randrange(1, 4))},
        )
        for number in range(3000)
    ]
    duplicates = frozenset(rng.sample(range(3000), 400))
    found = add_up(records, demo=False, duplicates=duplicates)
    counts, hours = Counter[str](), Counter[tuple[str, int]]()
    posts = Counter[tuple[str, int]]()
    authors: dict[tuple[str, int], set[int | None]] = defaultdict(set)
    for at, record in enumerate(records):
        for key in record.tags if at not in duplicates else ():
            place = key, record.created // MINUTE
            counts[key] += 1
            posts[place] += 1
            hours[key, record.created // (60 * MINUTE)] += 1
            authors[place] |= {record.author} - {None}
    assert dict(zip(found.uses.keys, found.counts.tolist(), strict=True)) == counts
    assert minutes(found) == {place: (n, authors[place]) for place, n in posts.items()}
    found_hours = zip(
        found.uses.hour_tag.tolist(),
        found.uses.hour.tolist(),
        found.uses.hour_posts.tolist(),
        strict=True,
    )
    assert {(found.uses.keys[tag], hour): n for tag, hour, n in found_hours} == hours
    assert spellings(found) == {
        key: {key.upper() if key in "bd" else key: n} for key, n in counts.items()
    }
