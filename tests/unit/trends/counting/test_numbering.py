"""Compares the numbers of tags and pairs with dictionaries."""

import random

import numpy as np
import pytest

from trends.counting.numbering import PairNumbers, TagNumbers


def number(pairs: PairNumbers, wanted: list[tuple[int, int]]) -> list[int]:
    tags = np.array([tag for tag, _ in wanted], np.int32)
    found = pairs.number(tags, np.array([author for _, author in wanted], np.uint64))
    assert pairs.tag[found].tolist() == tags.tolist()
    return found.tolist()


def test_a_tag_keeps_its_number_until_it_is_freed() -> None:
    tags = TagNumbers()
    assert tags.number(["a", "b"]).tolist() == [0, 1]
    assert tags.number(["c", "b"]).tolist() == [2, 1]
    tags.free(np.array([1], np.int32))
    assert (len(tags), tags.keys, tags.numbers) == (2, ["a", "", "c"], {"a": 0, "c": 2})
    assert tags.number(["d", "b", "a"]).tolist() == [1, 3, 0]


def test_pairs_that_come_more_than_once_have_one_number() -> None:
    pairs = PairNumbers()
    first, second, again = number(pairs, [(1, 7), (2, 7), (1, 7)])
    assert first == again != second
    assert len(pairs) == 2
    assert number(pairs, [(2, 7), (1, 7)]) == [second, first]


@pytest.mark.parametrize("authors", [20, 2**64])
def test_pairs_keep_their_numbers_while_others_come_and_go(authors: int) -> None:
    rng = random.Random(authors)
    pairs, most = PairNumbers(), 0
    known: dict[tuple[int, int], int] = {}
    for _ in range(300):
        wanted = [(rng.randrange(9), rng.randrange(authors)) for _ in range(rng.randrange(60))]
        for pair, found in zip(wanted, number(pairs, wanted), strict=True):
            assert known.setdefault(pair, found) == found
        most = max(most, len(known))
        assert len(pairs) == len(known) == len(set(known.values()))
        for _ in range(rng.randrange(20 if len(known) < 500 else 300)):
            if known:
                pair = rng.choice(list(known))
                pairs.free(np.array([known.pop(pair)], np.int32))
    assert pairs.size == most
    assert len(pairs._slots) <= 16 * (most + 60)


def test_pairs_whose_search_begins_in_one_slot_are_told_apart() -> None:
    pairs = PairNumbers()
    authors = np.arange(1, 100_000, dtype=np.uint64)
    home = pairs._home(np.zeros(len(authors), np.int32), authors)
    crowded = authors[home == home[0]][:30].tolist()
    assert len(set(number(pairs, [(0, author) for author in crowded]))) == 30
    assert len(pairs._slots) == 64  # not rebuilt, which would have spread them out


def test_numbers_of_freed_pairs_are_given_out_again() -> None:
    pairs = PairNumbers()
    for batch in range(1000):
        found = number(pairs, [(batch % 3, author) for author in range(batch, batch + 50)])
        pairs.free(np.array(found, np.int32))
    assert (len(pairs), pairs.size) == (0, 50)
    assert len(pairs._slots) <= 1024
