"""Samples of a stack's memory, disk and log usage, and how each figure develops."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from support.engine import usage
from support.stack import Json, Stack, run

VOLUMES = ("kafka-data", "zookeeper-data", "hbase-data")
# Prints the bytes of each volume and of each container's logs. If HBase has a volume, also those
# of the folders in it, and the number of store files.
LOOK = """
sizes() { du --summarize --block-size=1 "$@" 2>/dev/null | sed 's|/volumes/||; s|/logs/|log of |'; }
sizes /volumes/* /logs/*
[ -e /volumes/hbase-data ] || exit 0
sizes /volumes/hbase-data/hbase/{WALs,oldWALs,data,archive}
count() { find "$@" 2>/dev/null | wc -l; }
echo "$(count /volumes/hbase-data/hbase/data/default -mindepth 4 -type f ! -name '.*') store files"
"""

Sample = dict[str, float]
QUARTERS = 4


@dataclass(frozen=True)
class Course:
    """How a figure developed: first value, highest in each quarter of the time, last value."""

    first: float
    highest: tuple[float | None, ...]
    last: float


def sample(stack: Stack, volumes: Sequence[str] = VOLUMES) -> Sample:
    """Return bytes and numbers of files by name, without those unavailable at the moment."""
    containers = stack.containers()
    names = {each["Id"]: each["Name"].removeprefix(f"/{stack.project}-") for each in containers}
    used = {names[each["Id"]]: _memory(each) for each in containers}
    found = {f"memory of {name}": float(number) for name, number in used.items() if number}
    logs = {names[each["Id"]]: PurePosixPath(each["LogPath"]).parent for each in containers}
    mounts = [f"{stack.project}_{name}:/volumes/{name}:ro" for name in volumes]
    mounts += [f"{folder}:/logs/{name}:ro" for name, folder in logs.items()]
    options = [option for mount in mounts for option in ("--volume", mount)]
    command = ["docker", "run", "--rm", "--pull", "never", "--network", "none", *options]
    told = run([*command, "tweet-trends/tests", "bash", "-c", LOOK])
    return found | {name: float(n) for n, name in re.findall(r"^(\d+)\s+(.+)$", told, re.M)}


def _memory(container: Json) -> int:
    try:
        return usage(container["Id"]).memory_bytes
    except KeyError:  # not running
        return 0


def course(values: Sequence[tuple[float, float]], end: float) -> Course:
    """Summarise (seconds, value) pairs up to `end`; a quarter without values gets None."""
    quarters: list[list[float]] = [[] for _ in range(QUARTERS)]
    for at, value in values:
        quarters[min(QUARTERS - 1, int(QUARTERS * at / end))].append(value)
    highest = tuple(max(each, default=None) for each in quarters)
    return Course(values[0][1], highest, values[-1][1])
