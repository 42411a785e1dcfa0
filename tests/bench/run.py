"""Measures the product and other programs; prints docs/benchmarks.md.

python -m bench.run [--only NAME]...
"""

import argparse
import os
from collections.abc import Collection, Sequence

from bench.comparison import ALL, compare
from bench.footprint import measure_footprint
from bench.memory import measure_memory
from bench.page import Figures, write
from bench.product import (
    measure_demo,
    measure_driver,
    measure_latency,
    measure_recovery,
    measure_resources,
    measure_warm,
    measure_workers,
    read_so_far,
)
from bench.report import say
from bench.searches import measure_search
from bench.trending.measure import measure as measure_trending
from bench.visits import measure_page
from bench.web import measure_web
from support.stack import Stack
from support.waiting import eventually

# Rate (posts a second), seconds measured, seconds of warm-up before.
LATENCIES = {"latency": (100, 90, 30), "latency-2000": (2000, 60, 15)}
# In the order in which they run: each leaves more posts behind.
PRODUCT_PARTS = (
    "latency",
    "idle",
    "web",
    "page",
    "latency-2000",
    "recovery",
    "backlog",
    "workers",
    "driver",
    "search",
    "footprint",
)
COMPARED = tuple(candidate.name for candidate in ALL)
# They need no stack.
ALONE = ("memory", "trending")
PARTS = ("demo", *PRODUCT_PARTS, *COMPARED, *ALONE)


def parts(arguments: Sequence[str] | None = None) -> list[str]:
    """The names of the parts to measure."""
    parser = argparse.ArgumentParser(prog="bench", description="Measure the product and others.")
    parser.add_argument(
        "--only",
        action="append",
        choices=PARTS,
        metavar="NAME",
        help=f"one part alone, and the page is not kept; may be repeated: {', '.join(PARTS)}",
    )
    chosen = parser.parse_args(arguments).only or PARTS
    return [part for part in PARTS if part in chosen]


def main() -> None:
    """Run the chosen parts on fresh stacks and print the page."""
    chosen = parts()
    figures = Figures()
    if "trending" in chosen:
        figures.trending = measure_trending()
    if "memory" in chosen:
        figures.memory = measure_memory()
    if set(chosen) - set(ALONE):
        measure_stacks(figures, chosen)
    print(write(figures), end="")


def measure_stacks(figures: Figures, chosen: Collection[str]) -> None:
    """Measure all that needs a stack."""
    stack = Stack("tweet-trends-bench", int(os.environ.get("WEB_PORT", "18081")))
    try:
        if "demo" in chosen:
            say("demo")
            figures.demo = measure_demo(stack)
        if set(chosen) & set(PRODUCT_PARTS):
            measure_product(stack, figures, chosen)
        if set(chosen) & set(COMPARED):
            figures.compared = compare(stack, chosen)
    finally:
        stack.configure()
        stack.down()


def measure_product(stack: Stack, figures: Figures, chosen: Collection[str]) -> None:
    """Start a stack and measure the chosen parts of the product on it."""
    stack.configure({"DEMO_COUNT": "1"})
    stack.down()
    say("starting a stack")
    stack.up()
    # The demo's only post is counted.
    eventually(lambda: read_so_far(stack) >= 1, within=120)
    for part in PRODUCT_PARTS:
        if part not in chosen:
            continue
        say(part)
        if part in LATENCIES:
            figures.latencies.append(measure_latency(stack, *LATENCIES[part]))
        elif part == "idle":
            figures.idle = measure_resources(stack)
        elif part == "web":
            figures.web = measure_web(stack)
        elif part == "page":
            figures.visits = measure_page(stack)
        elif part == "recovery":
            figures.recovery = measure_recovery(stack)
        elif part == "backlog":
            figures.warm = measure_warm(stack)
        elif part == "workers":
            figures.workers = measure_workers(stack)
        elif part == "driver":
            figures.driver = measure_driver(stack)
        elif part == "footprint":
            figures.footprint = measure_footprint(stack)
        else:
            figures.searches = measure_search(stack)


if __name__ == "__main__":
    main()
