"""Settings are checked at start, and the error names the wrong one."""

import pytest

from trends.settings import Settings, SettingsError


def test_defaults_hold_for_unset_and_empty() -> None:
    assert Settings.from_environment({}) == Settings.from_environment({"TRIGGER_SECONDS": ""})
    assert Settings.from_environment({}).trigger_seconds == 0.4


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("TRIGGER_SECONDS", "soon", "seconds from 0.1 to 60"),
        ("TRIGGER_SECONDS", "0", "seconds from 0.1 to 60"),
        ("TRIGGER_SECONDS", "nan", "seconds from 0.1 to 60"),
        ("MAX_TWEETS_PER_BATCH", "1e6", "a whole number from 100"),
        ("DEDUPLICATE_MINUTES", "-1", "a whole number from 1"),
        ("SPARK_DRIVER_MEMORY", "lots", "a size such as"),
        ("SPARK_MASTER", "yarn", "spark://host:port"),
        ("LOG_LEVEL", "loud", "DEBUG, INFO"),
        ("COUNT_TOPIC", "tweets", "the id that"),
    ],
)
def test_a_wrong_value_names_the_variable_and_what_is_allowed(
    name: str, value: str, allowed: str
) -> None:
    with pytest.raises(SettingsError, match=name) as error:
        Settings.from_environment({name: value})
    assert allowed in str(error.value)


def test_hidden_tags_may_be_written_in_any_way() -> None:
    settings = Settings.from_environment({"HIDE_HASHTAGS": "#Spam, ＃ＣＡＦÉ  other,,"})
    assert settings.hidden == {"spam", "café", "other"}
    assert Settings.from_environment({}).hidden == frozenset()


def test_ids_are_not_remembered_for_longer_than_kafka_keeps_them() -> None:
    environment = {"DEDUPLICATE_MINUTES": "121", "KAFKA_RETENTION_HOURS": "2"}
    with pytest.raises(SettingsError, match="use at most 120, or raise KAFKA_RETENTION_HOURS"):
        Settings.from_environment(environment)
    assert Settings.from_environment(environment | {"DEDUPLICATE_MINUTES": "120"})
