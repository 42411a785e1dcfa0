"""What can be set for the demo."""

from dataclasses import dataclass

from ingest.environment import Environment

VARIABLES = ()


@dataclass(frozen=True)
class DemoSettings:
    """Posts a second, the seed that they are made from, and how many in all (0: for ever)."""

    rate: float
    seed: int
    count: int


def read(env: Environment) -> DemoSettings:
    """All of it; nothing needs to be set."""
    return DemoSettings(
        env.number("DEMO_RATE", 5, 0.001, 100_000),
        env.whole("DEMO_SEED", 1, 0, 2**63 - 1),
        env.whole("DEMO_COUNT", 0, 0, 2**63 - 1),
    )
