"""What `make doctor` is told about Kafka and HBase."""

from collections.abc import Iterator
from typing import Any

import pytest

from fakes.hbase import FakeHBase
from ingest import check
from ingest.gateway import Gateway
from ingest.kafka.access import Access
from ingest.kafka.topics import topics
from unit.ingest.test_topic_setup import Admin

TWEETS, QUARANTINE, CURSORS = topics(4, 24)
TRENDS = Access(username="trends")


def described(*rights: str) -> dict[str, Any]:
    """A topic as kafka-python describes it."""
    return {"name": "tweets", "authorized_operations": [*rights]}


def admin(rights: str = "describe", **changes: str) -> Admin:
    return Admin(rights, tweets=TWEETS.configs | changes)


def test_a_topic_that_fits_can_be_used() -> None:
    found = described("DESCRIBE", "READ", "WRITE")
    assert check.check_topic(admin(), TRENDS, TWEETS, found) == (
        True,
        "the topic tweets can be used",
    )
    # Without the right to see its settings, they count as right.
    assert check.check_topic(admin(""), TRENDS, TWEETS, found)[0]


def test_a_missing_right_is_named() -> None:
    found = check.check_topic(admin(), TRENDS, TWEETS, described("DESCRIBE", "READ"))
    assert found == (False, "trends lacks WRITE on the topic tweets: grant it")
    assert check.needed_rights(QUARANTINE) == {"DESCRIBE", "WRITE"}


def test_a_wrong_setting_of_a_topic_is_named() -> None:
    unfit = admin(**{"message.timestamp.type": "CreateTime"})
    found = check.check_topic(unfit, TRENDS, TWEETS, described("DESCRIBE", "READ", "WRITE"))
    assert found == (
        False,
        "the topic tweets has message.timestamp.type=CreateTime: set it to LogAppendTime",
    )


def test_a_missing_topic_may_still_be_created() -> None:
    is_well, text = check.check_topic(admin(), TRENDS, CURSORS, None)
    assert is_well
    assert "the topic ingest.cursors is missing, or trends may not see it" in text


@pytest.fixture
def hbase() -> Iterator[FakeHBase]:
    with FakeHBase() as found:
        yield found


def test_a_gateway_that_answers_is_told_from_one_that_does_not(hbase: FakeHBase) -> None:
    answers = Gateway((("127.0.0.1", hbase.port),))
    assert check.check_hbase(answers) == (True, f"HBase answers at 127.0.0.1:{hbase.port}")
    is_well, text = check.check_hbase(Gateway((("hbase.invalid", 1),)))
    assert not is_well
    assert "check HBASE_THRIFT_HOST" in text


def test_a_wrong_setting_is_the_only_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka")
    assert check.main() == 1
    assert capsys.readouterr().out.startswith("PROBLEM KAFKA_BOOTSTRAP_SERVERS must be host:port")
