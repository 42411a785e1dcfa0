"""Settings for replaying a file of posts."""

from dataclasses import dataclass
from pathlib import Path

from ingest.environment import Environment

VARIABLES = ("REPLAY_FILE",)


@dataclass(frozen=True)
class ReplaySettings:
    """A file, the user's name for it, and the replay speed."""

    file: Path
    name: str
    speed: float


def read(env: Environment) -> ReplaySettings | None:
    """Read the settings; return None if no file is set."""
    given, speed = env.text("REPLAY_FILE"), env.number("REPLAY_SPEED", 0, 0, 1_000_000)
    # In a container, the file's folder is mounted, always at the same path.
    folder, file = env.text("REPLAY_FOLDER"), Path(given)
    if not given:
        return None
    return ReplaySettings(Path(folder) / file.name if folder else file, file.name, speed)
