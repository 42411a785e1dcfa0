"""The publisher against a real Kafka (KAFKA_BOOTSTRAP_SERVERS), on topics of its own."""

import json
import os
import threading
import time
import uuid
import warnings

import pytest

from ingest.kafka.topics import Topic, topics
from ingest.lifecycle import Shutdown, ShutdownRequested
from ingest.message import quarantine
from ingest.poller import Poller
from ingest.sources.base import Batch
from ingest.sources.demo.source import DemoSource, demo_message
from support.waiting import eventually

with warnings.catch_warnings():
    # kafka-python 3.0.12 reads its schemas by functions that Python 3.11 alone deprecates.
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
    from kafka.admin import ConfigResource, ConfigResourceType
    from kafka.errors import KafkaTimeoutError

    from ingest.check import check_kafka
    from ingest.kafka import publisher as publishing
    from ingest.kafka.access import Access
    from ingest.kafka.publisher import Publisher

SERVERS = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092")
NAMES = ("TWEETS", "QUARANTINE", "CURSORS")


@pytest.fixture
def names(monkeypatch):
    """Topics under other names, so that the stack's own stay untouched; removed in the end."""
    mark = uuid.uuid4().hex[:8]
    names = {name: f"test-{mark}-{name.lower()}" for name in NAMES}
    for name, topic in names.items():
        monkeypatch.setattr(publishing, name, topic)
    yield names
    with KafkaAdminClient(bootstrap_servers=SERVERS) as admin:
        existing = set(admin.list_topics())
        admin.delete_topics([topic for topic in names.values() if topic in existing])


@pytest.fixture
def shutdown():
    shutdown = Shutdown()
    yield shutdown
    shutdown.stop.set()


@pytest.fixture
def publisher(names, shutdown):
    """A publisher; those of other processes are made by `another`."""
    made = another(names, shutdown)
    yield made
    made.close()


def renamed(names, hours=1):
    pairs = zip(names.values(), topics(3, hours), strict=True)
    return tuple(Topic(name, topic.partitions, topic.configs) for name, topic in pairs)


def another(names, shutdown, hours=1):
    return Publisher(Access((SERVERS,)), renamed(names, hours), shutdown)


def records(topic):
    """All records of a topic, partition by partition."""
    with KafkaConsumer(
        bootstrap_servers=SERVERS, auto_offset_reset="earliest", group_id=None
    ) as consumer:
        parts = [TopicPartition(topic, n) for n in consumer.partitions_for_topic(topic)]
        consumer.assign(parts)
        ends, found = consumer.end_offsets(parts), []
        deadline = time.monotonic() + 30
        while any(consumer.position(part) < end for part, end in ends.items()):
            assert time.monotonic() < deadline
            found += [each for some in consumer.poll(500).values() for each in some]
        return found


def batch(first, last, **cursor):
    return Batch([demo_message(1, n, 1_795_000_000) for n in range(first, last)], cursor, 0)


def publish(publisher, batch, key="demo:1"):
    publisher.publish(batch.messages, batch.rejected, batch.cursor, key)


def test_topics_are_made_and_their_settings_follow(publisher, names, shutdown):
    assert publisher.cursor("demo:1") is None
    later = another(names, shutdown, hours=2)
    later.cursor("demo:1")
    later.close()
    with KafkaAdminClient(bootstrap_servers=SERVERS) as admin:
        found = {each["name"]: len(each["partitions"]) for each in admin.describe_topics()}
        wanted = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names.values()]
        configs = admin.describe_configs(wanted)["topic"]
    assert [found[name] for name in names.values()] == [3, 1, 1]
    tweets, cursors = configs[names["TWEETS"]], configs[names["CURSORS"]]
    assert tweets["message.timestamp.type"]["value"] == "LogAppendTime"
    assert tweets["retention.ms"]["value"] == "7200000"
    assert cursors["cleanup.policy"]["value"] == "compact"


def test_make_doctor_sees_what_kafka_really_says(publisher, names):
    publisher.cursor("demo:1")
    found = [*check_kafka(Access((SERVERS,)), renamed(names))]
    assert [text for is_well, text in found if not is_well] == []
    assert found[1:] == [(True, f"the topic {name} can be used") for name in names.values()]


def test_what_is_published_is_there_in_order_with_its_cursor(publisher, names):
    entry = quarantine("why", "f:1", "x")
    sent = Batch(batch(0, 500).messages, {"next": 500}, 0, [entry])
    publish(publisher, sent)
    tweets = records(names["TWEETS"])
    assert sorted(each.key.decode() for each in tweets) == sorted(m["id"] for m in sent.messages)
    assert [json.loads(each.value) for each in records(names["QUARANTINE"])] == [entry]
    for partition in range(3):
        numbers = [int(e.key.split(b":")[2]) for e in tweets if e.partition == partition]
        assert numbers == sorted(numbers)
    by_id = {message["id"]: message for message in sent.messages}
    assert all(json.loads(each.value) == by_id[each.key.decode()] for each in tweets)
    assert publisher.cursor("demo:1") == {"next": 500}


def test_each_source_finds_its_own_last_cursor(publisher, names, shutdown):
    for number in range(5):
        publish(publisher, batch(0, 0, n=number), "x:a")
        publish(publisher, batch(0, 0, n=-number), "x:b")
    restarted = another(names, shutdown)
    assert restarted.cursor("x:a") == {"n": 4}
    assert restarted.cursor("x:b") == {"n": -4}
    assert restarted.cursor("x:c") is None
    restarted.close()


class Future:
    """An acknowledgement that may be reported as missing although it came."""

    def __init__(self, future, fails):
        self._future, self._fails = future, fails

    def get(self, timeout):
        self._future.get(timeout)
        if self._fails:
            raise KafkaTimeoutError("not acknowledged")


class Failing:
    """A producer whose tenth acknowledgement is missing."""

    def __init__(self, **options):
        self._real, self._sent = KafkaProducer(**options), 0

    def send(self, topic, value, key):
        self._sent += 1
        return Future(self._real.send(topic, value, key), self._sent == 10)

    def close(self, timeout):
        self._real.close(timeout=timeout)


def test_a_missing_acknowledgement_sends_all_again_before_the_cursor(publisher, names, monkeypatch):
    producers = [Failing, KafkaProducer]
    monkeypatch.setattr(publishing, "KafkaProducer", lambda **o: producers.pop(0)(**o))
    publish(publisher, batch(0, 20, next=20))
    keys = [each.key for each in records(names["TWEETS"])]
    assert len(set(keys)) == 20
    assert len(keys) == 40
    assert len(records(names["CURSORS"])) == 1


def test_a_restarted_demo_leaves_no_gap_and_repeats_nothing(names):
    for least in (400, 600):
        shutdown = Shutdown()
        publisher = another(names, shutdown)
        thread = threading.Thread(target=Poller(DemoSource(200, 1, 0), publisher, shutdown).run)
        thread.start()
        reader = another(names, Shutdown())
        eventually(lambda r=reader, n=least: (r.cursor("demo:1") or {"next": 0})["next"] > n, 30)
        shutdown.stop.set()
        thread.join(10)
        reader.close()
        publisher.close()
    numbers = sorted(int(each.key.split(b":")[2]) for each in records(names["TWEETS"]))
    assert numbers == list(range(len(numbers)))


def test_without_kafka_it_waits_until_the_stop():
    shutdown = Shutdown()
    publisher = Publisher(Access(("127.0.0.1:9",)), topics(1, 1), shutdown)
    threading.Timer(1.0, shutdown.stop.set).start()
    with pytest.raises(ShutdownRequested):
        publisher.cursor("demo:1")
    publisher.close()
