"""Questions and answers; at a real terminal they are asked in test_walk.py."""

import pytest

from ingest.connect.terminal import GivenUp, Problem, Terminal
from support.dialogue import Typist


def test_an_empty_answer_is_asked_again_or_means_the_default() -> None:
    typist = Typist("", "  a name ", "")
    assert typist.ask("Name?") == "a name"
    assert "Please type an answer." in typist.text
    assert typist.ask("Name?", "the default") == "the default"
    assert "Name? [the default]" in typist.text
    assert typist.is_done


def test_a_secret_is_asked_for_until_there_is_one() -> None:
    typist = Typist("", " hidden ")
    assert typist.ask_secret("Password") == "hidden"
    assert typist.secrets == ["", " hidden "]


@pytest.mark.parametrize(
    ("answers", "default", "expected"),
    [
        (("",), True, True),
        (("",), False, False),
        (("y",), False, True),
        (("No",), True, False),
        (("perhaps", "YES"), False, True),
    ],
)
def test_yes_or_no(answers: tuple[str, ...], default: bool, expected: bool) -> None:
    typist = Typist(*answers)
    assert typist.confirm("Sure?", default=default) is expected
    assert typist.is_done
    assert ("[Y/n]" if default else "[y/N]") in typist.text


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (("2",), 1),
        (("mast",), 1),
        (("X",), 0),
        (("0", "4", "", "-1", "Threads", "bluesky"), 2),
    ],
)
def test_an_option_is_chosen_by_its_number_or_beginning(
    answers: tuple[str, ...], expected: int
) -> None:
    typist = Typist(*answers)
    assert typist.choose("Which?", ["X", "Mastodon", "Bluesky"]) == expected
    assert typist.is_done
    assert "  2. Mastodon" in typist.text


def test_an_ambiguous_beginning_is_asked_again() -> None:
    typist = Typist("m", "mai")
    assert typist.choose("Which?", ["Mastodon", "Mail"]) == 1
    assert "Please type a number from 1 to 2." in typist.text


def test_an_option_can_be_the_default() -> None:
    typist = Typist("")
    assert typist.choose("Which?", ["A", "B"], 1) == 1
    assert "Which? [2]" in typist.text


def test_a_step_is_tried_again_until_it_succeeds() -> None:
    left = ["It does not work."] * 2

    def step() -> str:
        if left:
            raise Problem(left.pop())
        return "done"

    typist = Typist("", "y")
    assert typist.retry(step) == "done"
    assert typist.text.count("It does not work.") == 2


def test_or_until_the_user_has_had_enough() -> None:
    def step() -> None:
        raise Problem("It does not work.")

    typist = Typist("", "n")
    with pytest.raises(GivenUp):
        typist.retry(step)
    assert typist.is_done


def test_a_link_stays_in_one_piece(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    link = "https://server.example/oauth/authorize?" + "a-b" * 40
    Terminal().say(f"Some words that take more than forty columns to print.\n{link}")
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == link
    assert max(map(len, lines[:-1])) <= 40
    assert len(lines) == 3
