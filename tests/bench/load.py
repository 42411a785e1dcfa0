"""Puts generated tweets on Kafka; it runs in a container of the stack's network.

    load.py LOAD NAME NUMBER RATE PROCESSES    RATE in tweets a second, 0: as fast as possible

It prints when each tweet was sent, in seconds since 1970, one line a tweet, unless RATE is 0.
LOAD is `timeline`, on which one tweet in six has a hashtag, as on real ones, or `tagged`, where
eight in ten have; three in ten of those have a second one. A message has about 250 bytes. The tags
are drawn by Zipf's law from so many that a million tweets hold 100,000 different ones. The authors
are as many as an account may follow on X at first. One message in a hundred is one that was sent
before.
"""

import json
import multiprocessing
import random
import sys
import time
from collections import deque
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaProducer

# The share of tweets with a tag, and from how many tags they are drawn.
LOADS = {"timeline": (1 / 6, 30_000_000), "tagged": (8 / 10, 135_000)}
WORDS = "some words about the day, what it brings and what it takes away, number"
REPEATED = 1 / 100
AUTHORS = 5_000
# How many messages lie between a message and its repetition.
DISTANCE = 1000


def zipf(rng: random.Random, tags: int) -> int:
    """A rank from 1 to `tags` with a probability that is inversely proportional to it (nearly)."""
    return int((tags + 1) ** rng.random())


def messages(load: str, name: str, number: int, seed: int):
    """Messages of the contract; apart from their times they depend on the arguments alone."""
    rng = random.Random(seed)
    tagged, tags = LOADS[load]
    recent: deque[dict[str, Any]] = deque(maxlen=DISTANCE)
    for i in range(number):
        if len(recent) == DISTANCE and rng.random() < REPEATED:
            yield recent[0]
            continue
        text = f"{WORDS} {i}"
        if rng.random() < tagged:
            text += f" #Tag{zipf(rng, tags)}"
            if rng.random() < 0.3:
                text += f" #Tag{zipf(rng, tags)}"
        created = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        recent.append(
            {
                "id": f"{name}-{seed}-{i}",
                "source": "x",
                "created_at": created,
                "author": f"{rng.randrange(AUTHORS):016x}",
                "text": text,
                "hashtags": None,
                "lang": "en",
                "repost": False,
            }
        )
        yield recent[-1]


def produce(load: str, name: str, number: int, rate: float, seed: int) -> None:
    """Send `number` posts and wait until all are acknowledged."""
    producer = KafkaProducer(
        bootstrap_servers="kafka:9092", acks="all", linger_ms=5 if rate else 50, batch_size=131_072
    )
    began, times, futures = time.time(), [], []
    for i, message in enumerate(messages(load, name, number, seed)):
        if rate:
            time.sleep(max(0.0, began + i / rate - time.time()))
            times.append(time.time())
        key = message["id"].encode()
        futures.append(producer.send("tweets", json.dumps(message).encode(), key))
    producer.flush()
    for future in futures:
        future.get(timeout=60)
    producer.close()
    print("\n".join(f"{moment:.3f}" for moment in times))


if __name__ == "__main__":
    load, name = sys.argv[1:3]
    number, rate, processes = map(int, sys.argv[3:])
    share = [(load, name, number // processes, rate / processes, seed) for seed in range(processes)]
    with multiprocessing.Pool(processes) as pool:
        pool.starmap(produce, share)
