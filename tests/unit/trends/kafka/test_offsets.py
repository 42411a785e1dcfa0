"""Compares offsets with the records that Kafka has."""

from trends.kafka.offsets import Topic, describe_lost_records


def test_offsets_are_moved_to_where_kafka_has_records() -> None:
    topic = Topic("", {"0": 10, "1": 0, "2": 3}, {"0": 20, "1": 5, "2": 3})
    assert topic.nearest({"0": 4, "1": 9}) == {"0": 10, "1": 5, "2": 3}
    assert topic.has({"0": 10, "1": 5})
    assert not topic.has({"0": 9})
    assert not topic.has({"1": 6})
    assert not topic.has({"7": 0})


def test_lost_records_are_described_by_partition() -> None:
    assert describe_lost_records({"0": 4, "1": 9}, {"0": 7, "1": 9, "2": 2}) == (
        "5 records (3 of partition 0, 2 of partition 2)"
    )
    assert describe_lost_records({"0": 4}, {"0": 3}) == ""
