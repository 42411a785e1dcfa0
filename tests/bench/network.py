"""Runs programs on the stack's network."""

import json

from support.stack import ROOT, Stack, run

Counts = dict[str, dict[str, int]]


def answer(stack: Stack, who: str) -> Counts:
    """The counts of everything on Kafka, by `bench.answers` from one of its sources."""
    found: Counts = json.loads(run_module(stack, "bench.answers", who))
    return found


def run_module(stack: Stack, module: str, *arguments: str) -> str:
    """Run a module of the benchmark beside the services; return what it prints."""
    options = ["--network", f"{stack.project}_data", "--volume", f"{ROOT}:{ROOT}:ro"]
    options += ["--workdir", str(ROOT), "--env", "PYTHONPATH=tests"]
    command = ["docker", "run", "--rm", "--pull", "never", *options, "tweet-trends/tests"]
    return run([*command, "python", "-m", module, *arguments])


def differences(found: Counts, right: Counts) -> int:
    """The number of counts that are wrong, missing or superfluous."""
    return sum(
        found[kind].get(name) != right[kind].get(name)
        for kind in right
        for name in found[kind].keys() | right[kind].keys()
    )
