"""The settings of the web service, read once from the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from web.gateway import Gateway, GatewayError, read_gateway
from web.hashtags.key import key_of

_INTEGER = re.compile(r"[0-9]{1,9}")
_ORIGIN = re.compile(r"https?://(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:([0-9]{1,5}|\*))?")
_URL = re.compile(
    r"https?://([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?"
    r"(/[A-Za-z0-9._~-]+)*/?"
)
# White space, and commas of any width.
_SEPARATORS = re.compile(r"[\s,，﹐︐]+")
_SWITCH = {"on": True, "off": False}
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(ValueError):
    """A variable has a value that is not allowed; the message names both."""


@dataclass(frozen=True)
class Settings:
    """What can be set from outside; durations are in seconds, hidden tags are keys.

    `public_url` ends with a slash, or is empty: then each visitor's address is taken.
    """

    hbase: Gateway = field(default_factory=Gateway)
    refresh_seconds: int = 10
    stale_after_seconds: int = 60
    embed_allowed_origins: str = "'self'"
    trusted_proxies: int = 0
    public_url: str = ""
    robots_index: bool = False
    hide_hashtags: frozenset[str] = frozenset()
    mastodon_url: str = "https://mastodon.social"
    metrics_port: int = 9464
    log_level: str = "INFO"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read the settings, or raise SettingsError at the first bad one."""
        return cls(
            hbase=_hbase(env),
            refresh_seconds=_integer(env, "REFRESH_SECONDS", cls.refresh_seconds, 2, 3600),
            stale_after_seconds=_integer(
                env, "STALE_AFTER_SECONDS", cls.stale_after_seconds, 2, 86400
            ),
            embed_allowed_origins=_origins(env, "EMBED_ALLOWED_ORIGINS", cls.embed_allowed_origins),
            trusted_proxies=_integer(env, "TRUSTED_PROXIES", cls.trusted_proxies, 0, 10),
            public_url=_public_url(env, "PUBLIC_URL"),
            robots_index=_switch(env, "ROBOTS_INDEX", "off"),
            hide_hashtags=_keys(env, "HIDE_HASHTAGS"),
            mastodon_url=_mastodon_url(env, cls.mastodon_url),
            metrics_port=_integer(env, "METRICS_PORT", cls.metrics_port, 1, 65535),
            log_level=_log_level(env, "LOG_LEVEL", cls.log_level),
        )


def _value(env: Mapping[str, str], name: str, default: str) -> str:
    # Compose hands over an unset variable as an empty string.
    return env.get(name) or default


def _refuse(name: str, value: str, allowed: str) -> SettingsError:
    return SettingsError(f"{name} is {value!r}, but must be {allowed}")


def _hbase(env: Mapping[str, str]) -> Gateway:
    try:
        return read_gateway(env)
    except GatewayError as error:
        if error.given is None:
            raise SettingsError(str(error)) from error
        allowed = error.rule.removeprefix("must be ")
        raise _refuse(error.variable, error.given, allowed) from error


def _integer(env: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = _value(env, name, str(default))
    if not _INTEGER.fullmatch(value) or not least <= int(value) <= most:
        raise _refuse(name, value, f"a whole number from {least} to {most}")
    return int(value)


def _origins(env: Mapping[str, str], name: str, default: str) -> str:
    """Return a CSP source list.

    The value ends up in a response header. A `;` would start another directive and a `,`
    another policy, so only whole origins pass.
    """
    value = _value(env, name, default)
    sources = value.split(" ")
    alone = value in ("*", "'none'")
    if not alone and not all(s == "'self'" or _ORIGIN.fullmatch(s) for s in sources):
        raise _refuse(
            name,
            value,
            "*, 'none', or origins such as https://example.org and 'self' (with its quotes), "
            "separated by single spaces",
        )
    return value


def _public_url(env: Mapping[str, str], name: str) -> str:
    """Return the address with a slash at its end, so that paths can be appended to it."""
    value = env.get(name, "")
    if value and not _URL.fullmatch(value):
        raise _refuse(
            name, value, "an address such as https://trends.example or https://your.site/trends/"
        )
    return f"{value.rstrip('/')}/" if value else ""


def _switch(env: Mapping[str, str], name: str, default: str) -> bool:
    value = _value(env, name, default)
    if value not in _SWITCH:
        raise _refuse(name, value, f"one of {', '.join(_SWITCH)}")
    return _SWITCH[value]


def _keys(env: Mapping[str, str], name: str) -> frozenset[str]:
    """Return the keys of tags in any spelling; the driver reads the same variable."""
    words = _SEPARATORS.split(env.get(name, ""))
    return frozenset(key_of(word) for word in words) - {""}


def _mastodon_url(env: Mapping[str, str], default: str) -> str:
    """Return the server where Mastodon's posts are shown.

    A bad address is not refused here: ingest refuses it, and this service has to show that.
    """
    value = _value(env, "MASTODON_URL", default)
    return value if _URL.fullmatch(value) else default


def _log_level(env: Mapping[str, str], name: str, default: str) -> str:
    value = _value(env, name, default).upper()
    if value not in _LOG_LEVELS:
        raise _refuse(name, value, f"one of {', '.join(_LOG_LEVELS)}")
    return value
