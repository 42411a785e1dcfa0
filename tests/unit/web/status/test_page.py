"""The page of the status, and its stages: as they are before any script runs."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from support.memory_store import MemoryStore, ago, failure, source
from web.status.page import elapsed

EVERYTHING = source(
    state="failing",
    rate_limit={"limit": 180, "remaining": 172, "reset": ago(-60)},
    budget={"limit": 5000, "left": 4102, "month": 21560, "cost_today": 4.49, "cost_month": 107.8},
    progress={"line": 1234, "rejected": 3, "share": 0.459},
    error=failure("401: check ACCESS_TOKEN"),
)


@pytest.fixture
def page(client: FlaskClient) -> Callable[[], str]:
    def get() -> str:
        response = client.get("/status")
        assert response.status_code == 200
        assert response.mimetype == "text/html"
        assert response.headers["Cache-Control"] == "no-cache"
        return " ".join(response.text.split())

    return get


Page = Callable[[], str]


def text_of(markup: str) -> str:
    """What a person reads."""
    return " ".join(unescape(re.sub("<[^>]*>", "", markup)).split())


def part(page: str, begin: str, end: str) -> str:
    found = re.search(f"{begin}.*?{end}", page)
    assert found
    return found[0]


def test_the_stages_are_in_the_page(page: Page, store: MemoryStore) -> None:
    store.put(hashtags=[], tweets_read=0, tweets_tagged=0)
    store.put_report(started_at=ago(3700), sources=[source(name="demo", tweets=0, skipped=0)])
    stages = re.findall('<li class="stage".*?</li>', page())
    told = {re.findall(r'data-stage="(\w+)"', stage)[0]: stage for stage in stages}
    assert list(told) == ["hbase", "kafka", "spark", "source", "credentials", "tweet", "board"]
    assert all(re.search(r"<strong data-title>\w", stage) for stage in stages)
    assert text_of(told["hbase"]) == "HBase: done Connected."
    assert 'data-state="done"' in told["hbase"]
    assert "data-advice hidden" in told["hbase"]
    assert text_of(told["tweet"]) == "First post: waiting Waiting for the first post."
    assert 'data-state="waiting"' in told["tweet"]
    assert (
        "data-advice>Connect your own timeline: run <code>make connect</code>"
        in (told["credentials"])
    )
    assert "`" not in page()


def test_the_wait_is_shown_until_the_first_board(page: Page, store: MemoryStore) -> None:
    store.put(hashtags=[])
    store.put_report(started_at=ago(3700))
    text = page()
    assert re.search("data-elapsed>waiting for <[^>]*>1:01:4[0-9]<", text)
    assert "data-heading>Getting your first board</h2>" in text
    store.put()
    text = page()
    assert "data-elapsed hidden>" in text
    assert "data-heading>Pipeline</h2>" in text


def test_a_source_is_told_with_all_that_is_known(page: Page, store: MemoryStore) -> None:
    store.put_report(
        state="failing", sources=[EVERYTHING, source(name="mastodon", last_success=None)]
    )
    x, mastodon = re.findall("<article.*?</article>", part(page(), "data-sources>", "<template"))
    told = text_of(x)
    assert told.startswith("x failing 401: check ACCESS_TOKEN Since 20")
    assert "UTC, failures in a row: 3." in told
    assert "Posts17" in told
    assert "Rate limit 172 of 180 calls left, resets at 20" in told
    assert "Budget 4,102 of 5,000 posts left today (UTC)" in told
    assert "1,234 read, 3 of them quarantined; 45 % of the file" in told
    assert " hidden" not in x
    assert text_of(mastodon).startswith("mastodon ok")
    assert "Last readnot yet" in text_of(mastodon)
    for name in ("error", "rate_limit", "budget", "progress"):
        assert f'data-if="{name}" hidden' in mastodon


def test_the_board_and_the_advice_are_told(page: Page, store: MemoryStore) -> None:
    store.put(as_of=ago(600))
    store.put_report()
    text = page()
    assert "Age10 min" in text_of(text)
    assert "Posts read18,234" in text_of(text)
    assert "With hashtags4,120" in text_of(text)
    advice = part(text, "<ul[^>]*data-advice-list>", "</ul>")
    assert text_of(advice) == (
        "the board has not been refreshed for 10 min: docker compose ps; make logs SERVICE=trends"
    )
    store.put()
    text = page()
    assert "data-no-advice>Nothing, everything is running." in text
    assert "data-advice-list hidden" in text


def test_the_page_is_there_when_nothing_else_is(page: Page, store: MemoryStore) -> None:
    store.go_down()
    text = page()
    assert text.count('<li class="stage"') == 7
    assert "HBase: not reachable at hbase-thrift:9090" in text
    assert "data-no-sources>No sources yet." in text
    assert "data-no-board>No board yet." in text
    assert 'data-part="board" hidden' in text


def test_the_page_keeps_to_the_content_security_policy(page: Page, store: MemoryStore) -> None:
    """No inline code or style, and no address that would break under a sub-path."""
    store.put()
    store.put_report(sources=[EVERYTHING])
    text = page()
    assert not re.search(r"<style|<script(?![^>]*\ssrc=)|<[^>]*\s(style|on\w+)=", text)
    links = re.findall(r'<[^>]*\s(?:src|href)="([^"]*)"', text)
    assert {"./", "api/v1/status", "static/status.js", "static/status.css"} <= set(links)
    assert not [link for link in links if link.startswith("/") or "://" in link]


@pytest.mark.parametrize("hostile", ["<img src=x onerror=alert(1)>", '" onmouseover="alert(1)'])
def test_what_ingest_reports_is_text(page: Page, store: MemoryStore, hostile: str) -> None:
    one = source(name=hostile, state="failing", error=failure(hostile))
    store.put_report(sources=[one], state="failing")
    text = page()
    assert hostile not in text
    assert f"{hostile}: {hostile}" in unescape(text)


def member(document: dict[str, Any], path: str) -> Any:
    found: Any = document
    for name in path.split("."):
        found = found[name]
    return found


def test_the_script_is_told_of_members_that_there_are(
    client: FlaskClient, page: Page, store: MemoryStore
) -> None:
    """What the script fills in anew is named in the page; a wrong name would blank it."""
    store.put()
    store.put_report(sources=[EVERYTHING])
    status, text = client.get("/api/v1/status").get_json(), page()
    parts = [
        (status, part(text, 'data-part="as_of"', "</p>")),
        (status["board"], part(text, 'data-part="board"', "</dl>")),
        (status["ingest"]["sources"][0], part(text, "<template", "</template>")),
    ]
    for document, markup in parts:
        fields = re.findall('data-(?:field|if)="([^"]*)"', markup)
        assert fields
        assert [path for path in fields if member(document, path) is None] == []


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00"), (65, "1:05"), (3599, "59:59"), (3600, "1:00:00"), (90_061, "25:01:01")],
)
def test_a_wait_is_shown_as_by_a_stop_watch(seconds: int, shown: str) -> None:
    assert elapsed(seconds) == shown
