"""What a page is to those who use it by keyboard or by a screen reader."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path("/opt/reference/node_modules/axe-core/axe.min.js")

# The element that has the focus, through all shadow roots: what it is, and which tag it is of.
FOCUS = """() => {
    let node = document.activeElement;
    while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
    return [node.className, node.textContent, getComputedStyle(node).outlineStyle];
}"""


def violations(page: Page, *but: str) -> list[str]:
    """What axe-core has to say against a page, element by element, but for some of its rules."""
    # Not by a script element, which the page's policy would refuse.
    page.evaluate(AXE.read_text())
    rules = {rule: {"enabled": False} for rule in but}
    run = "async rules => (await axe.run({rules})).violations"
    found: list[dict[str, Any]] = page.evaluate(run, rules)
    return [
        f"{each['id']}: {node['target']}: {node['failureSummary']}"
        for each in found
        for node in each["nodes"]
    ]
