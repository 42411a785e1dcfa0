"""Settings of the demo."""

from dataclasses import dataclass

from ingest.environment import Environment

VARIABLES = ()


@dataclass(frozen=True)
class DemoSettings:
    """Posts per second, random seed, and total number of posts (0: endless)."""

    rate: float
    seed: int
    count: int


def read(env: Environment) -> DemoSettings:
    """Read the settings; none of them is required."""
    return DemoSettings(
        env.number("DEMO_RATE", 5, 0.001, 100_000),
        env.whole("DEMO_SEED", 1, 0, 2**63 - 1),
        env.whole("DEMO_COUNT", 0, 0, 2**63 - 1),
    )
