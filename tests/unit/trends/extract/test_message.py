"""From Kafka records to what the driver has to know, on Spark itself."""

import json
import random
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

import oracle
from trends.counting.tally import DIGEST
from trends.extract.message import MAX_TAGS, digest, extract, parse, promising, tagged

ARRIVAL = datetime(2026, 11, 22, 12, tzinfo=UTC)
MESSAGE = {"id": "1", "created_at": "2026-11-22T10:00:00.000Z", "text": "#a", "source": "x"}
COLUMNS = "key binary, value binary, topic string, partition int, offset long, timestamp timestamp"


def records(spark: SparkSession, values: list[bytes | None]) -> DataFrame:
    rows = [(None, value, "tweets", 3, offset, ARRIVAL) for offset, value in enumerate(values)]
    return spark.createDataFrame(rows, COLUMNS)


def message(**fields: Any) -> bytes:
    return json.dumps(MESSAGE | fields, ensure_ascii=False).encode(errors="surrogatepass")


def extracted(spark: SparkSession, values: list[bytes | None]) -> list[Any]:
    """What comes of the records, which is the same if those without a tag leave first."""
    given = records(spark, values)
    rows: list[Any] = given.transform(tagged).collect()
    assert rows == given.transform(parse).transform(extract).collect()
    return rows


def tags(spark: SparkSession, texts: list[str]) -> list[list[str]]:
    """The tags of each text, as they are spelled."""
    values = [message(id=str(i), text=text) for i, text in enumerate(texts)]
    found = {row.id: [tag.spelling for tag in row.tags] for row in extracted(spark, values)}
    return [found.get(str(i), []) for i in range(len(texts))]


# One clause of X's rule each.
CLAUSES = [
    ("#start and ＃fullwidth", ["start", "fullwidth"]),
    ("a#b c&#d _#e 1#f é#g", []),
    ('"#quoted" (#bracketed) .#dotted、#comma', ["quoted", "bracketed", "dotted", "comma"]),
    ("#1 #12_ #1a #a1", ["1a", "a1"]),
    ("#under_score #mid·dot #a\u200cb", ["under_score", "mid·dot", "a\u200cb"]),
    ("#one#two #three＃four", []),
    ("#scheme:// #colon: x", ["colon"]),
    ("#️⃣ #⃣ keycaps", []),
    (
        "#東京タワー #안녕 #مرحبا #हिन्दी #Ünïcödé",
        ["東京タワー", "안녕", "مرحبا", "हिन्दी", "Ünïcödé"],
    ),
    ("日本#no 日本 #yes", ["yes"]),
    ("#𝒜stral #𠮷野家", ["𝒜stral", "𠮷野家"]),
    ("☀️#after_a_selector", ["after_a_selector"]),
    ("http://x.com/#no https://x.com/a?b=#no x.com/#no #yes", ["yes"]),
    ("http://t.co/abc、#after http://t.co/abc #spaced", ["after", "spaced"]),
    ("##double", ["double"]),
    ("#", []),
]


@pytest.mark.parametrize(("text", "expected"), CLAUSES, ids=[text for text, _ in CLAUSES])
def test_the_oracle_knows_each_clause(text: str, expected: list[str]) -> None:
    assert oracle.hashtags(text) == expected


def test_each_clause_of_the_rule(spark: SparkSession) -> None:
    assert tags(spark, [text for text, _ in CLAUSES]) == [expected for _, expected in CLAUSES]


def test_random_texts_have_the_oracles_tags(spark: SparkSession) -> None:
    """Texts put together from the characters that the rule turns on."""
    rng = random.Random(11)
    pieces = [*"##＃ab1_é東·&.,:/ \u3000\u200d\u0301\ufe0e", "://", "٣", "𠮷", "ﬀ"]
    texts = ["".join(rng.choices(pieces, k=rng.randrange(2, 16))) for _ in range(4000)]
    expected = [
        list({oracle.fold(t): t for t in reversed(oracle.hashtags(text))}) for text in texts
    ]
    found = [[oracle.fold(tag) for tag in row] for row in tags(spark, texts)]
    different = [
        (text, got, want)
        for text, got, want in zip(texts, found, expected, strict=True)
        if set(got) != set(want)
    ]
    assert different == []


def test_keys_are_folded_as_unicode_says(spark: SparkSession) -> None:
    spellings = [
        "Café",
        "CAFE\u0301",
        "ＣＡＦÉ",
        "Straße",
        "STRASSE",
        "ΣΊΣΥΦΟΣ",
        "İi",
        "ﬁn",
        "ａＢｃ",
        "x",
    ]
    values = [message(id=str(i), hashtags=[tag]) for i, tag in enumerate(spellings)]
    found = {row.tags[0].spelling: row.tags[0].key for row in extracted(spark, values)}
    assert found == {tag: oracle.fold(tag) for tag in spellings}


def test_a_tweet_counts_once_for_each_key_with_its_first_spelling(spark: SparkSession) -> None:
    (row,) = extracted(spark, [message(text="#Café #b #CAFÉ #café #B")])
    assert [(tag.key, tag.spelling) for tag in row.tags] == [("café", "Café"), ("b", "b")]
    assert row.surplus == 0


def test_tags_that_the_network_hands_over_are_taken_instead_of_the_text(
    spark: SparkSession,
) -> None:
    (row,) = extracted(spark, [message(text="#no", hashtags=["Garden", "#Tulips", "", " "])])
    assert [tag.spelling for tag in row.tags] == ["Garden", "Tulips"]


def test_surplus_is_ignored_and_told(spark: SparkSession) -> None:
    many = " ".join(f"#t{i}" for i in range(2000))
    long = "#" + "x" * 101 + " #" + "y" * 100
    rows = extracted(spark, [message(id="1", text=many), message(id="2", text=long)])
    assert [(len(row.tags), row.surplus) for row in rows] == [(MAX_TAGS, 2000 - MAX_TAGS), (1, 1)]


def test_a_tweet_of_the_future_counts_at_its_arrival(spark: SparkSession) -> None:
    (row,) = extracted(spark, [message(created_at="2100-01-01T00:00:00Z")])
    assert row.created.replace(tzinfo=UTC) == ARRIVAL


def test_a_time_may_have_a_zone(spark: SparkSession) -> None:
    (row,) = extracted(spark, [message(created_at="2026-11-22T11:30:00+02:00")])
    assert row.created.replace(tzinfo=UTC) == datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def test_the_three_required_fields_are_enough(spark: SparkSession) -> None:
    least = {key: MESSAGE[key] for key in ("id", "created_at", "text")}
    (row,) = extracted(spark, [json.dumps(least | {"later": {"field": []}}).encode()])
    assert row.reason is None


BAD: dict[bytes | None, str] = {
    None: "the record is empty",
    b"": "the record is empty",
    b"x": "not a JSON object",
    b"null": "not a JSON object",
    b"[1]": "not a JSON object",
    b"{}": "id is missing",
    message()[:-9]: "not a JSON object",
    b"{'id': '1'}": "not a JSON object",
    b"\xff\xfe" + message(): "not UTF-8",
    message(text="#a \ud800"): "not UTF-8",
    b"\xef\xbb\xbf" + message(): "byte order mark",
    json.dumps(MESSAGE | {"text": "#a \ud83d"}).encode(): "lone surrogate",
    json.dumps(MESSAGE | {"text": "#a \ude00\ud83d"}).encode(): "lone surrogate",
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
    message(hashtags="a"): "not a JSON object",
    message(hashtags={"a": 1}): "not a JSON object",
    message(text="#a " + "x" * 300_000): "larger than 262144 bytes",
}


def test_each_broken_record_is_told_with_its_reason_and_place(spark: SparkSession) -> None:
    rows = {row.origin: row for row in extracted(spark, list(BAD))}
    for offset, (value, reason) in enumerate(BAD.items()):
        row = rows[f"tweets/3/{offset}"]
        assert reason in (row.reason or ""), (value, row.reason)
        assert row.id == f"record tweets/3/{offset}"
        assert len(row.record or "") <= 1024


def test_what_only_looks_broken_is_counted(spark: SparkSession) -> None:
    fine = [
        json.dumps(MESSAGE | {"text": "#a \U0001f600"}).encode(),  # a pair of escapes
        json.dumps(MESSAGE | {"text": "#a \\ud800"}).encode(),  # a backslash, and letters
        json.dumps(MESSAGE, indent=4).encode(),
        b"  " + message() + b"\n",
    ]
    assert [row.reason for row in extracted(spark, fine)] == [None] * len(fine)


WRITTEN = {
    "id": "1",
    "source": "x",
    "created_at": "2026-11-22T10:00:00.000Z",
    "author": "0123456789abcdef",
    "text": "words",
    "hashtags": None,
    "lang": "en",
    "repost": False,
}


def written(**fields: Any) -> bytes:
    """A message as ingest writes it."""
    return json.dumps(WRITTEN | fields, ensure_ascii=False, separators=(",", ":")).encode()


def kept(spark: SparkSession, values: list[bytes | None]) -> list[bytes | None]:
    return [row.value for row in records(spark, values).transform(promising).collect()]


def test_messages_without_a_tag_leave_before_they_are_parsed(spark: SparkSession) -> None:
    leaving = [
        written(),
        written(text='日本 \U0001f600 "quoted" \\ a\nb\tc', lang=None, author=None, repost=True),
        written(hashtags=[], source="mastodon"),
        written(created_at="2024-02-28T23:59:59Z"),
        json.dumps(WRITTEN | {"text": "\ufffd"}, ensure_ascii=False).encode(),
    ]
    assert kept(spark, leaving) == []
    staying: list[bytes | None] = [
        None,
        b"",
        written(text="#a"),
        written(text="＃a"),
        written(hashtags=["a"]),
        written(id="i" * 257),
        written(id=""),
        written(created_at="2026-02-30T10:00:00.000Z"),
        written(created_at="2026-04-31T10:00:00.000Z"),
        written(created_at="1969-11-22T10:00:00.000Z"),
        written(created_at="2026-11-22T24:00:00.000Z"),
        written(text="x" * 262_144),
        written(author="somebody"),
        written().replace(b"words", b"\\u0023a"),
        written().replace(b"words", b"\\uFf03a"),
        written().replace(b"words", b"\\ud83d"),
        written().replace(b"words", b"\xff"),
        written().replace(b"words", b"\x00"),
        written() + b"{}",
        written() + b"\n",
    ]
    assert kept(spark, staying) == staying


def test_a_long_text_of_escapes_is_no_trouble(spark: SparkSession) -> None:
    text = "\n\U0001f600" * 8000 + "#a"
    (row,) = extracted(spark, [json.dumps(WRITTEN | {"text": text}).encode()])
    assert [tag.key for tag in row.tags] == ["a"]


def test_random_messages_are_judged_alike_with_and_without_the_short_cut(
    spark: SparkSession,
) -> None:
    """Messages as ingest writes them, and what becomes of them when bytes are changed."""
    rng = random.Random(5)
    pieces = ["a", "#a", "＃b", " ", "é", "\U0001f600", "\\", '"', "\n", "#", "\ufffd", "\x7f"]
    values: list[bytes | None] = []
    for number in range(3000):
        value = json.dumps(
            WRITTEN
            | {
                "id": str(number),
                "text": "".join(rng.choices(pieces, k=rng.randrange(6))),
                "hashtags": rng.choice([None, None, [], ["c"], ["", "d"]]),
            },
            ensure_ascii=rng.random() < 0.5,
            separators=rng.choice([(",", ":"), (", ", ": ")]),
        ).encode()
        if rng.random() < 0.5:
            at = rng.randrange(len(value))
            changed = rng.choice([b"", b'"', b"\\", b"#", b"\xe9", b"\\u0023", b"9", b"{", b","])
            value = value[:at] + changed + value[at + 1 :]
        values.append(value)
    reasons = Counter(row.reason is None for row in extracted(spark, values))
    assert reasons[True] > 500 and reasons[False] > 300


def test_the_digest_tells_everything_of_a_batch(spark: SparkSession) -> None:
    values = [
        message(id="1", text="#a #b #A", created_at="2026-11-22T10:00:59.999Z"),
        message(id="2", text="none"),
        message(id="3", text="#a", source="demo", author="0123456789abcdef"),
        message(id="4", text=" ".join(f"#s{i}" for i in range(33)), author="somebody"),
        b"broken",
    ]
    rows = records(spark, values).transform(parse).transform(extract).transform(digest)
    found = rows.toArrow()
    # Arrow's own types differ in what may be null and in what elements are called.
    assert [field.name for field in found.schema] == DIGEST.names
    first, demo, many, bad = found.cast(DIGEST).to_pylist()
    at = round(datetime(2026, 11, 22, 10, 0, 59, 999_000, UTC).timestamp() * 1000)
    assert list(first.values()) == ["x", at, None, ["a", "b"], ["a", "b"], 0, None, None, None]
    assert (demo["source"], demo["author"]) == ("demo", "0123456789abcdef")
    assert (len(many["keys"]), many["surplus"], many["author"]) == (30, 3, None)
    assert (bad["origin"], bad["reason"], bad["record"]) == (
        "tweets/3/4", "not a JSON object of the message's types", "broken",
    )  # fmt: skip
