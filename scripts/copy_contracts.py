#!/usr/bin/env python3
"""Copies the contracts of the JSON API into the description of its routes."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "services" / "web" / "web" / "static" / "openapi.json"
CONTRACTS = {
    name.capitalize(): ROOT / "docs" / "contracts" / f"{name}.schema.json"
    for name in ("trends", "hashtag", "search", "status")
}


def component(name: str) -> dict[str, Any]:
    """Return a contract as a part of a larger document: its references lead into that part."""
    text = CONTRACTS[name].read_text(encoding="utf-8")
    text = text.replace('"#/$defs/', f'"#/components/schemas/{name}/$defs/')
    found: dict[str, Any] = json.loads(text)
    # Only a whole document names its dialect, not a part of one.
    del found["$schema"]
    return found


def renewed(document: dict[str, Any]) -> dict[str, Any]:
    """Return the description of the routes with the contracts as they are now."""
    components = document["components"]
    schemas = components["schemas"] | {name: component(name) for name in CONTRACTS}
    return {**document, "components": {**components, "schemas": schemas}}


if __name__ == "__main__":
    document = renewed(json.loads(DOCUMENT.read_text(encoding="utf-8")))
    DOCUMENT.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
