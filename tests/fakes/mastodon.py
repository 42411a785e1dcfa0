"""A double of a Mastodon server's home timeline, as published, over real HTTP.

It checks the token, pages by `max_id`, `since_id` and `min_id` (all exclusive, the newest first;
`min_id` gives those next above it), and sends the Link and rate limit headers. A post is a status,
its "reblog" another one; a status with an "id" that is older than others comes late. Hashtags of
the content become its tags unless it brings tags. Settings: {"regenerating", "rate_limit",
"ignore_min_id", "ignore_max_id", "min_id_is_since_id", "longest_page"}; `sign_in` is in
mastodon_sign_in.py, the rest in server.py.
"""

import re
import time
from datetime import UTC, datetime
from typing import Any

from fakes.mastodon_sign_in import SignIn
from fakes.server import Answer, Call, Double, serve

TOKEN = "test-token-Zr3kq8W5"
TIMELINE = "/api/v1/timelines/home"
HOST = "https://mastodon.example"
FIRST_ID = 115_600_000_000_000_000
WINDOW_SECONDS = 300
HASHTAG = re.compile(r"(?<![\w&/])#(\w+)")
REFUSED = {"error": "The access token is invalid"}
# The tokens have the scope read:statuses, which says nothing of the account.
OUT_OF_SCOPE = {"error": "This action is outside the authorized scopes"}


def environment(url: str) -> dict[str, str]:
    """The settings that lead the ingest to a double."""
    return {"MASTODON_URL": url, "MASTODON_ACCESS_TOKEN": TOKEN}


class MastodonDouble(Double):
    """A double of a Mastodon server."""

    def __init__(self) -> None:
        super().__init__()
        self.statuses: dict[str, dict[str, Any]] = {}
        self.next_id = FIRST_ID
        self.regenerating, self.ignore_min_id, self.ignore_max_id = False, False, False
        # Some servers answer `min_id` with the newest posts above it, and not with the next ones.
        self.min_id_is_since_id = False
        # Some have smaller pages than they are asked for.
        self.longest_page = 80
        self.rate_limit, self.window_start, self.window_calls = 300, 0.0, 0
        self.sign_in = SignIn(self.now)

    def add(self, posts: list[dict[str, Any]]) -> list[str]:
        """Append statuses, each newer than the last unless it has an id; return their ids."""
        added = [self._status(post) for post in posts]
        self.statuses |= {status["id"]: status for status in added}
        return [status["id"] for status in added]

    def answer(self, call: Call) -> Answer:
        """Answer as a server does; every call counts for the rate limit."""
        headers = self._limit_headers()
        signing_in = self.sign_in.answer(call)
        if signing_in:
            return signing_in
        known = {TOKEN: True} | self.sign_in.tokens
        # Whether the token is a user's; None without one that is known.
        is_users = {f"Bearer {token}": kind for token, kind in known.items()}.get(
            call.headers.get("authorization")
        )
        if is_users is None:
            return Answer(401, REFUSED, headers)
        if self.window_calls > self.rate_limit:
            return Answer(429, {"error": "Too many requests"}, headers)
        if call.path == "/api/v1/accounts/verify_credentials":
            return Answer(403, OUT_OF_SCOPE, headers)
        if (call.method, call.path) != ("GET", TIMELINE):
            return Answer(404, {"error": "Record not found"}, headers)
        if not is_users:
            return Answer(422, {"error": "This method requires an authenticated user"}, headers)
        page = self.page(call.query)
        if page:
            base = f"{call.url.partition('?')[0]}?limit={_limit(call.query)}"
            newer, older = f"min_id={page[0]['id']}", f"max_id={page[-1]['id']}"
            headers["Link"] = f'<{base}&{older}>; rel="next", <{base}&{newer}>; rel="prev"'
        return Answer(206 if self.regenerating else 200, page, headers)

    def page(self, query: dict[str, str]) -> list[dict[str, Any]]:
        """One page of the home timeline, the newest first."""
        below = "" if self.ignore_max_id else query.get("max_id", "")
        next_above = "" if self.ignore_min_id else query.get("min_id", "")
        above = next_above or query.get("since_id", "")
        ids = [
            each
            for each in sorted(self.statuses, key=_age)
            if (not below or _age(each) < _age(below)) and (not above or _age(each) > _age(above))
        ]
        size = min(_limit(query), self.longest_page)
        chosen = ids[:size] if next_above and not self.min_id_is_since_id else ids[-size:]
        return [self.statuses[each] for each in reversed(chosen)]

    def _limit_headers(self) -> dict[str, str]:
        """Count one call; the headers tell what is left in this window."""
        now = time.time()
        if now >= self.window_start + WINDOW_SECONDS:
            self.window_start, self.window_calls = now, 0
        self.window_calls += 1
        reset = datetime.fromtimestamp(self.window_start + WINDOW_SECONDS, UTC)
        return {
            "X-RateLimit-Limit": str(self.rate_limit),
            "X-RateLimit-Remaining": str(max(0, self.rate_limit - self.window_calls)),
            "X-RateLimit-Reset": reset.isoformat(timespec="microseconds")[:-6] + "Z",
        }

    def _status(self, post: dict[str, Any]) -> dict[str, Any]:
        boosted = self._status(post["reblog"]) if isinstance(post.get("reblog"), dict) else None
        number = str(self.next_id)
        if "id" not in post:
            self.next_id += 65_536
        own_id = str(post.get("id", number))
        # A boost has no text and so no hashtags of its own.
        content = post.get("content", "" if boosted else "<p>Hello</p>")
        names = HASHTAG.findall(content) if isinstance(content, str) else []
        status: dict[str, Any] = {
            "id": own_id,
            "created_at": datetime.now(UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "in_reply_to_id": None,
            "in_reply_to_account_id": None,
            "sensitive": False,
            "spoiler_text": "",
            "visibility": "public",
            "language": None if boosted else "en",
            "uri": f"{HOST}/users/ada/statuses/{own_id}",
            "url": f"{HOST}/@ada/{own_id}",
            "replies_count": 0,
            "reblogs_count": 0,
            "favourites_count": 0,
            "quotes_count": 0,
            "edited_at": None,
            "favourited": False,
            "reblogged": False,
            "muted": False,
            "bookmarked": False,
            "filtered": [],
            "content": content,
            "account": _account("109300000000000001", "ada"),
            "media_attachments": [],
            "mentions": [],
            "tags": [{"name": name, "url": f"{HOST}/tags/{name}"} for name in names],
            "emojis": [],
            "card": None,
            "poll": None,
            "quote": None,
        }
        return status | post | {"reblog": boosted or post.get("reblog")}


def _account(account_id: str, name: str) -> dict[str, Any]:
    picture = f"{HOST}/pictures/{name}.png"
    return {
        "id": account_id,
        "username": name,
        "acct": name,
        "display_name": name.title(),
        "locked": False,
        "bot": False,
        "discoverable": True,
        "indexable": False,
        "group": False,
        "created_at": "2022-11-07T00:00:00.000Z",
        "note": "",
        "url": f"{HOST}/@{name}",
        "uri": f"{HOST}/users/{name}",
        "avatar": picture,
        "avatar_static": picture,
        "header": picture,
        "header_static": picture,
        "followers_count": 1,
        "following_count": 1,
        "statuses_count": 1,
        "last_status_at": "2026-11-22",
        "hide_collections": None,
        "emojis": [],
        "roles": [],
        "fields": [],
    }


def _limit(query: dict[str, str]) -> int:
    return min(40, int(query.get("limit", "20")))


def _age(status_id: str) -> tuple[int, str]:
    return len(status_id), status_id


if __name__ == "__main__":
    serve(MastodonDouble())
