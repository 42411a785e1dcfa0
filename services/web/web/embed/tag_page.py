"""`/embed/tag/<tag>`: the chart of one tag, for an iframe."""

from urllib.parse import quote, urlencode

from flask import Blueprint, Response, render_template, request

from web.boards.trends import Trends
from web.embed.board_settings import language_of
from web.embed.chart_settings import Chart, chart
from web.embed.hashtag_history import words
from web.hashtags.histories import Hashtags
from web.hashtags.key import key_of
from web.http import address
from web.http.headers import EMBEDDED_TAG
from web.http.problems import BadParameter, NoAnswerNow, NotSeen
from web.i18n.wording import Wording, symbols
from web.pages.page import locale_asked_for

# What each range asks for; the browser makes days of its own time zone out of hours.
_SPANS = {
    "3h": ("minute", 3),
    "24h": ("hour", 24),
    "7d": ("hour", 7 * 24),
    "30d": ("hour", 30 * 24),
    "90d": ("hour", 90 * 24),
    "1y": ("day", 365 * 24),
}


def blueprint(source: Trends, hashtags: Hashtags) -> Blueprint:
    """Return the page, which says without JavaScript how often the tag was used."""
    page = Blueprint("tag_page", __name__)

    # A tag with slashes in it has no such page: behind a proxy that rewrites them nobody knows how
    # deep it is below the service, and all its links are relative.
    @page.get(f"{EMBEDDED_TAG}<tag>")
    def embedded(tag: str) -> Response:
        """Show the chart alone."""
        if not key_of(tag):
            raise BadParameter("tag", "a hashtag, with or without its sign")
        shown = chart(request.args)
        locale = shown.lang or locale_asked_for()
        name, said = _look_up(hashtags, tag, shown, language_of(locale))
        here = f"{address.root()}{chart_path(tag, shown)}"
        text = render_template(
            "chart.html",
            shown=shown,
            tag=tag,
            name=name,
            locale=locale,
            direction="rtl" if language_of(locale) == "ar" else "ltr",
            period=symbols(shown.range),
            said=said,
            demo=words(language_of(locale))["demo"] if source.freshness()["demo"] else "",
            page=urlencode({"tag": tag, "range": shown.range}),
            discovery=f"{address.root()}oembed?{urlencode({'url': here})}",
        )
        response = Response(text, mimetype="text/html")
        response.headers["Cache-Control"] = "no-cache"
        response.headers["Vary"] = "Accept-Language"
        return response

    return page


def chart_path(tag: str, shown: Chart) -> str:
    """Return the address of a tag's chart, relative to the page `/`."""
    query = urlencode(shown.settings)
    return f"{EMBEDDED_TAG[1:]}{quote(tag, safe='')}" + (f"?{query}" if query else "")


def bare(tag: str) -> str:
    """Return a tag without its sign."""
    return tag.strip().lstrip("#＃")


def _look_up(hashtags: Hashtags, tag: str, shown: Chart, language: str) -> tuple[str, str]:
    """Return the tag as it is spelled, and how often it was used; nothing while HBase is away."""
    said, name = words(language), f"#{bare(tag)}"
    try:
        history = hashtags.history(tag, *_SPANS[shown.range])
    except NotSeen:
        return name, said["unseen"].format(tag=name)
    except NoAnswerNow:
        return name, ""
    total = sum(history["counts"])
    count = f"{Wording(language).number(total)} {said['count_one' if total == 1 else 'count']}"
    return f"#{history['tag']}", count if total else said["none"]
