"""Settings: defaults, files, and errors that name the variable."""

import pytest

from ingest.environment import SettingsError
from ingest.settings import read_settings
from ingest.sources.bluesky.settings import BlueskyAccount
from ingest.sources.demo.settings import DemoSettings
from ingest.sources.x.settings import VARIABLES as CREDENTIALS

ALL_FOUR = {name: f"{name.lower()}-value" for name in CREDENTIALS}
FEDIVERSE = {"MASTODON_URL": "https://social.example", "MASTODON_ACCESS_TOKEN": "m-token"}
SKY = {"BLUESKY_HANDLE": "somebody.example", "BLUESKY_APP_PASSWORD": "abcd-efgh-ijkl-mnop"}


def test_nothing_set_is_the_demo_with_its_defaults():
    settings = read_settings({})
    assert settings.sources == {"demo": DemoSettings(5, 1, 0)}
    assert settings.kafka.servers == ("kafka:9092",)
    assert (settings.topic_partitions, settings.kafka_retention_hours) == (4, 168)
    assert (settings.common.poll_seconds, settings.common.first_posts) == (60, 200)
    assert settings.count_reposts


def test_an_account_s_defaults():
    x = read_settings(ALL_FOUR).sources["x"]
    assert (x.api_url, x.daily_posts, x.full_reposts) == ("https://api.x.com", 5000, False)
    assert not read_settings(SKY).sources["bluesky"].count_signed_in_only


def test_an_empty_string_is_not_set():
    names = [*CREDENTIALS, "SOURCE", "POLL_SECONDS", "REPLAY_FILE", "DEMO_RATE", "LOG_LEVEL"]
    assert read_settings(dict.fromkeys(names, "")) == read_settings({})


@pytest.mark.parametrize(
    ("env", "sources"),
    [
        (ALL_FOUR, ("x",)),
        (ALL_FOUR | {"REPLAY_FILE": "f"}, ("x",)),
        ({"REPLAY_FILE": "f"}, ("replay",)),
        (ALL_FOUR | {"SOURCE": "demo"}, ("demo",)),
        (ALL_FOUR | {"SOURCE": "X, demo,x"}, ("x", "demo")),
        (FEDIVERSE, ("mastodon",)),
        (SKY | {"REPLAY_FILE": "f"}, ("bluesky",)),
        (SKY | FEDIVERSE | ALL_FOUR, ("x", "mastodon", "bluesky")),
        (SKY | FEDIVERSE | {"SOURCE": "bluesky"}, ("bluesky",)),
    ],
)
def test_the_source_is_chosen(env, sources):
    assert tuple(read_settings(env).sources) == sources


@pytest.mark.parametrize("missing", CREDENTIALS)
@pytest.mark.parametrize("source", ["auto", "x", "demo"])
def test_half_set_credentials_name_the_missing_variable(missing, source):
    env = {name: value for name, value in ALL_FOUR.items() if name != missing}
    with pytest.raises(SettingsError, match=f"^{missing} not set"):
        read_settings(env | {"SOURCE": source})


@pytest.mark.parametrize("missing", [*FEDIVERSE, *SKY])
def test_half_an_account_names_what_is_missing(missing):
    env = {name: value for name, value in (FEDIVERSE | SKY).items() if name != missing}
    with pytest.raises(SettingsError, match=f"^{missing} not set"):
        read_settings(env)


@pytest.mark.parametrize(("source", "named"), [("mastodon", FEDIVERSE), ("bluesky", SKY)])
def test_a_source_without_its_account_names_what_it_needs(source, named):
    with pytest.raises(SettingsError, match=f"^{', '.join(named)} not set: SOURCE=demo,{source} "):
        read_settings({"SOURCE": f"demo,{source}"} | ALL_FOUR)


def test_a_handle_may_be_written_as_a_mention_is():
    account = (
        read_settings(SKY | {"BLUESKY_HANDLE": "@somebody.example"}).sources["bluesky"].account
    )
    assert account == BlueskyAccount(
        "https://bsky.social", "somebody.example", SKY["BLUESKY_APP_PASSWORD"]
    )


@pytest.mark.parametrize(("text", "value"), [("true", True), ("FALSE", False), ("", True)])
def test_a_switch_is_true_or_false(text, value):
    assert read_settings({"COUNT_REPOSTS": text}).count_reposts is value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COUNT_REPOSTS", "maybe"), ("X_FULL_REPOSTS", "1"), ("X_DAILY_POSTS", "0"),
        ("HBASE_THRIFT_PORT", "0"), ("FIRST_POSTS", "3201"),
        ("SOURCE", "myspace"), ("SOURCE", "x"), ("SOURCE", "replay"), ("SOURCE", ","),
        ("POLL_SECONDS", "0"), ("POLL_SECONDS", "nan"), ("POLL_SECONDS", "soon"),
        ("TOPIC_PARTITIONS", "4.5"), ("TOPIC_PARTITIONS", "0"), ("KAFKA_RETENTION_HOURS", "-1"),
        ("METRICS_PORT", "65536"), ("FIRST_POSTS", "0"), ("DEMO_RATE", "inf"),
        ("DEMO_SEED", "one"), ("DEMO_COUNT", "-1"), ("REPLAY_SPEED", "-1"),
        ("LOG_LEVEL", "chatty"), ("KAFKA_BOOTSTRAP_SERVERS", "kafka"),
        ("KAFKA_BOOTSTRAP_SERVERS", "kafka:0"), ("X_API_URL", "api.x.com"),
        ("X_API_URL", "https://a:99999"), ("X_API_URL", "https://user:secret@api.x.com"),
        ("X_API_URL", "https://api.x.com/?q=1"), ("CONSUMER_KEY_FILE", "/nowhere"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_an_error_that_begins_with_the_name(name, value):
    with pytest.raises(SettingsError) as error:
        read_settings({name: value})
    told = str(error.value)
    assert name in told or (value == "x" and "CONSUMER_KEY" in told) or value == "replay"
    assert "secret" not in told


def test_credentials_come_from_files_too(tmp_path):
    env = {}
    for name, value in ALL_FOUR.items():
        (tmp_path / name).write_text(value + "\n")
        env[name + "_FILE"] = str(tmp_path / name)
    assert read_settings(env) == read_settings(ALL_FOUR)
    with pytest.raises(SettingsError, match=r"CONSUMER_KEY, CONSUMER_KEY_FILE are both set"):
        read_settings(env | {"CONSUMER_KEY": "a"})


def test_secrets_do_not_show():
    shown = repr(read_settings(ALL_FOUR | FEDIVERSE | SKY | {"AUTHOR_SALT": "grain-of-salt"}))
    secrets = (*ALL_FOUR.values(), *SKY.values(), FEDIVERSE["MASTODON_ACCESS_TOKEN"], "grain")
    assert not [value for value in secrets if value in shown]


def test_a_credential_with_a_line_end_is_refused_without_showing_it():
    with pytest.raises(SettingsError, match=r"^ACCESS_TOKEN must") as error:
        read_settings(ALL_FOUR | {"ACCESS_TOKEN": "can\nary"})
    assert "ary" not in str(error.value).replace("CONSUMER", "")


def test_the_salt_depends_on_the_account_s_secrets_unless_it_is_given():
    settings, given = read_settings({}).common, read_settings({"AUTHOR_SALT": "grain"}).common
    assert settings.salt("one") == settings.salt("one") != settings.salt("other")
    assert given.salt("one") == given.salt("other") != settings.salt("one")


@pytest.mark.parametrize(
    "url", ["social.example", "https://a@social.example", "ftp://social", "x:y"]
)
def test_a_server_s_address_is_a_url(url):
    with pytest.raises(SettingsError, match=r"^MASTODON_URL must be"):
        read_settings(FEDIVERSE | {"MASTODON_URL": url})
    with pytest.raises(SettingsError, match=r"^BLUESKY_URL must be"):
        read_settings(SKY | {"BLUESKY_URL": url})


def test_the_replay_s_name_is_what_the_user_calls_it():
    replay = read_settings({"REPLAY_FILE": "/old/tweets.js"}).sources["replay"]
    assert (str(replay.file), replay.name) == ("/old/tweets.js", "tweets.js")
    env = {"REPLAY_FILE": "./old/tweets.jsonl.gz", "REPLAY_FOLDER": "/replay"}
    replay = read_settings(env).sources["replay"]
    assert (str(replay.file), replay.name) == ("/replay/tweets.jsonl.gz", "tweets.jsonl.gz")
