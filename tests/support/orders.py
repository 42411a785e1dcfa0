"""Orders in which the services are started, one after the other."""

import random
from collections.abc import Iterator

from support.checks import report
from support.stack import Stack


def shuffled(stack: Stack, seed: int | str, first: str = "") -> list[str]:
    """Return the names of all services shuffled by the seed, with `first` in front if given."""
    services = sorted(stack.services())
    random.Random(seed).shuffle(services)
    services.sort(key=lambda name: name != first)
    return services


def both_ways(stack: Stack) -> Iterator[list[str]]:
    """Yield an order and its reverse.

    So of any two services each is started before the other once, which as many unrelated orders
    would leave to chance.
    """
    services = shuffled(stack, 0)
    yield services
    yield services[::-1]


def start(stack: Stack, services: list[str]) -> None:
    """Start a new stack in this order, and print the order."""
    report(order=",".join(services))
    stack.up_in_order(services)
