"""The page `/status`, and how templates write spans of time."""

from flask import Blueprint, Response, render_template

from web.boards.trends import Trends
from web.status.facts import span


def blueprint(source: Trends) -> Blueprint:
    """Return the page; it works without JavaScript, which only keeps it up to date."""
    pages = Blueprint("status_page", __name__)
    pages.add_app_template_filter(elapsed)
    pages.add_app_template_filter(span)

    @pages.get("/status")
    def status() -> Response:
        """Show the health of each stage, with suggested fixes; a 200 whatever is wrong."""
        text = render_template("status.html", status=source.status())
        response = Response(text, mimetype="text/html")
        response.headers["Cache-Control"] = "no-cache"
        return response

    return pages


def elapsed(seconds: int) -> str:
    """Return a time as a stop watch shows it: 4:05 or 1:04:05."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
