"""How a Mastodon server signs a user in to an application, for the double in mastodon.py.

A code works once and for a while. The page that shows it is what a browser sees whose user is
signed in, and has authorized the application.
"""

import secrets
import time
from collections.abc import Callable
from typing import Any

from fakes.server import Answer, Call

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
SCOPE = "read:statuses"
PAGE = {"Content-Type": "text/html"}


class SignIn:
    """Applications, codes and tokens.

    Without `is_open` no application can be registered; a code lasts `code_seconds`; with
    `app_only` the tokens are not a user's; with `force_login` in a link the user has to sign in.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.is_open, self.code_seconds, self.app_only = True, 600.0, False
        self.apps: dict[str, str] = {}
        # Whether the token is a user's.
        self.tokens: dict[str, bool] = {}
        self._codes: dict[str, tuple[str, float]] = {}
        self._now = now

    def answer(self, call: Call) -> Answer | None:
        """Answer a call of a sign-in, None if it is none."""
        routes = {
            ("POST", "/api/v1/apps"): self._register,
            ("GET", "/oauth/authorize"): self._authorize,
            ("POST", "/oauth/token"): self._exchange,
        }
        route = routes.get((call.method, call.path))
        return route(call) if route else None

    def _register(self, call: Call) -> Answer:
        if not self.is_open:
            return Answer(403, {"error": "This action is not allowed"})
        form: dict[str, Any] = call.body or {}
        if form.get("redirect_uris") != OUT_OF_BAND or not form.get("client_name"):
            return Answer(422, {"error": "Validation failed: Redirect URI must be an absolute URI"})
        if form.get("scopes") != SCOPE:
            return Answer(422, {"error": "Validation failed: Scopes doesn't match configured"})
        client_id, secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self.apps[client_id] = secret
        return Answer(200, {"id": "1", "client_id": client_id, "client_secret": secret})

    def _authorize(self, call: Call) -> Answer:
        query = call.query
        if "force_login" in query:
            return Answer(200, "<form>Log in</form>", PAGE)
        expected = {"response_type": "code", "redirect_uri": OUT_OF_BAND, "scope": SCOPE}
        if query.get("client_id") not in self.apps or not expected.items() <= query.items():
            return Answer(400, "<p>The client or the scope is unknown.</p>", PAGE)
        code = secrets.token_urlsafe(32)
        self._codes[code] = (query["client_id"], self._now() + self.code_seconds)
        return Answer(200, f"<p>Copy this code:</p><code>{code}</code>", PAGE)

    def _exchange(self, call: Call) -> Answer:
        form: dict[str, Any] = call.body or {}
        client_id = str(form.get("client_id"))
        if self.apps.get(client_id, "") != form.get("client_secret"):
            return Answer(401, {"error": "invalid_client"})
        owner, until = self._codes.pop(str(form.get("code")), ("", 0.0))
        expected = {"grant_type": "authorization_code", "redirect_uri": OUT_OF_BAND}
        is_right = owner == client_id and expected.items() <= form.items()
        if not is_right or self._now() >= until:
            return Answer(400, {"error": "invalid_grant", "error_description": "It is invalid"})
        token = secrets.token_urlsafe(32)
        self.tokens[token] = not self.app_only
        about = {"token_type": "Bearer", "scope": SCOPE, "created_at": int(self._now())}
        return Answer(200, {"access_token": token} | about)
