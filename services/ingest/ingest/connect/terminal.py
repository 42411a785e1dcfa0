"""Asks questions on the terminal and prints answers; what is typed as a secret is not shown."""

import getpass
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

LONGEST_LINE = 100
NO_ANSWER = "Please type an answer. Ctrl-C stops, and changes nothing."


class Problem(Exception):  # noqa: N818 -- a wrong turn of the dialogue, which goes on
    """A step failed; the text says in whole sentences why, and what to do."""


class GivenUp(Exception):  # noqa: N818 -- a decision, not an error
    """The user does not want to try a step again."""


class Terminal:
    """A dialogue on standard input and output.

    Every question raises KeyboardInterrupt for Ctrl-C, and EOFError at the end of the input.
    """

    def say(self, text: str) -> None:
        """Print paragraphs, one per line of `text`, wrapped to the terminal's width."""
        width = min(shutil.get_terminal_size().columns, LONGEST_LINE)
        for paragraph in text.split("\n"):
            # A link or a command must stay in one piece.
            lines = textwrap.fill(paragraph, width, break_long_words=False, break_on_hyphens=False)
            sys.stdout.write(f"{lines}\n")
        sys.stdout.flush()

    def read(self, prompt: str) -> str:
        """Read a line, which is shown as it is typed."""
        return input(prompt)

    def read_secret(self, prompt: str) -> str:
        """Read a line, which is not shown."""
        return getpass.getpass(prompt)

    def ask(self, question: str, default: str = "") -> str:
        """Ask until there is an answer; an empty line means `default`, if there is one."""
        prompt = f"{question} [{default}] " if default else f"{question} "
        while not (answer := self.read(prompt).strip() or default):
            self.say(NO_ANSWER)
        return answer

    def ask_secret(self, question: str) -> str:
        """Ask until there is an answer, without showing it."""
        while not (answer := self.read_secret(f"{question} (not shown): ").strip()):
            self.say(NO_ANSWER)
        return answer

    def confirm(self, question: str, *, default: bool) -> bool:
        """Ask for yes or no."""
        prompt = f"{question} [{'Y/n' if default else 'y/N'}] "
        while (answer := self.read(prompt).strip().lower()) not in ("", "y", "yes", "n", "no"):
            self.say("Please type y or n.")
        return answer.startswith("y") if answer else default

    def choose(self, question: str, options: Sequence[str], default: int | None = None) -> int:
        """Ask for one of the options, by its number or its beginning; return its index."""
        for number, option in enumerate(options, 1):
            self.say(f"  {number}. {option}")
        prompt = f"{question} " if default is None else f"{question} [{default + 1}] "
        while True:
            answer = self.read(prompt).strip()
            if not answer and default is not None:
                return default
            found = _matches(answer, options)
            if len(found) == 1:
                return found[0]
            self.say(f"Please type a number from 1 to {len(options)}.")

    def retry(self, step: Callable[[], T]) -> T:
        """Run a step until it succeeds, or raise GivenUp if the user does not want to retry it."""
        while True:
            try:
                return step()
            except Problem as problem:
                self.say(str(problem))
                if not self.confirm("Try again?", default=True):
                    raise GivenUp from problem


def _matches(answer: str, options: Sequence[str]) -> list[int]:
    """Return the indexes of the options that an answer can mean."""
    if answer.isdecimal():
        index = int(answer) - 1
        return [index] if 0 <= index < len(options) else []
    beginning = answer.lower()
    return [n for n, each in enumerate(options) if answer and each.lower().startswith(beginning)]
