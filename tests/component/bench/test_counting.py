"""The Python programs in the speed comparison count exactly as the oracle does."""

import random
from datetime import UTC, datetime

import pytest

from bench.load import messages
from bench.peers.python.counting import REMEMBERED, Counts, Seen, Tags, fold, minute
from bench.rule import HASHTAG, URL
from support.oracle import Oracle

ARRIVAL = 4_102_444_800_000  # 2100: later than every post here

TEXTS = [
    "no tag, just words # and #1 and a&#b",
    "#one #One #ONE and #two",
    "#Größe #GRÖSSE #grösse",
    "＃東京 は #東京タワー、#日本語",
    "#ＦＵＬＬ #full #ﬁne #FINE",
    "see https://example.org/path#anchor and http://example.org/?q=#no #yes",
    "example.org/#no and example.org/a,b#neither",
    "#a#b #c#d #ok #bad://x",
    "#हिन्दी #العربية #ไทย",
    "#one, #two. (#three) #fo_ur! #5five",
    " ".join(f"#many{i}" for i in range(150)),
    "#" + "x" * 281 + " #" + "y" * 280,
]


@pytest.fixture(scope="module")
def tags() -> Tags:
    return Tags(HASHTAG, URL)


def message(number: int, text: str, **fields):
    return {
        "id": f"t{number}",
        "source": "x",
        "created_at": "2026-01-31T23:59:59.999Z",
        "text": text,
        "hashtags": None,
        **fields,
    }


def assert_as_the_oracle(tags: Tags, sent: list) -> Counts:
    counts, oracle = Counts(tags), Oracle(sent)
    for each in sent:
        counts.add(each, ARRIVAL)
    assert counts.tags == oracle.counts
    expected = {(key, when): n for key, of in oracle.minutes.items() for when, n in of.items()}
    assert counts.minutes == expected
    return counts


def test_texts_in_many_scripts_and_with_urls(tags: Tags) -> None:
    counts = assert_as_the_oracle(tags, [message(i, text) for i, text in enumerate(TEXTS)])
    assert counts.tags["one"] == 2
    assert counts.tags["grösse"] == 1


def test_tags_that_a_network_hands_over(tags: Tags) -> None:
    handed = message(1, "#left #alone", hashtags=["One", "one", "Größe", ""])
    assert_as_the_oracle(tags, [handed, message(2, "#x", hashtags=[])])
    assert tags.keys(message(3, "", hashtags=[" #Sign ", "＃Sign"])) == ["sign"]


def test_a_tweet_counts_once_however_often_it_comes(tags: Tags) -> None:
    sent = [message(i, text) for i, text in enumerate(TEXTS)]
    assert_as_the_oracle(tags, random.Random(1).sample(sent * 3, 3 * len(sent)))


def test_an_id_is_spent_by_the_first_version_with_a_tag(tags: Tags) -> None:
    counts = assert_as_the_oracle(tags, [message(1, "none"), message(1, "#a"), message(1, "#b")])
    assert counts.tags == {"a": 1}


def test_the_load_of_the_benchmark(tags: Tags) -> None:
    counts = assert_as_the_oracle(tags, list(messages("timeline", "sample", 30_000, 0)))
    assert len(counts.tags) > 3_000
    assert counts.tags["tag1"] > counts.tags["tag2"] > counts.tags["tag9"]


@pytest.mark.parametrize(
    ("created", "of"),
    [
        ("2026-01-31T23:59:59.999Z", "2026-01-31T23:59+00:00"),
        ("2026-01-31T23:59:59+01:30", "2026-01-31T22:29+00:00"),
        ("2026-01-31T23:59:00.5-05:00", "2026-02-01T04:59+00:00"),
        ("2026-01-31T23:59:00.123456Z", "2026-01-31T23:59+00:00"),
    ],
)
def test_the_minute_of_a_time(created: str, of: str) -> None:
    assert minute(created, ARRIVAL) == datetime.fromisoformat(of).timestamp() // 60


def test_a_time_to_come_is_the_arrival() -> None:
    arrived = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    assert minute("2026-01-31T23:59:59Z", int(arrived * 1000)) == arrived // 60


def test_ids_are_forgotten_after_an_hour_or_two() -> None:
    seen, hour = Seen(), REMEMBERED * 60_000
    start = 100 * hour
    assert seen.is_new("a", start)
    assert not seen.is_new("a", start + hour - 1)
    assert seen.is_new("b", start + hour)
    assert not seen.is_new("a", start + hour)
    assert seen.is_new("c", start + 2 * hour)
    assert seen.is_new("a", start + 2 * hour)
    assert not seen.is_new("b", start + 2 * hour)


def test_fold_of_ascii_is_that_of_all() -> None:
    assert fold("ABC_z9") == "abc_z9"
    assert fold("ＡＢＣ") == "abc"
