"""The steps from Kafka records to countable rows: DataFrame -> DataFrame, no action in any.

Everything is Spark's own expressions, so that executors need no Python and nothing leaves the JVM.
"""

from collections.abc import Callable
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 -- the name that Spark's own documentation uses

from trends.extract import shape
from trends.extract.hashtags import hashtags

# A long post has up to 25,000 characters; what is larger than this is no message of ours.
MAX_RECORD_BYTES = 262_144
MAX_TAG_CHARACTERS = 100  # X's own cap
MAX_TAGS = 30  # more in one tweet is spam
QUARANTINED_CHARACTERS = 1024

_MESSAGE = (
    "id STRING, source STRING, created_at STRING, author STRING, text STRING, "
    "hashtags ARRAY<STRING>, corrupt STRING"
)
_AUTHOR = "^[0-9a-f]{16}$"

# A high surrogate escape without its low one, or the other way round; an even number of
# backslashes before it only escape one another.
_LONE_SURROGATE = (
    r"(?<!\\)(?:\\\\)*+(?:"
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F])"
)


def tagged(records: DataFrame) -> DataFrame:
    """Kafka records -> those that something is to be counted of, and those that are set aside."""
    return records.transform(promising).transform(parse).transform(extract)


def promising(records: DataFrame) -> DataFrame:
    """Leave out the records that are messages beyond doubt, and without a tag beyond doubt.

    On real timelines that is five of six; all that is done to the others is spared for them.
    """
    value = F.col("value").cast("string")
    has_none = _matches(shape.WITHOUT_TAG) & ~value.contains(shape.OTHER_SIGN)
    return records.where(value.isNull() | ~has_none)


def _matches(pattern: str) -> Column:
    value = F.col("value").cast("string")
    is_small = F.octet_length("value") <= MAX_RECORD_BYTES
    return is_small & value.rlike(pattern) & F.call_function("is_valid_utf8", value)


def parse(records: DataFrame) -> DataFrame:
    """Kafka records -> messages (contract: docs/contracts/message.schema.json).

    A record that breaks the contract keeps its place as a row with a `reason`; its id is its
    place on the topic, so that it is never taken for another's duplicate.
    """
    value = F.col("value").cast("string")
    json_options = {
        "mode": "PERMISSIVE",
        "columnNameOfCorruptRecord": "corrupt",
        "allowSingleQuotes": "false",
    }
    parsed = records.select(
        value.alias("value"),
        F.octet_length("value").alias("bytes"),
        F.concat_ws("/", "topic", "partition", "offset").alias("origin"),
        F.col("timestamp").alias("arrival"),
        F.from_json(value, _MESSAGE, json_options).alias("m"),
    ).withColumn("created", F.col("m.created_at").try_cast("timestamp"))
    return parsed.select(
        "value",
        "origin",
        _reason().alias("reason"),
        F.coalesce("m.source", F.lit("x")).alias("source"),
        F.col("m.id").alias("id"),
        # A clock that runs ahead must not put a tweet into a window that is yet to come.
        F.least("created", "arrival").alias("created"),
        F.when(F.col("m.author").rlike(_AUTHOR), F.col("m.author")).alias("author"),
        F.col("m.text").alias("text"),
        F.col("m.hashtags").alias("hashtags"),
    )


def _reason() -> Column:
    """The first rule that a record breaks, or null.

    What has the shape that ingest writes breaks none, which one look tells.
    """
    value, created_at = F.col("value"), F.col("m.created_at")
    rules: list[tuple[Column, str]] = [
        (F.col("bytes").isNull() | (F.col("bytes") == 0), "the record is empty"),
        (F.col("bytes") > MAX_RECORD_BYTES, f"larger than {MAX_RECORD_BYTES} bytes"),
        (~F.call_function("is_valid_utf8", value), "not UTF-8"),
        (value.startswith("\ufeff"), "starts with a byte order mark"),
        (
            ~(value.startswith("{") & value.endswith("}") | value.rlike(r"(?s)^\s*\{.*\}\s*$"))
            | F.col("m").isNull()
            | F.col("m.corrupt").isNotNull(),
            "not a JSON object of the message's types",
        ),
        (value.contains("\\u") & value.rlike(_LONE_SURROGATE), "holds a lone surrogate"),
        (~_is_text("id") | (F.col("m.id") == ""), "id is missing or not a string"),
        (F.length("m.id") > 256, "id is longer than 256 characters"),
        (~_is_text("created_at"), "created_at is missing or not a string"),
        (
            F.col("created").isNull()
            | ~created_at.substr(11, 1).eqNullSafe("T")
            | ~(created_at.endswith("Z") | created_at.rlike(r"[+-]\d\d:\d\d$")),
            "created_at is not an ISO 8601 time with a zone",
        ),
        (F.col("created") < F.lit("1970-01-01").cast("timestamp"), "created_at is before 1970"),
        (~_is_text("text"), "text is missing or not a string"),
    ]
    is_fine = _matches(shape.MESSAGE)
    chain = reduce(
        lambda when, rule: when.when(rule[0], rule[1]), rules, F.when(is_fine, F.lit(None))
    )
    return chain.otherwise(F.lit(None))


def _is_text(field: str) -> Column:
    """Whether the field is a JSON string; `from_json` would take a number or an object too."""
    value = F.col("value")
    written = value.contains(f'"{field}":"') | value.contains(f'"{field}": "')
    return F.col(f"m.{field}").isNotNull() & (written | value.rlike(rf'"{field}"\s*:\s*"'))


def extract(messages: DataFrame) -> DataFrame:
    """Messages -> what counting needs: `tags`, one `(key, spelling)` a distinct key, and `surplus`.

    Only rows that something is to be counted of go on, before any state is kept for them: on
    real timelines five tweets of six have no tag.
    """
    found = (
        F.when(F.col("reason").isNotNull(), F.lit(None))
        .when(F.col("hashtags").isNotNull(), _handed_over())
        .otherwise(hashtags(F.col("text")))
    )
    return (
        messages.withColumn("found", found)
        .where(F.col("reason").isNotNull() | (F.size("found") > 0))
        .withColumn(
            "spellings",
            F.filter("found", lambda tag: F.length(tag).between(1, MAX_TAG_CHARACTERS)),
        )
        .withColumn("keys", F.transform("spellings", _fold))
        .withColumn("distinct", _first_of_each_key())
        .select(
            F.when(F.col("reason").isNull(), F.col("id"))
            .otherwise(F.concat(F.lit("record "), "origin"))
            .alias("id"),
            "source",
            "created",
            "author",
            F.slice("distinct", 1, MAX_TAGS).alias("tags"),
            (
                F.size("found")
                - F.size("spellings")
                + F.greatest(F.size("distinct") - MAX_TAGS, F.lit(0))
            ).alias("surplus"),
            "reason",
            F.when(F.col("reason").isNotNull(), F.col("origin")).alias("origin"),
            F.when(
                F.col("reason").isNotNull(),
                F.substring(F.call_function("make_valid_utf8", "value"), 1, QUARANTINED_CHARACTERS),
            ).alias("record"),
        )
    )


def _handed_over() -> Column:
    """The tags a network names itself, without the sign that some of them leave in front."""
    return F.transform("hashtags", lambda tag: F.regexp_replace(F.trim(tag), "^[#＃]+", ""))


def _fold(spelling: Column) -> Column:
    """NFKC, then case folded (Unicode, 3.13 D144), by the ICU library that Spark brings along."""
    # Plain ASCII, the most of them, needs neither.
    return F.when(F.octet_length(spelling) == F.length(spelling), F.lower(spelling)).otherwise(
        F.reflect(
            F.lit("com.ibm.icu.lang.UCharacter"),
            F.lit("foldCase"),
            F.reflect(
                F.lit("com.ibm.icu.text.Normalizer"), F.lit("compose"), spelling, F.lit(True)
            ),
            F.lit(True),
        )
    )


def _first_of_each_key() -> Column:
    pairs = F.zip_with(
        "keys",
        "spellings",
        lambda key, spelling: F.struct(key.alias("key"), spelling.alias("spelling")),
    )
    return F.when(F.size("keys") == 1, pairs).otherwise(
        F.filter(pairs, lambda pair, i: F.array_position("keys", pair["key"]) == i + 1)
    )


def deduplicate(minutes: int) -> Callable[[DataFrame], DataFrame]:
    """Keep the first row of each id for `minutes` after it was read.

    The clock is the batch's own time, which a batch that is run again keeps: with the tweets'
    times, or Kafka's, a row from a slow partition could be too late and be dropped uncounted.
    What the state holds is named by `checkpoint.STATE`.
    """

    def step(rows: DataFrame) -> DataFrame:
        return (
            rows.withColumn("read", F.current_timestamp())
            .withWatermark("read", f"{minutes} minutes")
            .dropDuplicatesWithinWatermark(["id"])
        )

    return step


def digest(rows: DataFrame) -> DataFrame:
    """Distinct rows -> what the driver has to know of each, as `trends.batch.DIGEST` has it.

    It is collected without being added up first: another shuffle would take longer than the sums.
    """
    return rows.select(
        "source",
        F.unix_millis("created").alias("at"),
        "author",
        F.col("tags.key").alias("keys"),
        F.col("tags.spelling").alias("spellings"),
        "surplus",
        "reason",
        "origin",
        "record",
    )
