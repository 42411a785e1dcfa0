import subprocess
import sys

import pytest

from web import create_app
from web.gateway import Gateway
from web.settings import Settings, SettingsError

NAMES = ["HBASE_THRIFT_HOST", "REFRESH_SECONDS", "EMBED_ALLOWED_ORIGINS", "HIDE_HASHTAGS"]
NAMES += ["PUBLIC_URL", "ROBOTS_INDEX"]


def test_an_empty_environment_and_empty_strings_mean_the_defaults() -> None:
    empty = dict.fromkeys(NAMES, "")
    assert Settings.from_env({}) == Settings.from_env(empty) == Settings()


def test_every_variable_is_read() -> None:
    assert Settings.from_env(
        {
            "HBASE_THRIFT_HOST": "10.0.0.7",
            "HBASE_THRIFT_PORT": "9091",
            "REFRESH_SECONDS": "5",
            "STALE_AFTER_SECONDS": "90",
            "EMBED_ALLOWED_ORIGINS": "'self' https://*.example.org http://localhost:3000",
            "TRUSTED_PROXIES": "2",
            "PUBLIC_URL": "https://your.site/trends",
            "ROBOTS_INDEX": "on",
            "HIDE_HASHTAGS": "#Spam, ＃ＣＡＦÉ，other,,",
            "MASTODON_URL": "https://social.example:8443/below/",
            "METRICS_PORT": "9999",
            "LOG_LEVEL": "debug",
        }
    ) == Settings(
        hbase=Gateway((("10.0.0.7", 9091),)),
        refresh_seconds=5,
        stale_after_seconds=90,
        embed_allowed_origins="'self' https://*.example.org http://localhost:3000",
        trusted_proxies=2,
        public_url="https://your.site/trends/",
        robots_index=True,
        hide_hashtags=frozenset({"spam", "café", "other"}),
        mastodon_url="https://social.example:8443/below/",
        metrics_port=9999,
        log_level="DEBUG",
    )


@pytest.mark.parametrize(
    "value",
    [
        "giveaway",
        "#Give\u200baway",
        "＃ＧＩＶＥＡＷＡＹ",
        "\ufeffgiveaway\u00ad",
        ", give\u200daway,",
    ],
)
def test_a_hidden_tag_may_be_written_in_any_way(value: str) -> None:
    assert Settings.from_env({"HIDE_HASHTAGS": value}).hide_hashtags == {"giveaway"}


@pytest.mark.parametrize(
    "value",
    [
        "https://trends.example/",
        "http://192.0.2.1:8080/",
        "https://[2001:db8::1]:8443/a/b-c.d~e_f/",
    ],
)
def test_the_public_address_ends_with_a_slash(value: str) -> None:
    for given in (value, value.removesuffix("/")):
        assert Settings.from_env({"PUBLIC_URL": given}).public_url == value


@pytest.mark.parametrize(
    "url", ["social.example", "javascript:alert(1)", "https://a b", 'https://a/"', "https://a?b"]
)
def test_an_address_that_ingest_refuses_is_not_linked_to(url: str) -> None:
    """Ingest says what is wrong with it, and this service has to be there to show that."""
    assert Settings.from_env({"MASTODON_URL": url}).mastodon_url == "https://mastodon.social"


def test_what_is_not_a_tag_hides_nothing() -> None:
    assert Settings.from_env({"HIDE_HASHTAGS": "# \u200b, ,\u0301"}).hide_hashtags == frozenset()


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("HBASE_THRIFT_HOST", "http://hbase", "a host name"),
        ("HBASE_THRIFT_PORT", "70000", "from 1 to 65535"),
        ("REFRESH_SECONDS", "1", "from 2 to 3600"),
        ("REFRESH_SECONDS", "ten", "a whole number"),
        ("REFRESH_SECONDS", "١٠", "a whole number"),
        ("STALE_AFTER_SECONDS", "-1", "a whole number"),
        ("TRUSTED_PROXIES", "11", "from 0 to 10"),
        ("METRICS_PORT", "0", "from 1 to 65535"),
        ("ROBOTS_INDEX", "yes", "one of on, off"),
        *[
            ("PUBLIC_URL", bad, "an address such as https://trends.example or")
            for bad in (
                "trends.example",
                "//trends.example",
                "ftp://trends.example",
                "https://",
                "https://trends.example/?a",
                "https://trends.example/#a",
                "https://user@trends.example/",
                "https://trends.example//",
                'https://trends.example/"',
                "https://trends.example/\r\n",
                " https://trends.example",
            )
        ],
        ("LOG_LEVEL", "chatty", "DEBUG, INFO, WARNING, ERROR"),
        ("EMBED_ALLOWED_ORIGINS", "*; script-src *", "origins such as"),
        ("EMBED_ALLOWED_ORIGINS", "https://a.example, https://b.example", "origins such as"),
        ("EMBED_ALLOWED_ORIGINS", "https://a.example\r\nSet-Cookie: a=b", "origins such as"),
        ("EMBED_ALLOWED_ORIGINS", "self", "with its quotes"),
        ("EMBED_ALLOWED_ORIGINS", "https://a.example/path", "origins such as"),
    ],
)
def test_a_bad_value_is_refused_by_name_and_with_what_is_allowed(
    name: str, value: str, allowed: str
) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is .* but must be .*{allowed}"):
        Settings.from_env({name: value})


@pytest.mark.component
def test_the_process_says_what_is_wrong_and_idles_until_it_is_stopped() -> None:
    """An exit would be a restart loop under the container's restart policy."""
    code = f"import sys; sys.path[:] = {sys.path!r}; import web.wsgi"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env={"TRUSTED_PROXIES": "all"},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    with process.stderr:
        line = process.stderr.readline()
        assert line == "web: TRUSTED_PROXIES is 'all', but must be a whole number from 0 to 10\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)
        process.terminate()
        assert process.wait(timeout=10) == 2
        assert process.stderr.read() == ""


def test_the_app_reads_the_environment_unless_it_is_given_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REFRESH_SECONDS", "0")
    with pytest.raises(SettingsError):
        create_app()
