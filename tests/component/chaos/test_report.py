"""The page that the harness writes, and the files that it keeps."""

import json
from pathlib import Path
from typing import Any

import pytest

from chaos.report import Book, page
from chaos.samples import Course, course
from chaos.soak import Soak, courses
from chaos.trial import Result

PASSED = Result("kafka/pause", 7, 60.0, "2026-11-23", "paused", 12.34, 0, 0, 0, 1, "pass")


def lines(text: str, start: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(start)]


def book(folder: Path) -> Book:
    names = ["kafka/kill", "kafka/pause", "web/kill"]
    return Book(folder / "found.json", folder / "page.md", names)


def test_a_result_is_a_row(tmp_path: Path) -> None:
    book(tmp_path).keep("faults", PASSED.name, PASSED)
    (row,) = lines((tmp_path / "page.md").read_text(), "| kafka/pause")
    assert row == "| kafka/pause | paused | 12.3 (60) | 0 | 0 | 0 | 1 | pass | 7, 2026-11-23 |"


def test_the_last_result_of_each_is_kept(tmp_path: Path) -> None:
    failed = Result("web/kill", 8, 5.0, "2026-11-24", problems=["no newer board"], verdict="FAILED")
    for _ in range(2):  # also by another run of the program
        book(tmp_path).keep("faults", PASSED.name, PASSED)
    book(tmp_path).keep("faults", failed.name, failed)
    written = (tmp_path / "page.md").read_text()
    assert len(lines(written, "| kafka/pause")) == 1
    assert lines(written, "| web/kill") == [
        "| web/kill | none | never (5) | ? | ? | ? | 0 | FAILED | 8, 2026-11-24 |"
    ]
    assert "- `web/kill`: no newer board" in written
    assert "Not run yet: `kafka/kill`." in written
    assert json.loads((tmp_path / "found.json").read_text())["faults"].keys() == {
        "kafka/pause", "web/kill",
    }  # fmt: skip


def test_a_page_of_nothing_says_so() -> None:
    assert "Not run yet: `a`, `b`." in page({}, ["a", "b"])


@pytest.mark.parametrize(
    ("name", "title"), [("soak", "A long run"), ("cluster", "A long run of a cluster")]
)
def test_a_soak_is_told_with_its_figures(tmp_path: Path, name: str, title: str) -> None:
    soak = Soak(60, 3, tweets=1_000_001, faults=60, missing=0, duplicate=0, foreign=0)
    soak.recoveries, soak.verdict = [2.0, 4.0, 9.0], "pass"
    soak.courses = courses(
        [(0, {"log of web": 1e6, "store files": 4}), (1800, {"log of web": 2e6, "store files": 2})]
    )
    book(tmp_path).keep("soaks", name, soak)
    written = (tmp_path / "page.md").read_text()
    assert f"\n## {title}\n" in written
    assert "1,000,001 tweets" in written
    assert "| log of web | 1.0 MB | 1.0 MB | ? | ? | 2.0 MB | 2.0 MB |" in written
    assert "| store files | 4 | 4 | ? | ? | 2 | 2 |" in written


def test_what_the_harness_is_tried_with_has_a_table_of_its_own(tmp_path: Path) -> None:
    bad = Result("ingest/killed", 1, 30.0, "2026-11-23", "killed", 9.0, 25, 0, 0, 1, "FAILED")
    book(tmp_path).keep("defects", "cursor-first", bad)
    assert lines((tmp_path / "page.md").read_text(), "| cursor-first") == [
        "| cursor-first | ingest/killed | 25 | 0 | 0 | FAILED | 1, 2026-11-23 |"
    ]


@pytest.mark.parametrize(
    ("values", "right"),
    [
        ([(0, 5)], Course(5, (5, None, None, None), 5)),
        ([(0, 1), (50, 2), (100, 3)], Course(1, (1, None, 2, 3), 3)),
        ([(0, 3), (20, 9), (60, 4), (80, 5), (100, 2)], Course(3, (9, None, 4, 5), 2)),
    ],
)
def test_a_course(values: Any, right: Course) -> None:
    assert course(values, 100) == right
