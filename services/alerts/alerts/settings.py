"""All settings of the alerts service, read once from the environment."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from alerts import egress
from alerts.board import BOARDS, RISING
from alerts.egress import Egress
from alerts.environment import Environment, SettingsError
from alerts.gateway import Gateway, GatewayError, read_gateway
from alerts.memory import Rule

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
URLS = "ALERT_URLS"
BOARDS_SETTING, OLD_BOARDS_SETTING = "ALERT_BOARDS", "ALERT_BOARD"

_URL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+-]*://\S+")


@dataclass(frozen=True)
class Settings:
    """All settings. Without `urls` the service is off.

    `public_url` is the address of the page, empty if it has none; `mastodon_url` is the server
    whose timeline is read, empty if there is none.
    """

    urls: tuple[str, ...] = field(repr=False)
    rules: tuple[Rule, ...]
    quiet_hours: float
    public_url: str
    mastodon_url: str
    egress: Egress
    hbase: Gateway
    metrics_port: int
    log_level: str


def read_settings(variables: Mapping[str, str]) -> Settings:
    """Read settings from a mapping such as os.environ; an empty string counts as not set.

    Raises SettingsError for the first value that is not allowed.
    """
    env = Environment(variables)
    return Settings(
        urls=_urls(env),
        rules=_rules(env),
        quiet_hours=env.number("ALERT_QUIET_HOURS", 24, 0, 8760),
        public_url=env.page("PUBLIC_URL"),
        mastodon_url=_mastodon_url(env),
        egress=egress.read(env),
        hbase=_hbase(variables),
        metrics_port=env.whole("METRICS_PORT", 9464, 1, 65_535),
        log_level=env.choice("LOG_LEVEL", "INFO", LOG_LEVELS),
    )


def status_gateway(variables: Mapping[str, str]) -> Gateway:
    """Return how to reach HBase, so that a wrong setting can be reported there.

    A wrong setting of HBase itself becomes its default.
    """
    known = dict(variables)
    while True:
        try:
            return read_gateway(known)
        except GatewayError as error:
            known[error.variable] = ""


def _hbase(variables: Mapping[str, str]) -> Gateway:
    try:
        return read_gateway(variables)
    except GatewayError as error:
        raise SettingsError(error.variable, error.rule, error.given) from error


def wrong_url(position: int, rule: str) -> SettingsError:
    """Return the error for one of the URLs, which it names by its position alone."""
    return SettingsError(URLS, f"has a wrong URL at position {position}: {rule}")


def _urls(env: Environment) -> tuple[str, ...]:
    # Not at commas, which may stand in a URL.
    urls = tuple(env.secret(URLS).split())
    for position, url in enumerate(urls, 1):
        if not _URL.fullmatch(url):
            raise wrong_url(position, "it must look like service://…, without spaces")
    return urls


def _rules(env: Environment) -> tuple[Rule, ...]:
    """Return a rule for each board; only `rising` has scores."""
    boards = _boards(env)
    top = env.whole("ALERT_TOP", 10, 1, 100)
    score = env.number("ALERT_SCORE", 0, 0, 1000)
    if score and RISING not in boards:
        rule = f"needs {RISING} in {BOARDS_SETTING}: no other board has scores"
        raise SettingsError("ALERT_SCORE", rule)
    return tuple(Rule(board, top, score if board == RISING else 0) for board in boards)


def _boards(env: Environment) -> tuple[str, ...]:
    """Return the boards to watch, which may still be set under the name for a single one."""
    name = BOARDS_SETTING
    if env.text(OLD_BOARDS_SETTING):
        if env.text(name):
            rule = f"are both set: keep {name}, {OLD_BOARDS_SETTING} is its old name"
            raise SettingsError((name, OLD_BOARDS_SETTING), rule)
        name = OLD_BOARDS_SETTING
    return env.choices(name, RISING, BOARDS)


def _mastodon_url(env: Environment) -> str:
    # A bad address is not refused here: ingest refuses it, and the others go on.
    with suppress(SettingsError):
        return env.page("MASTODON_URL")
    return ""
