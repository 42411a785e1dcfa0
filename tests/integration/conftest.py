"""Real Kafka and real HBase through Thrift; each test finds them empty."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import happybase
import pytest
from kafka import KafkaAdminClient
from pyspark.sql import SparkSession

from fakes.server import Serving
from integration.timelines import Ingest, Served, double
from support.driver import Driver
from support.integration_support import KAFKA, delete_topics
from support.waiting import eventually
from trends.hbase.boards_table import BoardsTable
from trends.hbase.client import Client
from trends.hbase.gateway import Gateway
from trends.hbase.hashtags_table import HashtagsTable
from trends.hbase.totals_table import TotalsTable
from trends.kafka.access import Access
from trends.kafka.topics import Topics
from trends.settings import Settings

THRIFT = os.environ.get("HBASE_THRIFT_HOST", "hbase-thrift")


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    session = (
        SparkSession.builder.appName("tests")
        .master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "localhost")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.memory", "1g")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture
def admin() -> Iterator[KafkaAdminClient]:
    found = KafkaAdminClient(bootstrap_servers=KAFKA)
    yield found
    found.close()


@pytest.fixture
def topics(admin: KafkaAdminClient) -> Topics:
    """Empty topics."""
    delete_topics(admin)
    found = Topics(Access((KAFKA,)), Event())
    found.create(partitions=4, retention_hours=1)
    return found


@pytest.fixture
def hbase() -> Iterator[happybase.Connection]:
    """A connection of the test's own, and tables without rows (to drop them takes longer)."""
    connection = eventually(
        lambda: happybase.Connection(THRIFT, timeout=60_000), within=120, every=1
    )
    for name in connection.tables():
        table = connection.table(name)
        with table.batch() as batch:
            for key, _ in table.scan():
                batch.delete(key)
    yield connection
    connection.close()


def create_tables(client: Client) -> None:
    """Create the driver's tables where they are missing."""
    HashtagsTable(client).create()
    BoardsTable(client).create()
    TotalsTable(client).create()


@pytest.fixture
def client(hbase: happybase.Connection) -> Iterator[Client]:
    """The product's own access, with its tables created."""
    found = Client(Gateway(((THRIFT, 9090),)), Event())
    create_tables(found)
    yield found
    found.disconnect()


@pytest.fixture
def settings() -> Settings:
    """As in production but for small batches."""
    return Settings.from_environment(
        {
            "KAFKA_BOOTSTRAP_SERVERS": KAFKA,
            "HBASE_THRIFT_HOST": THRIFT,
            "SPARK_MASTER": "local[2]",
            "TRIGGER_SECONDS": "0.1",
            "MAX_TWEETS_PER_BATCH": "400",
        }
    )


@pytest.fixture
def driver(spark: SparkSession, settings: Settings, topics: Topics, client: Client) -> Driver:
    return Driver(spark, settings, topics, client)


@pytest.fixture
def ingests(tmp_path: Path) -> Iterator[Callable[..., Ingest]]:
    """Makes installations of the ingest; their processes and topics are gone in the end."""
    made: list[Ingest] = []

    def make(prefix: str | None = None) -> Ingest:
        made.append(Ingest(tmp_path, prefix))
        return made[-1]

    yield make
    for each in made:
        each.end()
    with KafkaAdminClient(bootstrap_servers=KAFKA) as admin:
        own = {topic for each in made for topic in each.topics}
        admin.delete_topics(sorted(own & set(admin.list_topics())))


@pytest.fixture
def ingest(ingests: Callable[..., Ingest]) -> Ingest:
    return ingests()


@pytest.fixture
def networks() -> Iterator[Callable[[str], Served]]:
    """Starts doubles by name; they are stopped in the end."""
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(Serving(double(name)))
