"""Starts the session on a Spark of the user's own, whose workers have none of our image's files."""

import logging
import os
import re
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from functools import partial
from pathlib import Path

import pyspark
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from trends.extract.worker_probe import problems
from trends.settings import Settings

log = logging.getLogger(__name__)

# Java reads this file when it starts (entrypoint); of two lines for one setting the last counts.
PROPERTIES = Path("/tmp/spark.conf")  # noqa: S108 -- the container's own tmpfs
# What is wrong with the workers, for trends.check; empty if nothing is.
WORKERS = Path("/tmp/workers")  # noqa: S108
PACKAGE = Path("/tmp/trends-extract.zip")  # noqa: S108
# What Spark itself does not bring: the Kafka connector, and the file system of conf/spark.conf.
JARS = (
    "spark-sql-kafka-0-10_*",
    "spark-token-provider-kafka-0-10_*",
    "kafka-clients-*",
    "commons-pool2-*",
    "hadoop-bare-naked-local-fs-*",
)
RETRY_SECONDS = 30.0
NO_EXECUTOR_SECONDS = 60.0
# Tasks of the probe: more than a small cluster has workers, so that most of them get one.
PROBES = 16
FAILURES = (PySparkException, Py4JJavaError)


def session(settings: Settings, stopping: threading.Event) -> SparkSession:
    """Start the session, and see that the workers can do their part; retry until they can.

    What is wrong is logged in one line at each attempt.
    """
    os.environ["PYSPARK_PYTHON"] = settings.worker_python
    spark = _start(settings, stopping)
    pack(PACKAGE)
    spark.sparkContext.addPyFile(str(PACKAGE))
    while problem := _problem(spark, settings, stopping):
        log.error("Spark's workers cannot count: %s (trying again)", problem)
        WORKERS.write_text(problem, encoding="utf-8")
        if stopping.wait(RETRY_SECONDS):
            break
    WORKERS.write_text(problem, encoding="utf-8")
    return spark


def write_properties(settings: Settings) -> None:
    """Write what differs from the bundled Spark; Java reads it when it starts."""
    with PROPERTIES.open("a", encoding="utf-8") as file:
        file.writelines(f"{name} {value}\n" for name, value in properties(settings).items())


def properties(settings: Settings) -> dict[str, str]:
    """Return what differs from conf/spark.conf, some of whose paths exist in our image alone."""
    has_secret = "true" if settings.auth_secret else "false"
    found = {
        "spark.driver.host": settings.driver_host,
        "spark.driver.port": str(settings.driver_port),
        "spark.driver.blockManager.port": str(settings.block_manager_port),
        "spark.executor.extraJavaOptions": "-XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError",
        "spark.python.daemon.module": "pyspark.daemon",
        "spark.jars": ",".join(_jars()),
        "spark.authenticate": has_secret,
        "spark.network.crypto.enabled": has_secret,
        # A master that only has a secret knows no other handshake.
        "spark.network.crypto.saslFallback": has_secret,
    }
    if settings.auth_secret:
        found["spark.authenticate.secret"] = settings.auth_secret
    return found


def pack(path: Path) -> None:
    """Write what executors import to an archive."""
    root = Path(__file__).parent
    with zipfile.ZipFile(path, "w") as archive:
        for file in (root / "__init__.py", *sorted((root / "extract").iterdir())):
            if file.suffix in (".py", ".txt"):
                archive.write(file, file.relative_to(root.parent))


def explain(error: BaseException, settings: Settings) -> str:
    """Return one line about a failed task: what is wrong on a worker, and the setting."""
    text = str(error.java_exception if isinstance(error, Py4JJavaError) else error)
    python = f"SPARK_WORKER_PYTHON ({settings.worker_python})"
    if "PYTHON_VERSION_MISMATCH" in text:
        return f"{python} has another version than the driver's, 3.11: name one that has the same"
    if missing := re.search(r"No module named '([^']+)'", text):
        return f"{python} lacks the package {missing[1]}: install it there (docs/operations.md)"
    if "Cannot run program" in text:
        return f"{python} does not exist there: name a command or path of a Python 3.11"
    if "InvalidClassException" in text:
        return f"they have another version of Spark than the driver, {pyspark.__version__}"
    return text.partition("\n")[0]


def _start(settings: Settings, stopping: threading.Event) -> SparkSession:
    """Register with the master, and retry if it refuses; raises the last error at a stop."""
    while True:
        try:
            return (
                SparkSession.builder.appName("tweet-trends")
                .master(settings.master)
                .config("spark.driver.memory", settings.driver_memory)
                .config("spark.executor.memory", settings.executor_memory)
                .getOrCreate()
            )
        except FAILURES as error:
            log.error(
                "Spark's master at %s takes no application: check SPARK_AUTH_SECRET, and that its "
                "version is %s (%s; trying again)",
                settings.master,
                pyspark.__version__,
                explain(error, settings),
            )
            if stopping.wait(RETRY_SECONDS):
                raise


def _problem(spark: SparkSession, settings: Settings, stopping: threading.Event) -> str:
    """Return what keeps the workers from counting; empty if nothing does."""
    context = spark.sparkContext
    servers = [server.rpartition(":") for server in settings.kafka.servers]
    probe = partial(problems, [(host, int(port)) for host, _, port in servers])
    tasks = context.parallelize(range(PROBES), PROBES).mapPartitions(probe)
    answer = ThreadPoolExecutor(1, "probe").submit(tasks.collect)
    while not stopping.is_set():
        try:
            return "; ".join(sorted(set(answer.result(NO_EXECUTOR_SECONDS))))
        except NotYet:
            log.warning("%s", nobody := _no_executor(settings))
            WORKERS.write_text(nobody, encoding="utf-8")
        except FAILURES as error:
            return explain(error, settings)
    return ""


def _no_executor(settings: Settings) -> str:
    ports = f"{settings.driver_port} and {settings.block_manager_port}"
    return (
        f"no executor yet: has a worker of {settings.master} a free core and "
        f"{settings.executor_memory} of memory, and does it reach this driver at "
        f"SPARK_DRIVER_HOST ({settings.driver_host}), ports {ports}?"
    )


def _jars() -> list[str]:
    folder = Path(os.environ.get("SPARK_HOME", "")) / "jars"
    return [str(jar) for pattern in JARS for jar in sorted(folder.glob(f"{pattern}.jar"))]
