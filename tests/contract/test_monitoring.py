"""Alert rules and the dashboard name metrics that exist, and sections of the manual."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from prometheus_client import REGISTRY

import alerts.metrics
import ingest.metrics
import trends.metrics
import web.metrics
from support.documents import ROOT, anchors

SERVICES = {each.__name__.partition(".")[0] for each in (alerts, ingest, trends, web)}
# Prometheus' own, and those of its exporter, as a running stack has them.
ELSEWHERE = {
    "ALERTS",
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
    "node_memory_MemAvailable_bytes",
    "node_memory_MemTotal_bytes",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "up",
}
METRIC = re.compile(rf"\b(?:(?:{'|'.join(SERVICES)}|node|process)_\w+|up\b|ALERTS\b)")
# What Prometheus adds to every series.
TARGET = {"instance", "job"}

RULES = [
    rule
    for path in sorted((ROOT / "monitoring/rules").glob("*.yml"))
    for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
CASES = sorted((ROOT / "tests/component/monitoring").glob("*.yml"))
DASHBOARD = json.loads((ROOT / "monitoring/grafana/tweet-trends.json").read_text(encoding="utf-8"))
PANELS = DASHBOARD["panels"]
SCRAPED = yaml.safe_load((ROOT / "monitoring/prometheus.yml").read_text(encoding="utf-8"))
OVERLAY = yaml.safe_load((ROOT / "compose.monitoring.yaml").read_text(encoding="utf-8"))
ENDINGS = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def served() -> dict[str, set[str]]:
    """The labels of each series that the services serve, by its name."""
    found = {}
    for family in REGISTRY.collect():
        collector = REGISTRY._names_to_collectors[family.name]
        labels = set(getattr(collector, "_labelnames", ()))
        for ending in ENDINGS.get(family.type, ()):
            found[family.name + ending] = labels | ({"le"} if ending == "_bucket" else set())
    return found


SERVED = served()


def expressions() -> Iterator[tuple[str, str]]:
    """Where each expression stands, and the expression."""
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for panel in PANELS:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def metrics_in(expression: str) -> set[str]:
    """The metrics of an expression; labels' values are left out."""
    return set(METRIC.findall(re.sub(r'"[^"]*"', "", expression)))


@pytest.mark.parametrize(("where", "expression"), [*expressions()])
def test_an_expression_names_metrics_that_exist(where: str, expression: str) -> None:
    found = metrics_in(expression)
    assert found, where
    assert found <= SERVED.keys() | ELSEWHERE


def test_the_expressions_cover_all_services() -> None:
    named = {name for _, expression in expressions() for name in metrics_in(expression)}
    assert {name.partition("_")[0] for name in named} >= SERVICES
    assert named >= ELSEWHERE, "remove what is no longer used"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_the_rules_are_tried_on_series_that_exist(path: Any) -> None:
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]:
        for each in case["input_series"]:
            name, _, labels = each["series"].partition("{")
            if name not in ELSEWHERE:
                assert name in SERVED, each
                assert set(re.findall(r"(\w+)=", labels)) - TARGET <= SERVED[name], each


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_to_do(rule: dict[str, Any]) -> None:
    notes = rule["annotations"]
    assert notes.keys() == {"summary", "description", "runbook"}
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert notes["summary"].endswith(".") and notes["description"].endswith(".")
    document, _, anchor = notes["runbook"].partition("#")
    assert anchor in anchors(ROOT / document)


def test_the_manual_explains_every_alert_and_no_other() -> None:
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    section = text.split("\n### What each alert means\n")[1].split("\n#")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == [r["alert"] for r in RULES]


def test_the_commands_in_alerts_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    text = " ".join(rule["annotations"]["description"] for rule in RULES)
    targets = re.findall(r"`make ([a-z-]+)", text)
    assert "logs" in targets
    for target in targets:
        assert f"\n{target}:" in makefile


def test_the_dashboard_can_be_imported() -> None:
    (source,) = DASHBOARD["__inputs"]
    assert (source["type"], source["pluginId"]) == ("datasource", "prometheus")
    used = {each["datasource"]["uid"] for panel in PANELS for each in (panel, *panel["targets"])}
    assert used == {f"${{{source['name']}}}"}


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_is_complete(panel: dict[str, Any]) -> None:
    assert panel["title"] and panel["targets"]
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert all(target["expr"] and target["legendFormat"] for target in panel["targets"])


def test_panels_are_told_apart_and_do_not_overlap() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    assert len({panel["title"] for panel in PANELS}) == len(PANELS)
    places = [panel["gridPos"] for panel in PANELS]
    cells = [
        (x, y)
        for at in places
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(cells) == len(set(cells)) and max(x for x, _ in cells) < 24


def test_prometheus_scrapes_every_service_with_metrics() -> None:
    jobs = {each["job_name"] for each in SCRAPED["scrape_configs"]}
    assert jobs == SERVICES | OVERLAY["services"].keys()


def test_a_missing_service_is_noticed() -> None:
    (down,) = (rule for rule in RULES if rule["alert"] == "ServiceDown")
    named = set(re.findall(r'absent\(up\{job="([\w-]+)"\}\)', down["expr"]))
    assert named == SERVICES | OVERLAY["services"].keys() - {"prometheus"}


def test_the_overlay_is_confined_like_the_rest() -> None:
    base = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    for service in OVERLAY["services"].values():
        assert base["x-service"].items() <= service.items()
        assert service["mem_limit"] and service["healthcheck"]["test"]
        assert not service.keys() & {"privileged", "network_mode", "pid", "cap_add"}
    prometheus = OVERLAY["services"]["prometheus"]
    assert [port["host_ip"] for port in prometheus["ports"]] == ["127.0.0.1"]


def test_every_volume_s_disk_is_watched_but_none_is_written() -> None:
    base = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    mounts = OVERLAY["services"]["node-exporter"]["volumes"]
    data = {name for name in (*base["volumes"], *OVERLAY["volumes"]) if name.endswith("-data")}
    assert set(mounts) == {f"{name}:/volumes/{name}:ro" for name in data}
