"""The status for operators: one document (docs/contracts/status.schema.json)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from alerts.deliveries import Failure
from alerts.environment import SettingsError
from alerts.memory import Memory, waiting

OFF, STARTING, OK, FAILING = "off", "starting", "ok", "failing"
WRONG_SETTING, STOPPED = "wrong_setting", "stopped"


@dataclass(frozen=True)
class Status:
    """What is to be reported; `services` are the names of the receivers' services, in order.

    It holds no addresses: a receiver is known by its position in ALERT_URLS.
    """

    state: str
    started_at: float
    boards: Sequence[str] = ()
    memory: Memory = field(default_factory=Memory)
    services: Sequence[str] = ()
    failures: Mapping[int, Failure] = field(default_factory=dict)
    error: SettingsError | None = None

    def document(self) -> dict[str, Any]:
        """Return the status as a JSON object, without the time at which it is written."""
        memory, error = self.memory, self.error
        return {
            "started_at": iso(self.started_at),
            "state": self.state,
            "error": {"variables": list(error.variables), "rule": error.rule} if error else None,
            "boards": list(self.boards),
            "sent": memory.sent,
            "last_sent": None if memory.last_sent is None else iso(memory.last_sent),
            "waiting": waiting(memory),
            "dropped": memory.dropped,
            "receivers": [
                {"service": name, "error": self._failure(position)}
                for position, name in enumerate(self.services, 1)
            ],
        }

    def _failure(self, receiver: int) -> dict[str, Any] | None:
        found = self.failures.get(receiver)
        if found is None:
            return None
        return {"message": found.message, "since": iso(found.since), "failures": found.failures}


def to_json(document: Mapping[str, Any], written_at: float) -> bytes:
    """Format the value of the cell."""
    dated = {"written_at": iso(written_at), **document}
    return json.dumps(dated, ensure_ascii=False, separators=(",", ":")).encode()


def iso(seconds: float) -> str:
    """Format Unix seconds as `2026-11-22T10:00:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
