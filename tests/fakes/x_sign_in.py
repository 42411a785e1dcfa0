"""How X signs a user in to an app: PIN-based OAuth 1.0a, for the double in x.py.

A request token is good for one attempt: a wrong, used or late PIN spoils it. The page that shows
the PIN is what a browser sees whose user is signed in, and has authorized the app.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from fakes.server import Answer, Call
from fakes.x_signature import ApiError, Signatures

# X sends a form with the content type of a page.
FORM = {"Content-Type": "text/html;charset=utf-8"}
PAGE = {"Content-Type": "text/html"}
REFUSED = "Error processing your OAuth request: Invalid oauth_verifier parameter"


@dataclass
class RequestToken:
    """What a sign-in begins with; `pin` is empty until the user has authorized the app."""

    secret: str
    until: float
    pin: str = ""


class SignIn:
    """Request tokens, PINs, and the access tokens of users who authorized the app.

    `pin_seconds` is how long a PIN lasts; with `is_allowed` off, the app may not sign users in.
    """

    def __init__(self, user_id: str, signatures: Signatures, now: Callable[[], float]) -> None:
        self.pin_seconds, self.is_allowed = 300.0, True
        self.access_tokens: dict[str, str] = {}
        self._user_id, self._signatures, self._now = user_id, signatures, now
        self._pending: dict[str, RequestToken] = {}

    def answer(self, call: Call) -> Answer | None:
        """Answer a call of a sign-in, None if it is none; raise ApiError."""
        routes = {
            ("POST", "/oauth/request_token"): self._begin,
            ("GET", "/oauth/authorize"): self._authorize,
            ("POST", "/oauth/access_token"): self._finish,
        }
        route = routes.get((call.method, call.path))
        return route(call) if route else None

    def _begin(self, call: Call) -> Answer:
        given = self._signatures.check(call, {"": ""}, self._now())
        if not self.is_allowed or given.get("oauth_callback") != "oob":
            raise ApiError(403, "Forbidden", "Callback URL not approved for this client")
        token, secret = secrets.token_urlsafe(20), secrets.token_urlsafe(24)
        self._pending[token] = RequestToken(secret, self._now() + self.pin_seconds)
        confirmed = {"oauth_callback_confirmed": "true"}
        form = {"oauth_token": token, "oauth_token_secret": secret} | confirmed
        return Answer(200, urlencode(form), FORM)

    def _authorize(self, call: Call) -> Answer:
        pending = self._pending.get(call.query.get("oauth_token", ""))
        if pending is None:
            return Answer(403, "<p>This page is no longer valid.</p>", PAGE)
        pending.pin = f"{secrets.randbelow(10**7):07}"
        return Answer(200, f"<p>Enter this PIN:</p><code>{pending.pin}</code>", PAGE)

    def _finish(self, call: Call) -> Answer:
        known = {token: pending.secret for token, pending in self._pending.items()}
        given = self._signatures.check(call, known, self._now())
        pending = self._pending.pop(given["oauth_token"])
        is_right = bool(pending.pin) and given.get("oauth_verifier") == pending.pin
        if not is_right or self._now() >= pending.until:
            raise ApiError(401, "Unauthorized", REFUSED)
        token, secret = f"{self._user_id}-{secrets.token_hex(10)}", secrets.token_urlsafe(33)
        self.access_tokens[token] = secret
        form = {"oauth_token": token, "oauth_token_secret": secret, "user_id": self._user_id}
        return Answer(200, urlencode(form | {"screen_name": "test"}), FORM)
