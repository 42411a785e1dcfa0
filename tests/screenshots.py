"""Takes the pictures of docs/screenshots: `python -m screenshots FOLDER`, with an HBase of its own.

The boards are made up; service, HBase and browser are real.
"""

import math
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from browser import chromium
from integration.widget.host import HostSite
from integration.widget.lab import THRIFT, Boards, Service, element, running
from integration.widget.states import play, publish, settled, sheet
from unit.web.memory_store import ago, source
from waiting import eventually

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


def fill(boards: Boards) -> None:
    """Boards as a busy timeline would have them, and a day of the leading tag."""
    tags = [
        {"rank": n, "tag": tag, "key": tag.casefold(), "count": count, "change": change}
        for n, (tag, (count, _, change)) in enumerate(TAGS.items(), start=1)
    ]
    people = {tag.casefold(): people for tag, (_, people, _) in TAGS.items()}
    totals: dict[str, Any] = {"tweets_read": 182_340, "tweets_tagged": 41_207}
    totals["source"] = ["mastodon", "x"]
    boards.put("all", hashtags=tags, **totals)
    for row in ("now", "1h", "24h", "7d"):
        counted = [tag | {"people": people[str(tag["key"])]} for tag in tags]
        boards.put(row, hashtags=counted, **totals)
    boards.put_report(sources=[source(), source(name="mastodon")])
    # More by day than by night, and a little more each day.
    hours = {n: round((200 - 0.77 * n) * (1.05 + math.sin(n * math.tau / 24))) for n in range(200)}
    boards.put_hashtag("worldcup2026", "WorldCup2026", hours)


class Camera:
    """Takes pictures into a folder."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser, self._folder = browser, folder

    def open(self, url: str, width: int, height: int, **options: Any) -> Page:
        """A window on an address."""
        size = {"width": width, "height": height}
        usual: dict[str, Any] = {"locale": "en-GB", "timezone_id": "UTC", "viewport": size}
        page = self._browser.new_context(**usual | options).new_page()
        page.goto(url)
        return page

    def shoot(self, page: Page, name: str, part: str = "") -> None:
        """Take a picture of a whole page, or of a part of it, and close its window."""
        path = self._folder / f"{name}.png"
        if part:
            # Round corners show whatever ground the picture is put on.
            page.locator(part).first.screenshot(
                path=path, animations="disabled", omit_background=True
            )
        else:
            page.screenshot(path=path, animations="disabled", full_page=True)
        page.context.close()


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
        publish(boards)
        eventually(lambda: not service.rows(board="1h"))
        states(camera, service, host, no_board_yet)


if __name__ == "__main__":
    take(Path(sys.argv[1]))
