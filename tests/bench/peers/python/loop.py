"""A single process that reads with librdkafka and counts in dicts: nothing outlives it.

It reads as many records as TWEETS says, prints when the first came and the last was counted, and
then the counts.
"""

import json
import os
import sys
import time

import orjson  # type: ignore[import-not-found]
from confluent_kafka import (  # type: ignore[import-not-found]
    OFFSET_BEGINNING,
    Consumer,
    KafkaException,
    TopicPartition,
)

from .counting import Counts, Tags

TOPIC = "tweets"
BATCH = 10_000
SETTINGS = {
    "group.id": "bench-loop",
    "enable.auto.commit": False,
    # More is fetched ahead than a batch takes, in fewer and larger answers.
    "queued.min.messages": 500_000,
    "queued.max.messages.kbytes": 262_144,
    "fetch.message.max.bytes": 8_388_608,
    "fetch.queue.backoff.ms": 10,
}


def count(consumer: Consumer, counts: Counts, tweets: int) -> float:
    """Count so many records; when the first came (time.time)."""
    first, read = 0.0, 0
    add, loads = counts.add, orjson.loads
    while read < tweets:
        # The first record alone, as the time to fill a batch counts; and no more than there are,
        # as a batch that does not fill waits for its time to be over.
        size = min(BATCH, tweets - read) if first else 1
        records = consumer.consume(num_messages=size, timeout=1.0)
        first = first or (time.time() if records else 0.0)
        for record in records:
            if record.error():
                raise KafkaException(record.error())
            try:
                message = loads(record.value())
            except orjson.JSONDecodeError:
                continue
            add(message, record.timestamp()[1])
        read += len(records)
    return first


def main() -> None:
    """Read the topic from its beginning."""
    counts = Counts(Tags(os.environ["HASHTAG"], os.environ["URL"]))
    consumer = Consumer({"bootstrap.servers": os.environ["KAFKA"], **SETTINGS})
    partitions = consumer.list_topics(TOPIC, timeout=30).topics[TOPIC].partitions
    consumer.assign([TopicPartition(TOPIC, number, OFFSET_BEGINNING) for number in partitions])
    first = count(consumer, counts, int(os.environ["TWEETS"]))
    print(json.dumps({"first": first, "last": time.time()}), flush=True)
    minutes = {f"{key} {when}": n for (key, when), n in counts.minutes.items()}
    json.dump({"tags": counts.tags, "minutes": minutes}, sys.stdout)
    print()
    consumer.close()


if __name__ == "__main__":
    main()
