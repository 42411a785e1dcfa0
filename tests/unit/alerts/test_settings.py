"""The settings, and that nothing secret is in what is said about wrong ones."""

import pytest

from alerts.environment import SettingsError
from alerts.gateway import Gateway
from alerts.memory import Rule
from alerts.settings import read_settings, status_gateway

SECRET = "canary"
ALLOWED = "must be one or more of rising, now, 1h, 24h, 7d, all, separated by commas"


def test_by_default_alerts_are_off():
    settings = read_settings({})
    assert settings.urls == ()
    assert (settings.rules, settings.quiet_hours) == ((Rule("rising", 10, 0),), 24)


@pytest.mark.parametrize("name", ["ALERT_BOARDS", "ALERT_BOARD"])
def test_several_boards_can_be_watched_by_the_old_name_too(name):
    given = {name: "24h, rising,24h", "ALERT_TOP": "5", "ALERT_SCORE": "12"}
    # Only `rising` has scores.
    assert read_settings(given).rules == (Rule("24h", 5, 0), Rule("rising", 5, 12))


def test_a_wrong_mastodon_server_is_for_ingest_to_report():
    assert read_settings({"MASTODON_URL": "https://a.example/"}).mastodon_url == "https://a.example"
    assert read_settings({"MASTODON_URL": "nonsense"}).mastodon_url == ""


def test_urls_are_separated_by_spaces_and_may_have_commas():
    given = "json://a.example/?to=a,b\n  mailto://u:p@b.example?to=c,d "
    urls = ("json://a.example/?to=a,b", "mailto://u:p@b.example?to=c,d")
    assert read_settings({"ALERT_URLS": given}).urls == urls


def test_urls_may_be_in_a_file(tmp_path):
    file = tmp_path / "urls"
    file.write_text("json://a.example\njson://b.example\n")
    settings = read_settings({"ALERT_URLS_FILE": str(file)})
    assert settings.urls == ("json://a.example", "json://b.example")
    with pytest.raises(SettingsError, match="ALERT_URLS, ALERT_URLS_FILE are both set"):
        read_settings({"ALERT_URLS_FILE": str(file), "ALERT_URLS": "json://a.example"})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"ALERT_URLS": f"json://a.example {SECRET}"},
            "ALERT_URLS has a wrong URL at position 2: it must look like service://…",
        ),
        ({"ALERT_URLS_FILE": f"/{SECRET}"}, "ALERT_URLS_FILE must name a text file that user"),
        ({"HTTPS_PROXY": f"http://u:{SECRET}@proxy"}, "HTTPS_PROXY must be http(s)://[user:"),
        ({"PUBLIC_URL": f"https://u:{SECRET}@a.example"}, "PUBLIC_URL must be http(s)://host"),
        ({"PUBLIC_URL": "trends.example"}, "PUBLIC_URL must be http(s)://host"),
        ({"CA_FILE": "/nowhere"}, "CA_FILE must be a file of certificates"),
        ({"ALERT_BOARDS": "24h, weekly"}, f"ALERT_BOARDS {ALLOWED}"),
        ({"ALERT_BOARDS": "24h,"}, f"ALERT_BOARDS {ALLOWED}"),
        ({"ALERT_BOARD": "weekly"}, f"ALERT_BOARD {ALLOWED}"),
        (
            {"ALERT_BOARD": "1h", "ALERT_BOARDS": "1h"},
            "ALERT_BOARDS, ALERT_BOARD are both set: keep ALERT_BOARDS",
        ),
        ({"ALERT_TOP": "0"}, "ALERT_TOP must be a whole number from 1 to 100"),
        ({"ALERT_SCORE": "high"}, "ALERT_SCORE must be a number from 0 to 1000"),
        ({"ALERT_SCORE": "9", "ALERT_BOARDS": "1h, all"}, "ALERT_SCORE needs rising in ALERT_"),
        ({"ALERT_QUIET_HOURS": "-1"}, "ALERT_QUIET_HOURS must be a number from 0 to 8760"),
        ({"HBASE_THRIFT_PORT": "0"}, "HBASE_THRIFT_PORT must be a whole number"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL must be one of"),
    ],
)
def test_a_wrong_setting_is_named_without_a_secret(given, said):
    with pytest.raises(SettingsError) as error:
        read_settings(given)
    assert str(error.value).startswith(said)
    assert f"{', '.join(error.value.variables)} {error.value.rule}".startswith(said)
    assert SECRET not in str(error.value)


def test_secrets_are_not_in_what_is_logged_of_the_settings():
    given = {"ALERT_URLS": f"json://{SECRET}", "HTTPS_PROXY": f"http://u:{SECRET}@proxy:8080"}
    assert SECRET not in repr(read_settings(given))


def test_a_wrong_setting_can_be_reported_to_the_right_hbase():
    for more in ({}, {"HBASE_THRIFT_PORT": "x"}, {"HBASE_CA_FILE": "/nowhere"}):
        found = status_gateway({"HBASE_THRIFT_HOST": "a", "HBASE_TABLE_PREFIX": "p_"} | more)
        assert found == Gateway((("a", 9090),), table_prefix="p_")
