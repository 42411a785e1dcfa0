"""Converting Arrow batches of records to the driver's columns, without Spark."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest

from trends.counting.batch import Batch, QuarantinedRecord
from trends.extract.columns import extract, unpack

RECORDS = pa.schema(
    {
        "value": pa.binary(),
        "partition": pa.int32(),
        "offset": pa.int64(),
        "appended": pa.int64(),
    }
)
CREATED = 1_795_341_659_999
MESSAGE = {"id": "1", "created_at": "2026-11-22T10:00:59.999Z", "text": "#a", "source": "x"}

Record = tuple[bytes | None, int, int, int]  # value, partition, offset, append time


def message(**fields: Any) -> bytes:
    return json.dumps(MESSAGE | fields).encode()


def batch_of(*batches: Sequence[Record]) -> Batch:
    """Return the batch that the driver gets when the executors get these records."""
    given = [
        pa.RecordBatch.from_pylist(
            [dict(zip(RECORDS.names, record, strict=True)) for record in records], RECORDS
        )
        for records in batches
    ]
    cells = [cell for batch in extract(given) for cell in batch["chunk"].to_pylist()]
    return Batch.from_chunks(map(unpack, cells), "tweets")


def test_everything_of_a_batch_arrives() -> None:
    late = CREATED + 1000
    batch = batch_of(
        [
            (message(id="1", text="#a #b #A"), 3, 10, late),
            (message(id="2", text="none"), 3, 11, late + 5),
            (message(id="3", text="#b", source="demo", author="00000000000000ff"), 3, 13, late + 3),
            (b"broken", 3, 14, late + 9),
        ],
        [
            (message(id="4", text=" ".join(f"#s{i}" for i in range(143))), 3, 15, late),
            (message(id="1", text="#c"), 0, 7, late),
        ],
    )
    assert (batch.start, batch.end) == ({"0": 7, "3": 10}, {"0": 8, "3": 16})
    assert batch.newest == {"0": late, "3": late + 9}
    assert (batch.records, batch.ignored_tags) == (6, 3)
    assert batch.quarantined == [
        QuarantinedRecord("tweets/3/14", "not a JSON object of the message's types", "broken")
    ]
    posts = batch.posts
    assert posts.partition.tolist() == [0, 3, 3, 3, 3]
    assert posts.appended.tolist() == [late, late, late + 5, late + 5, late + 9]
    assert posts.created.tolist() == [CREATED] * 5
    assert posts.has_author.tolist() == [False, False, False, True, False]
    assert posts.author[3] == 255
    assert [posts.sources[code] for code in posts.source] == ["x", "x", "x", "demo", "x"]
    assert posts.tags_each.tolist() == [1, 2, 0, 1, 140]
    assert [posts.keys[code] for code in posts.use[:4]] == ["c", "a", "b", "b"]
    ids = list(zip(posts.hi.tolist(), posts.lo.tolist(), strict=True))
    assert ids[0] == ids[1] and len(set(ids)) == 4


def test_a_post_of_the_future_counts_at_its_arrival() -> None:
    batch = batch_of([(message(created_at="2100-01-01T00:00:00Z"), 0, 0, CREATED)])
    assert batch.posts.created.tolist() == [CREATED]


def test_the_highest_append_time_so_far_never_falls() -> None:
    """A broker's clock may be set back."""
    batch = batch_of(
        [(message(), 0, 0, 50), (message(), 0, 1, 90), (message(), 0, 2, 40)],
        [(message(), 0, 3, 60), (message(), 1, 0, 10), (message(), 1, 1, 20)],
    )
    assert batch.posts.appended.tolist() == [50, 90, 90, 90, 10, 20]
    assert batch.newest == {"0": 90, "1": 20}


def test_long_bad_records_are_cut_and_keep_their_place() -> None:
    batch = batch_of([(None, 2, 5, 1), ("é".encode() * 3000, 2, 6, 1), (b"\xff", 2, 7, 1)])
    assert [each.origin for each in batch.quarantined] == [f"tweets/2/{n}" for n in (5, 6, 7)]
    assert [each.record for each in batch.quarantined] == ["", "é" * 1024, "\ufffd"]
    assert (batch.records, batch.end) == (3, {"2": 8})


def test_a_batch_may_be_empty() -> None:
    batch = batch_of()
    assert (batch.records, batch.start, len(batch.posts.hi)) == (0, {}, 0)


@pytest.mark.component
def test_executors_need_neither_spark_nor_hbase_in_python() -> None:
    program = (
        "import sys, trends.extract.columns\n"
        "print(sorted({'pyspark', 'happybase', 'kafka'} & {n.split('.')[0] for n in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout == "[]\n"
