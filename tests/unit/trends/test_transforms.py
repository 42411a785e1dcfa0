"""From Kafka records to the tally, on Spark itself."""

import json
import random
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

import oracle
from trends.transforms import MAX_TAGS, extract, parse, tally

ARRIVAL = datetime(2026, 11, 22, 12, tzinfo=UTC)
MESSAGE = {"id": "1", "created_at": "2026-11-22T10:00:00.000Z", "text": "#a", "source": "x"}
COLUMNS = "key binary, value binary, topic string, partition int, offset long, timestamp timestamp"


def records(spark: SparkSession, values: list[bytes | None]) -> DataFrame:
    rows = [(None, value, "tweets", 3, offset, ARRIVAL) for offset, value in enumerate(values)]
    return spark.createDataFrame(rows, COLUMNS)


def message(**fields: Any) -> bytes:
    return json.dumps(MESSAGE | fields, ensure_ascii=False).encode(errors="surrogatepass")


def extracted(spark: SparkSession, values: list[bytes | None]) -> list[Any]:
    return records(spark, values).transform(parse).transform(extract).collect()


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


def test_the_tally_tells_everything_of_a_batch(spark: SparkSession) -> None:
    values = [
        message(id="1", text="#a #b", created_at="2026-11-22T10:00:59.999Z"),
        message(id="2", text="#A", created_at="2026-11-22T10:01:00.000Z"),
        message(id="3", text="none"),
        message(id="4", text="#a", source="demo"),
        message(id="5", text=" ".join(f"#s{i}" for i in range(33))),
        b"broken",
    ]
    rows = records(spark, values).transform(parse).transform(extract).transform(tally).collect()
    kinds = Counter(row.kind for row in rows)
    assert kinds == {"tag": 34, "tweet": 2, "surplus": 1, "bad": 1}
    minute = int(datetime(2026, 11, 22, 10, tzinfo=UTC).timestamp()) // 60
    counted = {(r.a, r.b, r.demo, r.minute - minute): r.n for r in rows if r.kind == "tag"}
    assert counted[("a", "a", False, 0)] == counted[("a", "A", False, 1)] == 1
    assert counted[("a", "a", True, 0)] == 1
    tweets = {(row.a, row.demo): row.n for row in rows if row.kind == "tweet"}
    assert tweets == {("x", False): 3, ("demo", True): 1}
    (surplus,) = (row.n for row in rows if row.kind == "surplus")
    (bad,) = (row for row in rows if row.kind == "bad")
    assert (surplus, bad.a, bad.record) == (3, "tweets/3/5", "broken")
