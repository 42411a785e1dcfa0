"""A cluster under load is replaced node by node, and loses nodes with their volumes.

Afterwards every count is right.
"""

import os
import time
from collections.abc import Iterator

import pytest

from support.checks import Ages, Visitor, assert_exact, demo_numbers, report, wait_for_tweets
from support.cluster import Cluster
from support.drivers import leader
from support.oracle import Oracle
from support.stack import service_of

# Thirty daemons take minutes of two cores to start, which every run of the tests has not.
pytestmark = pytest.mark.nightly

RATE = 50
MORE = 2 * RATE
RECOVERY_SECONDS = 360
REFILL_SECONDS = 300
OLDEST_BOARD_SECONDS = 60
LOST = ("kafka-2", "hbase-regionserver-2", "hdfs-datanode-2")
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
