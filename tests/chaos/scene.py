"""A stack that goes through many faults under load, and the ledger of what it was sent."""

from collections.abc import Sequence
from pathlib import Path

from chaos import disks, network
from chaos.judge import Ledger, settle
from support.checks import executors, wait_for_tweets
from support.stack import Stack, service_of
from support.waiting import eventually

RATE = 100
# Deadline for all containers to be healthy, and all workers to run an executor.
WHOLE_SECONDS = 240


class Scene:
    """A stack that runs the demo with this seed, at `rate` posts per second.

    `overrides` are Compose files for every stack of this scene.
    """

    def __init__(
        self, stack: Stack, seed: int, rate: int = RATE, overrides: Sequence[Path] = ()
    ) -> None:
        self.stack, self.seed, self.rate = stack, seed, rate
        self.ledger = Ledger(seed)
        self._overrides = [*overrides]
        # Whether the running stack is on small disks; None if there is no usable stack.
        self._on_small_disks: bool | None = None

    def clear(self, *, small_disks: bool = False) -> None:
        """Remove the stack; the next one gets ordinary volumes, or disks that can be filled."""
        network.stop_relay(self.stack)
        self.stack.down()
        disks.detach(self.stack)
        self.ledger = Ledger(self.seed)
        self._on_small_disks = small_disks
        settings = {"DEMO_SEED": str(self.seed), "DEMO_RATE": str(self.rate)}
        overrides = [*self._overrides]
        if small_disks:
            settings |= disks.attach(self.stack)
            overrides.append(disks.OVERRIDE)
        self.stack.configure(settings, overrides)

    def prepare(self, workers: int = 1, *, small_disks: bool = False, load: bool = True) -> None:
        """Bring up a healthy stack with this many workers, under load or idle."""
        if self._on_small_disks is not small_disks:
            self.clear(small_disks=small_disks)
            self.start()
        self.stack.scale("spark-worker", workers)
        self.stack.compose("start", "ingest")
        self.whole(workers)
        if load:
            self.recovered(0, within=WHOLE_SECONDS)
        else:
            self.rest()

    def start(self) -> None:
        """Start a stack that is not running yet, and wait for a board."""
        self.stack.up()

    def spoil(self) -> None:
        """Mark the stack as unfit for further trials."""
        self._on_small_disks = None

    def read(self, otherwise: int = 0) -> int:
        """Return how many posts the board says were read, or `otherwise` if web is down."""
        try:
            return int(self.stack.board()["tweets_read"])
        except OSError:
            return otherwise

    def recovered(self, since: float, within: float, read: int | None = None) -> float:
        """Wait for a board newer than `since` with two seconds' worth of new posts.

        Returns the seconds since `since`.
        """
        return wait_for_tweets(self.stack, since, 2 * self.rate, within, read)

    def whole(self, workers: int = 1, *, load: bool = True) -> None:
        """Wait until all containers are healthy again and all workers run an executor.

        Without load, ingest is left out: it has been stopped.
        """
        spared = () if load else ("ingest",)

        def ailing() -> list[str]:
            return [
                each["Name"]
                for each in self.stack.containers()
                if service_of(each) not in spared
                and (
                    not each["State"]["Running"]
                    or each["State"].get("Health", {}).get("Status", "healthy") != "healthy"
                )
            ]

        try:
            eventually(lambda: not ailing(), within=WHOLE_SECONDS, every=1)
        except AssertionError as error:
            raise AssertionError(f"not healthy: {ailing()}") from error
        eventually(lambda: executors(self.stack) == workers, within=WHOLE_SECONDS, every=1)

    def rest(self) -> None:
        """Stop the source and wait until everything it sent has been read."""
        self.stack.compose("stop", "ingest")
        settle(self.stack, self.ledger)
