"""Answers the questions of `make connect`: in a test's own process, or at a terminal."""

import os
import pty
import re
import select
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
import trustme

from ingest.connect.terminal import GivenUp, Terminal
from ingest.environment import Environment
from ingest.sources.http.egress import DIRECT, Egress
from support.waiting import SOON, eventually

LINK = re.compile(r"https?://\S+/oauth/authorize\?\S+")
CODE = re.compile(r"<code>(.*?)</code>")
CTRL_C, CTRL_D = "\x03", "\x04"

# What is typed; a function gets all that was printed so far.
Answer = str | Callable[[str], str]
# A network's dialogue.
Connect = Callable[[Terminal, Environment, Egress], dict[str, str]]


def browse(text: str, authority: trustme.CA | None = None) -> str:
    """Open the last link of a text in a browser, and return the code or PIN that it shows.

    The browser trusts the authority.
    """
    context = ssl.create_default_context()
    if authority:
        authority.configure_trust(context)
    with urllib.request.urlopen(LINK.findall(text)[-1], timeout=SOON, context=context) as page:
        return str(CODE.findall(page.read().decode())[0])


class Typist(Terminal):
    """Answers one question after the other; `text` is what was printed, `secrets` what was hidden.

    Without an answer that is left it is as if the input had ended.
    """

    def __init__(self, *answers: Answer) -> None:
        self.text, self.secrets = "", list[str]()
        self._answers = list(answers)

    @property
    def is_done(self) -> bool:
        return not self._answers

    def say(self, text: str) -> None:
        self.text += f"{text}\n"

    def read(self, prompt: str) -> str:
        self.text += f"{prompt}\n"
        if not self._answers:
            raise EOFError
        answer = self._answers.pop(0)
        return answer if isinstance(answer, str) else answer(self.text)

    def read_secret(self, prompt: str) -> str:
        self.secrets.append(self.read(prompt))
        return self.secrets[-1]


def give_up(connect: Connect, env: Environment, *answers: Answer) -> str:
    """Answer all questions, the last one with no; return what was said."""
    typist = Typist(*answers, "n")
    with pytest.raises(GivenUp):
        connect(typist, env, DIRECT)
    assert typist.is_done, typist.text
    return typist.text


class AtTerminal:
    """A process with a terminal of its own, of which it is the foreground process."""

    def __init__(self, command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        self._terminal, theirs = pty.openpty()
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command],
            cwd=cwd,
            env=env,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self.text = ""
        self._seen = 0

    def expect(self, text: str) -> None:
        """Wait until a text is printed, however its lines are wrapped, behind the last one."""
        words = re.compile(r"\s+".join(map(re.escape, text.split())))
        deadline = time.monotonic() + SOON
        while not (found := words.search(self.text, self._seen)):
            assert time.monotonic() < deadline and self._read(deadline), (text, self.text)
        self._seen = found.end()

    def type(self, answer: Answer) -> None:
        """Type a line."""
        self.press((answer if isinstance(answer, str) else answer(self.text)) + "\n")

    def press(self, keys: str) -> None:
        """Send keys once the process waits for something.

        Python sees a signal between a prompt and the read that follows only after the next key.
        """
        eventually(self._sleeps)
        os.write(self._terminal, keys.encode())

    def finish(self) -> int:
        """Read until the process has ended; return its status."""
        deadline = time.monotonic() + SOON
        while self._read(deadline):
            assert time.monotonic() < deadline, self.text
        return self.process.wait(SOON)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._terminal)

    def _sleeps(self) -> bool:
        stat = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8")
        return stat.rpartition(") ")[2].startswith("S")

    def _read(self, deadline: float) -> bool:
        """Read what is printed next; return False at the end."""
        left = max(0.0, deadline - time.monotonic())
        if not select.select([self._terminal], [], [], left)[0]:
            return False
        try:
            piece = os.read(self._terminal, 65_536)
        except OSError:  # the other end is closed
            return False
        self.text += piece.decode(errors="replace")
        return bool(piece)
