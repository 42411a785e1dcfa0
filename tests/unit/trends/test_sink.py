"""What the sink publishes, with stores in memory."""

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from trends import sink as module
from trends.counting.hidden import NONE_HIDDEN, HiddenTags
from trends.counting.post_totals import PostTotals
from trends.counting.progress import Done, Intent
from trends.counting.stored_tag import StoredTag
from trends.sink import Sink


class FakeHashtags:
    def read_all(self, now: int) -> list[StoredTag]:
        return [
            StoredTag(key, 5, now * 60_000, {now: (5, [1, 2])}, {now // 60: 5})
            for key in ("spam", "tea", "spammer")
        ]

    def spellings(self, keys: Iterable[str]) -> dict[str, str]:
        return {key: key for key in keys}


class FakeBoards:
    def __init__(self) -> None:
        self.boards: dict[str, Any] = {}
        self.hidden: HiddenTags | Exception = NONE_HIDDEN

    def read_hidden(self) -> HiddenTags:
        if isinstance(self.hidden, Exception):
            raise self.hidden
        return self.hidden

    def write(self, boards: Mapping[str, bytes], at: int) -> None:
        self.boards = {name: json.loads(board) for name, board in boards.items()}

    def shown(self) -> dict[str, list[str]]:
        return {
            name: sorted(each["key"] for each in board["hashtags"])
            for name, board in self.boards.items()
        }


class FakeProgress:
    def next_timestamp(self) -> int:
        return 0


class FakeTotals:
    def read(self, now: int, done: Done, intent: Intent | None) -> PostTotals:
        return PostTotals(now)


@pytest.fixture
def boards(monkeypatch: pytest.MonkeyPatch) -> FakeBoards:
    monkeypatch.setattr(module, "HIDDEN_SECONDS", 0)
    return FakeBoards()


def make(boards: FakeBoards, **settings: Any) -> Sink:
    return Sink(FakeHashtags(), boards, FakeProgress(), FakeTotals(), quarantine=None, **settings)


def test_tags_are_hidden_and_shown_again_without_a_restart(boards: FakeBoards) -> None:
    sink = make(boards, hidden=frozenset({"tea"}))
    sink.refresh()
    assert boards.shown()["all"] == boards.shown()["24h"] == ["spam", "spammer"]
    boards.hidden = HiddenTags.from_words(["spam"])
    sink.refresh()
    assert all("spam" not in keys for keys in boards.shown().values())
    assert boards.shown()["all"] == boards.shown()["24h.people"] == ["spammer"]
    boards.hidden = HiddenTags.from_words(["*spam*"])
    sink.refresh()
    assert not any(boards.shown().values())
    boards.hidden = NONE_HIDDEN
    sink.refresh()
    assert boards.shown()["all"] == boards.shown()["now"] == ["spam", "spammer"]


def test_a_list_that_cannot_be_read_changes_nothing(
    boards: FakeBoards, caplog: pytest.LogCaptureFixture
) -> None:
    sink = make(boards)
    boards.hidden = HiddenTags.from_words(["spam"])
    sink.refresh()
    boards.hidden = ValueError("no lists")
    sink.refresh()
    assert boards.shown()["all"] == ["spammer", "tea"]
    assert "list of hidden hashtags cannot be used: no lists" in caplog.text


def test_what_is_hidden_is_not_read_for_every_batch(
    boards: FakeBoards, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(module, "HIDDEN_SECONDS", 3)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    sink = make(boards)
    sink.refresh()
    boards.hidden = HiddenTags.from_words(["spam"])
    sink.refresh()
    assert "spam" in boards.shown()["all"]
    now += 3
    sink.refresh()
    assert "spam" not in boards.shown()["all"]
