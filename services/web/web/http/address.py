"""The address of the service as the world outside sees it."""

from flask import current_app, request

PUBLIC_URL = "PUBLIC_URL"
"""The key in the app's configuration; an empty value leaves it to each request."""


def root() -> str:
    """Return the address of the page `/`, with the slash at its end.

    Without PUBLIC_URL it is as the visitor has it, so far as TRUSTED_PROXIES lets it be known.
    """
    public: str = current_app.config[PUBLIC_URL]
    return public or request.url_root
