from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from unit.web.memory_store import MemoryStore

Make = Callable[..., FlaskClient]

EVERY = [
    ("GET", "/", 200),
    ("GET", "/widget", 200),
    ("GET", "/static/board.js", 200),
    ("GET", "/static/board.css", 200),
    ("GET", "/nothing", 404),
    ("POST", "/widget", 405),
    ("GET", "/healthz", 200),
    ("GET", "/readyz", 200),
    ("GET", "/api/v1/status", 200),
    ("GET", "/api/v1/trends", 200),
    ("HEAD", "/api/v1/trends", 200),
    ("OPTIONS", "/api/v1/trends", 200),
    ("GET", "/api/v1/trends?limit=0", 400),
    ("GET", "/api/v1/hashtags/%23Tea", 200),
    ("HEAD", "/api/v1/hashtags/tea", 200),
    ("OPTIONS", "/api/v1/hashtags/tea", 200),
    ("GET", "/api/v1/hashtags/coffee", 404),
    ("GET", "/api/v1/hashtags/tea?hours=0", 400),
    ("GET", "/api/v1/nothing", 404),
    ("POST", "/api/v1/trends", 405),
]


@pytest.mark.parametrize(("method", "path", "status"), EVERY)
def test_every_answer_has_its_headers(
    client: FlaskClient, store: MemoryStore, method: str, path: str, status: int
) -> None:
    store.put()
    store.tags["tea"] = {b"n:count": b"1 0 0"}
    response = client.open(path, method=method)
    headers = response.headers
    assert response.status_code == status
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "camera=()" in headers["Permissions-Policy"]
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert headers.get("Access-Control-Allow-Origin") == ("*" if "/api/" in path else None)
    assert "Access-Control-Allow-Credentials" not in headers
    if path == "/widget":
        assert "X-Frame-Options" not in headers
        assert policy.endswith("frame-ancestors 'self'")
    else:
        assert headers["X-Frame-Options"] == "DENY"
        assert policy.endswith("frame-ancestors 'none'")
    response.close()


def test_a_preflight_is_told_get_and_head(client: FlaskClient) -> None:
    response = client.options(
        "/api/v1/trends",
        headers={"Origin": "https://a.example", "Access-Control-Request-Method": "DELETE"},
    )
    assert response.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert response.data == b""


def test_embedding_is_opened_by_the_setting_for_the_widget_only(make_client: Make) -> None:
    client = make_client(embed_allowed_origins="'self' https://blog.example")
    widget = client.get("/widget").headers["Content-Security-Policy"]
    assert widget.endswith("frame-ancestors 'self' https://blog.example")
    assert client.get("/").headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")


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
