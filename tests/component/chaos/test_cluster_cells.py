"""The cells of a cluster."""

import subprocess

from chaos.cluster import MACHINE, cluster_cells
from support.cluster import OVERRIDE
from support.stack import ROOT

CELLS = [cell.name for cell in cluster_cells()]
FILES = ["--file", str(ROOT / "compose.yaml"), "--file", str(OVERRIDE)]


def services() -> set[str]:
    command = ["docker", "compose", *FILES, "config", "--services"]
    return {*subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()}


def test_every_container_is_lost_once() -> None:
    alone = [name.removesuffix("/lost") for name in CELLS if "+" not in name]
    assert sorted(alone) == sorted([*services(), "machine-2"])


def test_one_machine_of_three_has_one_of_each_kind() -> None:
    assert {*MACHINE} < services()
    assert not {*MACHINE} & {each.removesuffix("-2") for each in MACHINE}
