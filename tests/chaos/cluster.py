"""The cells of a cluster: any container is lost together with its volume, and comes back empty."""

import random
import time
from collections.abc import Iterator

from chaos.cells import Cell, Make
from chaos.faults import Fault
from chaos.scene import RATE, Scene
from chaos.soak import Plan
from support.cluster import Cluster
from support.stack import run

# Seconds from the loss of a container to a newer board, while it is still away. The aim is the same
# for each of a kind, as it is up to them which one leads.
AIMS: dict[str, float] = {
    "zookeeper": 60,
    "kafka": 60,
    "hdfs-journalnode": 60,
    "hdfs-namenode": 60,
    "hdfs-failover": 60,
    "hdfs-datanode": 60,
    "hbase-master": 60,
    "hbase-regionserver": 120,
    "hbase-thrift": 30,
    "spark-master": 90,
    "spark-worker": 60,
    "trends": 60,
    "web": 10,
}
# Of these there is one: it comes back at once. Nothing waits for `alerts`.
ALONE = {"ingest": 60, "alerts": 60}
NUMBERS = {
    "zookeeper": 3, "kafka": 3, "hdfs-journalnode": 3, "hdfs-namenode": 2, "hdfs-failover": 2,
    "hdfs-datanode": 3, "hbase-master": 2, "hbase-regionserver": 3, "hbase-thrift": 2,
    "spark-master": 2, "spark-worker": 1, "web": 2,
}  # fmt: skip
STANDBY = "trends-standby"
# A second machine: one of everything there are several of.
MACHINE = tuple(f"{kind}-2" for kind, number in NUMBERS.items() if number > 1)
PAIRS = (
    ("kafka", "hbase-regionserver"),
    ("hdfs-datanode", "zookeeper"),
    ("hdfs-namenode", "trends"),
)
WHOLE_HOST_SECONDS = 180.0
REFILL_SECONDS = 300.0


class Lose(Fault):
    """Removes containers with their volumes; they come back empty when the others have recovered.

    If they are not `covered` by others, they come back at once.
    """

    ends_at_once = True

    def __init__(self, cluster: Cluster, services: tuple[str, ...], *, covered: bool) -> None:
        super().__init__(cluster, services[0])
        self._cluster, self._services, self._covered = cluster, services, covered
        self._volumes: list[str] = []
        self._lost = 0.0

    def begin(self) -> None:
        self._volumes = self._cluster.lose(*self._services)
        # Removing takes seconds, in which the container may still do something.
        self._lost = time.time()

    def proof(self) -> str:
        ids = {each["Id"] for each in self._cluster.containers()}
        kept = run(["docker", "volume", "ls", "--quiet"]).split()
        if not self._lost or self.id in ids or {*self._volumes} & {*kept}:
            return ""
        return "gone with its volume" if self._volumes else "gone"

    def end(self) -> float:
        if not self._covered:
            self.restore()
        return self._lost

    def restore(self) -> None:
        self._cluster.up(*self._services, wait=False)

    def assert_refilled(self) -> None:
        """Wait until the new nodes have all that the lost ones had."""
        self._cluster.wait_until_filled(REFILL_SECONDS)


def _lose(*services: str, covered: bool = True) -> Make:
    def make(scene: Scene) -> Fault:
        assert isinstance(scene.stack, Cluster)
        return Lose(scene.stack, services, covered=covered)

    return make


def names(kind: str) -> list[str]:
    """The services of a kind."""
    return [kind, *(f"{kind}-{n}" for n in range(2, NUMBERS.get(kind, 1) + 1))]


def cluster_cells() -> list[Cell]:
    """Return all cells of a cluster, service by service."""
    return [*_single(), *_several()]


def _single() -> Iterator[Cell]:
    for kind, aim in AIMS.items():
        for service in names(kind):
            workers = 2 if kind == "spark-worker" else 1
            # The harness, unlike a load balancer, only knows the first `web`.
            is_away = service == "web"
            make = _lose(service, covered=not is_away)
            yield Cell(f"{service}/lost", aim, make, workers=workers, is_away=is_away)
    yield Cell(f"{STANDBY}/lost", AIMS["trends"], _lose(STANDBY))
    for service, aim in ALONE.items():
        yield Cell(f"{service}/lost", aim, _lose(service, covered=False))


def _several() -> Iterator[Cell]:
    for pair in PAIRS:
        aim = max(AIMS[each] for each in pair)
        yield Cell(f"{'+'.join(pair)}/lost", aim, _lose(*pair))
    yield Cell("machine-2/lost", WHOLE_HOST_SECONDS, _lose(*MACHINE))


def _pick(dice: random.Random) -> Cell:
    return dice.choice([*_single()])


# The demo does not catch up after a long outage of Kafka.
SOAK = Plan(
    tweets_an_hour=RATE * 3600 * 4 // 5,
    pick=_pick,
    waits=True,
    volumes=("kafka-data", "zookeeper-data", "hdfs-datanode-data", "hdfs-namenode-data"),
)


class ClusterScene(Scene):
    """A cluster that goes through many faults under load."""

    def start(self) -> None:
        assert isinstance(self.stack, Cluster)
        self.stack.start()
