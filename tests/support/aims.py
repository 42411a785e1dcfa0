"""Recovery time aims for each container and fault, in seconds on two cores.

Measured from the end of the fault to the first board that is newer and counts newer posts.
"""

COLUMNS = ("kill", "stop", "pause", "cut")
# How long a fault lasts, in seconds. The engine restarts a killed container at once.
HOLD = {"kill": 0, "stop": 30, "pause": 60, "cut": 90}

# None: the fault must go unnoticed. While the gateway is paused or cut off, the page is still
# served, and says that it is stale.
TABLE: dict[str, tuple[float | None, ...]] = {
    "zookeeper": (60, 60, 90, 120),
    "kafka": (60, 60, 60, 60),
    "hbase-master": (60, 60, 60, 120),
    "hbase-regionserver": (120, 120, 120, 180),
    "hbase-thrift": (15, 15, 15, 15),
    "spark-master": (90, 90, None, 120),
    "spark-worker": (30, 60, 75, 90),
    "trends": (60, 45, 75, 90),
    "ingest": (30, 30, 75, 60),
    "web": (5, 5, 62, 10),
    "alerts": (None, None, None, None),
}
EVERYTHING = 180.0
# The aims are for an idle machine with two cores; a trial waits for this many times the aim.
PATIENCE = 3

KILLED = {service: row[0] or 0.0 for service, row in TABLE.items()}
