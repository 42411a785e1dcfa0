"""The words for failed calls, and the test of the credentials."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
import requests

from ingest.connect.steps import check_credentials, clock_error, explain, unreachable
from ingest.connect.terminal import GivenUp
from ingest.sources.base import SourceError
from ingest.sources.mastodon.client import NETWORK
from support.dialogue import Typist

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
URL = "https://m.example"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, None),
        (200, None),
        (-200, None),
        (600, "about 10 minutes ahead"),
        (-600, "about 10 minutes behind"),
        (3 * 3600, "about 3 hours ahead"),
        (-400 * 86_400, "about 400 days behind"),
    ],
)
def test_a_clock_that_is_off_is_noticed(seconds: int, said: str | None) -> None:
    date = format_datetime(datetime.fromtimestamp(NOW, UTC), usegmt=True)
    found = clock_error(date, NOW + seconds)
    assert (found is None) == (said is None)
    assert (said or "") in (found or "")


@pytest.mark.parametrize("date", [None, "", "yesterday", "Sun, 99 Nov 2026 12:00:00 GMT"])
def test_a_server_without_a_time_says_nothing_about_ours(date: str | None) -> None:
    assert clock_error(date, NOW) is None


def test_a_name_that_does_not_exist() -> None:
    error = requests.ConnectionError("no")
    error.__cause__ = socket.gaierror(-2, "Name or service not known")
    said = explain(unreachable(NETWORK, error), URL)
    assert said.startswith("The name m.example was not found. Check its spelling")


def test_a_server_that_does_not_answer() -> None:
    said = explain(unreachable(NETWORK, requests.Timeout("no")), URL)
    assert said.startswith("m.example does not answer.")


def test_a_proxy_that_does_not_answer() -> None:
    said = explain(unreachable(NETWORK, requests.exceptions.ProxyError("no")), URL)
    assert said == "Mastodon cannot be reached through the proxy: check HTTPS_PROXY."


def answers(*outcomes: SourceError | None) -> Callable[[], None]:
    left = list(outcomes)

    def call() -> None:
        if outcome := left.pop(0):
            raise outcome

    return call


FAILURE = SourceError("server", "the server is out of order")


def test_credentials_that_are_accepted() -> None:
    typist = Typist()
    check_credentials(typist, "Mastodon", URL, answers(None))
    assert typist.text == "Mastodon accepted the credentials.\n"


def test_a_test_that_fails_is_repeated_or_the_credentials_kept() -> None:
    typist = Typist("y", "n", "y")
    check_credentials(typist, "Mastodon", URL, answers(FAILURE, FAILURE))
    assert typist.text.count("The server is out of order.") == 2
    assert "accepted" not in typist.text
    assert typist.is_done


def test_or_they_are_dropped() -> None:
    typist = Typist("n", "")
    with pytest.raises(GivenUp):
        check_credentials(typist, "Mastodon", URL, answers(FAILURE))
    assert typist.is_done
