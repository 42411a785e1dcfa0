"""`make watch` makes a new image of whatever is edited."""

import pytest
import yaml  # type: ignore[import-untyped]

from support.cluster_file import parse_compose
from support.stack import ROOT

WATCHED = yaml.safe_load((ROOT / "compose.watch.yaml").read_text())["services"]
SERVICES = parse_compose((ROOT / "compose.yaml").read_text())["services"]
PYTHON = {"alerts": "alerts", "ingest": "ingest", "spark-worker": "spark", "trends": "spark"}
PYTHON["web"] = "web"


def test_all_python_services_are_watched() -> None:
    assert WATCHED.keys() == PYTHON.keys()


@pytest.mark.parametrize(("service", "folder"), PYTHON.items())
def test_all_that_the_image_is_made_of_is_watched(service: str, folder: str) -> None:
    (rule,) = WATCHED[service]["develop"]["watch"]
    build = WATCHED[service].get("build") or SERVICES[service]["build"]
    assert rule == {"action": "rebuild", "path": f"services/{folder}"}
    assert build["context"] == f"services/{folder}"
