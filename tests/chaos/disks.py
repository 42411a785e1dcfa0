"""Small disks for a stack's volumes: files with a file system in them, on loop devices."""

from collections.abc import Sequence
from pathlib import Path

from chaos.network import IMAGE
from e2e.stack import Stack, run

OVERRIDE = Path(__file__).parent / "small-disks.yaml"
# In megabytes; with some room beside what a quarter of an hour of a trial's load takes.
SIZES = {
    "kafka-data": 160,
    "spark-master": 16,
    "zookeeper-data": 48,
    "hbase-data": 256,
}
# What a container needs to make loop devices of the machine's, and no more.
RIGHTS = [
    "--cap-add=SYS_ADMIN",
    "--device-cgroup-rule=b 7:* rmw",
    "--device-cgroup-rule=c 10:237 rmw",
    "--volume=/dev:/dev",
]
# The services' user owns them; Kafka would take a folder `lost+found` for a partition.
ATTACH = """
for disk in "$@"; do
    name=${disk%=*} file=/disks/${disk%=*}
    truncate --size "${disk#*=}M" "$file"
    mkfs.ext4 -q -m 0 -E root_owner=10001:10001 "$file"
    debugfs -w -R "rmdir lost+found" "$file" 2>&1
    echo "$name=$(losetup --find --show "$file")"
done
"""
DETACH = """
for file in /disks/*; do
    losetup -nO NAME --associated "$file" | xargs --no-run-if-empty losetup --detach
done
"""
# Small pieces at the end: what is left of a megabyte would be room for many a record.
FILL = """
for volume in /volumes/*; do
    for size in 64k 512; do
        dd if=/dev/zero of="$volume/ballast" bs=$size oflag=append conv=notrunc 2>/dev/null || true
    done
    df --output=avail "$volume" | tail -n 1
done
"""
EMPTY = "rm /volumes/*/ballast"


def attach(stack: Stack) -> dict[str, str]:
    """Make the disks; the settings by which OVERRIDE has them."""
    detach(stack)
    sizes = [f"{name}={size}" for name, size in SIZES.items()]
    made = _with_disks(stack, ATTACH, *sizes).split()
    devices = dict(line.split("=") for line in made if "=/dev/" in line)
    return {f"DISK_{name.upper().replace('-', '_')}": device for name, device in devices.items()}


def detach(stack: Stack) -> None:
    """Remove them, if there are any; no container may use them any more."""
    run(["docker", "volume", "rm", "--force", *(f"{stack.project}_{name}" for name in SIZES)])
    _with_disks(stack, DETACH)
    run(["docker", "volume", "rm", "--force", _files(stack)])


def fill(stack: Stack, volumes: Sequence[str]) -> list[int]:
    """Fill disks to the last byte; the kilobytes that are left on each."""
    return [int(free) for free in _on_volumes(stack, volumes, FILL).split()]


def empty(stack: Stack, volumes: Sequence[str]) -> None:
    """Take away again what filled them."""
    _on_volumes(stack, volumes, EMPTY)


def _files(stack: Stack) -> str:
    return f"{stack.project}_disks"


def _with_disks(stack: Stack, script: str, *arguments: str) -> str:
    mount = f"--volume={_files(stack)}:/disks"
    return _shell([*RIGHTS, mount], script, *arguments)


def _on_volumes(stack: Stack, volumes: Sequence[str], script: str) -> str:
    return _shell([f"--volume={stack.project}_{name}:/volumes/{name}" for name in volumes], script)


def _shell(options: Sequence[str], script: str, *arguments: str) -> str:
    command = ["docker", "run", "--rm", "--pull", "never", "--network", "none", *options]
    return run([*command, IMAGE, "sh", "-ec", script, "sh", *arguments])
