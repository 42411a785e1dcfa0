"""A double of a Bluesky server: sessions and the home timeline, as published, over real HTTP.

Tokens are signed JWTs of limited life; a refresh replaces both. The timeline is paged the newest
first by an opaque cursor. A post is an app.bsky.feed.post record with, if need be, these fields
of its item: "uri", "author" (a DID), "indexedAt", "reason". Hashtags of the text get their facets
unless the record brings facets; a reason is filled in to a repost by another account.
Settings: {"token_seconds", "rate_limit", "session_limit", "endless", "pds", "secret",
"second_factor"}; a new "secret" ends all sessions, "pds" is what the account's DID document names
as its server, and with a "second_factor" the account's own password is not enough. The rest is in
server.py.
"""

import base64
import hashlib
import hmac
import json
import re
import time
from datetime import UTC, datetime
from typing import Any

from fakes.server import Answer, Call, Double, serve

HANDLE = "alice.example.com"
DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
APP_PASSWORD = "abcd-efgh-ijkl-mnop"
CREDENTIALS = {"BLUESKY_HANDLE": HANDLE, "BLUESKY_APP_PASSWORD": APP_PASSWORD}
FRIEND = "did:plc:z72i7hdynmk6r22z27h6tvur"
REPOSTER = "did:plc:44ybard66vv44zksje25o7dz"
CID = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"
ACCESS, REFRESH = "com.atproto.appPass", "com.atproto.refresh"
# The account's own password, and what a session that is made with it may do: everything.
OWN_PASSWORD, FULL_ACCESS = "correct-horse-battery", "com.atproto.access"
REFRESH_SECONDS = 60 * 24 * 3600
WINDOW_SECONDS = 300
HASHTAG = re.compile(r"(?<!\S)#(\w+)")
CREATE, RENEW, TIMELINE = (
    f"/xrpc/{name}"
    for name in (
        "com.atproto.server.createSession",
        "com.atproto.server.refreshSession",
        "app.bsky.feed.getTimeline",
    )
)


def environment(url: str) -> dict[str, str]:
    """The settings that lead the ingest to a double."""
    return CREDENTIALS | {"BLUESKY_URL": url}


class ApiError(Exception):
    """An answer other than 200, in the shape of XRPC."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, "message": message}


class BlueskyDouble(Double):
    """A double of a Bluesky server."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[tuple[int, dict[str, Any]]] = []
        self.number = 0
        self.secret, self.token_seconds, self.revoked = "secret", 7200, set[str]()
        self.rate_limit, self.session_limit = 3000, 30
        self.windows: dict[str, tuple[float, int]] = {}
        self.endless, self.pds, self.tokens = False, "", 0
        self.second_factor = False

    def add(self, posts: list[dict[str, Any]]) -> list[str]:
        """Append posts, each newer than the last; return their AT URIs."""
        added = [self._item(dict(post)) for post in posts]
        return [item["post"]["uri"] for item in added]

    def remove(self, uri: str) -> None:
        """Forget a post, and its reposts."""
        self.items = [(each, item) for each, item in self.items if item["post"]["uri"] != uri]

    def answer(self, call: Call) -> Answer:
        """Answer as a server does; every call counts for a rate limit."""
        headers = self._limit_headers(call.path)
        try:
            return Answer(200, self._checked(call), headers)
        except ApiError as error:
            return Answer(error.status, error.body, headers)

    def page(self, query: dict[str, str]) -> dict[str, Any]:
        """One page of the timeline, the newest first; the cursor is the last item's number."""
        limit, cursor = query.get("limit", "50"), query.get("cursor", "")
        if not limit.isdecimal() or not 1 <= int(limit) <= 100:
            raise ApiError(400, "InvalidRequest", "Error: limit must be between 1 and 100")
        if cursor and not cursor.startswith("at-"):
            raise ApiError(400, "InvalidRequest", "Malformed cursor")
        below = int(cursor.removeprefix("at-")) if cursor else self.number + 1
        left = [(number, item) for number, item in reversed(self.items) if number < below]
        chosen = left[: int(limit)]
        answer: dict[str, Any] = {"feed": [item for _, item in chosen]}
        if len(left) > len(chosen) or self.endless:
            last = chosen[-1][0] if chosen else below - 1
            answer["cursor"] = f"at-{last}"
        return answer

    def _item(self, post: dict[str, Any]) -> dict[str, Any]:
        """Make a feedViewPost, and place it on top."""
        self.number += 1
        now = datetime.now(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
        author = post.pop("author", FRIEND)
        uri = post.pop("uri", f"at://{author}/app.bsky.feed.post/{tid(self.number)}")
        indexed_at, reason = post.pop("indexedAt", now), post.pop("reason", None)
        defaults = {
            "$type": "app.bsky.feed.post",
            "createdAt": now,
            "langs": ["en"],
            "facets": facets(str(post.get("text", ""))),
        }
        item: dict[str, Any] = {
            "post": {
                "uri": uri,
                "cid": CID,
                "author": profile(author),
                "record": defaults | post,
                "indexedAt": indexed_at,
                "likeCount": 0,
                "replyCount": 0,
                "repostCount": 0,
                "quoteCount": 0,
                "viewer": {"threadMuted": False, "embeddingDisabled": False},
                "labels": [],
            }
        }
        if reason is not None:
            kind = "app.bsky.feed.defs#reasonRepost"
            by = {"$type": kind, "by": profile(REPOSTER), "indexedAt": now}
            item["reason"] = by | reason
        self.items.append((self.number, item))
        return item

    def _checked(self, call: Call) -> Any:
        if self.windows[_window(call.path)][1] > self._limit(call.path):
            raise ApiError(429, "RateLimitExceeded", "Rate Limit Exceeded")
        if (call.method, call.path) == ("POST", CREATE):
            return self._created(call.body)
        if (call.method, call.path) == ("POST", RENEW):
            token = _bearer(call)
            self._check_token(token, REFRESH)
            self.revoked.add(token)
            return self._session()
        if (call.method, call.path) == ("GET", TIMELINE):
            self._check_token(_bearer(call), ACCESS, FULL_ACCESS)
            return self.page(call.query)
        raise ApiError(501, "MethodNotImplemented", "Method Not Implemented")

    def _created(self, body: Any) -> dict[str, Any]:
        if not isinstance(body, dict) or not {"identifier", "password"} <= set(body):
            raise ApiError(400, "InvalidRequest", "Input must have the property identifier")
        is_known = body["identifier"].lower() in (HANDLE, DID)
        scope = {APP_PASSWORD: ACCESS, OWN_PASSWORD: FULL_ACCESS}.get(body["password"])
        if not is_known or scope is None:
            raise ApiError(401, "AuthenticationRequired", "Invalid identifier or password")
        if scope == FULL_ACCESS and self.second_factor:
            raise ApiError(401, "AuthFactorTokenRequired", "A sign in code was sent by mail")
        return self._session(scope) | {"email": "alice@example.com", "emailConfirmed": True}

    def _session(self, scope: str = ACCESS) -> dict[str, Any]:
        session: dict[str, Any] = {
            "did": DID,
            "handle": HANDLE,
            "accessJwt": self._token(scope, self.token_seconds),
            "refreshJwt": self._token(REFRESH, REFRESH_SECONDS),
            "active": True,
        }
        if self.pds:
            service = {
                "id": "#atproto_pds",
                "type": "AtprotoPersonalDataServer",
                "serviceEndpoint": self.pds,
            }
            session["didDoc"] = {"id": DID, "service": [service]}
        return session

    def _token(self, scope: str, seconds: float) -> str:
        self.tokens += 1
        now = int(time.time())
        claims = {
            "scope": scope,
            "sub": DID,
            "iat": now,
            "exp": now + int(seconds),
            "jti": str(self.tokens),
        }
        head = f"{_encoded({'typ': 'JWT', 'alg': 'HS256'})}.{_encoded(claims)}"
        return f"{head}.{self._signature(head)}"

    def _signature(self, head: str) -> str:
        return _base64(hmac.digest(self.secret.encode(), head.encode(), hashlib.sha256))

    def _check_token(self, token: str, *scopes: str) -> None:
        head, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature, self._signature(head)):
            raise ApiError(400, "InvalidToken", "Token could not be verified")
        text = head.partition(".")[2]
        claims = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if claims["scope"] not in scopes:
            raise ApiError(400, "InvalidToken", "Bad token scope")
        if claims["exp"] <= time.time():
            raise ApiError(400, "ExpiredToken", "Token has expired")
        if token in self.revoked:
            raise ApiError(400, "ExpiredToken", "Token has been revoked")

    def _limit(self, path: str) -> int:
        return self.session_limit if path == CREATE else self.rate_limit

    def _limit_headers(self, path: str) -> dict[str, str]:
        """Count one call; the headers tell what is left in this window."""
        start, calls = self.windows.get(_window(path), (0.0, 0))
        now = time.time()
        if now >= start + WINDOW_SECONDS:
            start, calls = now, 0
        self.windows[_window(path)] = (start, calls + 1)
        limit = self._limit(path)
        return {
            "ratelimit-limit": str(limit),
            "ratelimit-remaining": str(max(0, limit - calls - 1)),
            "ratelimit-reset": str(int(start + WINDOW_SECONDS)),
            "ratelimit-policy": f"{limit};w={WINDOW_SECONDS}",
        }


def profile(did: str) -> dict[str, Any]:
    """An account as an item shows it."""
    return {"did": did, "handle": f"{did[-8:]}.example.com", "displayName": "Test", "labels": []}


def facets(text: str) -> list[dict[str, Any]]:
    """The hashtags of a text as the official client marks them; places in bytes of UTF-8."""
    return [
        {
            "index": {
                "byteStart": len(text[: found.start()].encode()),
                "byteEnd": len(text[: found.end()].encode()),
            },
            "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": found[1]}],
        }
        for found in HASHTAG.finditer(text)
    ]


def tid(number: int) -> str:
    """A record key in the network's form: 13 characters of base 32."""
    digits = "234567abcdefghijklmnopqrstuvwxyz"
    return "3" + "".join(digits[number >> 5 * place & 31] for place in reversed(range(12)))


def _window(path: str) -> str:
    return CREATE if path == CREATE else ""


def _bearer(call: Call) -> str:
    header = str(call.headers.get("authorization", ""))
    if not header.startswith("Bearer "):
        raise ApiError(401, "AuthMissing", "Authentication Required")
    return header.removeprefix("Bearer ")


def _encoded(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


if __name__ == "__main__":
    serve(BlueskyDouble())
