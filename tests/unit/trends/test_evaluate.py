"""The command that shows the boards as they would have been."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from trends.evaluate import main
from unit.trends.trending.test_rising import background, board, event

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def line(key: str, minute: int, author: object, seconds: int = 0) -> str:
    at = EPOCH + timedelta(minutes=minute, seconds=seconds)
    return json.dumps({"at": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "key": key, "author": author})


def run(tmp_path: Path, lines: list[str], *options: str) -> list[dict[str, Any]]:
    file, output = tmp_path / "stream.jsonl", io.StringIO()
    file.write_text("\n".join(lines))
    assert main([str(file), *options], output) == 0
    return [json.loads(each) for each in output.getvalue().splitlines()]


@pytest.mark.component
def test_the_boards_are_those_of_the_driver(tmp_path: Path) -> None:
    end = 30_000_000
    uses = background(1, 12, now=end) + event("news", 9, 300, end)
    uses.sort(key=lambda use: use[1])
    found = run(tmp_path, [line(*use) for use in uses], "--every", "5h")
    assert [each["at"] for each in found] == sorted({each["at"] for each in found})
    last = found[-1]
    now = int(datetime.fromisoformat(last["at"]).timestamp()) // 60
    assert (now % 300, now - end < 300) == (0, True)
    right = board(uses, now)
    assert [each["key"] for each in last["rising"]] == [rise.tag.key for rise in right][:10]
    assert [each["observed"] for each in last["rising"]] == [rise.people for rise in right][:10]
    assert "news" in {each["key"] for boards in found for each in boards["rising"]}
    assert last["now"]["window"] in {"12h", "24h", "48h"}
    assert len(last["now"]["hashtags"]) == 10


def test_a_board_has_the_uses_up_to_its_time(tmp_path: Path) -> None:
    lines = [line("a", 60, "x"), line("b", 80, "x"), line("c", 80, "y", 1), line("d", 125, "y")]
    found = run(tmp_path, lines)
    shown = [
        (boards["at"][11:16], sorted(each["key"] for each in boards["now"]["hashtags"]))
        for boards in found
    ]
    assert shown == [
        ("01:00", ["a"]), ("01:20", ["a", "b"]), ("01:40", ["a", "b", "c"]),
        ("02:00", ["a", "b", "c"]), ("02:20", ["a", "b", "c", "d"]),
    ]  # fmt: skip


@pytest.mark.component
def test_settings_and_text(tmp_path: Path) -> None:
    uses = background(1, 12, now=30_000_000) + event("duo", 2, 20, 30_000_000)
    lines = [line(*use) for use in sorted(uses, key=lambda use: use[1])]
    quiet = run(tmp_path, lines, "--every", "1h", "--top", "3")
    assert not any(each["key"] == "duo" for boards in quiet for each in boards["rising"])
    assert max(len(boards["now"]["hashtags"]) for boards in quiet) == 3
    output = io.StringIO()
    file = str(tmp_path / "stream.jsonl")
    assert main([file, "--every", "1h", "--rising-people", "2", "--text"], output) == 0
    assert "#duo: 2 people in 1h, " in output.getvalue()


def test_one_time_alone(tmp_path: Path) -> None:
    lines = [line("a", 60, "x"), line("b", 80, "x"), line("c", 90, "y")]
    for at, keys in (("01:30", {"a", "b", "c"}), ("01:21", {"a", "b"}), ("09:00", {"a", "b", "c"})):
        (boards,) = run(tmp_path, lines, "--at", f"1970-01-01T{at}:00Z")
        assert boards["at"][11:16] == at
        assert {each["key"] for each in boards["now"]["hashtags"]} == keys
    with pytest.raises(SystemExit):
        main(["-", "--at", "1970-01-01T01:30:00"])


def test_an_author_may_be_missing(tmp_path: Path) -> None:
    lines = ["", *(json.dumps({"at": "2026-03-01T12:00:00Z", "key": "a"}) for _ in range(9))]
    (boards,) = run(tmp_path, lines)
    assert boards["now"]["hashtags"] == []
    assert boards["rising"] == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nonsense", "line 2: "),
        ('{"at": "yesterday", "key": "a"}', "line 2: "),
        ('{"at": "2026-03-01T12:00:00", "key": "a"}', "line 2: `at` has no time zone"),
        ('{"at": "2026-03-01T12:00:00Z"}', "line 2: Object missing required field `key`"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, reason: str
) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(line("a", 1, "x") + "\n" + text)
    assert main([str(file)]) == 2
    assert reason in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["/nowhere.jsonl"]) == 2
    assert "/nowhere.jsonl" in capsys.readouterr().err


@pytest.mark.parametrize("every", ["20", "0m", "fortnight"])
def test_a_wrong_time_between_boards_is_refused(every: str) -> None:
    with pytest.raises(SystemExit):
        main(["-", "--every", every])
