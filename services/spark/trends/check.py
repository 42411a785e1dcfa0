"""Checks HBase's tables and Spark, before or while the driver runs; `make doctor` calls it.

python -m trends.check

Prints a line for each thing checked: `ok` or `PROBLEM`, then what was found. `ingest.check` does
the same for Kafka.
"""

import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from trends.hbase import boards_table, hashtags_table, totals_table
from trends.hbase.gateway import Gateway
from trends.own_spark import WORKERS
from trends.settings import Settings, SettingsError

Finding = tuple[bool, str]
"""Whether all is well, and what was found."""

SECONDS = 10
TABLES: Mapping[str, Mapping[str, Any]] = {
    hashtags_table.HASHTAGS: hashtags_table.FAMILIES,
    boards_table.BOARDS: boards_table.FAMILIES,
    totals_table.TOTALS: totals_table.FAMILIES,
}


def main() -> int:
    """Print all findings; return 1 if one of them is a problem."""
    found = list(findings())
    for is_well, text in found:
        sys.stdout.write(f"{'ok' if is_well else 'PROBLEM'} {text}\n")
    return int(not all(is_well for is_well, _ in found))


def findings() -> Iterator[Finding]:
    """Yield what is found, beginning with the settings."""
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        yield False, str(error)
        return
    yield check_tables(settings.hbase)
    if settings.has_own_spark:
        yield check_master(settings.master)
        yield check_workers()


def check_tables(gateway: Gateway) -> Finding:
    """Return whether the tables that exist have the columns that this version writes."""
    try:
        with closing(gateway.connect(SECONDS * 1000)) as connection:
            existing = {name.decode() for name in connection.tables()} & TABLES.keys()
            for name in sorted(existing):
                families = {each.decode() for each in connection.table(name).families()}
                if not TABLES[name].keys() <= families:
                    wanted = ", ".join(sorted(TABLES[name]))
                    text = f"has not the column families {wanted}: is it somebody else's? Set"
                    return False, f"HBase's table {name} {text} HBASE_TABLE_PREFIX"
    except Exception as error:
        return False, f"HBase at {gateway.address}: {gateway.explain(error)}"
    missing = ", ".join(sorted(TABLES.keys() - existing))
    return True, f"HBase's tables fit{f'; the driver will create {missing}' if missing else ''}"


def check_master(master: str) -> Finding:
    """Return whether somebody listens at the master's address."""
    address = urlsplit(master)
    try:
        socket.create_connection((address.hostname, address.port), SECONDS).close()
    except OSError as error:
        return False, f"{master} cannot be reached ({error}): check SPARK_MASTER"
    return True, f"Spark's master listens at {master}"


def check_workers() -> Finding:
    """Return what the driver has found out about the workers, if it has started."""
    if not WORKERS.exists():
        return True, "Spark's workers are checked when trends starts: see its log"
    problem = WORKERS.read_text(encoding="utf-8")
    return not problem, problem or "Spark's workers have what they need, and reach Kafka"


if __name__ == "__main__":
    sys.exit(main())
