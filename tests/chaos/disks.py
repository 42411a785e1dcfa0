"""Small disks for a stack's volumes: files with a file system in them, on loop devices."""

from collections.abc import Sequence
from pathlib import Path

from chaos.network import IMAGE
from support.stack import Stack, run

OVERRIDE = Path(__file__).parent / "small-disks.yaml"
# In megabytes: enough for 15 minutes of a trial's load, with some room to spare.
SIZES = {
    "kafka-data": 160,
    "spark-master": 16,
    "zookeeper-data": 48,
    "hbase-data": 256,
}
# The least privileges with which a container can make loop devices on the machine.
RIGHTS = [
    "--cap-add=SYS_ADMIN",
    "--device-cgroup-rule=b 7:* rmw",
    "--device-cgroup-rule=c 10:237 rmw",
    "--volume=/dev:/dev",
]
# The services' user owns the file systems. Kafka would mistake `lost+found` for a partition.
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
# Small blocks at the end: the space left by large ones would have room for many records.
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
    """Create the disks; return the settings with which OVERRIDE mounts them."""
    detach(stack)
    sizes = [f"{name}={size}" for name, size in SIZES.items()]
    made = _with_disks(stack, ATTACH, *sizes).split()
    devices = dict(line.split("=") for line in made if "=/dev/" in line)
    return {f"DISK_{name.upper().replace('-', '_')}": device for name, device in devices.items()}


def detach(stack: Stack) -> None:
    """Remove the disks, if there are any; no container may still be using them."""
    run(["docker", "volume", "rm", "--force", *(f"{stack.project}_{name}" for name in SIZES)])
    _with_disks(stack, DETACH)
    run(["docker", "volume", "rm", "--force", _files(stack)])


def fill(stack: Stack, volumes: Sequence[str]) -> list[int]:
    """Fill disks to the last byte; return the kilobytes left on each."""
    return [int(free) for free in _on_volumes(stack, volumes, FILL).split()]


def empty(stack: Stack, volumes: Sequence[str]) -> None:
    """Delete what `fill` wrote."""
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
