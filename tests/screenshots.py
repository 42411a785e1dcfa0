"""Takes the pictures of docs/screenshots: `python -m screenshots FOLDER`, with an HBase of its own.

The boards are made up; service, HBase and browser are real.
"""

import itertools
import math
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from integration.widget.host import HostSite
from integration.widget.lab import THRIFT, Boards, Service, element, running
from integration.widget.states import play, publish, settled, sheet
from moving_picture import Frame, assemble
from support.browser import chromium
from support.memory_store import ago, source
from support.waiting import eventually

TAGS = {
    "WorldCup2026": (4887, 1304, 0),
    "Café": (3926, 1188, 2),
    "OpenSource": (3105, 954, -1),
    "東京": (2871, 903, 1),
    "MondayMotivation": (2240, 871, None),
    "caturday": (1986, 640, -2),
    "مرحبا": (1544, 512, 3),
    "photography": (1207, 498, 0),
    "Python": (964, 377, None),
    "gardening": (731, 214, -1),
}
SHEET = """<style>
body { margin: 0 } h1 { display: none }
main { padding: 16px; font: 14px system-ui; background: #f6f7f9 }
section { display: grid; grid-template-columns: 70px repeat(3, 480px) repeat(3, 200px); gap: 12px }
section { align-items: start; margin-bottom: 12px } h2 { font-size: 14px }
/* Something that shows through. */
div:nth-child(3n + 1) { background: #cfe3f7 }
</style>"""
THEMES = ("light", "dark", "transparent")

# How many posts each tag has more, from one board of the moving picture to the next.
MOVES: tuple[dict[str, int], ...] = (
    {"東京": 1093, "MondayMotivation": 41},
    {"caturday": 655, "Café": 85, "Python": 22},
    {"OpenSource": 1011, "مرحبا": 64},
    {"photography": 940, "WorldCup2026": 118},
    {"Café": 1104, "東京": 37},
)
# Milliseconds: how long a board stands still, and the moments of a move, which takes 600.
STILL, STEPS = 1100, (60, 120, 180, 240, 300, 360, 420, 600)
MOVING_BYTES = 600_000

# Asks for the new board, and stops its rows and bars where they start to move.
REFRESH = """board => new Promise(done => {
    board.addEventListener("trends-update", () => {
        window.moves = board.shadowRoot.getAnimations();
        for (const each of window.moves) each.pause();
        done(window.moves.length);
    }, { once: true });
    board.refresh();
})"""
SEEK = "moment => { for (const each of window.moves) each.currentTime = moment; }"


def fill(boards: Boards) -> None:
    """Boards as a busy timeline would have them, and a day of the leading tag."""
    tags = [
        {"rank": n, "tag": tag, "key": tag.casefold(), "count": count, "change": change}
        for n, (tag, (count, _, change)) in enumerate(TAGS.items(), start=1)
    ]
    people = {tag.casefold(): people for tag, (_, people, _) in TAGS.items()}
    totals: dict[str, Any] = {"tweets_read": 182_340, "tweets_tagged": 41_207}
    totals["source"] = ["mastodon", "x"]
    of_window = {"window_posts": 70_383, "window_tagged": 23_461, "point_minutes": 60}
    boards.put("all", hashtags=tags, **totals)
    for row in ("now", "1h", "24h", "7d"):
        counted = [
            tag | {"people": people[str(tag["key"])], "points": sparkline(str(tag["tag"]))}
            for tag in tags
        ]
        boards.put(row, hashtags=counted, **totals, **of_window)
    boards.put_report(sources=[source(), source(name="mastodon")])
    # More by day than by night, and a little more each day.
    hours = {n: round((200 - 0.77 * n) * (1.05 + math.sin(n * math.tau / 24))) for n in range(200)}
    boards.put_hashtag("worldcup2026", "WorldCup2026", hours)


def busy_boards() -> Iterator[list[dict[str, Any]]]:
    """The hashtags of the moving picture's boards, one board after the other."""
    counts = {tag: count for tag, (count, _, _) in TAGS.items()}
    first = ranked(counts)
    yield entries_of(counts, first)
    for more in MOVES:
        counts = {tag: count + more.get(tag, 0) for tag, count in counts.items()}
        yield entries_of(counts, first)


def ranked(counts: Mapping[str, int]) -> list[str]:
    """The tags, the leading one first."""
    return sorted(counts, key=lambda tag: -counts[tag])


def entries_of(counts: Mapping[str, int], before: Sequence[str]) -> list[dict[str, Any]]:
    """A board's hashtags; `before` is their order at the start of the picture."""
    return [
        {"rank": n, "tag": tag, "key": tag.casefold(), "count": counts[tag]}
        | {"change": before.index(tag) + 1 - n, "points": sparkline(tag)}
        for n, tag in enumerate(ranked(counts), start=1)
    ]


def sparkline(tag: str) -> list[int]:
    """24 hours of a tag, each tag with a rhythm of its own."""
    return [round(30 + 20 * math.sin(n / 3 + len(tag)) + 9 * math.sin(n * 2.1)) for n in range(24)]


class Camera:
    """Takes pictures into a folder."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser, self.folder = browser, folder
        self._numbers = itertools.count()

    def open(self, url: str, width: int, height: int, **options: Any) -> Page:
        """A window on an address."""
        size = {"width": width, "height": height}
        usual: dict[str, Any] = {"locale": "en-GB", "timezone_id": "UTC", "viewport": size}
        page = self._browser.new_context(**usual | options).new_page()
        page.goto(url)
        return page

    def shoot(self, page: Page, name: str, part: str = "") -> None:
        """Take a picture of a whole page, or of a part of it, and close its window."""
        path = self.folder / f"{name}.png"
        if part:
            # Round corners show whatever ground the picture is put on.
            page.locator(part).first.screenshot(
                path=path, animations="disabled", omit_background=True
            )
        else:
            page.screenshot(path=path, animations="disabled", full_page=True)
        page.context.close()

    def frame(self, page: Page, part: str) -> Path:
        """Take a picture of a part of a page as it is, in the middle of a move."""
        path = self.folder / f"frame-{next(self._numbers):03}.png"
        page.locator(part).first.screenshot(path=path, animations="allow")
        return path


def first_visit(camera: Camera, service: Service) -> None:
    """Nothing has been counted yet."""
    for path, name in (("/", "first-visit"), ("/status", "status")):
        page = camera.open(service.url + path, 1000, 700)
        expect(page.locator("[data-status]").first).to_contain_text("Kafka: done")
        camera.shoot(page, name)


def dashboard(camera: Camera, service: Service) -> None:
    """The page with a tag's history."""
    page = camera.open(f"{service.url}/?board=24h", 1000, 900)
    expect(page.locator("#history dd").first).to_be_visible()
    expect(page.locator("#preview li.row[data-key=gardening]")).to_be_visible()
    camera.shoot(page, "dashboard")


def widgets(camera: Camera, service: Service, host: HostSite) -> None:
    """The widget alone, by day and by night."""
    for theme in ("light", "dark"):
        made = element(board="24h", limit="7", width="400", theme=theme)
        page = camera.open(host.page(service.script + made), 440, 700, device_scale_factor=2)
        expect(page.locator("li.row")).to_have_count(7)
        camera.shoot(page, f"widget-{theme}", ".board")


def moving_board(camera: Camera, service: Service, host: HostSite, boards: Boards) -> None:
    """The widget while its board changes, as a picture that moves."""
    lively = busy_boards()
    publish_lively(boards, service, next(lively))
    made = element(board="24h", limit="7", width="400", theme="light", refresh="3600")
    page = camera.open(host.page(service.script + made), 440, 700, device_scale_factor=1.5)
    expect(page.locator("li.row")).to_have_count(7)
    frames = [Frame(camera.frame(page, ".board"), STILL)]
    for hashtags in lively:
        publish_lively(boards, service, hashtags)
        if not page.locator("trending-hashtags").evaluate(REFRESH):
            raise AssertionError("nothing moves from one board to the next")
        frames += move(camera, page)
    page.context.close()
    assemble(frames, camera.folder / "board.png", MOVING_BYTES)
    for frame in frames:
        frame.picture.unlink()


def publish_lively(boards: Boards, service: Service, hashtags: Sequence[dict[str, Any]]) -> None:
    """Put a board into HBase, and wait until the service serves it."""
    expected = [each["count"] for each in hashtags]
    tagged = sum(expected)
    totals = {"window_posts": 3 * tagged, "window_tagged": tagged, "point_minutes": 60}
    boards.put("24h", hashtags=hashtags, source=["mastodon", "x"], **totals)
    eventually(lambda: [count for _, _, count in service.rows(board="24h")] == expected)


def move(camera: Camera, page: Page) -> list[Frame]:
    """Pictures of rows on their way to their new ranks."""
    frames = []
    for before, moment in pairwise((0, *STEPS)):
        page.evaluate(SEEK, moment)
        frames.append(Frame(camera.frame(page, ".board"), moment - before))
    return [*frames[:-1], frames[-1]._replace(duration=STILL)]


def states(camera: Camera, service: Service, host: HostSite, no_board_yet: Any) -> None:
    """One sheet with every state, in every theme, wide and narrow."""
    variants = [{"theme": theme, "width": width} for width in ("480", "200") for theme in THEMES]
    url = host.page(sheet(service.script, variants), head=SHEET)
    page = camera.open("about:blank", 2214, 1000)
    play(page, no_board_yet)
    page.goto(url)
    settled(page)
    camera.shoot(page, "states", "main")


def take(folder: Path) -> None:
    """Take all pictures."""
    boards = Boards()
    boards.clear()
    started = source(state="starting", last_success=None, next_poll=None, tweets=0, skipped=0)
    boards.put_report(state="starting", started_at=ago(20), sources=[started])
    address = {"HBASE_THRIFT_HOST": THRIFT[0], "HBASE_THRIFT_PORT": THRIFT[1]}
    with (
        tempfile.TemporaryDirectory() as logs,
        running(Service(Path(logs), 8080, **address), until="/healthz") as service,
        HostSite().open() as host,
        chromium() as browser,
    ):
        camera = Camera(browser, folder)
        no_board_yet = service.get("/api/v1/trends")
        first_visit(camera, service)
        fill(boards)
        eventually(lambda: service.get("/readyz").status_code == 200)
        dashboard(camera, service)
        widgets(camera, service, host)
        moving_board(camera, service, host, boards)
        publish(boards)
        eventually(lambda: not service.rows(board="1h"))
        states(camera, service, host, no_board_yet)


if __name__ == "__main__":
    take(Path(sys.argv[1]))
