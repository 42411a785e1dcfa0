"""The settings of an embedded chart: attributes of the element, parameters of `/embed/tag/`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from web.embed.board_settings import CHECKS, THEMES, Checks, check, color_scheme, one_of
from web.pages.query import DEFAULT_RANGE, RANGES

# Whether there is such a time zone, only the browser knows.
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+/-]{0,63}")

_CHROME = {"", "noborder", "transparent"}


@dataclass(frozen=True)
class Chart:
    """How a tag's chart is to look; what static/hashtag-history.js makes of the same attributes.

    `attributes` are the settings as they were given, the wrong ones too: the element warns of
    them in the console. `settings` are the right ones among them. The other members are what
    holds: a wrong value counts as absent.
    """

    attributes: Mapping[str, str]
    settings: Mapping[str, str]
    range: str
    lang: str | None
    theme: str

    @property
    def color_scheme(self) -> str:
        """What the page in an iframe declares."""
        return color_scheme(self.theme)


def chart(given: Mapping[str, str]) -> Chart:
    """Read the settings among `given`; others are ignored."""
    attributes, values = check(given, _CHECKS)
    return Chart(
        attributes=attributes,
        settings={name: attributes[name] for name in values},
        range=values.get("range", DEFAULT_RANGE),
        lang=values.get("lang"),
        theme=values.get("theme", THEMES[0]),
    )


def _zone(text: str) -> str | None:
    return text if _ZONE.fullmatch(text) else None


def _chrome(text: str) -> str | None:
    return text if set(text.split(" ")) <= _CHROME else None


_CHECKS: Checks = {
    "range": one_of(*RANGES),
    "tz": _zone,
    "chrome": _chrome,
    **{name: CHECKS[name] for name in ("theme", "lang", "refresh", "paused", "accent")},
}
