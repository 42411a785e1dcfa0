"""Creates missing topics, and corrects the settings of existing ones as far as that is allowed."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import AuthorizationError, TopicAlreadyExistsError

from ingest.kafka.access import Access, may_not_create
from ingest.kafka.topics import Topic

log = logging.getLogger(__name__)


def set_up_topics(admin: Any, access: Access, topics: Sequence[Topic]) -> None:
    """Create the topics that are missing, with the broker's default of replicas.

    A setting that may not be read or changed is only logged: the topic may belong to somebody else,
    who has set it up as docs/operations.md asks. Raises TopicRightError if a topic is missing and
    may not be created.
    """
    existing = set(admin.list_topics())
    for topic in topics:
        if topic.name not in existing:
            _create(admin, access, topic)
    admin.wait_for_topics([topic.name for topic in topics])
    for topic in topics:
        _correct(admin, topic)


def _create(admin: Any, access: Access, topic: Topic) -> None:
    wanted = {topic.name: {"num_partitions": topic.partitions, "configs": topic.configs}}
    try:
        with suppress(TopicAlreadyExistsError):
            admin.create_topics(wanted)
    except AuthorizationError as error:
        raise may_not_create(access, topic.name) from error


def _correct(admin: Any, topic: Topic) -> None:
    found = read_configs(admin, topic)
    if not found:
        # Kafka answers so without the right to describe them.
        form = "event=topic_unchecked topic=%s: grant DescribeConfigs, or see that it has %s"
        log.info(form, topic.name, _text(topic.configs))
        return
    wrong = {name: value for name, value in topic.configs.items() if found.get(name) != value}
    if not wrong:
        return
    resource = ConfigResource(ConfigResourceType.TOPIC, topic.name, wrong)
    answer = admin.alter_configs([resource], raise_on_unknown=False)["topic"][topic.name]
    if answer != "OK":
        form = "event=topic_unfit topic=%s has=%s: set %s, or grant AlterConfigs (%s)"
        has = _text({name: found.get(name, "") for name in wrong})
        log.warning(form, topic.name, has, _text(wrong), answer)


def read_configs(admin: Any, topic: Topic) -> dict[str, str]:
    """Return the topic's settings; none if they may not be read."""
    resource = ConfigResource(ConfigResourceType.TOPIC, topic.name)
    found = admin.describe_configs([resource], config_filter="all")["topic"][topic.name]
    return {name: config["value"] for name, config in found.items()}


def _text(configs: dict[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in configs.items())
