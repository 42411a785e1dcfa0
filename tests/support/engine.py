"""Reads containers' resource usage from the Docker engine's socket."""

import http.client
import json
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from support.waiting import Watcher


@dataclass(frozen=True)
class Usage:
    """Processor time and bytes sent since the start, and memory without reclaimable page cache."""

    cpu_seconds: float
    memory_bytes: int
    sent_bytes: int


class _Socket(http.client.HTTPConnection):
    def connect(self) -> None:
        path = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)


def usage(container: str) -> Usage:
    """The usage of a running container, by id; KeyError if it does not run."""
    connection = _Socket("localhost")
    connection.request("GET", f"/containers/{container}/stats?stream=false&one-shot=true")
    stats = json.load(connection.getresponse())
    connection.close()
    memory = stats["memory_stats"]
    details = memory["stats"]
    cache = details.get("total_inactive_file", details.get("inactive_file", 0))
    return Usage(
        stats["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9,
        memory["usage"] - cache,
        sum(network["tx_bytes"] for network in stats.get("networks", {}).values()),
    )


class Peak(Watcher):
    """Peak memory of several containers together, sampled twice a second."""

    def __init__(self, containers: Sequence[str]) -> None:
        super().__init__(every=0.5)
        self.memory_bytes = 0
        self._containers = containers

    def look(self) -> None:
        now = sum(self._memory(container) for container in self._containers)
        self.memory_bytes = max(self.memory_bytes, now)

    @staticmethod
    def _memory(container: str) -> int:
        try:
            return usage(container).memory_bytes
        except KeyError:  # it does not run yet, or no longer
            return 0
