"""The headers of every route, whatever it answers."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.exceptions import ImATeapot
from werkzeug.test import TestResponse

import web
from support.memory_store import MemoryStore
from web.embed import hashtag_history
from web.embed.widget import script

Make = Callable[..., FlaskClient]

WIDGET = "widget"  # framed by other origins
PAGE = "page"
LIBRARY = "library"  # a page that a library draws
OPEN = "open"  # read by scripts of other origins

ANY_COPY = {"If-None-Match": "*"}


@dataclass(frozen=True)
class Route:
    """Who may use it, and an address for each status that it can give to a GET.

    405 and 500 come in the same way everywhere.
    """

    kind: str
    answers: dict[int, str]
    asking: dict[int, dict[str, str]] = field(default_factory=lambda: {304: ANY_COPY})


def once(kind: str, path: str, **more: str) -> Route:
    return Route(kind, {200: path} | {int(name[1:]): each for name, each in more.items()})


ROUTES = {
    "/": once(PAGE, "/"),
    "/status": once(PAGE, "/status"),
    "/api": once(LIBRARY, "/api"),
    "/healthz": once(PAGE, "/healthz"),
    "/readyz": once(PAGE, "/readyz", _503="/readyz"),
    "/widget": once(WIDGET, "/widget"),
    "/widget.js": once(OPEN, "/widget.js", _304="/widget.js"),
    "/widget-<version>.js": once(
        OPEN, f"/{script().path}", _304=f"/{script().path}", _404="/widget-0123456789abcdef.js"
    ),
    "/embed/tag/<tag>": once(
        WIDGET, "/embed/tag/tea?range=7d", _400="/embed/tag/%23", _404="/embed/tag/a%2Fb"
    ),
    "/hashtag-history.js": once(OPEN, "/hashtag-history.js", _304="/hashtag-history.js"),
    "/hashtag-history-<version>.js": once(
        OPEN,
        f"/{hashtag_history.script().path}",
        _304=f"/{hashtag_history.script().path}",
        _404="/hashtag-history-0123456789abcdef.js",
    ),
    "/favicon.ico": once(PAGE, "/favicon.ico", _304="/favicon.ico"),
    "/robots.txt": once(PAGE, "/robots.txt", _304="/robots.txt"),
    **{
        path: once(OPEN, path, _304=path, _400=f"{path}?board=x", _503=path)
        for path in ("/feed.atom", "/feed.json")
    },
    "/static/<path:filename>": Route(
        OPEN,
        dict.fromkeys((200, 206, 304, 416), "/static/icon.svg") | {404: "/static/nothing"},
        {304: ANY_COPY, 206: {"Range": "bytes=0-1"}, 416: {"Range": "bytes=99999-"}},
    ),
    "/vendor/<path:filename>": Route(
        PAGE,
        dict.fromkeys((200, 206, 304, 416), "/vendor/uPlot.min.css") | {404: "/vendor/nothing"},
        {304: ANY_COPY, 206: {"Range": "bytes=0-1"}, 416: {"Range": "bytes=99999-"}},
    ),
    "/badge.svg": once(OPEN, "/badge.svg", _304="/badge.svg"),
    "/openapi.json": once(OPEN, "/openapi.json", _304="/openapi.json"),
    "/oembed": once(
        OPEN,
        "/oembed?url=http://localhost/",
        _400="/oembed",
        _404="/oembed?url=http://elsewhere.example/",
        _501="/oembed?url=http://localhost/&format=xml",
    ),
    "/api/v1/status": once(OPEN, "/api/v1/status"),
    "/api/v1/trends": once(
        OPEN,
        "/api/v1/trends",
        _304="/api/v1/trends",
        _400="/api/v1/trends?limit=0",
        _503="/api/v1/trends",
    ),
    "/api/v1/hashtags": once(
        OPEN,
        "/api/v1/hashtags?prefix=te",
        _304="/api/v1/hashtags?prefix=te",
        _400="/api/v1/hashtags",
        _503="/api/v1/hashtags?prefix=te",
    ),
    "/api/v1/hashtags/<path:tag>": once(
        OPEN,
        "/api/v1/hashtags/%23Tea",
        _304="/api/v1/hashtags/tea",
        _400="/api/v1/hashtags/tea?hours=0",
        _404="/api/v1/hashtags/coffee",
        _503="/api/v1/hashtags/broken",
    ),
}

# The libraries of the pages are in the images alone.
IN_IMAGES = {"/vendor/<path:filename>": [pytest.mark.component]}
EVERY = [
    pytest.param(rule, method, status, marks=IN_IMAGES.get(rule, ()))
    for rule, route in ROUTES.items()
    for method, statuses in {
        "GET": [*route.answers, 500],
        "HEAD": list(route.answers),
        "OPTIONS": [204],
        "POST": [405],
        "BREW": [405],
    }.items()
    for status in statuses
]


@pytest.fixture
def client(client: FlaskClient, store: MemoryStore) -> FlaskClient:
    store.put()
    store.tags["tea"] = {b"n:count": b"1 0 0"}
    store.tags["broken"] = {b"n:count": b"?"}
    return client


def rules(client: FlaskClient) -> dict[str, str]:
    return {rule.rule: rule.endpoint for rule in client.application.url_map.iter_rules()}


def test_every_route_is_in_the_table(client: FlaskClient) -> None:
    assert set(ROUTES) == set(rules(client))


def test_every_status_that_is_described_is_in_the_table() -> None:
    document = json.loads((Path(web.__file__).parent / "static" / "openapi.json").read_text())
    # What is too long never gets here.
    described = {
        path.replace("{", "<").replace("}", ">"): {*map(int, item["get"]["responses"])} - {414}
        for path, item in document["paths"].items()
    }
    files = "<path:filename>"
    assert described == {
        rule.replace("<path:", "<"): {*r.answers}
        for rule, r in ROUTES.items()
        if not rule.endswith(files)
    }


@pytest.mark.parametrize(("rule", "method", "status"), EVERY)
def test_every_answer_has_its_headers(
    client: FlaskClient, store: MemoryStore, rule: str, method: str, status: int
) -> None:
    route = ROUTES[rule]
    if status == 500:
        client.application.view_functions[rules(client)[rule]] = fail
    if status == 503:
        store.cells.clear()
        store.go_down()
    path, asking = route.answers.get(status, route.answers[200]), route.asking.get(status, {})
    response = client.open(path, method=method, headers=asking)
    assert response.status_code == status
    check(response, route.kind)
    assert "Allow" in response.headers or method not in ("OPTIONS", "POST", "BREW")
    if method == "HEAD":
        get = client.get(path, headers=asking)
        assert response.data == b""
        # Between the two a second may have passed.
        assert but_date(response) == but_date(get)
        get.close()
    response.close()


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize(
    ("path", "kind"),
    [("/nothing", PAGE), ("/api/", OPEN), ("/a//", PAGE), ("/metrics", PAGE), ("/apis", PAGE)],
)
def test_so_has_what_leads_nowhere(client: FlaskClient, path: str, kind: str, accept: str) -> None:
    response = client.get(path, headers={"Accept": accept})
    assert response.status_code == 404
    check(response, kind)


def test_an_error_from_before_the_routes_has_them_too(client: FlaskClient) -> None:
    client.application.before_request_funcs.setdefault(None, []).append(refuse)
    response = client.get("/", headers={"Accept": "text/html"})
    assert response.status_code == 418
    check(response, PAGE)


def refuse() -> None:
    raise ImATeapot


def fail(**_: str) -> str:
    raise RuntimeError


def but_date(response: TestResponse) -> list[tuple[str, str]]:
    return sorted((name, value) for name, value in response.headers if name != "Date")


def check(response: TestResponse, kind: str) -> None:
    headers = response.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers.get("Access-Control-Allow-Origin") == ("*" if kind == OPEN else None)
    assert "Access-Control-Allow-Credentials" not in headers
    anywhere = "same-origin" if kind in (PAGE, LIBRARY) else "cross-origin"
    assert headers["Cross-Origin-Resource-Policy"] == anywhere
    assert headers.get("X-Frame-Options") == (None if kind == WIDGET else "DENY")
    isolated = "require-corp" if kind == WIDGET else None
    assert headers.get("Cross-Origin-Embedder-Policy") == isolated
    policy = {
        name: sources
        for name, *sources in (
            each.split() for each in headers["Content-Security-Policy"].split(";")
        )
    }
    assert policy.pop("frame-ancestors") == (["'self'"] if kind == WIDGET else ["'none'"])
    for closed in ("default-src", "base-uri", "form-action"):
        assert policy.pop(closed) == ["'none'"]
    if kind == WIDGET or response.mimetype == "text/html":
        is_ours = kind != LIBRARY
        # A library's style sheet has pictures in it.
        assert policy.pop("img-src") == (["'self'"] if is_ours else ["'self'", "data:"])
        needed = [
            "script-src",
            "style-src",
            "connect-src",
            "manifest-src",
            *(["frame-src"] if is_ours else []),
        ]
        assert policy == {name: ["'self'"] for name in needed}
    else:
        assert policy == {}
    # Once each: of two of a kind browsers take neither, or both.
    assert len(headers) == len({name.lower() for name, _ in headers})


def test_a_preflight_is_told_get_and_head(client: FlaskClient) -> None:
    response = client.options(
        "/api/v1/trends",
        headers={
            "Origin": "https://a.example",
            "Access-Control-Request-Method": "DELETE",
            "Access-Control-Request-Headers": "if-none-match",
        },
    )
    assert response.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert response.headers["Access-Control-Allow-Headers"] == "If-None-Match"
    assert (response.status_code, response.data) == (204, b"")
    assert "Content-Type" not in response.headers


def test_a_script_elsewhere_may_see_what_it_needs_to_ask_again(client: FlaskClient) -> None:
    for path in ("/api/v1/trends", "/feed.json", "/widget.js"):
        exposed = client.get(path).headers["Access-Control-Expose-Headers"]
        assert set(exposed.split(", ")) == {"ETag", "Retry-After"}


@pytest.mark.parametrize("robots_index", [True, False])
def test_search_engines_may_list_the_page_by_setting_only(
    make_client: Make, robots_index: bool
) -> None:
    client = make_client(robots_index=robots_index)
    page = client.get("/?board=24h").headers
    assert page.get("X-Robots-Tag") == (None if robots_index else "noindex")
    for path in ("/widget", "/embed/tag/tea", "/status", "/api/v1/status", "/badge.svg"):
        assert client.get(path).headers["X-Robots-Tag"] == "noindex"


def test_embedding_is_opened_by_the_setting_for_the_widgets_only(make_client: Make) -> None:
    client = make_client(embed_allowed_origins="'self' https://blog.example")
    for path in ("/widget", "/embed/tag/tea"):
        widget = client.get(path).headers["Content-Security-Policy"]
        assert widget.endswith("frame-ancestors 'self' https://blog.example")
    for path in ("/", "/badge.svg", "/widget.js", "/api/v1/trends", "/widget/", "/embed/tag"):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert policy.endswith("frame-ancestors 'none'")


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [(0, "http://localhost/widget"), (1, "https://trends.example/sub/widget")],
)
def test_forwarded_headers_are_believed_by_setting_only(
    make_client: Make, proxies: int, seen: str
) -> None:
    forwarded = {
        "X-Forwarded-For": "192.0.2.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "trends.example",
        "X-Forwarded-Prefix": "/sub",
    }
    assert seen in make_client(trusted_proxies=proxies).get("/", headers=forwarded).text
