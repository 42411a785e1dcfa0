"""Controls the test doubles of the social networks, in containers next to the stack."""

import json
from pathlib import Path
from typing import Any

from support.stack import Stack
from support.waiting import eventually

COMPOSE = Path(__file__).parent / "doubles.yaml"

CONTROL = """
import sys, urllib.request
name, body = sys.argv[1], sys.argv[2].encode() or None
url = "http://127.0.0.1:8000/_control/" + name
print(urllib.request.urlopen(urllib.request.Request(url, body), timeout=10).read().decode())
"""


def control(stack: Stack, service: str, name: str, body: Any = None) -> Any:
    """Call a control endpoint of a double; return its answer."""
    text = "" if body is None else json.dumps(body)
    said = stack.compose("exec", "-T", service, "python", "-c", CONTROL, name, text)
    return json.loads(said)


def start(stack: Stack, *services: str) -> None:
    """Start doubles with no posts and no recorded calls."""
    stack.configure(overrides=[COMPOSE])
    stack.up(*services, wait=False)
    for service in services:
        eventually(lambda s=service: control(stack, s, "reset", {}) == {})
