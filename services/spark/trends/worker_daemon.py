"""Forks the executors' Python workers, as `spark.python.daemon.module`.

Spark's own daemon forks them before anything is imported, which costs each worker half a second of
processor time and a hundred megabytes. Here they share the imported modules.
"""

import gc

import pandas  # type: ignore[import-untyped]  # noqa: F401 -- Spark's serializers import it
from pyspark import daemon, worker  # noqa: F401

import trends.extract.columns  # noqa: F401

if __name__ == "__main__":
    gc.freeze()  # so that no collection touches, and thereby copies, shared pages
    daemon.manager()
