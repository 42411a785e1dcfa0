"""scripts/replace-nodes: one container at a time, and only while the cluster is whole."""

import os
import subprocess
from pathlib import Path

import pytest

from support.cluster_file import load_cluster, parse_compose
from support.stack import ROOT

# Notes what it is told to do; the cluster lacks something as often as the file `lacking` has lines.
DOCKER = """#!/bin/bash
here=${0%/*}
case "$*" in
  "compose config --services" | "compose ps --services") cat "$here/services" ;;
  "compose exec"*) head -n 1 "$here/lacking"; sed -i 1d "$here/lacking"
    echo "looked" >>"$here/done" ;;
  "compose ps --quiet spark-worker") printf 'a\\nb\\nc\\n' ;;
  "compose ps --quiet"*) echo a ;;
  *" up "*) echo "$*" >>"$here/done"; [[ $* != *"$BROKEN" ]] ;;
esac
"""
SERVICES = {*parse_compose((ROOT / "compose.yaml").read_text())["services"]}
SERVICES |= {*load_cluster()["services"]}


def replace(
    folder: Path,
    *arguments: str,
    services: set[str] = SERVICES,
    lacking: str = "",
    broken: str = "nothing",
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run it; return also what it did: which services it replaced, and when it looked."""
    docker, done = folder / "docker", folder / "done"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    done.touch()
    (folder / "services").write_text("\n".join(sorted(services)))
    (folder / "lacking").write_text(lacking)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "BROKEN": broken}
    outcome = subprocess.run(
        [ROOT / "scripts/replace-nodes", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return outcome, done.read_text().splitlines()


def test_every_container_is_replaced_once_and_the_cluster_looked_at_in_between(
    tmp_path: Path,
) -> None:
    outcome, done = replace(tmp_path)
    assert outcome.returncode == 0
    assert {*done[::2]} == {"looked"}
    replaced = [each.split()[-1] for each in done[1::2]]
    assert sorted(replaced) == sorted(SERVICES)
    assert replaced.index("zookeeper-3") < replaced.index("kafka") < replaced.index("kafka-2")
    assert outcome.stdout.split() == replaced
    assert not any("--force-recreate" in each for each in done)


def test_workers_stay_as_many_as_they_are(tmp_path: Path) -> None:
    _, done = replace(tmp_path, "--all")
    (worker,) = [each for each in done if each.endswith(" spark-worker")]
    assert "--scale spark-worker=3 " in worker and "--force-recreate" in worker


def test_it_waits_until_nothing_is_missing(tmp_path: Path) -> None:
    outcome, done = replace(tmp_path, lacking="5 blocks lack a copy\n")
    assert outcome.returncode == 0
    assert done[:2] == ["looked", "looked"]


def test_it_stops_at_the_first_that_is_not_well(tmp_path: Path) -> None:
    outcome, done = replace(tmp_path, broken=" zookeeper-2")
    assert outcome.returncode == 1
    assert "zookeeper-2 is not well again: docker compose logs zookeeper-2" in outcome.stderr
    assert done[-1].endswith(" zookeeper-2")


@pytest.mark.parametrize("services", [{"kafka", "web"}])
def test_one_machine_is_refused(tmp_path: Path, services: set[str]) -> None:
    outcome, done = replace(tmp_path, services=services)
    assert "COMPOSE_FILE must name compose.cluster.yaml" in outcome.stderr
    assert (outcome.returncode, done) == (1, [])
