"""Measures searches among a million hashtags."""

import random
import time
from dataclasses import dataclass

import requests

from bench.network import run_module
from bench.report import say
from bench.tags import MOST, tag
from support.stack import Stack

TAGS = MOST
SEARCHES = 500
WARM_UP = 50
# As many as the page asks for.
LIMIT = 8


@dataclass(frozen=True)
class Searches:
    """The seconds of each search."""

    seconds: list[float]


def prefixes(number: int) -> list[str]:
    """Different beginnings of tags, from one letter up: none is answered from the cache."""
    rng = random.Random(23)
    found: dict[str, None] = {}
    while len(found) < number:
        whole = tag(rng.randrange(TAGS))
        found[whole[: rng.randint(1, len(whole))]] = None
    return [*found]


def measure_search(stack: Stack) -> Searches:
    """Fill the table, then search, one request after the other."""
    say(f"writing {TAGS:,} hashtags")
    run_module(stack, "bench.tags", str(TAGS))
    say(f"{SEARCHES} searches")
    with requests.Session() as session:
        seconds = [search(session, stack, prefix) for prefix in prefixes(WARM_UP + SEARCHES)]
    return Searches(seconds[WARM_UP:])


def search(session: requests.Session, stack: Stack, prefix: str) -> float:
    """Search once; raises unless something is found."""
    began = time.perf_counter()
    address = f"{stack.url}/api/v1/hashtags"
    answer = session.get(address, params={"prefix": prefix, "limit": str(LIMIT)}, timeout=30)
    seconds = time.perf_counter() - began
    answer.raise_for_status()
    if not answer.json()["hashtags"]:
        raise AssertionError(f"nothing was found for {prefix!r}")
    return seconds
