"""Behind real proxies, under a path, set up exactly as docs/widget.md says."""

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Request, expect

from integration.widget.host import HostSite
from integration.widget.lab import Boards, Relay, Service, element, free_port, running
from integration.widget.visits import Visit
from support.waiting import eventually

DOCUMENT = Path(__file__).parents[3] / "docs/widget.md"
# Everything that a recipe cannot know; nginx would else write where the system's own does.
NGINX = """
daemon off;
user root;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        {recipe}
    }}
}}
"""
CADDY = """
{{
    admin off
    storage file_system {folder}
}}
{recipe}
"""


def recipe(language: str, service: Service) -> str:
    """The configuration of the document, in front of the service of the tests."""
    (block,) = re.findall(rf"```{language}\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert block.count("127.0.0.1:8080") == 1
    return str(block).replace("127.0.0.1:8080", f"127.0.0.1:{service.port}")


@contextmanager
def proxy(command: list[str | Path], url: str) -> Iterator[str]:
    """A proxy while it runs; where it serves the path of the recipe."""
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            eventually(lambda: requests.get(url, timeout=5), every=0.05)
            yield f"{url}/trends"
        finally:
            process.terminate()


def nginx(service: Service, folder: Path) -> Iterator[str]:
    port, file = free_port(), folder / "nginx.conf"
    file.write_text(NGINX.format(folder=folder, port=port, recipe=recipe("nginx", service)))
    with proxy(["nginx", "-c", file], f"http://127.0.0.1:{port}") as url:
        yield url


def caddy(service: Service, folder: Path) -> Iterator[str]:
    port, file = free_port(), folder / "Caddyfile"
    # Without a certificate, which a real name would get by itself.
    site = recipe("caddy", service).replace("trends.example", f"http://127.0.0.1:{port}")
    file.write_text(CADDY.format(folder=folder, recipe=site))
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", file]
    with proxy(command, f"http://127.0.0.1:{port}") as url:
        yield url


PROXIES: dict[str, Callable[[Service, Path], Iterator[str]]] = {"nginx": nginx, "caddy": caddy}


@pytest.fixture(scope="module")
def proxied(
    boards: Boards, relay: Relay, host: HostSite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A service that believes one proxy."""
    folder = tmp_path_factory.mktemp("proxied")
    settings = {"TRUSTED_PROXIES": 1, "EMBED_ALLOWED_ORIGINS": host.url}
    with running(Service(folder, HBASE_THRIFT_PORT=relay.port, **settings)) as service:
        yield service


@pytest.fixture(scope="module", params=PROXIES)
def url(
    request: pytest.FixtureRequest, proxied: Service, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where the service is under a proxy's path, without the last slash."""
    yield from PROXIES[request.param](proxied, tmp_path_factory.mktemp(request.param))


def failed(request: Request) -> bool:
    response = request.response()
    return response is None or response.status >= 400


def test_the_pages(visit: Visit, url: str, proxied: Service) -> None:
    for path in "/", "/widget":
        widget = visit(f"{url}{path}?board=24h")
        expect(widget.page.locator(".board").first).to_have_attribute("data-state", "ready")
        assert widget.rows()[:10] == proxied.rows(board="24h")
        if path == "/":
            expect(widget.page.locator("#history dd").first).to_be_visible()
        outside = [each.url for each in widget.requests if not each.url.startswith(f"{url}/")]
        assert outside == []
        missing = [each.url for each in widget.requests if failed(each)]
        assert missing == []
        expect(widget.page.locator(".board").first).to_have_css("display", "block")


def test_the_page_with_the_api(visit: Visit, url: str) -> None:
    """It finds the document, and what it tries goes through the proxy."""
    opened = visit(f"{url}/api#/api/status")
    route = opened.page.locator("#operations-api-status")
    route.get_by_role("button", name="Try it out").click()
    with opened.page.expect_response(f"{url}/api/v1/status") as answer:
        route.get_by_role("button", name="Execute").click()
    assert answer.value.status == 200
    assert [each.url for each in opened.requests if not each.url.startswith(f"{url}/")] == []


def test_the_pages_keep_up_to_date(visit: Visit, url: str) -> None:
    """The script knows where the API is."""
    widget = visit(f"{url}/widget?board=24h&refresh=2")
    with widget.page.expect_response(f"{url}/api/v1/trends?*") as response:
        pass
    assert response.value.status == 200


def test_the_element_and_the_iframe_on_another_page(visit: Visit, host: HostSite, url: str) -> None:
    script = f'<script src="{url}/widget.js" defer></script>'
    iframe = f'<iframe src="{url}/widget?board=24h" title="Trending hashtags"></iframe>'
    page = visit(host.page(script + element(board="24h") + iframe)).page
    frame = page.frame_locator("iframe")
    for widget in page.locator(".board"), frame.locator(".board"):
        expect(widget).to_have_attribute("data-state", "ready")
        expect(widget.locator("li.row bdi").first).to_have_text("#tag1")
    height = frame.locator("html").evaluate("page => page.offsetHeight")
    expect(page.locator("iframe")).to_have_js_property("offsetHeight", height + 4)  # its border


def test_the_snippets_have_the_outer_address(visit: Visit, url: str) -> None:
    page = visit(f"{url}/").page
    snippet = page.locator("#snippet")
    text = snippet.evaluate("node => node.value ?? node.textContent")
    assert f'src="{url}/widget.js"' in text
    without = visit(f"{url}/", java_script_enabled=False).page
    assert f"{url}/widget" in without.content()


def test_oembed_has_the_outer_address(url: str) -> None:
    address = f"{url}/widget?board=24h"
    answer = requests.get(f"{url}/oembed", params={"url": address}, timeout=10)
    assert answer.status_code == 200
    assert f'src="{address}"' in answer.json()["html"]
    page = requests.get(address, timeout=10).text
    (discovered,) = re.findall(r'<link[^>]*application/json\+oembed[^>]*href="([^"]*)"', page)
    found = requests.get(discovered.replace("&amp;", "&"), timeout=10)
    assert found.status_code == 200, discovered


def test_the_slash_is_added_where_the_page_is_and_nowhere_else(url: str) -> None:
    def get(path: str) -> requests.Response:
        return requests.get(f"{url}{path}", timeout=10, allow_redirects=False)

    moved = get("")
    assert moved.status_code in (301, 302, 308)
    assert moved.headers["Location"].removeprefix(url.removesuffix("/trends")) == "/trends/"
    for path in ("/nothing", "/widget/", "/api/v1/trends/", "/static"):
        assert get(path).status_code == 404, path
        assert "Location" not in get(path).headers


def test_only_the_path_is_the_services(url: str) -> None:
    root = url.removesuffix("/trends")
    for path in "/", "/api/v1/trends", "/widget.js":
        assert "hashtags" not in requests.get(root + path, timeout=10).text
