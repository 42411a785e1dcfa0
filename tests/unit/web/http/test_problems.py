"""Every error, for programs and for those who browse."""

import json
from collections.abc import Callable
from email import message_from_bytes
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from support.memory_store import MemoryStore
from web.http.refusal import refusal

Make = Callable[..., FlaskClient]

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
PROGRAMS = [None, "", "*/*", "application/json", "application/problem+json, text/html", "image/*"]
PROGRAMS += ["text/html;q=0", "text/html;q=0.5, */*", ";;q=x,", "text/plain"]

FOR_PROGRAMS = ["/api/v1/nothing", "/healthz/", "/oembed", "/openapi.json/", "/feed.rss"]
FOR_ANYBODY = ["/nothing", "/a/b/c", "/widget/", "/static/nothing.css", "/badge.svg/", "/apis"]


def ask(client: FlaskClient, path: str, accept: str | None, method: str = "GET") -> TestResponse:
    return client.open(path, method=method, headers={"Accept": accept} if accept else {})


def check_problem(response: TestResponse) -> Any:
    assert response.mimetype == "application/problem+json"
    problem = response.get_json()
    assert problem["status"] == response.status_code
    assert problem["type"] == "about:blank"
    assert problem["title"] and problem["detail"]
    assert response.headers["Cache-Control"] == "no-store"
    return problem


@pytest.mark.parametrize("accept", [*PROGRAMS, BROWSER, "text/html"])
@pytest.mark.parametrize("path", FOR_PROGRAMS)
def test_programs_paths_give_problems_whoever_asks(
    lasting_client: FlaskClient, path: str, accept: str | None
) -> None:
    response = ask(lasting_client, path, accept)
    assert response.status_code in (400, 404)
    check_problem(response)
    assert "Vary" not in response.headers


@pytest.mark.parametrize("accept", PROGRAMS)
@pytest.mark.parametrize("path", FOR_ANYBODY)
def test_elsewhere_programs_get_problems(
    lasting_client: FlaskClient, path: str, accept: str | None
) -> None:
    response = ask(lasting_client, path, accept)
    assert check_problem(response)["status"] == 404
    assert response.headers["Vary"] == "Accept"


@pytest.mark.parametrize("accept", [BROWSER, "text/html", "text/*"])
@pytest.mark.parametrize(
    ("path", "root"),
    [("/nothing", "./"), ("/a/b", "../"), ("/a/b/c", "../../"), ("/a/", "../"), ("/a//", "../../")],
)
def test_elsewhere_browsers_get_a_page_with_the_way_back(
    lasting_client: FlaskClient, path: str, root: str, accept: str
) -> None:
    response = ask(lasting_client, path, accept)
    assert (response.status_code, response.mimetype) == (404, "text/html")
    assert "<h1>Not Found</h1>" in response.text
    assert f'<a href="{root}">' in response.text
    assert f'href="{root}static/page.css"' in response.text
    assert response.vary.as_set() == {"accept", "accept-encoding"}
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("accept", [None, BROWSER])
def test_a_method_that_there_is_not_says_which_there_are(
    client: FlaskClient, accept: str | None
) -> None:
    for path in ("/", "/widget", "/badge.svg", "/api/v1/trends", "/static/icon.svg"):
        response = ask(client, path, accept, "DELETE")
        assert response.status_code == 405
        assert {"GET", "HEAD", "OPTIONS"} == set(response.headers["Allow"].split(", "))


@pytest.mark.parametrize(
    ("path", "accept", "mimetype"),
    [
        ("/", BROWSER, "text/html"),
        ("/", None, "application/problem+json"),
        ("/api/v1/trends", BROWSER, "application/problem+json"),
        ("/badge.svg", "image/*", "application/problem+json"),
    ],
)
def test_what_was_not_foreseen_is_a_500_that_gives_nothing_away(
    client: FlaskClient, path: str, accept: str | None, mimetype: str
) -> None:
    def fail() -> str:
        raise RuntimeError("secret")

    rule = next(r for r in client.application.url_map.iter_rules() if r.rule == path)
    client.application.view_functions[rule.endpoint] = fail
    response = ask(client, path, accept)
    assert (response.status_code, response.mimetype) == (500, mimetype)
    assert "secret" not in response.text
    assert "Internal Server Error" in response.text


def test_head_has_the_headers_of_the_error_alone(client: FlaskClient) -> None:
    get, head = (ask(client, "/nothing", BROWSER, method) for method in ("GET", "HEAD"))
    assert head.data == b""
    assert dict(head.headers) == dict(get.headers)


@pytest.mark.parametrize("path", ["/<script>alert(1)</script>", '/"><img src=x onerror=alert(1)>'])
def test_a_path_does_not_get_into_the_page(client: FlaskClient, path: str) -> None:
    assert "alert" not in ask(client, path, BROWSER).text


@pytest.mark.parametrize("host", ["", "a b", "<script>", "[", "a:b:c", "é.example"])
@pytest.mark.parametrize("path", ["/", "/api/v1/trends", "/nothing", "/oembed?url=http:///"])
def test_a_host_that_is_none_does_no_harm(
    client: FlaskClient, store: MemoryStore, host: str, path: str
) -> None:
    store.put()
    response = client.get(path, headers={"Accept": BROWSER}, environ_overrides={"HTTP_HOST": host})
    assert response.status_code == (404 if path in ("/nothing", "/oembed?url=http:///") else 200)
    assert "<script>" not in response.text


@pytest.mark.parametrize("accept", [None, BROWSER])
def test_a_host_that_cannot_be_one_is_refused(client: FlaskClient, accept: str | None) -> None:
    for path in ("/", "/api/v1/trends"):
        host = {"HTTP_HOST": "a" * 300}
        response = client.get(path, headers={"Accept": accept or ""}, environ_overrides=host)
        assert response.status_code == 400
        assert (response.mimetype == "text/html") is (path == "/" and accept == BROWSER)


@pytest.mark.parametrize(
    "query", ["board=%ff", "%c3%28=1", "limit=%00", "limit=%ed%a0%80", "%", "&=&"]
)
@pytest.mark.parametrize(
    "path", ["/", "/widget", "/badge.svg", "/oembed", "/api/v1/trends", "/api/v1/hashtags/tea"]
)
def test_bytes_that_are_no_text_are_wrong_values_at_most(
    client: FlaskClient, store: MemoryStore, path: str, query: str
) -> None:
    store.put()
    store.tags["tea"] = {b"n:count": b"1 0 0"}
    response = client.get(f"{path}?{query}")
    assert response.status_code in (200, 400)


def test_a_path_with_slashes_too_many_is_another_path(client: FlaskClient) -> None:
    for path in ("/healthz/", "/api//v1/trends", "/api/v1/hashtags//tea", "/widget//"):
        response = client.get(path)
        assert response.status_code == 404, path
        assert "Location" not in response.headers


def test_what_is_no_request_is_refused_with_a_problem() -> None:
    head, content = refusal(431, "Error parsing headers: 'é'").split(b"\r\n\r\n")
    line, _, rest = head.partition(b"\r\n")
    headers = message_from_bytes(rest)
    assert line == b"HTTP/1.1 431 Request Header Fields Too Large"
    assert headers["Content-Type"] == "application/problem+json"
    assert int(headers["Content-Length"]) == len(content)
    assert headers["Connection"] == "close"
    assert headers["X-Content-Type-Options"] == "nosniff"
    problem = json.loads(content)
    assert (problem["status"], problem["detail"]) == (431, "Error parsing headers: 'é'")
    assert json.loads(refusal(500, "").split(b"\r\n\r\n")[1])["detail"] == "Internal Server Error"
