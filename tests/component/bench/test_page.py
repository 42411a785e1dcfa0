"""Tests of the benchmark's page."""

from pathlib import Path

import pytest

from bench.comparison import ALL, LOOP, PRODUCT, QUIX, STREAMS, Result, code_lines
from bench.footprint import Footprint
from bench.memory import NUMBER, Memory, grown, ids
from bench.network import differences
from bench.page import WORK, Figures, percentile, write
from bench.product import BACKLOG, Drain, DriverAlone, Latency, Run
from bench.run import PARTS, parts
from bench.searches import Searches
from bench.visits import Visits
from support.stack import ROOT


def run_of(tweets: int, seconds: float) -> Run:
    """A run whose first record came ten seconds after its start."""
    return Run(tweets, 1000.0, 1010.0, 1010.0 + seconds, 50_000_000)


def figures() -> Figures:
    return Figures(
        latencies=[Latency(100, [1.0] * 99 + [9.0]), Latency(2000, [5.0] * 100)],
        demo={"ingest": (0.21, 40.0)},
        idle={"kafka": (0.2, 300.0), "web": (0.05, 50.0)},
        recovery=41.0,
        warm=Drain(25.0, 40_000.0, 0.5, {"kafka": 2e-6, **dict.fromkeys(WORK, 9e-6)}),
        workers={1: 20_000.0, 2: 30_000.0},
        driver=DriverAlone(BACKLOG / 125_000, BACKLOG * 5e-6),
        compared=[
            Result(PRODUCT, run_of(600_000, 20)),
            Result(LOOP, run_of(600_000, 10)),
            Result(STREAMS, run_of(600_000, 100)),
            Result(QUIX, None, "3 wrong counts"),
        ],
    )


def cells(page: str, start: str) -> list[str]:
    (line,) = (line for line in page.splitlines() if line.startswith(f"| {start}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_page_says_what_was_reached() -> None:
    page = write(figures())
    assert cells(page, "post to JSON at 100 posts/s, p95")[1:] == ["1.00 s", "≤ 1 s", "reached"]
    assert cells(page, "post to JSON at 2,000 posts/s, p95")[1:] == [
        "5.00 s",
        "≤ 1.2 s",
        "missed",
    ]
    assert cells(page, "driver killed")[1:] == ["41 s", "≤ 25 s", "missed"]
    assert cells(page, "whole stack, demo")[1:] == ["0.21 cores", "≤ 0.25 cores", "reached"]
    assert cells(page, "whole stack, no posts: memory")[1] == "0.35 GB"
    assert cells(page, "— share of the time that executors waited")[1] == "50%"
    assert cells(page, "— with 2 workers of one core")[1] == "30,000 posts/s"
    alone = cells(page, "driver alone")
    assert alone[1:] == ["125,000 posts/s", "≥ 100,000 posts/s", "reached"]
    assert cells(page, "— processor time")[1] == "5.0 µs a post"
    assert cells(page, "kafka") == ["kafka", "0.200", "300 MB"]
    assert cells(page, "hbase-thrift")[-1] == "9.0"
    assert cells(page, "all other containers")[-1] == "2.0"


def test_the_page_says_what_a_visit_takes() -> None:
    visits = Visits(size=118_960, board=[0.8, 0.9, 1.4], shift=0.0301)
    page = write(Figures(visits=visits))
    assert cells(page, "a first visit of `/`: everything")[1:] == [
        "119.0 kB",
        "≤ 120 kB",
        "reached",
    ]
    assert cells(page, "a first visit of `/`: board")[1:] == ["0.90 s", "≤ 1 s", "reached"]
    assert cells(page, "a first visit of `/`: layout")[1:] == ["0.030", "≤ 0.02", "missed"]
    assert "1.6 Mbit/s, 150 ms" in page


def test_the_page_says_how_fast_a_search_is() -> None:
    page = write(Figures(searches=Searches([0.01] * 90 + [0.06] * 10)))
    what = "search among 1,000,000 hashtags"
    assert cells(page, f"{what}, median")[1:] == ["10.0 ms", "", ""]
    assert cells(page, f"{what}, p95")[1:] == ["60.0 ms", "≤ 50 ms", "missed"]


def test_the_page_compares() -> None:
    page = write(figures())
    product, streams = cells(page, "Tweet Trends"), cells(page, "Kafka Streams")
    assert product[1:10] == ["30,000", "20,000", "", "", "", "", "", "", "50 MB"]
    loop = cells(page, "Python loop")
    assert loop[1:9] == ["60,000", "30,000", "0.50", "", "", "0.67", "≥ 0.5", "reached"]
    assert streams[1:9] == [
        "6,000", "5,455", "5.00", "≥ 0.8", "reached", "6.67", "≥ 1.2", "reached",
    ]  # fmt: skip
    assert cells(page, "Quix")[1:3] == ["no result: 3 wrong counts", ""]
    assert all(int(row[-1]) > 50 for row in (product, streams))


def test_the_page_shows_the_headroom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    page = write(figures())
    assert "spends 38 µs" in page and "\n9 of them in" in page
    assert "would be 52,632 posts/s" in page
    assert cells(page, "compared with Python loop")[1:] == ["30,000", "66.7"]
    assert cells(page, "compared with Kafka Streams")[1:] == ["7,200", "277.8"]
    assert "| compared with Quix" not in page


def test_all_rows_of_a_table_have_as_many_cells() -> None:
    tables = [block for block in write(figures()).split("\n\n") if block.startswith("|")]
    assert len(tables) == 6
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_a_page_of_one_part() -> None:
    page = write(Figures(compared=[Result(LOOP, run_of(600_000, 10))]))
    assert cells(page, "Python loop")[1:9] == ["60,000", "30,000", *[""] * 6]
    assert "## No posts" not in page


def test_memory_and_disks_are_per_piece() -> None:
    memory = Memory(
        old_tag=5.4,
        four_weeks=286,
        eight_days=423,
        person=141,
        loading=500,
        row=1350,
        post=28,
        insertion=13e-9,
    )
    sent = {"kafka": 200.0, "alerts": 0.1}
    page = write(Figures(memory=memory, footprint=Footprint(72.4, 90, 180, 25_000, sent)))
    assert cells(page, "a tag that was not used")[1:] == ["5"]
    assert "takes 13 ms of\nprocessor time for each million" in page
    assert cells(page, "a post on Kafka's disk")[1:] == ["72"]
    assert cells(page, "sent by `kafka`")[1:] == ["200"]
    assert "`alerts`" not in page


@pytest.mark.component
def test_memory_is_measured_with_the_driver_s_own_classes() -> None:
    """An id has two halves, a time and a partition."""
    assert 28 <= grown(ids) / NUMBER < 40


def test_percentile() -> None:
    assert percentile([float(n) for n in range(101)], 95) == 95


def test_parts_by_default_and_by_name() -> None:
    assert parts([]) == list(PARTS)
    assert parts(["--only", "streams", "--only", "latency"]) == ["latency", "streams"]
    with pytest.raises(SystemExit):
        parts(["--only", "nothing"])


def test_differences_are_counted_on_both_sides() -> None:
    right = {"tags": {"a": 1, "b": 2}, "minutes": {"a 7": 1}}
    assert differences(right, right) == 0
    assert differences({"tags": {"a": 1, "b": 3, "c": 1}, "minutes": {}}, right) == 3


def test_lines_of_code(tmp_path: Path) -> None:
    python, java = tmp_path / "a.py", tmp_path / "A.java"
    python.write_text('"""One\n\nand more.\n"""\n\nx = 1  # one\n# no\ndef f():\n    """Two."""\n')
    java.write_text("/** What. */\nclass A {\n  // no\n\n  /*\n   * no\n   */\n  int x;\n}\n")
    assert (code_lines(python), code_lines(java)) == (2, 3)


@pytest.mark.parametrize("candidate", ALL, ids=lambda candidate: candidate.name)
def test_the_code_of_a_candidate_is_there(candidate) -> None:
    assert all(list(ROOT.glob(each)) for each in candidate.code)
