"""The command that hides hashtags while everything runs."""

import pytest

from trends.counting.hidden import NONE_HIDDEN, HiddenTags
from trends.hide import main


class FakeBoards:
    """Stands for the table `boards`."""

    def __init__(self) -> None:
        self.hidden = NONE_HIDDEN
        self.writes = 0

    def read_hidden(self) -> HiddenTags:
        return self.hidden

    def write_hidden(self, hidden: HiddenTags) -> None:
        self.hidden = hidden
        self.writes += 1


def test_tags_are_hidden_and_shown_again(capsys: pytest.CaptureFixture[str]) -> None:
    boards = FakeBoards()
    assert main(["#Spam", "*win*", "Café"], boards) == 0
    assert boards.hidden == HiddenTags(frozenset({"spam", "café"}), frozenset({"*win*"}))
    assert "Hidden: *win*, café, spam, and" in capsys.readouterr().out
    assert main(["--undo", "ＳＰＡＭ", "*win*"], boards) == 0
    assert boards.hidden == HiddenTags(frozenset({"café"}))


@pytest.mark.parametrize("arguments", [[], [""], ["--undo", ""]])
def test_without_a_tag_it_lists_what_is_hidden(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    boards = FakeBoards()
    boards.hidden = HiddenTags(frozenset({"café"}))
    assert main(arguments, boards) == 0
    assert (boards.writes, capsys.readouterr().out.split(",")[0]) == (0, "Hidden: café")


def test_a_word_that_would_hide_everything_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    boards = FakeBoards()
    assert main(["fine", "*"], boards) == 2
    assert boards.writes == 0
    assert "'*' is neither a hashtag nor a part of one" in capsys.readouterr().err
