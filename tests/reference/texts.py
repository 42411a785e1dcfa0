"""Texts made from what X's rules turn on: a pure function of a seed."""

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

# Letters, marks and digits of many scripts; the last rows are beyond U+FFFF, and younger than
# the tables of twitter-text.
SCRIPTS = [
    "abcxyzABCXYZ0189",
    "aeéüñçøåßĀžơÿŸƀɓəʻ\u0301\u0308ɢɐẞﬀ",
    "жизньёЩҐ\u0483ᲀ",
    "سلامعليكم٣۴\u064b\u0670",
    "שלוםעולם\u05b0",
    "สวัสดีไทย๓๔",
    "नमस्तेहिन्दी२३",
    "안녕하세요한국ㅋ",
    "こんにちはタグーゝ",
    "漢字東京日本語〆",
    "ΑλφαΩϊΙι",
    "გამარჯობა\u1c90",
    "հայերեն",
    "Ａｂｃ１２",
    "ⅧⓐªⅣ²½",
    "𝒜𝓑𠮷𐐷𝟘𝟙\U0001e4d0",
    "𞤀𞥐ꭰ𫠠\u0560\U00011450",
]
SPECIALS = "_\u200c\u200d\ua67e\u05be\u05f3\u05f4～〜゛゜゠・〃\u0f0b\u0f0c·"
SELECTORS = "\ufe0e\ufe0f\u20e3"
EMOJI = ["😀", "☀\ufe0f", "1\ufe0f\u20e3", "#\ufe0f\u20e3", "👩\u200d👩\u200d👧", "🇯🇵", "❤"]
SPACES = [" ", "  ", "\n", "\r\n", "\r", "\t", "\u3000", "\u00a0", "\u0085", "\u2028", "\u2029"]
SPACES += ["\x0b", "\x0c", "\u200b", "\u180e", "\u2009"]
UNSEEN = ["\u200e", "\u061c", "\u2066", "\u202e", "\ufeff", "\ufffe", "\uffff", "\ufdd0", "\ufdd1"]
UNSEEN += ["\x01", "\x7f", "\u00ad", "\ufdd2", "\ufdd3"]
PUNCTUATION = [*"!\"$%&'()*+,-./:;<=>?@[\\]^_`{|}~", *"、。「」（）＠！？…–—“”«»¿€｡．"]
GLUE = [
    "://",
    "...",
    "&amp;",
    "&#39;",
    "&lt;",
    "RT @a: ",
    "##",
    "＃＃",
    "#",
    "＃",
    "www.",
    "@",
    "$",
]
SIGNS = "###＃"
PATH = "abcxyz019/-_.,~!*';:=+$%#[]@|&()–éжç日＃?"
QUERY = "abc019!?*'@();:&=+$/%#[]-_.,~|é"

TOP_LEVEL_DOMAINS = [
    word
    for word in (Path(__file__).parents[2] / "services/spark/trends/extract/tlds.txt")
    .read_text(encoding="utf-8")
    .splitlines()
    if not word.startswith("#")
]
FAMILIAR = ["com", "org", "co", "co.uk", "jp", "de", "net", "me", "рф", "中国", "みんな", "한국"]
WRONG = ["comx", "local", "html", "c", "com-", "com@", "com1", "123", "coffeex", "xn--", "xn--p1ai"]

Piece = Callable[[random.Random], str]


def run_of(rng: random.Random, letters: Sequence[str], most: int) -> str:
    """Up to `most` of the letters."""
    return "".join(rng.choices(letters, k=rng.randint(1, most)))


def word(rng: random.Random) -> str:
    """A word of one script, or of two; now and then a long one."""
    letters = "".join(rng.sample(SCRIPTS, rng.choice([1, 1, 1, 2])))
    return run_of(rng, letters, 70 if rng.random() < 0.04 else 6)


def tag(rng: random.Random) -> str:
    """A hashtag, or nearly one."""
    pieces = [rng.choice(SIGNS), word(rng)]
    if rng.random() < 0.3:
        pieces.insert(rng.randint(0, 2), rng.choice(SPECIALS + SELECTORS + "0９٣"))
    last: str = rng.choice(["", "", "", "", *SIGNS, "://", ":", "\ufe0f", "\u20e3"])
    return "".join(pieces) + last


def label(rng: random.Random) -> str:
    """A part of a domain's name."""
    made = word(rng) if rng.random() < 0.4 else run_of(rng, SCRIPTS[0], 5)
    for inner, chance in (("-", 0.1), ("_", 0.06), ("＃", 0.02), ("。", 0.02), ("#", 0.01)):
        if rng.random() < chance:
            at = rng.randint(0, len(made))
            made = made[:at] + inner + made[at:]
    return made


def top_level(rng: random.Random) -> str:
    """A top-level domain, or what is none."""
    made = rng.choice(rng.choice([FAMILIAR, FAMILIAR, TOP_LEVEL_DOMAINS, WRONG]))
    return rng.choice([made, made, made, made.upper(), made.title()])


def path(rng: random.Random) -> str:
    """A path, whose brackets may close."""
    pieces = ["/"]
    for _ in range(rng.randint(0, 4)):
        inner = run_of(rng, PATH, 5)
        pieces.append(rng.choice([inner, inner, f"({inner})", f"(a({inner})b)", tag(rng)]))
    return "".join(pieces)


def url(rng: random.Random) -> str:
    """A URL, or nearly one."""
    protocols = ["", "", "", "http://", "https://", "HTTPS://", "hTtp://", "http:/", "ftp://", "//"]
    pieces = [rng.choice(protocols)]
    pieces += [label(rng) + "." for _ in range(rng.choice([1, 1, 1, 2, 2, 3]))]
    pieces.append(top_level(rng))
    if rng.random() < 0.1:
        pieces.append(rng.choice([":80", ":8080", ":", ":x"]))
    if rng.random() < 0.7:
        pieces.append(path(rng))
    if rng.random() < 0.2:
        pieces.append("?" + run_of(rng, QUERY, 8))
    return "".join(pieces)


def short_url(rng: random.Random) -> str:
    """X's own short URL, whose path is letters and digits."""
    name = run_of(rng, "abcXYZ0189", 45 if rng.random() < 0.1 else 10)
    rest = rng.choice(["", "", "#", "?", "é", "/", "日本", "、", "?a=#b", "?#", "/#x", "-#x", "_"])
    return rng.choice(["http://", "https://", "HTTP://", ""]) + "t.co/" + name + rest


def other(rng: random.Random) -> str:
    """What is neither."""
    kinds = [EMOJI, SPACES, SPACES, UNSEEN, PUNCTUATION, PUNCTUATION, GLUE, [*SPECIALS, *SELECTORS]]
    kind: list[str] = rng.choice(kinds)
    return rng.choice(kind)


def account(rng: random.Random) -> str:
    """A mention, a list, a cashtag, or an e-mail address."""
    name = run_of(rng, "abc019_", 6)
    return rng.choice(
        ["@" + name, "＠" + name, f"@{name}/list", "$" + name.upper(), f"{name}@a.com"]
    )


def any_character(rng: random.Random) -> str:
    """One character of all there are."""
    code = rng.choice([rng.randrange(0x80), rng.randrange(0x3100), rng.randrange(0x110000)])
    return "" if 0xD800 <= code < 0xE000 else chr(code)


# Pieces come together with nothing between them as often as not.
PIECES: list[tuple[Piece, int]] = [
    (tag, 6),
    (url, 5),
    (short_url, 1),
    (word, 3),
    (other, 9),
    (account, 1),
    (any_character, 1),
]


def texts(number: int, seed: int) -> Iterator[str]:
    """Make `number` texts."""
    rng = random.Random(seed)
    pieces, weights = zip(*PIECES, strict=True)
    for _ in range(number):
        chosen = rng.choices(pieces, weights, k=rng.randint(1, 9))
        yield rng.choice(["", "", " "]).join(piece(rng) for piece in chosen)


# Few words, so that whatever can be next to one another is.
WORDS = [*'ab1日本éøЖᲀιа٣·_-/#＃@$()?=:!"`、。&+%~*; ', ".", ".", ".", "/", "#"]
WORDS += ["𝒜", "😀", ".com", "com", "co", "рф", "jp", ".みんな", "中国", "#a", "x.com/#a", "80"]
WORDS += ["http://", "https://", "HTTP://t.co/", "t.co/", "://", "xn--", "\n", "\u3000"]
WORDS += ["\ufe0f", "\u0301", "\u200d", "\u200e", "\ufeff"]
USEFUL = [".com/", "#b", "#", "."]


def dense_texts(number: int, seed: int) -> Iterator[str]:
    """Make `number` texts of a few words each, with nothing between them."""
    rng = random.Random(seed)
    for _ in range(number):
        words = WORDS
        if rng.random() < 0.7:
            words = rng.sample(WORDS, rng.randint(5, 15)) + USEFUL
        yield "".join(rng.choices(words, k=rng.randint(3, 22)))


# All but the surrogates, and the planes that are unassigned or for private use.
CHARACTERS = [
    chr(code) for code in (*range(0xD800), *range(0xE000, 0x40000), *range(0xE0000, 0xE0200))
]
# The characters that any of a URL's rules names, and their neighbours.
URL_CHARACTERS = [
    chr(code)
    for first, last in [
        (0x0, 0x600),
        (0x610, 0x620),
        (0x1680, 0x1682),
        (0x1800, 0x1810),
        (0x1C80, 0x1C90),
        (0x1E00, 0x2070),
        (0x2C60, 0x2C80),
        (0x3000, 0x3010),
        (0xA7C0, 0xA7E0),
        (0xFDD0, 0xFDD8),
        (0xFEFE, 0xFF22),
        (0xFFF0, 0x10010),
        (0x1D49C, 0x1D4A0),
    ]
    for code in range(first, last)
]
# Every place in and around a URL that a character can have.
URLS = [
    "{}a.com/#p",
    "{}http://a.com/#h",
    "http://a{}b.com/#d",
    "http://{}.com/#s",
    "a{}b.com/#e",
    "@a{}b.com/#m",
    "a.com{}/#t",
    "a.com/{}#i",
    "a.com/{}(#n)",
    "a.com/({}#r)",
    "http://a.com?{}#q",
    "http://a.com?b#{}1",
    "http://t.co/a{}#c",
]


def with_each(characters: Sequence[str], templates: Sequence[str], size: int) -> Iterator[str]:
    """Texts of `size` characters each, every one of them put in every template's `{}`."""
    for start in range(0, len(characters), size):
        yield " ".join(
            template.replace("{}", character)
            for character in characters[start : start + size]
            for template in templates
        )
