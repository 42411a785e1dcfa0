"""What the Docker engine measures of each container, read from its socket."""

import http.client
import json
import os
import socket
from dataclasses import dataclass


@dataclass(frozen=True)
class Usage:
    """Processor time used so far, and memory without the page cache that can be dropped."""

    cpu_seconds: float
    memory_bytes: int


class _Socket(http.client.HTTPConnection):
    def connect(self) -> None:
        path = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)


def usage(container: str) -> Usage:
    """The usage of a container, by its id."""
    connection = _Socket("localhost")
    connection.request("GET", f"/containers/{container}/stats?stream=false&one-shot=true")
    stats = json.load(connection.getresponse())
    connection.close()
    memory = stats["memory_stats"]
    details = memory["stats"]
    cache = details.get("total_inactive_file", details.get("inactive_file", 0))
    return Usage(stats["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9, memory["usage"] - cache)
