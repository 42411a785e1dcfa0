"""Reads compose.cluster.yaml, whose tags are Compose's own."""

from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[2]


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Takes a value that replaces another one (`!override`) or removes it (`!reset`) as it is."""


def _value(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return None


for _tag in ("!override", "!reset"):
    _Loader.add_constructor(_tag, _value)


def parse_compose(text: str) -> dict[str, Any]:
    """Parse a file for Compose, which may have Compose's own tags."""
    found: dict[str, Any] = yaml.load(text, _Loader)
    return found


def load_cluster() -> dict[str, Any]:
    """Return the document as it is, without what it adds to."""
    return parse_compose((ROOT / "compose.cluster.yaml").read_text(encoding="utf-8"))
