"""Changes a container's network, and probes it from a neighbour."""

from collections.abc import Sequence

from support.stack import ROOT, Stack, run

IMAGE = "tweet-trends/tests"
PORTS = {
    "zookeeper": 2181,
    "kafka": 9092,
    "hbase-master": 16000,
    "hbase-regionserver": 16020,
    "hbase-thrift": 9090,
    "spark-master": 7077,
    "spark-worker": 8081,
    "trends": 9464,
    "ingest": 9464,
    "web": 8080,
    "alerts": 9464,
}

CONNECT = """
import socket, sys
try:
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=3) as connection:
        connection.sendall(b"\\n")
    print("open")
except OSError as error:
    print(type(error).__name__)
"""


def address(stack: Stack, service: str) -> str:
    """Return the address of a service's first container on the stack's internal network."""
    networks = stack.container(service)["NetworkSettings"]["Networks"]
    return str(networks[f"{stack.project}_data"]["IPAddress"])


def neighbour(stack: Stack, service: str) -> str:
    """Connect to a service's port from a neighbouring container, and send a byte.

    Returns "open", or the name of the error.
    """
    where = (address(stack, service), str(PORTS[service]))
    return stack.inside("ingest", CONNECT, *where).strip()


def shell(container: str, script: str, *, check: bool = True) -> str:
    """Run a script in a container's network, with NET_ADMIN; return its output."""
    return run([*_beside(container), "--cap-add", "NET_ADMIN", IMAGE, "sh", "-ec", script],
               check=check)  # fmt: skip


def start_relay(stack: Stack, container: str, arguments: Sequence[str]) -> None:
    """Run `chaos.relay` in a container's network, in the background."""
    stop_relay(stack)
    mounts = ["--volume", f"{ROOT}:{ROOT}:ro", "--workdir", f"{ROOT}/tests"]
    options = ["--detach", "--name", _relay(stack), "--env", "PYTHONDONTWRITEBYTECODE=1", *mounts]
    run([*_beside(container), *options, IMAGE, "python", "-m", "chaos.relay", *arguments])


def told_by_relay(stack: Stack) -> str:
    """Return the relay's output."""
    return run(["docker", "logs", _relay(stack)])


def stop_relay(stack: Stack) -> None:
    """Remove the relay, if there is one; this cuts the connections through it."""
    run(["docker", "rm", "--force", _relay(stack)], check=False)


def _relay(stack: Stack) -> str:
    return f"{stack.project}-relay"


def _beside(container: str) -> list[str]:
    return ["docker", "run", "--rm", "--pull", "never", "--network", f"container:{container}"]
