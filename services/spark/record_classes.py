"""Lists the classes for the image's class archive: python record_classes.py FILE.

A small local cluster runs a dummy query for a moment, to record the classes that Spark loads. The
Kafka connector could not run without a broker, so its classes are listed from its jars.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pyspark
from pyspark.sql import DataFrame, SparkSession

JARS = Path(pyspark.__file__).with_name("jars")
CONNECTOR = ("kafka-clients-*.jar", "spark-sql-kafka-*.jar", "commons-pool2-*.jar")


def main() -> None:
    """Record the classes that a run loads, and add the connector's."""
    folder = Path(tempfile.mkdtemp())
    run_for_a_moment(folder)
    recorded = [line for path in folder.glob("*.classes") for line in path.open()]
    connector = [f"{name}\n" for pattern in CONNECTOR for name in classes_of(pattern)]
    text = "".join(dict.fromkeys([*recorded, *connector]))
    Path(sys.argv[1]).write_text(text, encoding="utf-8")


def run_for_a_moment(folder: Path) -> None:
    """Run a query like the one in `trends.stream`, with one executor."""
    builder = SparkSession.builder.master("local-cluster[1,2,512]")
    builder = builder.config("spark.driver.host", "localhost")
    builder = builder.config("spark.executor.memory", "512m")
    for role in ("driver", "executor"):
        recording = f"-XX:DumpLoadedClassList={folder / role}.classes"
        builder = builder.config(f"spark.{role}.extraJavaOptions", recording)
    spark = builder.getOrCreate()
    records = spark.readStream.format("rate-micro-batch").option("rowsPerBatch", 10).load()
    stream = records.writeStream.foreachBatch(compute).option("checkpointLocation", f"{folder}/log")
    query = stream.trigger(processingTime="0.1 seconds").start()
    while len(query.recentProgress) < 2:
        if error := query.exception():
            raise error
        time.sleep(0.1)
    query.stop()
    spark.stop()


def compute(records: DataFrame, _: int) -> None:
    """Send a batch through the executor's Python worker and back."""
    columns = "CAST(value AS STRING)::binary AS value", "unix_millis(timestamp) AS appended"
    rows = records.selectExpr(*columns).coalesce(1)
    rows.mapInArrow(same, "value binary, appended bigint").toArrow()


def same(batches: Iterator[object]) -> Iterator[object]:
    """Yield the batches unchanged."""
    yield from batches


def classes_of(pattern: str) -> list[str]:
    """List the classes of a jar, except those of other projects that are shaded into it."""
    (path,) = JARS.glob(pattern)
    with ZipFile(path) as jar:
        names = [name.removesuffix(".class") for name in jar.namelist() if name.endswith(".class")]
    return [name for name in names if "/shaded/" not in name and not name.startswith("META-INF")]


if __name__ == "__main__":
    main()
