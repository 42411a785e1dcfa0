"""Puts two answers about the same texts side by side."""

from collections.abc import Iterable


def differences(
    given: Iterable[str], ours: Iterable[list[str]], theirs: Iterable[list[str]]
) -> list[tuple[str, list[str], list[str]]]:
    """The texts that the answers differ on, each with both answers."""
    rows = zip(given, ours, theirs, strict=True)
    return [(text, our, their) for text, our, their in rows if our != their]
