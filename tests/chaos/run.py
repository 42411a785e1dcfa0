"""Breaks a stack of its own, and judges what is left of the counts.

python -m chaos.run [--cluster] [--seed N] [--only WORD]... [--minutes N]
                    [--soak MINUTES | --disarmed | --defect NAME]
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Container, Sequence
from dataclasses import asdict
from pathlib import Path

from chaos import disks, soak, trial
from chaos.cells import Cell, all_cells, choose
from chaos.cluster import SOAK, ClusterScene, cluster_cells
from chaos.network import stop_relay
from chaos.report import Book, row
from chaos.scene import Scene
from support.cluster import Cluster
from support.stack import ROOT, Stack

# A deliberate mistake -> the service that has it, and the fault that brings it to light.
DEFECTS = {
    "no-deduplication": ("trends", "ingest/killed-before-cursor"),
    "increments": ("trends", "trends/killed-while-writing"),
    "cursor-first": ("ingest", "ingest/killed-before-acknowledgement"),
}
# What it is all kept under beside the matrix.
FAULTS, CLUSTER, SOAKS, DISARMED, DEFECTIVE = "faults", "cluster", "soaks", "disarmed", "defects"


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(
        prog="chaos", description="Break a stack of its own, and write docs/reliability.md."
    )
    add = parser.add_argument
    add("--seed", type=int, default=1, help="decides on the tweets, the order and all choices")
    add("--only", action="append", default=[], metavar="WORD",
        help="faults with this in their names; may be repeated")  # fmt: skip
    add(
        "--minutes",
        type=float,
        help="begin no fault after so many minutes; those without a result come first",
    )
    add("--list", action="store_true", help="print the names of the chosen faults, and stop")
    add("--cluster", action="store_true", help="break a cluster instead of a single machine")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--soak", type=int, metavar="MINUTES", help="instead: a fault a minute")
    mode.add_argument("--disarmed", action="store_true", help="no fault happens: nothing may pass")
    mode.add_argument("--defect", choices=DEFECTS, help="a test build with a mistake: must fail")
    chosen = parser.parse_args(arguments)
    if chosen.cluster and (chosen.disarmed or chosen.defect):
        parser.error("the harness is tried on a single machine: leave out --cluster")
    return chosen


def say(text: str) -> None:
    """Tell the person who waits."""
    print(f"{time.strftime('%X')} {text}", file=sys.stderr, flush=True)


def main() -> int:
    """Run what is chosen; 0 when all of it has passed."""
    chosen = options()
    single, several = all_cells(chosen.seed), cluster_cells()
    cells, kind = (several, CLUSTER) if chosen.cluster else (single, FAULTS)
    docs, names = ROOT / "docs", [[cell.name for cell in each] for each in (single, several)]
    book = Book(docs / "reliability.json", docs / "reliability.md", *names)
    cells = select(cells, chosen, book.found.get(kind, {}))
    if chosen.list:
        print(*(cell.name for cell in cells), sep="\n")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    return break_stack(cells, chosen, book)


def select(cells: list[Cell], chosen: argparse.Namespace, known: Container[str]) -> list[Cell]:
    """Select the cells that are asked for; those without a known result come first."""
    if chosen.defect:
        return [cell for cell in cells if cell.name == DEFECTS[chosen.defect][1]]
    cells = choose(cells, chosen.only, chosen.seed)
    return sorted(cells, key=lambda cell: cell.name in known)


def break_stack(cells: Sequence[Cell], chosen: argparse.Namespace, book: Book) -> int:
    """Run what is chosen on a stack of its own, and remove the stack."""
    port = int(os.environ.get("WEB_PORT", "18090"))
    stack = (Cluster if chosen.cluster else Stack)("tweet-trends-chaos", port)
    # The folder outlives the stack: what takes the stack down reads the override files as well.
    with tempfile.TemporaryDirectory() as folder:
        try:
            if chosen.soak:
                return run_soak(stack, chosen, book)
            if chosen.cluster:
                return run_cells(ClusterScene(stack, chosen.seed), cells, chosen, book)
            overrides = [defective(chosen.defect, Path(folder))] if chosen.defect else []
            return run_cells(Scene(stack, chosen.seed, overrides=overrides), cells, chosen, book)
        finally:
            stop_relay(stack)
            stack.down()
            disks.detach(stack)


def defective(name: str, folder: Path) -> Path:
    """An override file by which a service is the test build with this mistake."""
    override = folder / "defect.json"
    image = {"image": f"tweet-trends/chaos-{name}"}
    override.write_text(json.dumps({"services": {DEFECTS[name][0]: image}}))
    return override


def run_cells(scene: Scene, cells: Sequence[Cell], chosen: argparse.Namespace, book: Book) -> int:
    """One trial of each, as long as there is time."""
    armed = CLUSTER if chosen.cluster else FAULTS
    kind = DISARMED if chosen.disarmed else DEFECTIVE if chosen.defect else armed
    deadline = time.monotonic() + 60 * chosen.minutes if chosen.minutes else float("inf")
    verdicts: list[str] = []
    for cell in cells:
        if time.monotonic() > deadline:
            break
        say(f"{cell.name} ({len(verdicts) + 1} of {len(cells)})")
        result = trial.run(scene, cell, is_armed=not chosen.disarmed)
        say(" | ".join([*row(asdict(result)), *result.problems]))
        book.keep(kind, chosen.defect or cell.name, result)
        verdicts.append(result.verdict)
    for cell in cells[len(verdicts) :]:
        say(f"{cell.name}: not run, the time is up")
    say(", ".join(f"{verdicts.count(each)} {each}" for each in sorted({*verdicts})))
    return 0 if {*verdicts} == {"pass"} else 1


def run_soak(stack: Stack, chosen: argparse.Namespace, book: Book) -> int:
    """One fault after the other."""
    if chosen.cluster:
        result = soak.run(ClusterScene(stack, chosen.seed), SOAK, chosen.soak, say)
    else:
        result = soak.run(Scene(stack, chosen.seed, soak.RATE), soak.Plan(), chosen.soak, say)
    book.keep(SOAKS, CLUSTER if chosen.cluster else "soak", result)
    say(f"{result.verdict}: {result.problems or 'no problem'}")
    return 0 if result.verdict == "pass" else 1


if __name__ == "__main__":
    sys.exit(main())
