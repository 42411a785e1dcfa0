"""What a widget looks like, as data that can be compared."""

from typing import Any

from playwright.sync_api import Locator

# The board inside the element: what each node is, says and looks like. `all` takes every computed
# property, otherwise those that a setting can change; sizes depend on the page around, and what
# custom properties and the style attribute do is seen in the others.
_LOOKS = """(board, all) => [board, ...board.querySelectorAll("*")].map(node => {
    const computed = getComputedStyle(node);
    const names = all ? [...computed].filter(name => !name.startsWith("--"))
        : ["color", "background-color", "border-top-color", "fill",
        "display", "visibility", "direction", "text-align", "font-size", "font-weight"];
    const told = [...node.attributes].filter(each => !["part", "style"].includes(each.name));
    return {
        node: node.localName,
        text: [...node.childNodes].filter(each => each.nodeType === Node.TEXT_NODE)
            .map(each => each.data.trim()).join(""),
        attributes: Object.fromEntries(told.map(each => [each.name, each.value])),
        style: Object.fromEntries(names.map(name => [name, computed.getPropertyValue(name)])),
    };
})"""


def looks(board: Locator, *, completely: bool = False) -> list[dict[str, Any]]:
    """Node by node what is drawn of a `.board`."""
    found: list[dict[str, Any]] = board.evaluate(_LOOKS, completely)
    return found


def differences(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> list[str]:
    """Where two boards do not look the same, in words."""
    told = [f"{len(found)} nodes, not {len(expected)}"] if len(found) != len(expected) else []
    for one, other in zip(found, expected, strict=False):
        name = f"{one['node']}.{one['attributes'].get('class', '')}"
        pairs = [(one, other), *((one[part], other[part]) for part in ("attributes", "style"))]
        told += [
            f"{name}: {key} is {a.get(key)!r}, not {b.get(key)!r}"
            for a, b in pairs
            for key in {**a, **b}
            if a.get(key) != b.get(key) and not isinstance(a.get(key), dict)
        ]
    return told
