"""Spark's side of a takeover: a Java process that is ready, and executors that are free."""

import logging
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from trends import own_spark
from trends.settings import Settings

log = logging.getLogger(__name__)


def start_java(settings: Settings) -> None:
    """Start the Java process of the driver, which `stream.session` then uses.

    It does not register with Spark's master yet: a standby would get executors, and keep them from
    the driver that counts.
    """
    if settings.has_own_spark:
        own_spark.write_properties(settings)
    memory = SparkConf(loadDefaults=False).set("spark.driver.memory", settings.driver_memory)
    SparkContext._ensure_initialized(conf=memory)


def rehearse() -> None:
    """Run a job in the Java process alone, so that it has loaded what a takeover needs.

    That saves the takeover several seconds. Nothing of this session is left.
    """
    began = time.monotonic()
    try:
        session = (
            SparkSession.builder.appName("rehearsal")
            .master("local[1]")
            # A local session would give the whole process a secret of its own.
            .config("spark.authenticate", "false")
            .config("spark.network.crypto.enabled", "false")
            .getOrCreate()
        )
        try:
            session.range(1).mapInArrow(_pass_on, "id long").toArrow()
        finally:
            session.stop()
    except (PySparkException, Py4JError) as error:
        log.warning("a takeover will take longer, as no job could be tried: %s", error)
    else:
        log.info("ready to take over: tried a job in %.1f s", time.monotonic() - began)


def _pass_on(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
    return batches


def remove_application(spark: SparkSession, application: str) -> None:
    """Make Spark's master take the executors from a driver that was replaced.

    The master notices when a driver has died, but not when it hangs or is cut off. Such a driver
    would keep all executors. Every master is asked, as only the active one knows the application.
    """
    java = SparkContext._jvm
    context = spark.sparkContext
    address = urlsplit(context.master)
    if not application or address.scheme != "spark" or java is None:
        return
    rpc = context._jsc.sc().env().rpcEnv()
    message = java.org.apache.spark.deploy.DeployMessages.UnregisterApplication(application)
    for place in address.netloc.split(","):
        host, _, port = place.rpartition(":")
        try:
            master = java.org.apache.spark.rpc.RpcAddress(host, int(port))
            rpc.setupEndpointRef(master, "Master").send(message)
        except Py4JError as error:
            log.warning("Spark's master at %s was not asked to free executors: %s", place, error)
