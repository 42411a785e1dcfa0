"""Quix Streams: de-duplication, and counts after a repartition, in its RocksDB state.

One process a core shares the partitions; the counts are in the changelog of its state, on Kafka.
When as many records as TWEETS says are counted, everything is committed and the times are printed.
"""

import ctypes
import json
import multiprocessing
import os
import time
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.sharedctypes import RawArray
from typing import Any

import orjson  # type: ignore[import-not-found]
from quixstreams import Application, State  # type: ignore[import-not-found]

from .counting import REMEMBERED, Tags, minute

GROUP = "bench-quix"
TOPIC = "tweets"
COMMIT_SECONDS = 1.0
REMEMBER = timedelta(minutes=REMEMBERED)
CONSUMER = {"queued.min.messages": 100_000, "fetch.message.max.bytes": 8_388_608}
PRODUCER = {"linger.ms": 50, "batch.size": 1_048_576}

# What a process has done so far, one slot each in memory that all share.
READ, EMITTED, COUNTED, FIRST = range(4)


def application(progress: Any, number: int) -> Application:
    """The stream, as the documentation has one put together, with `progress` beside it."""
    tags = Tags(os.environ["HASHTAG"], os.environ["URL"])

    def processed(topic: str, _partition: int, _offset: int) -> None:
        progress[READ if topic == TOPIC else COUNTED] += 1

    app = Application(
        broker_address=os.environ["KAFKA"],
        consumer_group=GROUP,
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        commit_interval=COMMIT_SECONDS,
        state_dir=f"{os.environ.get('STATE_DIR', '/state')}/{number}",
        on_message_processed=processed,
        consumer_extra_config=CONSUMER,
        producer_extra_config=PRODUCER,
        loglevel="WARNING",
    )
    topic = app.topic(TOPIC, value_deserializer="bytes", key_deserializer="bytes")
    stream = app.dataframe(topic)
    stream = stream.apply(_tagged(tags, progress), metadata=True)
    stream = stream.filter(bool).filter(_is_new, stateful=True)
    stream = stream.apply(_each(progress), expand=True)
    stream = stream.group_by(
        lambda pair: pair[0], name="tag", key_serializer="str", key_deserializer="str"
    )
    stream.update(_count, stateful=True)
    return app


def _tagged(tags: Tags, progress: Any) -> Callable[..., list[tuple[str, int]]]:
    def step(value: bytes, _key: Any, arrival: int, _headers: Any) -> list[tuple[str, int]]:
        if not progress[FIRST]:
            progress[FIRST] = time.time()
        try:
            message = orjson.loads(value)
        except orjson.JSONDecodeError:
            return []
        keys = tags.keys(message)
        if not keys:
            return []
        when = minute(message["created_at"], arrival)
        return [(key, when) for key in keys]

    return step


def _is_new(_pairs: list[tuple[str, int]], state: State) -> bool:
    # The state is that of the record's key, which is the tweet's id.
    if state.exists("seen"):
        return False
    state.set("seen", 1, ttl=REMEMBER)
    return True


def _each(progress: Any) -> Callable[..., list[tuple[str, int]]]:
    def step(pairs: list[tuple[str, int]]) -> list[tuple[str, int]]:
        progress[EMITTED] += len(pairs)
        return pairs

    return step


def _count(pair: tuple[str, int], state: State) -> None:
    _, when = pair
    state.set("all", state.get("all", 0) + 1)
    state.set(when, state.get(when, 0) + 1)


def work(progress: Any, number: int) -> None:
    """Run one process of the group until SIGTERM, which has it commit."""
    application(progress, number).run()


def is_done(shares: list[Any], tweets: int) -> bool:
    """Whether all tweets were read, and all that came of them was counted."""
    # What is emitted is final once everything is read, so it is looked at later.
    read = sum(share[READ] for share in shares)
    emitted = sum(share[EMITTED] for share in shares)
    return read >= tweets and sum(share[COUNTED] for share in shares) >= emitted


def main() -> int:
    """Start the processes, wait for the last record, have them commit."""
    number = os.cpu_count() or 1
    shares = [RawArray(ctypes.c_double, 4) for _ in range(number)]
    workers = [
        multiprocessing.Process(target=work, args=(share, i)) for i, share in enumerate(shares)
    ]
    for worker in workers:
        worker.start()
    tweets = int(os.environ["TWEETS"])
    while not is_done(shares, tweets) and all(worker.is_alive() for worker in workers):
        time.sleep(0.05)
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join()
    first = min(share[FIRST] for share in shares if share[FIRST])
    print(json.dumps({"first": first, "last": time.time()}), flush=True)
    return max(abs(worker.exitcode or 0) for worker in workers)


if __name__ == "__main__":
    raise SystemExit(main())
