"""A double of X's API v2: the home timeline and `users/me`, as published, over real HTTP.

It checks the OAuth 1.0a signature of every call (RFC 5849), pages the newest first with exclusive
`since_id` and `until_id`, sends the rate limit headers, and fails on demand. A post that reposts
another names it by `referenced_tweets`; with the expansion asked for, `originals` has its text.
Settings: {"vocabulary": "tweet" | "post", "strict", "rate_limit", "endless", "originals",
"tokens", "has_credits", "may_read"}; `sign_in` is in x_sign_in.py, the rest in server.py.

A pagination token belongs to the query that gave it. What a server makes of one that comes with
other parameters no document says, so there are three kinds of `tokens`: "place" names the post that
the page before ended with; "position" counts what the query itself has above the page, so a query
that has changed skips posts; "bound" is refused with a 400 when the query has changed.
"""

import hashlib
import time
from datetime import UTC, datetime
from typing import Any

from fakes.server import Answer, Call, Double, serve
from fakes.x_sign_in import SignIn
from fakes.x_signature import ApiError, Signatures

USER_ID = "2244994945"
TOKENS = {f"{USER_ID}-test-access-token": "test-access-secret", "opaque": "test-access-secret"}
CREDENTIALS = {
    "CONSUMER_KEY": "test-consumer-key",
    "CONSUMER_SECRET": "test-consumer-secret",
    "ACCESS_TOKEN": f"{USER_ID}-test-access-token",
    "ACCESS_SECRET": "test-access-secret",
}
FIRST_ID = 1_990_000_000_000_000_000
WINDOW_SECONDS = 15 * 60
# What stands in each vocabulary's place; the double keeps its posts in the older words.
WORDS = {
    "tweet": {},
    "post": {
        "edit_history_tweet_ids": "edit_history_post_ids",
        "note_tweet": "note_post",
        "referenced_tweets": "referenced_posts",
        "tweets": "posts",
    },
}
DEFAULT_FIELDS = ("id", "text", "edit_history_tweet_ids")
EXPANSION = {"tweet": "referenced_tweets.id", "post": "referenced_posts.id"}


class XDouble(Double):
    """A double of X's API v2."""

    def __init__(self) -> None:
        super().__init__()
        self.tweets: dict[int, dict[str, Any]] = {}
        self.originals: dict[str, dict[str, Any]] = {}
        self.signatures = Signatures()
        self.sign_in = SignIn(USER_ID, self.signatures, self.now)
        self.has_credits, self.may_read = True, True
        self.vocabulary, self.strict, self.endless = "tweet", False, False
        self.tokens = "place"
        self.rate_limit, self.window_start, self.window_calls = 180, 0.0, 0
        self.next_id = FIRST_ID

    def add(self, posts: list[dict[str, Any]]) -> list[str]:
        """Append posts, each newer than the last; ids and times are filled in."""
        ids = []
        for post in posts:
            now = datetime.now(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
            given = post.get("id")
            number = int(given) if isinstance(given, str) and given.isdecimal() else self.next_id
            self.next_id = max(self.next_id, number) + 1
            defaults = {
                "id": str(number),
                "created_at": now,
                "author_id": "12",
                "lang": "en",
                "edit_history_tweet_ids": [str(number)],
            }
            self.tweets[number] = defaults | post
            ids.append(str(number))
        return ids

    def answer(self, call: Call) -> Answer:
        """Answer as X does; every call counts for the rate limit."""
        headers = self._limit_headers()
        try:
            return self.sign_in.answer(call) or Answer(200, self._checked(call), headers)
        except ApiError as error:
            return Answer(error.status, error.body, headers)

    def _checked(self, call: Call) -> Any:
        self.signatures.check(call, TOKENS | self.sign_in.access_tokens, self.now())
        if not self.has_credits:
            raise ApiError(402, "CreditsDepleted", "Your account has no credits")
        if not self.may_read:
            raise ApiError(403, "Client Forbidden", "The app has to be attached to a project")
        if self.window_calls > self.rate_limit:
            raise ApiError(429, "Too Many Requests", "Too Many Requests")
        if call.path == "/2/users/me":
            return {"data": {"id": USER_ID, "name": "Test", "username": "test"}}
        if call.path == f"/2/users/{USER_ID}/timelines/reverse_chronological":
            return self.page(call.query)
        raise ApiError(404, "Not Found Error", "Not found")

    def _limit_headers(self) -> dict[str, str]:
        """Count one call; the headers tell what is left in this window."""
        now = time.time()
        if now >= self.window_start + WINDOW_SECONDS:
            self.window_start, self.window_calls = now, 0
        self.window_calls += 1
        return {
            "x-rate-limit-limit": str(self.rate_limit),
            "x-rate-limit-remaining": str(max(0, self.rate_limit - self.window_calls)),
            "x-rate-limit-reset": str(int(self.window_start + WINDOW_SECONDS)),
        }

    def page(self, query: dict[str, str]) -> dict[str, Any]:
        """One page of the home timeline, the newest first."""
        self._check_query(query)
        size = int(query.get("max_results", "100"))
        since, until = int(query.get("since_id", 0)), int(query.get("until_id", 0))
        ids = [
            number
            for number in sorted(self.tweets, reverse=True)
            if number > since and (not until or number < until)
        ]
        start = self._start(query, ids)
        chosen = ids[start : start + size]
        meta: dict[str, Any] = {"result_count": len(chosen)}
        if len(ids) > start + size or self.endless:
            meta["next_token"] = self._token(query, ids, start + len(chosen))
        if not chosen:
            return {"meta": meta}
        meta |= {"newest_id": str(chosen[0]), "oldest_id": str(chosen[-1])}
        tweets = [self.tweets[number] for number in chosen]
        fields = query.get(f"{self.vocabulary}.fields", "").split(",")
        answer: dict[str, Any] = {"data": [self._shown(each, fields) for each in tweets]}
        if query.get("expansions") == EXPANSION[self.vocabulary]:
            answer |= self._expanded(tweets, fields)
        return answer | {"meta": meta}

    def _token(self, query: dict[str, str], ids: list[int], position: int) -> str:
        """What leads to the page that begins at a position within the query's own posts."""
        place = ids[position - 1] if 0 < position <= len(ids) else 0
        kind = {"place": place, "position": position, "bound": f"{_digest(query)}-{place}"}
        return f"end-{kind[self.tokens]}"

    def _start(self, query: dict[str, str], ids: list[int]) -> int:
        """The position within `ids` that a token leads to."""
        token = query.get("pagination_token", "").removeprefix("end-")
        if not token:
            return 0
        if self.tokens == "position":
            return int(token)
        digest, _, place = token.rpartition("-")
        if self.tokens == "bound" and digest != _digest(query):
            raise ApiError(400, "Invalid Request", "pagination_token is not of this query")
        return sum(number >= int(place) for number in ids) if int(place) else 0

    def _expanded(self, tweets: list[dict[str, Any]], fields: list[str]) -> dict[str, Any]:
        """The referenced posts and, for those that are gone, errors."""
        wanted = [ref["id"] for each in tweets for ref in each.get("referenced_tweets", [])]
        found = [self.originals[each] for each in wanted if each in self.originals]
        gone = [each for each in wanted if each not in self.originals]
        name = WORDS[self.vocabulary].get("tweets", "tweets")
        answer: dict[str, Any] = {}
        if found:
            answer["includes"] = {name: [self._shown(each, fields) for each in found]}
        if gone:
            detail = "Could not find the referenced post"
            answer["errors"] = [
                {
                    "value": each,
                    "detail": detail,
                    "title": "Not Found Error",
                    "resource_type": "tweet",
                    "parameter": EXPANSION[self.vocabulary],
                    "resource_id": each,
                    "type": "https://api.twitter.com/2/problems/resource-not-found",
                }
                for each in gone
            ]
        return answer

    def _shown(self, tweet: dict[str, Any], fields: list[str]) -> dict[str, Any]:
        words = WORDS[self.vocabulary]
        renamed = {words.get(name, name): value for name, value in tweet.items()}
        shown = {*fields, *(words.get(name, name) for name in DEFAULT_FIELDS)}
        return {name: value for name, value in renamed.items() if name in shown}

    def _check_query(self, query: dict[str, str]) -> None:
        other = "post.fields" if self.vocabulary == "tweet" else "tweet.fields"
        if self.strict and other in query:
            raise ApiError(
                400,
                "Invalid Request",
                "One or more parameters to your request was invalid.",
                errors=[
                    {
                        "parameters": {other: [query[other]]},
                        "message": f"The query parameter [{other}] is not one of the known ones",
                    }
                ],
            )
        if not 1 <= int(query.get("max_results", "100")) <= 100:
            raise ApiError(400, "Invalid Request", "max_results must be between 1 and 100")


def _digest(query: dict[str, str]) -> str:
    """All parameters but the token, in short."""
    others = sorted((name, value) for name, value in query.items() if name != "pagination_token")
    return hashlib.sha256(repr(others).encode()).hexdigest()[:16]


if __name__ == "__main__":
    serve(XDouble())
