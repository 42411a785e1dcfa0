"""The orders in which the services are started, one after the other."""

import random

from e2e.checks import report
from e2e.stack import Stack

ORDERS = 10
WITH_AN_ARCHIVE, WEB_FIRST = 0, 1


def order(stack: Stack, number: int) -> list[str]:
    """One of the orders, as the names of all services."""
    services = sorted(stack.services())
    random.Random(number).shuffle(services)
    if number == WEB_FIRST:
        services.sort(key=lambda name: name != "web")
    report(order=",".join(services))
    return services
