"""The widget on somebody else's page, and the pages of the service itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from integration.widget.host import HostSite
from integration.widget.lab import Boards, Relay, Service, element, running
from integration.widget.states import HOSTILE, HOSTILE_BOARD, STATES, USUAL, places
from integration.widget.visits import Visit, hurry
from support.memory_store import entries
from support.waiting import eventually
from web.boards.board import RANKINGS
from web.embed.widget import LANGUAGES, words

CHANGING, ROW = STATES["waiting"], "7d.people"
OFTEN = {**CHANGING, "refresh": "2"}

# Of `states.rises`, the usual one and the longest. Spaces that do not break are as good as any.
REASONS = {
    "en": ["9 people in 5 hours, usually 0.8", "99 people in 12 hours, usually 0.00012"],
    "de": ["9 Personen in 5 Stunden, sonst 0,8", "99 Personen in 12 Stunden, sonst 0,00012"],
    "es": [
        "9 personas en 5 horas, normalmente 0,8",
        "99 personas en 12 horas, normalmente 0,00012",
    ],
    "fr": [
        "9 personnes en 5 heures, 0,8 d’habitude",
        "99 personnes en 12 heures, 0,00012 d’habitude",
    ],
    "ja": ["5 時間で9人、 通常は0.8人", "12 時間で99人、 通常は0.00012人"],
    "ar": ["9 شخص خلال 5 ساعات، والمعتاد 0.8", "99 شخص خلال 12 ساعة، والمعتاد 0.00012"],
}
NEVER_ANSWERED = "window.fetch = () => new Promise(() => {})"


def state(page: Page, name: str) -> None:
    """Wait for a state of the widget; on the page `/` it is the first one."""
    expect(page.locator(".board").first).to_have_attribute("data-state", name)


def test_it_shows_what_the_api_serves(visit: Visit, host: HostSite, service: Service) -> None:
    widget = visit(host.page(service.element(board="24h", limit="100")))
    state(widget.page, "ready")
    assert widget.rows() == service.rows(100, board="24h")
    assert len(widget.rows()) == 100
    expect(widget.page.locator(".chip.demo")).to_be_visible()
    expect(widget.page.locator(".chip.learning")).to_be_hidden()
    expect(widget.page.locator(".totals")).to_have_text("2,703 of 5,470 posts have hashtags")


@pytest.mark.parametrize(
    ("board", "said"), [("all", "4,120 of 18,234 posts have hashtags"), ("7d", "")]
)
def test_totals_are_of_the_board_s_time_or_left_out(
    visit: Visit, host: HostSite, service: Service, board: str, said: str
) -> None:
    widget = visit(host.page(service.element(board=board)))
    state(widget.page, "ready")
    expect(widget.page.locator(".totals")).to_have_text(said)


def test_it_shows_people_where_they_are_ranked(
    visit: Visit, host: HostSite, service: Service
) -> None:
    query = STATES["offline"]
    widget = visit(host.page(service.element(**query)))
    state(widget.page, "ready")
    people = service.rows(board=query["board"], rank_by="people")
    assert widget.rows() == people != service.rows(board=query["board"])


@pytest.mark.parametrize("board", ["rising", "now"])
def test_what_goes_by_people_does_so_whatever_is_set(
    visit: Visit, host: HostSite, service: Service, board: str
) -> None:
    made = [element(board=board, **more) for more in ({}, *({"rank_by": r} for r in RANKINGS))]
    widget = visit(host.page(service.script + "".join(made)))
    expect(widget.page.locator(".board[data-state=ready]")).to_have_count(3)
    assert widget.rows() == service.rows(board=board)
    assert len({rows_of(each) for each in widget.page.locator(".board").all()}) == 1
    assert widget.warnings == []
    assert len([request for request in widget.requests if "/api/" in request.url]) == 1


def rows_of(board: Locator) -> str:
    return board.locator(".rows").inner_text()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_rising_board_says_why(
    visit: Visit, host: HostSite, service: Service, lang: str
) -> None:
    page = visit(host.page(service.element(board="rising", lang=lang))).page
    state(page, "ready")
    often, seldom = REASONS[lang]
    reasons = page.locator("li.row [part=reason]")
    expect(reasons).to_have_text([often, seldom, often])
    for n in range(3):
        expect(reasons.nth(n)).to_be_visible()
    expect(page.locator(".title")).to_have_text(words(lang)["rising"])
    expect(page.locator("data.count")).to_have_text(["9", "99", "9"])


def test_no_other_board_has_reasons(visit: Visit, host: HostSite, service: Service) -> None:
    made = [element(board=board) for board in ("now", "all", "24h")]
    page = visit(host.page(service.script + "".join(made))).page
    expect(page.locator(".board[data-state=ready]")).to_have_count(3)
    expect(page.locator("[part=reason]")).to_have_count(0)


def answering(service: Service, board: str, **changes: Any) -> Callable[[Page], None]:
    """Before a page is loaded: have a board that is served changed on its way."""
    served = service.get(f"/api/v1/trends?board={board}").json() | changes
    anyone = {"Access-Control-Allow-Origin": "*"}

    def prepare(page: Page) -> None:
        page.route(
            f"**/api/v1/trends?board={board}&*",
            lambda route: route.fulfill(json=served, headers=anyone),
        )

    return prepare


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("known_hours", "certainty", "shown"),
    [(5, "low", True), (24, "medium", True), (168, "high", False)],
)
def test_the_rising_board_says_how_little_it_knows(
    visit: Visit,
    host: HostSite,
    service: Service,
    lang: str,
    known_hours: int,
    certainty: str,
    shown: bool,
) -> None:
    prepare = answering(service, "rising", known_hours=known_hours, certainty=certainty)
    page = visit(host.page(service.element(board="rising", lang=lang)), before=prepare).page
    state(page, "ready")
    chip = page.locator(".chip.learning")
    if not shown:
        expect(chip).to_be_hidden()
        return
    expect(chip).to_be_visible()
    expect(chip).to_contain_text(words(lang)[certainty])
    expect(chip).to_contain_text(str(known_hours))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_where_nothing_is_unusual_it_is_said(
    visit: Visit, host: HostSite, service: Service, lang: str
) -> None:
    prepare = answering(service, "rising", hashtags=[])
    page = visit(host.page(service.element(board="rising", lang=lang)), before=prepare).page
    state(page, "empty")
    expect(page.locator(".empty")).to_be_visible()
    expect(page.locator(".empty")).to_have_text(words(lang)["calm"])


@pytest.mark.parametrize(
    ("lang", "window", "title"),
    [
        ("en", "1h", "Trending now 1 hour · people"),
        ("en", "12h", "Trending now 12 hours · people"),
        ("en", "7d", "Trending now 7 days · people"),
        ("de", "48h", "Jetzt im Trend 48 Stunden · Personen"),
        ("es", "12h", "Tendencias ahora 12 horas · personas"),
        ("fr", "12h", "Tendances du moment 12 heures · personnes"),
        ("ja", "12h", "今のトレンド 12 時間 · 人"),
        ("ar", "12h", "الأكثر تداولًا الآن 12 ساعة · شخص"),
    ],
)
def test_now_says_how_far_it_looks_back(
    visit: Visit, host: HostSite, service: Service, lang: str, window: str, title: str
) -> None:
    prepare = answering(service, "now", window=window)
    page = visit(host.page(service.element(board="now", lang=lang)), before=prepare).page
    state(page, "ready")
    expect(page.locator(".title")).to_have_text(title)
    expect(page.locator(".period")).to_be_visible()


def test_the_period_of_now_comes_with_the_answer(
    visit: Visit, host: HostSite, service: Service, boardless: Service
) -> None:
    """Until then its place is kept, and with an error too nothing is said."""
    site = host.page(service.element(board="now"))
    loading = visit(site, before=lambda page: page.add_init_script(NEVER_ANSWERED)).page
    state(loading, "loading")
    waiting = visit(host.page(boardless.element(board="now"))).page
    state(waiting, "waiting")
    for page in (loading, waiting):
        expect(page.locator(".title")).to_be_visible()
        expect(page.locator(".period")).to_be_hidden()
    assert loading.locator(".period").bounding_box()["width"] > 50


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize("path", ["/widget", "/"])
def test_the_pages_show_it_with_and_without_javascript(
    visit: Visit, service: Service, path: str, javascript: bool
) -> None:
    widget = visit(f"{service.url}{path}?board=24h", java_script_enabled=javascript)
    state(widget.page, "ready")
    assert widget.rows() == service.rows(board="24h")
    expect(widget.page.locator("li.row").first).to_be_visible()
    expect(widget.page.locator(".chip.demo").first).to_be_visible()


@pytest.mark.parametrize("path", ["/widget", "/"])
@pytest.mark.parametrize("name", ["stale", "learning", "empty"])
def test_without_javascript_the_states_are_told_apart(
    visit: Visit, service: Service, path: str, name: str
) -> None:
    shown = {"stale": ".board.outdated .notice", "learning": ".chip.learning"}.get(name, ".empty")
    query = STATES[name]["board"]
    page = visit(f"{service.url}{path}?board={query}", java_script_enabled=False).page
    expect(page.locator(shown).first).to_be_visible()


def test_before_the_first_board_the_widget_says_nothing_of_the_service(
    visit: Visit, boardless: Service
) -> None:
    """Its visitors are not those who could do anything about it; these have the page `/`."""
    for javascript in (True, False):
        page = visit(f"{boardless.url}/widget", java_script_enabled=javascript).page
        state(page, "waiting")
        expect(page.locator(".waiting")).to_have_text("No hashtags yet")
        assert "HBase" not in page.locator(".board").inner_text()
    page = visit(f"{boardless.url}/", java_script_enabled=False).page
    expect(page.locator("[data-status]")).to_contain_text("not reachable")


def test_a_new_board_appears_without_a_reload(
    visit: Visit, host: HostSite, service: Service, boards: Boards
) -> None:
    boards.put(ROW, hashtags=places(("one", "two", "three"), people=True))
    widget = visit(host.page(service.element(**OFTEN)))
    expect(widget.page.locator("li.row bdi")).to_have_text(["#one", "#two", "#three"])
    widget.page.evaluate("window.loaded = 'once'")
    first = widget.page.locator("li.row[data-key=two]").element_handle()
    boards.put(ROW, hashtags=places(("two", "newcomer", "one"), people=True))
    expect(widget.page.locator("li.row bdi")).to_have_text(["#two", "#newcomer", "#one"])
    assert widget.rows() == service.rows(**CHANGING)
    assert widget.page.evaluate("window.loaded") == "once"
    # A row that stays is the same element: what has the focus or is selected is not lost.
    assert first.evaluate("row => row.isConnected")


def test_it_survives_a_stopped_service(
    visit: Visit, host: HostSite, service: Service, boards: Boards
) -> None:
    """What was drawn stays, marked; with the service back it is up to date again."""
    boards.put(ROW, hashtags=places(USUAL, people=True))
    widget = visit(host.page(service.element(**OFTEN)))
    state(widget.page, "ready")
    before, notice = widget.rows(), widget.page.locator(".notice")
    expect(notice).to_be_hidden()
    service.stop()
    try:
        expect(notice).to_be_visible()
        expect(widget.page.locator(".board.outdated")).to_be_visible()
        assert widget.rows() == before
        boards.put(ROW, hashtags=places(("back", "again"), people=True))
    finally:
        service.start()
    expect(widget.page.locator("li.row bdi")).to_have_text(["#back", "#again"])
    expect(notice).to_be_hidden()
    expect(widget.page.locator(".board.outdated")).to_have_count(0)


def test_it_says_so_while_hbase_is_away(
    visit: Visit, host: HostSite, service: Service, relay: Relay
) -> None:
    widget = visit(host.page(service.element(**OFTEN)))
    state(widget.page, "ready")
    before, outdated = widget.rows(), widget.page.locator(".board.outdated .notice")
    expect(outdated).to_have_count(0)
    relay.cut()
    try:
        expect(outdated).to_be_visible()
        assert widget.rows() == before
    finally:
        relay.mend()
    expect(outdated).to_have_count(0)


def test_it_waits_for_the_first_board(
    visit: Visit, host: HostSite, boards: Boards, tmp_path: Path
) -> None:
    way = Relay()
    with running(Service(tmp_path, HBASE_THRIFT_PORT=way.port), until="/healthz") as service:
        site = host.page(service.element(board="24h"))
        own = f"{service.url}/widget?board=24h"
        widgets = [visit(url, before=lambda page: page.clock.install()) for url in (site, own)]
        for widget in widgets:
            state(widget.page, "waiting")
            expect(widget.page.locator(".waiting")).to_be_visible()
            expect(widget.page.locator(".rows")).to_be_hidden()
        way.mend()
        try:
            eventually(lambda: service.get("/readyz").status_code == 200)
            for widget in widgets:
                widget.page.clock.fast_forward(6_000)  # longer than Retry-After
                state(widget.page, "ready")
                assert widget.rows() == service.rows(board="24h")
                expect(widget.page.locator(".waiting")).to_be_hidden()
        finally:
            way.cut()


def test_widgets_on_a_page_share_a_request(visit: Visit, host: HostSite, service: Service) -> None:
    elements = [element(board="24h"), element(board="24h", limit="30"), element(board="24h")]
    widget = visit(host.page(service.script + "".join(elements) + element(board="all")))
    expect(widget.page.locator(".board[data-state=ready]")).to_have_count(4)
    expect(widget.page.locator("li.row")).to_have_count(10 + 30 + 10 + 10)
    asked = [request.url for request in widget.requests if "/api/" in request.url]
    assert len(asked) == 2
    # One that comes later, with nothing new to ask for, asks for nothing.
    widget.page.evaluate(
        "document.body.append(document.querySelector('trending-hashtags').cloneNode())"
    )
    expect(widget.page.locator(".board[data-state=ready]")).to_have_count(5)
    expect(widget.page.locator("li.row")).to_have_count(70)
    assert len([request for request in widget.requests if "/api/" in request.url]) == 2


def test_it_is_there_when_it_is_shown_later(visit: Visit, host: HostSite, service: Service) -> None:
    hidden = f'<div hidden id="later">{service.element(board="24h")}</div>'
    page = visit(host.page(hidden)).page
    state(page, "ready")
    expect(page.locator(".board")).to_be_hidden()
    page.evaluate("document.getElementById('later').hidden = false")
    expect(page.locator("li.row").first).to_be_visible()
    box, bar = page.locator(".board").bounding_box(), page.locator(".bar rect").first.bounding_box()
    assert box["height"] > 300
    assert bar["width"] > 300


def test_hostile_tags_are_text_on_every_page(
    visit: Visit, host: HostSite, service: Service
) -> None:
    """Observed would know of a dialog, an error of the page and a refusal by its policy."""
    query = "&".join(f"{name}={value}" for name, value in HOSTILE_BOARD.items())
    own = [f"{service.url}{path}?{query}&limit=100" for path in ("/widget", "/")]
    site = host.page(service.element(**HOSTILE_BOARD, limit="100"))
    for address in (site, *own):
        for javascript in (True, False):
            if javascript or address != site:
                widget = visit(address, java_script_enabled=javascript)
                state(widget.page, "ready")
                assert [tag for _, tag, _ in widget.rows()] == [f"#{tag}" for tag in HOSTILE]
                assert widget.page.locator("li.row :is(img, script, b)").count() == 0
                assert widget.page.locator("li.row [onload], li.row [onerror]").count() == 0
                links = (
                    widget.page.locator(".board")
                    .first.locator("a.tag")
                    .evaluate_all("links => links.map(link => link.href)")
                )
                assert len(links) == len(HOSTILE)
                assert all(link.startswith("https://x.com/hashtag/") for link in links)


def test_a_tag_keeps_its_direction_to_itself(
    visit: Visit, host: HostSite, service: Service
) -> None:
    """An override that is never ended does not turn the rest of the row around."""
    widget = visit(host.page(service.element(**HOSTILE_BOARD, limit="100"))).page
    state(widget, "ready")
    ranks = widget.locator("li.row .rank").evaluate_all("r => r.map(r => r.textContent)")
    assert ranks == [str(n) for n in range(1, len(HOSTILE) + 1)]
    left = "rows => rows.map(row => row.getBoundingClientRect().left)"
    for part in ".rank", ".tag":
        assert len(set(widget.locator(f"li.row {part}").evaluate_all(left))) == 1
    isolated = "tags => tags.map(tag => getComputedStyle(tag).unicodeBidi)"
    assert set(widget.locator("li.row bdi").evaluate_all(isolated)) == {"isolate"}


def test_a_short_board_after_a_long_one(
    visit: Visit, host: HostSite, service: Service, boards: Boards
) -> None:
    boards.put(ROW, hashtags=entries(10, people=1))
    page = visit(host.page(service.element(**OFTEN)), before=lambda page: page.clock.install()).page
    state(page, "ready")
    rows, empty = page.locator("li.row"), page.locator(".empty")
    hurry(page, lambda: rows.count() == 10)
    boards.put(ROW, hashtags=[])
    hurry(page, empty.is_visible)
    state(page, "empty")
    expect(page.locator(".rows")).to_be_hidden()
    boards.put(ROW, hashtags=entries(2, people=1))
    hurry(page, lambda: rows.count() == 2)
    state(page, "ready")
    expect(empty).to_be_hidden()
