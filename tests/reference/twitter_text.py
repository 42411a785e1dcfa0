"""twitter-text itself, X's own library, as the judge of what a hashtag is."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
# The test container has it, and the library in NODE_PATH.
NODE = "node"


def hashtags(texts: Sequence[str]) -> list[list[str]]:
    """The hashtags of each text, in their order."""
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    found = _run([str(HERE / "extract.js")], lines).splitlines()
    assert len(found) == len(texts)
    return [json.loads(line) for line in found]


def top_level_domains() -> set[str]:
    """The top-level domains that the library knows."""
    words: list[str] = []
    for name in ("validGTLD", "validCCTLD"):
        pattern = _evaluate(f"require('twitter-text/dist/regexp/{name}').source")
        words += pattern.removeprefix("(?:(?:").partition(")")[0].split("|")
    return set(words)


def _evaluate(expression: str) -> Any:
    return json.loads(_run(["--print", f"JSON.stringify({expression})"]))


def _run(arguments: list[str], given: str = "") -> str:
    done = subprocess.run(
        [NODE, *arguments], input=given, capture_output=True, encoding="utf-8", check=True
    )
    return done.stdout
