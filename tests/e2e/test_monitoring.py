"""Prometheus beside a stack: it reaches every service; its rules and the dashboard work."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from support.stack import ROOT, Stack, run
from support.waiting import eventually

PORT = 18090
URL = f"http://127.0.0.1:{PORT}/api/v1"
ADDED = ("prometheus", "node-exporter")
DASHBOARD = json.loads((ROOT / "monitoring/grafana/tweet-trends.json").read_text(encoding="utf-8"))
# Empty where nothing has failed, or where a source has no budget, as the demo.
MAY_BE_EMPTY = ("Alerts", "Sources: budget and rate limit", "Sources: cost of this month")


@pytest.fixture(scope="module")
def watched(demo_stack: Stack) -> Iterator[Stack]:
    """The stack with Prometheus, which is removed in the end with all that it has."""
    overlay = ROOT / "compose.monitoring.yaml"
    demo_stack.configure({"PROMETHEUS_PORT": str(PORT)}, overrides=[overlay])
    demo_stack.up(*ADDED)
    yield demo_stack
    demo_stack.compose("rm", "--stop", "--force", "--volumes", *ADDED)
    demo_stack.configure()
    run(["docker", "volume", "rm", f"{demo_stack.project}_prometheus-data"])
    run(["docker", "network", "rm", f"{demo_stack.project}_monitoring"])


def ask(path: str, **parameters: str) -> Any:
    """The data of Prometheus' answer."""
    response = requests.get(f"{URL}/{path}", params=parameters, timeout=10)
    response.raise_for_status()
    return response.json()["data"]


def test_every_target_is_reached(watched: Stack) -> None:
    """Each once, over the network that the stages share."""

    def jobs() -> list[str]:
        targets = ask("targets")["activeTargets"]
        return sorted(each["labels"]["job"] for each in targets if each["health"] == "up")

    every = sorted(("alerts", "ingest", "node-exporter", "prometheus", "trends", "web"))
    eventually(lambda: jobs() == every, within=120)


def test_the_lag_is_measured_and_small(watched: Stack) -> None:
    def lag() -> float:
        (sample,) = ask("query", query="max(trends_lag_seconds)")["result"]
        return float(sample["value"][1])

    eventually(lambda: 0 <= lag() < 60, within=120)


def test_every_rule_works(watched: Stack) -> None:
    def states() -> set[str]:
        groups = ask("rules")["groups"]
        return {rule["health"] for group in groups for rule in group["rules"]}

    eventually(lambda: states() == {"ok"}, within=60)


def test_every_panel_has_data(watched: Stack) -> None:
    def empty() -> list[str]:
        return [
            panel["title"]
            for panel in DASHBOARD["panels"]
            if panel["title"] not in MAY_BE_EMPTY
            and not any(ask("query", query=target["expr"])["result"] for target in panel["targets"])
        ]

    # A rate needs two samples.
    eventually(lambda: not empty(), within=120)
