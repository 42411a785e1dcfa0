"""Measures what a post and a tag take on disks and on the network."""

from dataclasses import dataclass

from bench.product import PRODUCERS, load, read_so_far
from bench.report import say
from support.engine import usage
from support.stack import Stack, service_of
from support.waiting import eventually

POSTS = 100_000
# A region server writes its log first, and a table's files later.
KAFKA, LOGS, TABLE = "/data", "/data/hbase/WALs", "/data/hbase/data/default/hashtags"


@dataclass(frozen=True)
class Footprint:
    """Bytes: of a post on Kafka's disk, and in HBase's write-ahead log; of a tag in HBase's table.

    `sent` has what each service sends over the network for a post. `tags` is how many different
    tags the posts had.
    """

    kafka: float
    log: float
    tag: float
    tags: int
    sent: dict[str, float]


def measure_footprint(stack: Stack) -> Footprint:
    """Count posts and see what has grown; eight posts in ten have a hashtag."""
    stack.compose("stop", "ingest")
    table, tags = flushed(stack), len(stack.counts())
    kafka, log = size(stack, "kafka", KAFKA), size(stack, "hbase-regionserver", LOGS)
    known, before = read_so_far(stack), sent(stack)
    load(stack, "footprint", POSTS, 0, PRODUCERS, "tagged")
    eventually(lambda: read_so_far(stack) >= known + POSTS, within=300)
    after = sent(stack)
    log = size(stack, "hbase-regionserver", LOGS) - log
    kafka = size(stack, "kafka", KAFKA) - kafka
    table = flushed(stack) - table
    tags = len(stack.counts()) - tags
    stack.up("ingest", wait=False)
    return Footprint(
        kafka / POSTS,
        log / POSTS,
        table / tags,
        tags,
        {service: (after[service] - before[service]) / POSTS for service in after},
    )


def sent(stack: Stack) -> dict[str, int]:
    """The bytes that each running service has sent."""
    running = (each for each in stack.containers() if each["State"]["Running"])
    return {service_of(each): usage(each["Id"]).sent_bytes for each in running}


def size(stack: Stack, service: str, folder: str) -> int:
    """The bytes that a folder takes on disk."""
    found = stack.compose("exec", "-T", service, "du", "--summarize", "--block-size=1", folder)
    return int(found.split()[0])


def flushed(stack: Stack) -> int:
    """The size of the table once the region server has written all of it."""
    say("restarting the region server, which then writes its memory to files")
    stack.compose("restart", "--timeout", "60", "hbase-regionserver")
    eventually(lambda: not stack.later_board()["stale"], within=180)
    return size(stack, "hbase-regionserver", TABLE)
