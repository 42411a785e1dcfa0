"""Parsing Kafka records into messages, and finding their hashtags."""

import json
import random
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from trends.extract import message as module
from trends.extract.message import (
    MAX_RECORD_BYTES,
    MAX_TAG_CHARACTERS,
    MAX_TAGS,
    MalformedRecord,
    Message,
    hashtags_of,
    parse,
)

EXAMPLES = Path(__file__).parents[4] / "docs/contracts/examples"
MESSAGE = {"id": "1", "created_at": "2026-11-22T10:00:00.000Z", "text": "#a", "source": "x"}
CREATED = int(datetime(2026, 11, 22, 10, tzinfo=UTC).timestamp()) * 1000


def message(**fields: Any) -> bytes:
    return json.dumps(MESSAGE | fields, ensure_ascii=False).encode(errors="surrogatepass")


def tags(**fields: Any) -> dict[str, str]:
    return hashtags_of(parse(message(**fields)))[0]


def reason(value: bytes | None) -> str | None:
    try:
        parse(value)
    except MalformedRecord as error:
        return error.reason
    return None


def test_a_message_with_all_fields() -> None:
    value = message(author="00000000000000ff", hashtags=["b"], lang="en", repost=True)
    assert parse(value) == Message("1", "x", CREATED, 255, "#a", ["b"])


def test_the_three_required_fields_are_enough() -> None:
    least = {key: MESSAGE[key] for key in ("id", "created_at", "text")}
    value = json.dumps(least | {"later": {"field": []}}).encode()
    assert parse(value) == Message("1", "x", CREATED, None, "#a", None)


@pytest.mark.parametrize(
    "path", sorted(EXAMPLES.glob("message.*.json")), ids=lambda path: path.name
)
def test_the_examples_of_the_contract_are_messages(path: Path) -> None:
    assert parse(path.read_bytes()).id


AUTHORS = [
    ("0123456789abcdef", 0x0123456789ABCDEF),
    ("ffffffffffffffff", 2**64 - 1),
    ("0000000000000000", 0),
    ("0123456789ABCDEF", None),
    ("123", None),
    ("0x23456789abcdef", None),
    ("0123456789abcdef\n", None),
    ("٠123456789abcdef", None),
    ("somebody", None),
    ("", None),
    (None, None),
    (5, None),
    (["0123456789abcdef"], None),
]


@pytest.mark.parametrize(("author", "expected"), AUTHORS)
def test_an_author_is_sixteen_hexadecimal_digits(author: object, expected: int | None) -> None:
    assert parse(message(author=author)).author == expected


@pytest.mark.parametrize(("source", "expected"), [(None, "x"), ("mastodon", "mastodon")])
def test_the_source_is_x_unless_another_is_named(source: str | None, expected: str) -> None:
    assert parse(message(source=source)).source == expected


BAD: dict[bytes | None, str] = {
    None: "the record is empty",
    b"": "the record is empty",
    b"x": "not a JSON object",
    b" ": "not a JSON object",
    b"null": "not a JSON object",
    b"[1]": "not a JSON object",
    b"{}": "id is missing",
    message()[:-9]: "not a JSON object",
    message() + b"{}": "not a JSON object",
    b"{'id': '1'}": "not a JSON object",
    message().replace(b"#a", b"\x00"): "not a JSON object",
    b"[" * 100_000: "not a JSON object",
    message().replace(b'"#a"', b"NaN"): "not a JSON object",
    b"\xff\xfe" + message(): "not UTF-8",
    message(text="#a \ud800"): "not UTF-8",
    message(lang="_").replace(b"_", b"\xe9"): "not UTF-8",
    b"\xef\xbb\xbf" + message(): "byte order mark",
    json.dumps(MESSAGE | {"text": "#a \ud83d"}).encode(): "lone surrogate",
    json.dumps(MESSAGE | {"text": "#a \ude00\ud83d"}).encode(): "lone surrogate",
    json.dumps(MESSAGE | {"lang": "\ude00"}).encode(): "lone surrogate",
    json.dumps(MESSAGE | {"\ud83d": 1}).encode(): "lone surrogate",
    message(id=1): "id is missing",
    message(id=None): "id is missing",
    message(id=""): "id is missing",
    message(id="i" * 257): "id is longer",
    message(text=5): "text is missing",
    message(text=None): "text is missing",
    message(text=["#a"]): "text is missing",
    message(created_at=5): "created_at is missing",
    message(created_at="2026-11-22"): "created_at is not",
    message(created_at="2026-11-22T10:00:00"): "created_at is not",
    message(created_at="2026-13-22T10:00:00Z"): "created_at is not",
    message(created_at="1969-12-31T23:59:59Z"): "created_at is before 1970",
    message(created_at="1970-01-01T00:00:00+01:00"): "created_at is before 1970",
    message(hashtags="a"): "not a JSON object",
    message(hashtags={"a": 1}): "not a JSON object",
    message(hashtags=["a", 1]): "not a JSON object",
    message(hashtags=[None]): "not a JSON object",
    message(source=5): "not a JSON object",
    message(text="#a " + "x" * 300_000): "larger than 262144 bytes",
}


@pytest.mark.parametrize(("value", "expected"), BAD.items(), ids=lambda each: repr(each)[:60])
def test_each_broken_record_is_rejected_with_its_reason(value: bytes | None, expected: str) -> None:
    with pytest.raises(MalformedRecord) as error:
        parse(value)
    assert expected in error.value.reason == str(error.value)


# Each breaks one rule and later ones; the reason is that of the first rule broken.
ORDER: list[tuple[bytes, str]] = [
    (b"\xff" * 300_000, "larger than"),
    (b"\xef\xbb\xbf\xff", "not UTF-8"),
    (b"\xef\xbb\xbf{", "byte order mark"),
    (b'{"text":"\\ud83d"', "not a JSON object"),
    (b'{"text":"\\ud83d","hashtags":5}', "not a JSON object"),
    (b'{"text":"\\ud83d","id":5}', "lone surrogate"),
    (b'{"id":5,"created_at":5}', "id is missing"),
    (b'{"id":"%s","created_at":5}' % (b"i" * 257), "id is longer"),
    (b'{"id":"1","created_at":5}', "created_at is missing"),
    (b'{"id":"1","created_at":"x"}', "created_at is not"),
    (b'{"id":"1","created_at":"1969-11-22T10:00:00Z"}', "created_at is before 1970"),
    (b'{"id":"1","created_at":"2026-11-22T10:00:00Z"}', "text is missing"),
]


@pytest.mark.parametrize(("value", "expected"), ORDER, ids=[expected for _, expected in ORDER])
def test_the_reason_is_the_first_rule_that_is_broken(value: bytes, expected: str) -> None:
    assert expected in str(reason(value))


FINE = [
    json.dumps(MESSAGE | {"text": "#a \U0001f600"}).encode(),  # a surrogate pair, escaped
    json.dumps(MESSAGE | {"text": "#a \\ud800"}).encode(),  # an escaped backslash, then letters
    json.dumps(MESSAGE, indent=4).encode(),
    b"  " + message() + b"\n",
    message(id="i" * 256),
    message(id="語" * 256),
    message(lang=5, repost="no", hashtags=[]),
    message(text=""),
    message(text="\x7f \ufffd \ufeff"),
    message(text="x" * (MAX_RECORD_BYTES - len(message(text="")))),
    message(created_at="1970-01-01T00:00:00Z"),
    json.dumps(MESSAGE | {"text": "\n\U0001f600" * 8000 + "#a"}).encode(),
]


@pytest.mark.parametrize("value", FINE, ids=range(len(FINE)))
def test_what_only_looks_broken_is_a_message(value: bytes) -> None:
    assert reason(value) is None


def test_random_messages_are_judged_alike_by_both_decoders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Covers messages as ingest writes them, and the same with a byte replaced."""
    values = list(random_messages(6000))
    fast = [outcome(value) for value in values]
    monkeypatch.setattr(module, "_decode", lambda text: module._decode_loosely(text))
    assert [outcome(value) for value in values] == fast
    kinds = Counter(isinstance(each, Message) for each in fast)
    assert kinds[True] > 1000 and kinds[False] > 600


def outcome(value: bytes) -> Message | str | None:
    return reason(value) or parse(value)


def random_messages(number: int) -> list[bytes]:
    rng = random.Random(5)
    pieces = ["a", "#a", "＃b", " ", "é", "\U0001f600", "\\", '"', "\n", "#", "\ufffd", "\x7f"]
    changes = [b"", b'"', b"\\", b"#", b"\xe9", b"\\u0023", b"\\ud83d", b"9", b"{", b",", b"null"]
    values = []
    for i in range(number):
        fields = {
            "id": str(i),
            "text": "".join(rng.choices(pieces, k=rng.randrange(6))),
            "author": "0123456789abcdef",
            "hashtags": rng.choice([None, None, [], ["c"], ["", "d"]]),
            "lang": "en",
            "repost": False,
        }
        separators = rng.choice([(",", ":"), (", ", ": ")])
        is_ascii = rng.random() < 0.5
        text = json.dumps(MESSAGE | fields, ensure_ascii=is_ascii, separators=separators)
        value = text.encode()
        if rng.random() < 0.5:
            at = rng.randrange(len(value))
            value = value[:at] + rng.choice(changes) + value[at + 1 :]
        values.append(value)
    return values


def test_keys_are_counted_once_with_their_first_spelling() -> None:
    assert tags(text="#Café #b #CAFÉ #café #B") == {"café": "Café", "b": "b"}


def test_hashtags_of_the_network_are_taken_instead_of_the_text() -> None:
    given = ["Garden", "#Tulips", "", " ", "\u200b", "＃ garden"]
    assert tags(text="#no", hashtags=given) == {"garden": "Garden", "tulips": "Tulips"}
    assert tags(text="#no", hashtags=[]) == {}


# From people's reports about programs that do the same job.
REPORTED = [
    (["\u200b", " ", "\u3000", "\u3164", "\u2800", "\ufe0f\u20e3", "#", ""], {}),
    (["gardening", "gar\u200bdening", "gardening\u200b", " gardening"], {"gardening": "gardening"}),
    (
        ["# spaced", "nbspend\u00a0", "﹟small", "line\nbreak"],
        {"spaced": "spaced", "nbspend": "nbspend", "small": "small", "line break": "line break"},
    ),
    (["gi\u200bveaway"], {"giveaway": "gi\u200bveaway"}),
]


@pytest.mark.parametrize(("given", "expected"), REPORTED, ids=range(len(REPORTED)))
def test_reported_hashtags_of_networks(given: list[str], expected: dict[str, str]) -> None:
    assert tags(hashtags=given) == expected


def test_reported_hashtags_of_texts() -> None:
    assert list(tags(text="#STRASSE #Straße #ΟΔΟΣ #οδος #οδοσ")) == ["strasse", "οδοσ"]
    assert tags(text="#می\u200cخواهم") == {"میخواهم": "می\u200cخواهم"}
    many = " ".join(f"#t{i:02}" for i in range(45))
    assert list(tags(text=many)) == [f"t{i:02}" for i in range(45)]
    assert tags(text="#" + "wow" * 40) == {"wow" * 40: "wow" * 40}
    assert list(tags(text="See https://wiki.example.org/a/Foo_v._Bar,_Inc.#Ruling #realtag")) == [
        "realtag"
    ]


def test_tags_beyond_the_caps_are_ignored() -> None:
    many = " ".join(f"#t{i} #T{i}" for i in range(2000))
    found, ignored = hashtags_of(parse(message(text=many)))
    assert (list(found), ignored) == ([f"t{i}" for i in range(MAX_TAGS)], 2000 - MAX_TAGS)
    long = f"#{'x' * (MAX_TAG_CHARACTERS + 1)} #{'y' * MAX_TAG_CHARACTERS}"
    found, ignored = hashtags_of(parse(message(text=long)))
    assert (list(found), ignored) == (["y" * MAX_TAG_CHARACTERS], 1)
