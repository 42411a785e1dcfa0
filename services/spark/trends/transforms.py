"""The steps from Kafka records to countable rows: DataFrame -> DataFrame, no action in any.

Everything is Spark's own expressions, so that executors need no Python and nothing leaves the JVM.
"""

from collections.abc import Callable
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 -- the name that Spark's own documentation uses

from trends.hashtags import hashtags

# A long post has up to 25,000 characters; what is larger than this is no message of ours.
MAX_RECORD_BYTES = 262_144
MAX_TAG_CHARACTERS = 100  # X's own cap
MAX_TAGS = 30  # more in one tweet is spam
QUARANTINED_CHARACTERS = 1024

_MESSAGE = (
    "id STRING, source STRING, created_at STRING, text STRING, hashtags ARRAY<STRING>, "
    "corrupt STRING"
)

# A high surrogate escape without its low one, or the other way round; an even number of
# backslashes before it only escape one another.
_LONE_SURROGATE = (
    r"(?<!\\)(?:\\\\)*+(?:"
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F])"
)


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
        F.col("m.text").alias("text"),
        F.col("m.hashtags").alias("hashtags"),
    )


def _reason() -> Column:
    """The first rule that a record breaks, or null."""
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
    (first, reason), *others = rules
    chain = reduce(
        lambda when, rule: when.when(rule[0], rule[1]), others, F.when(first, F.lit(reason))
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
    """

    def step(rows: DataFrame) -> DataFrame:
        return (
            rows.withColumn("read", F.current_timestamp())
            .withWatermark("read", f"{minutes} minutes")
            .dropDuplicatesWithinWatermark(["id"])
        )

    return step


def tally(rows: DataFrame) -> DataFrame:
    """One batch's rows -> one aggregated table, everything that the batch has to tell.

    Columns `kind, demo, a, b, minute, n, first, last, record`; by kind:
    `tag` (a: key, b: spelling), `tweet` (a: source; n: tagged tweets), `surplus` (n: tags
    ignored) and `bad` (a: origin, b: reason). `minute` counts from 1970, `first` and `last`
    are milliseconds. `demo` rows are generated ones, which are not counted beside real ones.
    """
    demo = F.col("source") == "demo"
    milliseconds = F.unix_millis("created")

    def entry(kind: str, a: Column, b: Column, n: Column) -> Column:
        return F.struct(F.lit(kind).alias("kind"), a.alias("a"), b.alias("b"), n.alias("n"))

    one, none = F.lit(1).cast("long"), F.lit(None).cast("string")
    tags = F.transform("tags", lambda tag: entry("tag", tag["key"], tag["spelling"], one))
    tweet = F.when(
        F.size("tags") > 0, F.array(entry("tweet", F.col("source"), none, one))
    ).otherwise(F.array().cast("array<struct<kind:string,a:string,b:string,n:bigint>>"))
    surplus = F.array(entry("surplus", none, none, F.col("surplus").cast("long")))
    bad = F.array(entry("bad", F.col("origin"), F.col("reason"), one))
    entries = F.when(F.col("reason").isNotNull(), bad).otherwise(
        F.when(F.col("surplus") > 0, F.concat(tags, tweet, surplus)).otherwise(
            F.concat(tags, tweet)
        )
    )
    exploded = rows.select(
        demo.alias("demo"), milliseconds.alias("ms"), "record", F.explode(entries).alias("e")
    ).select("demo", "ms", "record", "e.*")
    minute = F.when(F.col("kind") == "tag", F.floor(F.col("ms") / 60_000)).alias("minute")
    return exploded.groupBy("kind", "demo", "a", "b", minute).agg(
        F.sum("n").alias("n"),
        F.min("ms").alias("first"),
        F.max("ms").alias("last"),
        F.first("record").alias("record"),
    )
