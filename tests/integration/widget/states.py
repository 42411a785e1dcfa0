"""Every state that a person can meet the widget in, and pages that show them all at once."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Route, expect
from requests import Response

from integration.widget.lab import Boards, element
from support.memory_store import REASON, ago, entries, source
from web.hashtags.key import key_of

Settings = dict[str, str]

# Five tags as people know them, and five that a layout has to bear.
USUAL = ("Café", "worldcup2026", "東京", "WorkingFromHome", "caturday")
AWKWARD = (
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "صباح_الخير_يا_أصدقائي_الأعزاء_في_كل_مكان",
    "👩🏽‍💻🏳️‍🌈👨‍👩‍👧‍👦🎉",
    "日本の美味しい食べ物大好き部" * 3,
    "Z̸̢̛͍a̴̬͝l̷̨̓g̶̱̈́o̸̝͝",
)

# Text from strangers that does harm wherever it is taken for anything else.
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    '"onmouseover="alert(1)',
    "'><svg onload=alert(1)>",
    "&lt;b&gt;&amp;",
    "{{7*7}}${7*7}",
    "javascript:alert(1)",
    "../../status?x=%2e%2e#y",
    "\u202egnp.exe",
    "\u2066\u2067unended",
    "z\u200dero\u200bwidth",
    "__proto__",
    "constructor",
    "con\u0001trol\u007f",
)

# By which settings each state is seen on one page; every board shows another.
STATES: dict[str, Settings] = {
    "ready": {"board": "all", "limit": "5"},
    "texts": {"board": "all"},
    "demo": {"board": "24h"},
    "stale": {"board": "7d"},
    "learning": {"board": "rising"},
    "now": {"board": "now"},
    "empty": {"board": "1h"},
    "loading": {"board": "1h", "rank_by": "people"},
    "waiting": {"board": "7d", "rank_by": "people"},
    "offline": {"board": "24h", "rank_by": "people", "refresh": "2"},
}
HOSTILE_BOARD = STATES["loading"]

# What `data-state` says where it is not "ready".
_DRAWN = {"empty": "empty", "loading": "loading", "waiting": "waiting"}
_OUTDATED = ("stale", "offline")


def places(tags: Iterable[str], *, people: bool = False, **more: Any) -> list[dict[str, Any]]:
    """Ranked tags with falling counts and all kinds of change."""
    changes = (2, None, 0, -1, 0, 12, None, -3, 0, 1)
    ranked = []
    for n, tag in enumerate(tags, start=1):
        count = 123_456 // n**2
        place = {"rank": n, "tag": tag, "key": key_of(tag), "count": count} | more
        if people:
            place["people"] = count // 3
        ranked.append(place | {"change": changes[(n - 1) % len(changes)]})
    return ranked


def rises() -> list[dict[str, Any]]:
    """Three rising tags; the second one has the longest reason."""
    ranked = [place | REASON for place in places(USUAL[:3])]
    ranked[1] |= {"people": 99, "observed": 99, "window": "12h", "expected": 0.00012}
    ranked[1] |= {"surprise": 10**9, "score": 690.78}
    return ranked


def publish(boards: Boards) -> None:
    """Put the boards of all states, and nothing else, into HBase."""
    boards.clear()
    boards.put_report(sources=[source(), source(name="mastodon")])
    boards.put("all", hashtags=places(USUAL + AWKWARD))
    day = {"window_posts": 5_470, "window_tagged": 2_703}
    boards.put("24h", demo=True, source=["demo"], hashtags=entries(100, people=9), **day)
    boards.put("7d", as_of=ago(2 * 86_400), hashtags=places(USUAL, people=True))
    boards.put("rising", known_hours=5, hashtags=rises())
    boards.put("now", hashtags=places(USUAL, people=True))
    boards.put("1h", hashtags=[])
    boards.put("1h.people", hashtags=places(HOSTILE, people=True))
    for row in "24h.people", "7d.people":
        boards.put(row, hashtags=places(USUAL, people=True))
    for tag in (USUAL[0], "tag1", *HOSTILE):
        hours = {ago: 1 + 7 * ago % 23 for ago in range(0, 200, 3)}
        boards.put_hashtag(key_of(tag), tag, hours)


# A route without an answer would still be waited for when its page is closed.
_UNANSWERED = """const real = window.fetch;
window.fetch = (url, ...more) => String(url).includes("board={board}&rank_by={rank_by}")
    ? new Promise(() => {{}}) : real(url, ...more);"""


def play(page: Page, no_board_yet: Response) -> None:
    """Bring about the states that boards cannot: no answer, none any more, or `no_board_yet`."""
    asked = set()

    def answer(route: Route) -> None:
        query = parse_qs(urlsplit(route.request.url).query)
        wanted = {name: values[0] for name, values in query.items()}
        state = next((name for name, settings in STATES.items() if _same(settings, wanted)), None)
        if state == "waiting":
            headers = dict(no_board_yet.headers)
            route.fulfill(status=no_board_yet.status_code, headers=headers, body=no_board_yet.text)
        elif state == "offline" and state in asked:
            route.abort()
        else:
            route.continue_()
        asked.add(state)

    page.add_init_script(_UNANSWERED.format(**STATES["loading"]))
    page.route("**/api/v1/trends?*", answer)


def _same(settings: Settings, wanted: Settings) -> bool:
    return all(settings.get(name) == wanted.get(name) for name in ("board", "rank_by"))


def sheet(script: str, variants: Iterable[Settings]) -> str:
    """A page with all states; each variant adds settings to those of the state."""
    sections = []
    for state, settings in STATES.items():
        made = (f"<div>{element(**settings, **variant)}</div>" for variant in variants)
        sections.append(f'<section data-shown="{state}"><h2>{state}</h2>{"".join(made)}</section>')
    return f"{script}<main><h1>The widget</h1>{''.join(sections)}</main>"


def settled(page: Page) -> None:
    """Wait until each state on a sheet is what it is called."""
    for state in STATES:
        board = f'[data-shown="{state}"] .board'
        expected = f'[data-state="{_DRAWN.get(state, "ready")}"]'
        if state in _OUTDATED:
            expected += ".outdated"
        expect(page.locator(f"{board}:not({expected})")).to_have_count(0)
        expect(page.locator(f"{board}{expected}").first).to_be_visible()
