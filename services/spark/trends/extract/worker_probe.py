"""Checks, on an executor, whether its machine can run this package and reach Kafka."""

import importlib
import platform
import socket
from collections.abc import Sequence

# What this package and Spark's own Python code import.
PACKAGES = ("msgspec", "numpy", "pandas", "pyarrow", "regex")
_SECONDS = 5.0


def problems(addresses: Sequence[tuple[str, int]], _: object = None) -> list[str]:
    """Return what is wrong on this machine, one line each; nothing if all is well.

    `addresses` are Kafka's, as host and port. The rows that Spark hands over do not matter.
    """
    found = [*map(_import, PACKAGES), *(_reach(*address) for address in addresses)]
    return [f"{platform.node()}: {each}" for each in found if each]


def _import(package: str) -> str:
    try:
        importlib.import_module(package)
    except ImportError:
        return f"the Python package {package} is missing (docs/operations.md)"
    return ""


def _reach(host: str, port: int) -> str:
    try:
        socket.create_connection((host, port), _SECONDS).close()
    except socket.gaierror:
        return f"the name {host} of KAFKA_BOOTSTRAP_SERVERS has no address there"
    except OSError as error:
        return f"{host}:{port} of KAFKA_BOOTSTRAP_SERVERS cannot be reached from there ({error})"
    return ""
