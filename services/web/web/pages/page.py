"""What people see: the page `/`, and the widget for an iframe."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, render_template, request

from web.boards.board import ALL, NOW, PEOPLE, RISING, TWEETS, WINDOWS, counted
from web.boards.trends import Trends
from web.embed import hashtag_history
from web.embed.board_settings import Embed, embed, language_of, locale_of
from web.embed.widget import LANGUAGES, script
from web.hashtags.networks import tag_pages
from web.http import address
from web.http.problems import NoBoardYet
from web.i18n.wording import Wording
from web.pages.query import RANGES, board_query, read_query
from web.status.sources import CREDENTIALS, TITLES

_TABS = {
    NOW: "Now",
    RISING: "Rising",
    "1h": "Last hour",
    "24h": "24 hours",
    "7d": "7 days",
    ALL: "All time",
}

_RANKINGS = {TWEETS: "Posts", PEOPLE: "People"}

_LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "ja": "日本語",
    "ar": "العربية",
}


def blueprint(source: Trends, refresh_seconds: int, mastodon_url: str) -> Blueprint:
    """Return the pages; they work without JavaScript, which only keeps them up to date."""
    pages = Blueprint("pages", __name__)

    @pages.get("/")
    def index() -> Response:
        """Show a board with tabs, the chart of its tags, and how to put a board on a page."""
        asked = read_query(request.args)
        shown = asked.shown
        view = _view(source, shown, "en")
        query = urlencode(board_query(shown.board, shown.rank_by))
        status = source.status()
        return _page(
            "index.html",
            view,
            [*shown.settings.items(), *asked.chart_settings()],
            asked=asked,
            tabs=[
                (label, asked.link(board=name), name == shown.board)
                for name, label in _TABS.items()
            ],
            rankings=[
                (label, asked.link(rank_by=name), name == shown.rank_by)
                for name, label in _RANKINGS.items()
                if shown.board in WINDOWS
            ],
            ranges=RANGES,
            networks=tag_pages(view["trends"].get("source", ()), mastodon_url),
            accounts=[(TITLES[name], names) for name, names in CREDENTIALS.items()],
            query=query,
            # Until there is something to show, the page tells how far it is.
            status=status if status["waiting_seconds"] is not None else None,
            # What search engines, and those who share a link, take for the address of the page.
            canonical=address.root() + (f"?{asked.canonical}" if asked.canonical else ""),
            script=f"{address.root()}widget.js",
            versioned=script(),
            chart_versioned=hashtag_history.script(),
            public_url=current_app.config[address.PUBLIC_URL],
            languages=_LANGUAGES,
            refresh=refresh_seconds,
        )

    @pages.get("/widget")
    def widget() -> Response:
        """Show a board alone."""
        shown = embed(request.args)
        view = _view(source, shown, shown.lang or locale_asked_for())
        response = _page("widget.html", view, [*shown.settings.items()])
        response.headers["Vary"] = "Accept-Language"
        return response

    return pages


def _view(source: Trends, shown: Embed, locale: str) -> dict[str, Any]:
    """Return what the template `_board.html` shows."""
    language = language_of(locale)
    wording = Wording(language)
    view = {
        "embed": shown,
        "language": locale,
        "direction": "rtl" if language == "ar" else "ltr",
        "wording": wording,
        "heading": wording.heading(shown.board),
        "counted": counted(shown.rank_by),
    }
    try:
        answer = trends = source.answer(shown.board, shown.limit, shown.rank_by).payload
    except NoBoardYet as error:
        answer, trends = error.members, {}
    period = wording.period(shown.board, shown.rank_by, trends.get("window"))
    return {**view, "trends": trends, "answer": answer, "period": period}


def locale_asked_for() -> str:
    """Return the first of the visitor's languages that we have, with its region."""
    asked = (locale_of(tag) for tag, _ in request.accept_languages)
    return next(filter(None, asked), LANGUAGES[0])


def _page(
    template: str, view: dict[str, Any], parameters: list[tuple[str, str]], **more: Any
) -> Response:
    """Draw a page; oEmbed is to answer what it shows with these parameters."""
    # For other programs, so with the whole address.
    here = f"{address.root()}{request.path[1:]}?{urlencode(parameters)}"
    discovery = f"{address.root()}oembed?{urlencode({'url': here})}"
    text = render_template(template, view=view, discovery=discovery, **more)
    response = Response(text, mimetype="text/html")
    response.headers["Cache-Control"] = "no-cache"
    return response
