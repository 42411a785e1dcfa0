"""Topics: what is created, corrected, and only said."""

import logging
from collections import defaultdict
from typing import Any

import pytest
from kafka.errors import TopicAuthorizationFailedError

from ingest.kafka.access import Access, TopicRightError
from ingest.kafka.topic_setup import set_up_topics
from ingest.kafka.topics import topics

TOPICS = topics(4, 24)
TWEETS, QUARANTINE, CURSORS = TOPICS


class Admin:
    """What kafka-python's client is to topics, with rights."""

    def __init__(self, rights: str, **existing: dict[str, str]) -> None:
        self.rights = rights.split()
        self.topics = {name.replace("_", "."): configs for name, configs in existing.items()}
        self.altered: dict[str, dict[str, str]] = {}

    def list_topics(self) -> list[str]:
        return [*self.topics]

    def create_topics(self, wanted: dict[str, Any]) -> None:
        if "create" not in self.rights:
            raise TopicAuthorizationFailedError
        # No number of replicas: the broker has a default.
        assert all(each.keys() == {"num_partitions", "configs"} for each in wanted.values())
        self.topics |= {name: dict(each["configs"]) for name, each in wanted.items()}

    def wait_for_topics(self, names: list[str]) -> None:
        assert set(names) <= self.topics.keys()

    def describe_configs(self, resources: list[Any], config_filter: str) -> dict[str, Any]:
        assert config_filter == "all"
        found: dict[str, Any] = defaultdict(dict)
        if "describe" in self.rights:
            for each in resources:
                configs = self.topics[each.name]
                found[each.name] = {name: {"value": value} for name, value in configs.items()}
        return {"topic": found}

    def alter_configs(self, resources: list[Any], raise_on_unknown: bool) -> dict[str, Any]:
        assert not raise_on_unknown
        if "alter" not in self.rights:
            return {"topic": {each.name: "[Error 29] Failed" for each in resources}}
        self.altered |= {each.name: each.configs for each in resources}
        return {"topic": {each.name: "OK" for each in resources}}


def existing() -> dict[str, dict[str, str]]:
    return {topic.name.replace(".", "_"): dict(topic.configs) for topic in TOPICS}


def test_missing_topics_are_created() -> None:
    admin = Admin("create describe")
    set_up_topics(admin, Access(), TOPICS)
    assert admin.topics == {topic.name: topic.configs for topic in TOPICS}
    assert admin.altered == {}


def test_without_the_right_to_create_one_line_says_what_to_do() -> None:
    with pytest.raises(TopicRightError, match=r"no topic tweets that trends may see.*create the"):
        set_up_topics(Admin("describe"), Access(username="trends"), TOPICS)


def test_only_what_differs_is_changed() -> None:
    admin = Admin("describe alter", **existing())
    admin.topics["tweets"] |= {"message.timestamp.type": "CreateTime", "min.insync.replicas": "2"}
    set_up_topics(admin, Access(), TOPICS)
    assert admin.altered == {"tweets": {"message.timestamp.type": "LogAppendTime"}}


def test_an_unfit_topic_that_may_not_be_changed_is_only_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    admin = Admin("describe", **existing())
    admin.topics["tweets"]["message.timestamp.type"] = "CreateTime"
    set_up_topics(admin, Access(), TOPICS)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage() == (
        "event=topic_unfit topic=tweets has=message.timestamp.type=CreateTime: set "
        "message.timestamp.type=LogAppendTime, or grant AlterConfigs ([Error 29] Failed)"
    )


def test_settings_that_may_not_be_read_are_named(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ingest")
    set_up_topics(Admin("", **existing()), Access(), TOPICS)
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == len(TOPICS)
    assert lines[0].startswith("event=topic_unchecked topic=tweets: grant DescribeConfigs")
