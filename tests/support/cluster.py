"""Runs a cluster (compose.cluster.yaml), and takes nodes away from it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import requests

from support.stack import ROOT, Json, Stack, run
from support.waiting import eventually

OVERRIDE = ROOT / "compose.cluster.yaml"


class Cluster(Stack):
    """A cluster with its own project name and ports."""

    def __init__(self, project: str, port: int) -> None:
        super().__init__(project, port)
        self.other_url = f"http://127.0.0.1:{port + 1}"

    def configure(
        self, settings: Mapping[str, str] | None = None, overrides: Sequence[Path] = ()
    ) -> None:
        port = str(self._port + 1)
        super().configure({"SECOND_WEB_PORT": port, **(settings or {})}, [OVERRIDE, *overrides])

    def start(self) -> None:
        """Start a new cluster, and spread its table, as `make cluster` does."""
        self.script("mark-new-cluster")
        self.up()
        self.script("split-tables")

    def other_board(self) -> Json:
        """Fetch the board from the second web service."""
        response = requests.get(f"{self.other_url}/api/v1/trends?limit=100", timeout=10)
        response.raise_for_status()
        return response.json()  # type: ignore[no-any-return]

    def lose(self, *services: str) -> list[str]:
        """Remove containers, and the volumes that no other has; return the names of these."""
        lost = [self.container(each) for each in services]
        ids = {each["Id"] for each in lost}
        others = [each for each in self.containers() if each["Id"] not in ids]
        volumes = sorted(_volumes(lost) - _volumes(others))
        run(["docker", "rm", "--force", "--volumes", *ids])
        if volumes:
            run(["docker", "volume", "rm", *volumes])
        return volumes

    def wait_until_filled(self, within: float) -> None:
        """Wait until every node has its share of everything again."""
        try:
            eventually(lambda: not self.missing(), within=within, every=3)
        except AssertionError as error:
            raise AssertionError(f"not filled again: {self.missing()}") from error

    def missing(self) -> list[str]:
        """What the cluster lacks until every node has its share of everything again."""
        return self.script("list-missing-copies").splitlines()


def _volumes(containers: Sequence[Json]) -> set[str]:
    mounts = [mount for each in containers for mount in each["Mounts"]]
    return {each["Name"] for each in mounts if each["Type"] == "volume"}
