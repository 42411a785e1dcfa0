"""The cells of the fault matrix: each container, its faults, and their recovery aims."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from chaos import disks, specials
from chaos.faults import Cut, Delay, Fault, Kill, Narrow, Pause, Reset, Stop
from chaos.scene import Scene
from support.aims import COLUMNS, EVERYTHING, HOLD, TABLE
from support.orders import shuffled

ORDERS = 10
Make = Callable[[Scene], Fault]


@dataclass(frozen=True)
class Cell:
    """One fault to inject, and what it may do to the stack.

    `aim` is in seconds; None means that the fault must go unnoticed: the board and the driver
    keep going. `small_disks` requires a stack whose volumes can be filled, `is_new` one that is
    not running yet. While web itself is down (`is_away`), nobody is served.
    """

    name: str
    aim: float | None
    make: Make
    workers: int = 1
    load: bool = True
    small_disks: bool = False
    is_new: bool = False
    is_away: bool = False
    is_stale: bool = False
    spares_driver: bool = False


def make_common(kind: str, service: str, hold: float) -> Make:
    """Return a factory for a fault that any container can have."""
    if kind == "kill":
        return lambda scene: Kill(scene.stack, service)
    classes: dict[str, type[Fault]] = {
        "stop": Stop,
        "pause": Pause,
        "cut": Cut,
        "reset": Reset,
        "narrow": Narrow,
        "delay": Delay,
    }
    return lambda scene: classes[kind](scene.stack, service, hold)


def _common() -> Iterator[Cell]:
    for service, aims in TABLE.items():
        for kind, aim in zip(COLUMNS, aims, strict=True):
            yield Cell(
                f"{service}/{kind}",
                aim,
                make_common(kind, service, HOLD[kind]),
                workers=2 if service == "spark-worker" else 1,
                is_away=service == "web",
                is_stale=service == "hbase-thrift" and kind in ("pause", "cut"),
                spares_driver=service == "alerts"
                or (service == "spark-master" and kind in ("kill", "pause")),
            )


# Not in the table: the network is up, but bad. The aims are those of a cut.
NETWORK = {"reset": 10, "narrow": 45, "delay": 45}
ON_NETWORK = ("zookeeper", "kafka", "hbase-regionserver", "hbase-thrift", "spark-master", "web")


def _network() -> Iterator[Cell]:
    for service in ON_NETWORK:
        for kind, hold in NETWORK.items():
            aim = TABLE[service][COLUMNS.index("cut")]
            make = make_common(kind, service, hold)
            yield Cell(f"{service}/{kind}", aim, make, is_away=service == "web")


def _driver() -> Iterator[Cell]:
    aim = TABLE["trends"][COLUMNS.index("kill")]
    makes: dict[str, Make] = {
        "killed-while-writing": lambda scene: specials.KilledWhileWriting(scene.stack),
        "killed-between-batches": lambda scene: specials.KilledBetweenBatches(scene.stack),
    }
    for name, make in makes.items():
        yield Cell(f"trends/{name}", aim, make)


def _ingest() -> Iterator[Cell]:
    aim = TABLE["ingest"][COLUMNS.index("kill")]
    makes: dict[str, Make] = {
        "killed-before-acknowledgement": lambda scene: specials.KilledBeforeAcknowledgement(
            scene.stack, scene.ledger
        ),
        "killed-before-cursor": lambda scene: specials.KilledBeforeCursor(
            scene.stack, scene.ledger
        ),
    }
    for name, make in makes.items():
        yield Cell(f"ingest/{name}", aim, make)


# Volumes to fill, and the services that write to them. The aims are those of a kill.
DISKS = {
    "kafka": (["kafka-data"], ["kafka"]),
    "zookeeper": (["zookeeper-data"], ["zookeeper"]),
    "hbase-regionserver": (["hbase-data"], ["hbase-regionserver", "hbase-master"]),
}


def _disks() -> Iterator[Cell]:
    def make(volumes: list[str], services: list[str]) -> Make:
        return lambda scene: specials.DiskFull(scene.stack, HOLD["stop"], volumes, services)

    for service, those in DISKS.items():
        aim = TABLE[service][COLUMNS.index("kill")]
        yield Cell(f"{service}/disk-full", aim, make(*those), small_disks=True)
    everybody = ["spark-master", *chain.from_iterable(those for _, those in DISKS.values())]
    make_all = make([*disks.SIZES], everybody)
    yield Cell("everything/disk-full", EVERYTHING, make_all, small_disks=True)


def _others() -> Iterator[Cell]:
    yield Cell(
        "hbase-regionserver/killed-then-silence",
        TABLE["hbase-regionserver"][COLUMNS.index("kill")],
        lambda scene: Kill(scene.stack, "hbase-regionserver"),
        load=False,
    )
    yield Cell(
        "spark-worker/scale",
        TABLE["spark-worker"][COLUMNS.index("stop")],
        lambda scene: specials.Scale(scene.stack, 15),
        spares_driver=True,
    )
    yield Cell(
        "everything/kill",
        EVERYTHING,
        lambda scene: Kill(scene.stack, *scene.stack.services()),
        is_away=True,
    )
    yield Cell(
        "everything/down-up",
        EVERYTHING,
        lambda scene: specials.DownAndUp(scene.stack, HOLD["stop"]),
        is_away=True,
    )


def _orders(seed: int) -> Iterator[Cell]:
    def start(first: str, number: int) -> Make:
        def make(scene: Scene) -> Fault:
            order = shuffled(scene.stack, f"{seed}:{number}", first)
            return specials.StartedInOrder(scene.stack, order)

        return make

    chosen = {"web/first": "web"} | {f"everything/order-{n}": "" for n in range(1, ORDERS + 1)}
    for number, (name, first) in enumerate(chosen.items()):
        yield Cell(name, EVERYTHING, start(first, number), is_new=True, is_away=True)


def all_cells(seed: int) -> list[Cell]:
    """Return all cells, service by service; the seed determines the start orders."""
    cells = [*_common(), *_network(), *_driver(), *_ingest(), *_disks(), *_others(), *_orders(seed)]
    services = [*TABLE, "everything"]
    return sorted(cells, key=lambda cell: services.index(cell.name.partition("/")[0]))


def choose(cells: Sequence[Cell], only: Sequence[str], seed: int) -> list[Cell]:
    """Select cells with one of the words in their names (default: all), shuffled by the seed."""
    chosen = [cell for cell in cells if not only or any(word in cell.name for word in only)]
    random.Random(seed).shuffle(chosen)
    return chosen
