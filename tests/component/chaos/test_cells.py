"""The matrix as it is tried, and how a part of it is chosen."""

import json
import re
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from chaos.cells import DISKS, ORDERS, all_cells, choose
from chaos.disks import OVERRIDE, SIZES
from chaos.network import PORTS
from chaos.run import DEFECTS, defective, options
from support.aims import HOLD, TABLE
from support.stack import ROOT

CELLS = {cell.name: cell for cell in all_cells(seed=1)}


def test_every_container_meets_every_fault() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    assert TABLE.keys() == PORTS.keys() == services.keys()
    for service, aims in TABLE.items():
        for kind, aim in zip(HOLD, aims, strict=True):
            assert CELLS[f"{service}/{kind}"].aim == aim


def test_every_name_is_there_once() -> None:
    assert len(CELLS) == len(all_cells(seed=1))
    assert sum(cell.is_new for cell in CELLS.values()) == ORDERS + 1


def test_all_that_a_stack_writes_to_can_be_full() -> None:
    volumes = (ROOT / "compose.yaml").read_text().partition("\nvolumes:\n")[2]
    kept = {*re.findall(r"^  ([a-z-]+):$", volumes, re.M)} - {"spark-secret"}  # written once
    small = re.findall(r"^  ([a-z-]+): \{.*\$\{DISK_([A-Z_]+)\}", OVERRIDE.read_text(), re.M)
    assert {name for name, _ in small} == SIZES.keys() == kept
    assert all(setting.lower().replace("_", "-") == name for name, setting in small)
    filled = {name for volumes, _ in DISKS.values() for name in volumes}
    assert filled == SIZES.keys() - {"spark-master"}


def test_only_what_is_asked_for_is_chosen() -> None:
    cells = [*CELLS.values()]
    assert {cell.name for cell in choose(cells, ["web/", "scale"], 1)} == {
        "web/kill", "web/stop", "web/pause", "web/cut", "web/first", "web/reset", "web/narrow",
        "web/delay", "spark-worker/scale",
    }  # fmt: skip
    assert len(choose(cells, [], 1)) == len(cells)


def test_the_seed_decides_on_the_order() -> None:
    cells = [*CELLS.values()]
    one, again, other = (choose(cells, [], seed) for seed in (1, 1, 2))
    assert one == again != other


@pytest.mark.parametrize("name", DEFECTS)
def test_each_defect_has_its_program_its_fault_and_its_image(name: str, tmp_path: Path) -> None:
    service, cell = DEFECTS[name]
    assert cell in CELLS
    assert (ROOT / f"tests/chaos/defects/{name.replace('-', '_')}.py").exists()
    image = "spark" if service == "trends" else service
    assert f"build_defect {image} {name}\n" in (ROOT / "scripts/chaos").read_text()
    told = json.loads(defective(name, tmp_path).read_text())
    assert told == {"services": {service: {"image": f"tweet-trends/chaos-{name}"}}}


def test_the_product_has_no_switch_for_a_defect() -> None:
    assert "defect" not in (ROOT / "compose.yaml").read_text().lower()
    for file in (ROOT / "services").rglob("*.py"):
        assert "defect" not in file.read_text().lower(), file


def test_options() -> None:
    chosen = options(["--seed", "7", "--minutes", "30", "--only", "kafka", "--only", "web"])
    assert (chosen.seed, chosen.minutes, chosen.only) == (7, 30.0, ["kafka", "web"])
    assert options(["--cluster", "--soak", "60"]).cluster
    for refused in (
        ["--soak", "60", "--disarmed"],
        ["--cluster", "--disarmed"],
        ["--cluster", "--defect", "increments"],
    ):
        with pytest.raises(SystemExit):
            options(refused)
