"""Reads the Markdown files of the repository: their code blocks, links and headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
# The addresses in the list of other projects' licences are those projects' own.
OTHERS = ROOT / "docs" / "third-party.md"
DOCUMENTS = (
    *sorted(ROOT.glob("*.md")),
    *(path for path in sorted(ROOT.glob("docs/**/*.md")) if path != OTHERS),
)

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
_HTML_ADDRESS = re.compile(r"""\b(?:href|src|srcset)=["']([^"']+)["']""")


@dataclass(frozen=True)
class Block:
    """A fenced block of code; `line` is that of its fence, the first line is 1."""

    document: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def name_of(path: Path) -> str:
    """A document's path as the repository has it."""
    return path.relative_to(ROOT).as_posix()


def blocks(*languages: str) -> list[Block]:
    """The code blocks of all documents, or those in some languages."""
    found = [block for path in DOCUMENTS for block in _blocks(path)]
    return [block for block in found if not languages or block.language in languages]


def _blocks(path: Path) -> Iterator[Block]:
    for token in _tokens(path):
        if token.type in ("fence", "code_block"):
            line = token.map[0] + 1 if token.map else 0
            yield Block(name_of(path), line, token.info.strip(), token.content)


def links(path: Path) -> list[str]:
    """The addresses of a document's links and pictures, in the order of the text."""
    found: list[str] = []
    for token in _all(_tokens(path)):
        address = token.attrGet("href") or token.attrGet("src")
        if address is not None:
            found.append(str(address))
        if token.type in ("html_inline", "html_block"):
            found += _HTML_ADDRESS.findall(token.content)
    return found


def anchors(path: Path) -> set[str]:
    """What a link can name after `#`: the headings, as forges make anchors of them."""
    tokens = _tokens(path)
    found: set[str] = set()
    for heading, inline in pairwise(tokens):
        if heading.type == "heading_open":
            found.add(_new(_anchor(inline), found))
    return found


def _anchor(inline: Token) -> str:
    text = "".join(each.content for each in inline.children or ())
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def _new(anchor: str, known: set[str]) -> str:
    # Of headings with one text, the later ones get numbers.
    numbers = (f"{anchor}-{n}" for n in range(1, len(known) + 1))
    return anchor if anchor not in known else next(each for each in numbers if each not in known)


def _tokens(path: Path) -> list[Token]:
    return _MARKDOWN.parse(path.read_text(encoding="utf-8"))


def _all(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()
