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
    given, speed = env.text("REPLAY_FILE"), env.number("REPLAY_SPEED", 0, 0, 1_000_000)
    # In a container the folder of the file is mounted, always at the same place.
    folder, file = env.text("REPLAY_FOLDER"), Path(given)
    if not given:
        return None
    return ReplaySettings(Path(folder) / file.name if folder else file, file.name, speed)
