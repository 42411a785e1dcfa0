"""A cluster under load is replaced node by node, and loses nodes with their volumes.

Afterwards every count is right.
"""

import json
import os
import time
from collections.abc import Iterator

import pytest

from e2e.test_own_engines import FOLDER, READ_HBASE, count_up_to, counts_of_demo, images
from support.checks import Ages, Visitor, assert_exact, demo_numbers, report, wait_for_tweets
from support.cluster import Cluster
from support.drivers import leader
from support.oracle import Oracle
from support.stack import ROOT, Stack, run, service_of

# Thirty daemons take minutes of two cores to start, which every run of the tests has not.
pytestmark = pytest.mark.nightly

RATE = 50
MORE = 2 * RATE
RECOVERY_SECONDS = 360
REFILL_SECONDS = 300
OLDEST_BOARD_SECONDS = 60
LOST = ("kafka-2", "hbase-regionserver-2", "hdfs-datanode-2")
PREFIX = "guest_"
DRIVERS = ("trends", "trends-standby")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    project = os.environ.get("COMPOSE_PROJECT_NAME", "tweet-trends-e2e")
    cluster = Cluster(f"{project}-cluster", int(os.environ.get("WEB_PORT", "18080")) + 100)
    cluster.configure({"DEMO_RATE": str(RATE)})
    cluster.down()
    try:
        began = time.monotonic()
        cluster.start()
        report(cluster_start_seconds=round(time.monotonic() - began))
        yield cluster
    finally:
        cluster.down()


def lose(cluster: Cluster, service: str) -> None:
    """Lose a container and its volume, wait until posts are counted without it, and start it."""
    wait_for_tweets(cluster, time.time(), MORE, RECOVERY_SECONDS)
    volumes = cluster.lose(service)
    lost = time.time()
    seconds = wait_for_tweets(cluster, lost, MORE, RECOVERY_SECONDS)
    report(lost=service, volumes=volumes, recovery_seconds=seconds)
    cluster.up(service, wait=False)


def test_every_container_is_replaced(cluster: Cluster) -> None:
    """As by an upgrade: one after the other, without a board that is old for a visitor."""
    with Ages(cluster.url, cluster.other_url) as ages:
        print(cluster.script("replace-nodes", "--all"))
    report(oldest_board_seconds=ages.oldest)
    assert ages.oldest <= OLDEST_BOARD_SECONDS


def test_nodes_are_lost_with_their_volumes(cluster: Cluster) -> None:
    """One after the other; each comes back empty, and is filled again by the others."""
    with Visitor(cluster) as visitor:
        for service in LOST:
            lose(cluster, service)
        lose(cluster, service_of(leader(cluster, *DRIVERS)))
        cluster.wait_until_filled(REFILL_SECONDS)
        cluster.compose("stop", "ingest")
        messages = cluster.settled(within=300)
    numbers = demo_numbers(messages)
    assert numbers == {*range(max(numbers) + 1)}
    assert_exact(cluster, Oracle(messages))
    visitor.assert_content()


def test_the_second_web_service_has_the_same_board(cluster: Cluster) -> None:
    first, second = (cluster.board(), cluster.other_board())
    assert second["tweets_read"] == first["tweets_read"]
    assert second["hashtags"] == first["hashtags"]


@pytest.fixture
def guest(cluster: Cluster, any_stack: Stack) -> Iterator[Stack]:
    """A stack on one machine that has no HBase; the cluster's gateway is on a network with it."""
    network = f"{any_stack.project}-hbase"
    gateway = cluster.container("hbase-thrift")["Id"]
    run(["docker", "network", "create", "--internal", network])
    run(["docker", "network", "connect", "--alias", "own-hbase", network, gateway])
    settings = {"HBASE_THRIFT_HOST": "own-hbase", "HBASE_TABLE_PREFIX": PREFIX}
    settings |= {"OWN_NETWORK": network, "DEMO_RATE": "50", "DEMO_COUNT": "400", **images()}
    any_stack.down()
    any_stack.configure(settings, [ROOT / "compose.own-hbase.yaml", FOLDER / "product.yaml"])
    yield any_stack
    any_stack.down()
    run(["docker", "network", "disconnect", network, gateway])
    run(["docker", "network", "rm", network])


def test_its_hbase_is_somebody_s_own(cluster: Cluster, guest: Stack) -> None:
    """An HBase on HDFS, which has tables of others, is all that another stack needs."""
    before = cluster.counts()
    count_up_to(guest, 400)
    assert {"zookeeper", "hbase-master", "hbase-thrift"}.isdisjoint(guest.services())
    _, counts = json.loads(cluster.inside("ingest", READ_HBASE, PREFIX))
    assert counts == counts_of_demo(400)
    assert cluster.counts() == before
