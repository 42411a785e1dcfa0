"""A double of X's API v2: the home timeline and `users/me`, as published, over real HTTP.

It checks the OAuth 1.0a signature of every call (RFC 5849), pages the newest first with exclusive
`since_id` and `until_id`, sends the rate limit headers, and fails on demand. Run it with
`python tests/fakes/x.py --port 8099`, or in a test: `with FakeX() as x: ... x.url`.

Control, without a signature: POST /_control/tweets (a list of objects; `text` is enough),
POST /_control/faults (a list of {"request": n, "times": 1, "status", "body", "headers", "html",
"delay", "drip", "drop"}; n counts signed calls from 1), POST /_control/settings (any of
{"vocabulary": "tweet" | "post", "strict", "rate_limit", "endless"}), GET /_control/requests,
POST /_control/reset.
"""

import argparse
import json
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from oauthlib.common import Request
from oauthlib.oauth1.rfc5849 import signature

USER_ID = "2244994945"
CONSUMER = {"test-consumer-key": "test-consumer-secret"}
TOKENS = {f"{USER_ID}-test-access-token": "test-access-secret", "opaque": "test-access-secret"}
CREDENTIALS = {
    "CONSUMER_KEY": "test-consumer-key",
    "CONSUMER_SECRET": "test-consumer-secret",
    "ACCESS_TOKEN": f"{USER_ID}-test-access-token",
    "ACCESS_SECRET": "test-access-secret",
}
FIRST_ID = 1_990_000_000_000_000_000
WINDOW_SECONDS = 15 * 60
CLOCK_SECONDS = 300
# What stands in each vocabulary's place; the double keeps its posts in the older words.
WORDS = {
    "tweet": {},
    "post": {
        "edit_history_tweet_ids": "edit_history_post_ids",
        "note_tweet": "note_post",
        "referenced_tweets": "referenced_posts",
    },
}
DEFAULT_FIELDS = ("id", "text", "edit_history_tweet_ids")


class ApiError(Exception):
    """An answer other than 200, in X's shape."""

    def __init__(self, status: int, title: str, detail: str, **more: Any) -> None:
        super().__init__(title)
        self.status = status
        self.body = {"title": title, "detail": detail, "status": status, "type": "about:blank"}
        self.body |= more


@dataclass
class Timeline:
    """Everything that the server knows; one lock around all of it."""

    tweets: dict[int, dict[str, Any]] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)
    vocabulary: str = "tweet"
    strict: bool = False
    endless: bool = False
    rate_limit: int = 180
    window_start: float = 0.0
    window_calls: int = 0
    next_id: int = FIRST_ID
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, tweets: list[dict[str, Any]]) -> list[str]:
        """Append tweets, each newer than the last; ids and times are filled in."""
        ids = []
        for tweet in tweets:
            now = datetime.now(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
            given = tweet.get("id")
            number = int(given) if isinstance(given, str) and given.isdecimal() else self.next_id
            self.next_id = max(self.next_id, number) + 1
            defaults = {
                "id": str(number),
                "created_at": now,
                "author_id": "12",
                "lang": "en",
                "edit_history_tweet_ids": [str(number)],
            }
            self.tweets[number] = defaults | tweet
            ids.append(str(number))
        return ids

    def fault(self) -> dict[str, Any]:
        """The fault for the request that was logged last, if there is one."""
        number = len(self.requests)
        for fault in self.faults:
            first = fault.get("request", 1)
            if first <= number < first + fault.get("times", 1):
                return fault
        return {}

    def limit_headers(self) -> dict[str, str]:
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
        below = int(query.get("pagination_token", "end-0").removeprefix("end-") or 0)
        since, until = int(query.get("since_id", 0)), int(query.get("until_id", 0))
        ids = [
            number
            for number in sorted(self.tweets, reverse=True)
            if number > since and (not until or number < until) and (not below or number < below)
        ]
        chosen = ids[:size]
        meta: dict[str, Any] = {"result_count": len(chosen)}
        if len(ids) > size or self.endless:
            meta["next_token"] = f"end-{chosen[-1] if chosen else below}"
        if not chosen:
            return {"meta": meta}
        meta |= {"newest_id": str(chosen[0]), "oldest_id": str(chosen[-1])}
        fields = query.get(f"{self.vocabulary}.fields", "").split(",")
        return {
            "data": [self._shown(self.tweets[number], fields) for number in chosen],
            "meta": meta,
        }

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


def check_signature(method: str, url: str, header: str, nonces: set[str]) -> None:
    """RFC 5849, section 3.2: verify the signature over what arrived, and refuse replays."""
    given = dict(
        signature.collect_parameters(
            headers={"Authorization": header}, exclude_oauth_signature=False
        )
    )
    consumer_secret = CONSUMER.get(given.get("oauth_consumer_key", ""))
    token_secret = TOKENS.get(given.get("oauth_token", ""))
    request = Request(url, method, None, {"Authorization": header})
    request.params = signature.collect_parameters(
        uri_query=urlsplit(url).query, headers={"Authorization": header}
    )
    request.signature = given.get("oauth_signature", "")
    nonce = given.get("oauth_nonce", "")
    timely = abs(time.time() - int(given.get("oauth_timestamp", "0") or 0)) < CLOCK_SECONDS
    valid = (
        consumer_secret is not None
        and token_secret is not None
        and timely
        and nonce not in nonces
        and given.get("oauth_signature_method") == "HMAC-SHA1"
        and signature.verify_hmac_sha1(request, consumer_secret, token_secret)
    )
    nonces.add(nonce)
    if not valid:
        raise ApiError(401, "Unauthorized", "Unauthorized")


class Handler(BaseHTTPRequestHandler):
    """One request; the server has the timeline."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        if self.path == "/_control/requests":
            self._answer(200, self.server.timeline.requests)
        else:
            self._api()

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(length) or b"null")
        self._answer(200, self._control(self.path.removeprefix("/_control/"), body))

    def log_message(self, *args: Any) -> None:
        """The log of requests is at /_control/requests."""

    def _control(self, name: str, body: Any) -> Any:
        timeline = self.server.timeline
        with timeline.lock:
            if name == "tweets":
                return timeline.add(body)
            if name == "faults":
                timeline.faults = body
            elif name == "settings":
                vars(timeline).update(body)
            elif name == "reset":
                self.server.timeline = Timeline()
        return {}

    def _api(self) -> None:
        timeline, parts = self.server.timeline, urlsplit(self.path)
        with timeline.lock:
            query = dict(parse_qsl(parts.query))
            entry = {"path": parts.path, "query": query, "at": time.time()}
            timeline.requests.append(entry)
            fault = timeline.fault()
            headers = timeline.limit_headers()
            try:
                body = self._checked(parts.path, query)
                status = 200
            except ApiError as error:
                status, body = error.status, error.body
            entry["status"] = fault.get("status", status)
        if fault:
            self._fail(fault, status, body, headers)
        else:
            self._answer(status, body, headers)

    def _checked(self, path: str, query: dict[str, str]) -> Any:
        timeline = self.server.timeline
        url = f"http://{self.headers['host']}{self.path}"
        check_signature("GET", url, self.headers.get("authorization", ""), timeline.nonces)
        if timeline.window_calls > timeline.rate_limit:
            raise ApiError(429, "Too Many Requests", "Too Many Requests")
        if path == "/2/users/me":
            return {"data": {"id": USER_ID, "name": "Test", "username": "test"}}
        if path == f"/2/users/{USER_ID}/timelines/reverse_chronological":
            return timeline.page(query)
        raise ApiError(404, "Not Found Error", "Not found")

    def _fail(self, fault: dict[str, Any], status: int, body: Any, headers: dict[str, str]) -> None:
        time.sleep(fault.get("delay", 0))
        if fault.get("drop") is True:
            self.close_connection = True
            return
        status = fault.get("status", status)
        if "headers" in fault:
            headers = {name: value for name, value in fault["headers"].items() if value is not None}
        if "html" in fault:
            self._send(status, fault["html"].encode(), "text/html", headers, fault)
        else:
            raw = fault.get("body", body)
            raw = raw.encode() if isinstance(raw, str) else json.dumps(raw).encode()
            self._send(status, raw, "application/json; charset=utf-8", headers, fault)

    def _answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        raw = json.dumps(body).encode()
        self._send(status, raw, "application/json; charset=utf-8", headers or {}, {})

    def _send(
        self, status: int, raw: bytes, kind: str, headers: dict[str, str], fault: dict[str, Any]
    ) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(raw)),
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if fault.get("drop") == "middle":
            self.wfile.write(raw[: len(raw) // 2])
            self.close_connection = True
        elif "drip" in fault:
            self._drip(raw, fault["drip"])
        else:
            self.wfile.write(raw)

    def _drip(self, raw: bytes, pause: float) -> None:
        """One byte at a time, until the client has had enough."""
        try:
            for byte in raw:
                self.wfile.write(bytes([byte]))
                time.sleep(pause)
        except OSError:
            self.close_connection = True


class Server(ThreadingHTTPServer):
    """The HTTP server with its timeline."""

    daemon_threads = True
    timeline: Timeline

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up is no news."""


class FakeX:
    """The double within a test: `with FakeX() as x`, then x.url, x.timeline and x.requests."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._server = Server((host, port), Handler)
        self._server.timeline = Timeline()
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self.url = f"http://{host}:{self._server.server_port}"

    @property
    def timeline(self) -> Timeline:
        return self._server.timeline

    @property
    def requests(self) -> list[dict[str, Any]]:
        return self.timeline.requests

    def start(self) -> "FakeX":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> "FakeX":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description="A double of X's API v2.")
    parser.add_argument("--host", default="0.0.0.0")
    parser.add_argument("--port", type=int, default=8099)
    arguments = parser.parse_args()
    server = Server((arguments.host, arguments.port), Handler)
    server.timeline = Timeline()
    server.serve_forever()


if __name__ == "__main__":
    main()
