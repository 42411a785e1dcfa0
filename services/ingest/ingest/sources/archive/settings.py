"""What can be set for a file of posts."""

from dataclasses import dataclass
from pathlib import Path

from ingest.environment import Environment

VARIABLES = ("REPLAY_FILE",)


@dataclass(frozen=True)
class ReplaySettings:
    """A file, what the user calls it, and how fast it is read."""

    file: Path
    name: str
    speed: float


def read(env: Environment) -> ReplaySettings | None:
    """All of it, None without a file."""
    file, speed = env.text("REPLAY_FILE"), env.number("REPLAY_SPEED", 0, 0, 1_000_000)
    if not file:
        return None
    # Where REPLAY_FILE is a mount point, REPLAY_NAME tells what the user calls the file.
    return ReplaySettings(Path(file), Path(env.text("REPLAY_NAME") or file).name, speed)
