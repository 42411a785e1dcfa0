"""Runs programs on the stack's network."""

import json

from e2e.stack import ROOT, Stack, run

Counts = dict[str, dict[str, int]]


def answer(stack: Stack, who: str) -> Counts:
    """The counts of everything on Kafka, by `bench.answers` from one of its sources."""
    options = ["--network", f"{stack.project}_data", "--volume", f"{ROOT}:{ROOT}:ro"]
    options += ["--workdir", str(ROOT), "--env", "PYTHONPATH=tests"]
    command = ["docker", "run", "--rm", "--pull", "never", *options, "tweet-trends/tests"]
    return json.loads(run([*command, "python", "-m", "bench.answers", who]))


def differences(found: Counts, right: Counts) -> int:
    """The number of counts that are wrong, missing or superfluous."""
    return sum(
        found[kind].get(name) != right[kind].get(name)
        for kind in right
        for name in found[kind].keys() | right[kind].keys()
    )
