"""Orders in which the services are started, one after the other."""

import random

from e2e.checks import report
from e2e.stack import Stack

ORDERS = 10
WITH_AN_ARCHIVE, WEB_FIRST = 0, 1


def shuffled(stack: Stack, seed: int | str, first: str = "") -> list[str]:
    """Return the names of all services shuffled by the seed, with `first` in front if given."""
    services = sorted(stack.services())
    random.Random(seed).shuffle(services)
    services.sort(key=lambda name: name != first)
    return services


def order(stack: Stack, number: int) -> list[str]:
    """Return the order with this number, and print it."""
    services = shuffled(stack, number, "web" if number == WEB_FIRST else "")
    report(order=",".join(services))
    return services
