"""Connecting a Bluesky account, against the double: every wrong turn has another try."""

import re
from collections.abc import Iterator

import pytest

from fakes.bluesky import APP_PASSWORD, HANDLE, OWN_PASSWORD, TIMELINE, BlueskyDouble
from fakes.server import Serving
from ingest.connect.bluesky import connect, handle, introduction
from ingest.connect.terminal import GivenUp, Problem
from ingest.environment import Environment
from ingest.sources.http.egress import DIRECT
from support.dialogue import Answer, Typist, give_up

EXPECTED = {"BLUESKY_HANDLE": HANDLE, "BLUESKY_APP_PASSWORD": APP_PASSWORD}
WRONG = "aaaa-bbbb-cccc-dddd"


@pytest.fixture
def server() -> Iterator[Serving[BlueskyDouble]]:
    with Serving(BlueskyDouble()) as serving:
        yield serving


def run(server: Serving[BlueskyDouble], *answers: Answer, **env: str) -> Typist:
    """Answer all questions, until the account is connected."""
    typist = Typist(*answers)
    values = connect(typist, Environment({"BLUESKY_URL": server.url, **env}), DIRECT)
    assert values == EXPECTED
    assert typist.is_done, typist.text
    return typist


def refused(server: Serving[BlueskyDouble], *answers: Answer) -> str:
    return give_up(connect, Environment({"BLUESKY_URL": server.url}), *answers)


def test_handle_and_app_password(server: Serving[BlueskyDouble]) -> None:
    typist = run(server, f"@{HANDLE.upper()}", APP_PASSWORD)
    assert "Bluesky accepted the credentials." in typist.text
    assert typist.secrets == [APP_PASSWORD]
    assert server.requests[-1]["path"] == TIMELINE


def test_the_handle_that_is_set_is_the_default(server: Serving[BlueskyDouble]) -> None:
    assert f"[{HANDLE}]" in run(server, "", APP_PASSWORD, BLUESKY_HANDLE=HANDLE).text


def test_a_wrong_app_password(server: Serving[BlueskyDouble]) -> None:
    typist = run(server, HANDLE, WRONG, "", APP_PASSWORD)
    assert "401: Bluesky rejected the login" in typist.text
    assert "set BLUESKY_URL in .env" in typist.text


@pytest.mark.parametrize("second_factor", [False, True])
def test_the_accounts_own_password_is_not_kept(
    second_factor: bool, server: Serving[BlueskyDouble]
) -> None:
    server.double.second_factor = second_factor
    typist = run(server, HANDLE, OWN_PASSWORD, "y", "", APP_PASSWORD)
    assert "This does not look like an app password" in typist.text
    said = "make an app password" if second_factor else "This is your account's own password"
    assert said in typist.text


def test_what_does_not_look_like_an_app_password_is_not_even_sent(
    server: Serving[BlueskyDouble],
) -> None:
    run(server, HANDLE, OWN_PASSWORD, "", "with a space", APP_PASSWORD)
    assert [call["status"] for call in server.requests] == [200, 200]


def test_the_accounts_own_password_is_found_out_behind_a_failure(
    server: Serving[BlueskyDouble],
) -> None:
    server.double.faults = [{"request": 2, "status": 503}]
    assert "This is your account's own password" in refused(server, HANDLE, OWN_PASSWORD, "y")


def test_a_misspelt_handle(server: Serving[BlueskyDouble]) -> None:
    text = refused(server, "nobody.example.com", APP_PASSWORD)
    assert "401: Bluesky rejected the login" in text


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"status": 503}, "Bluesky is out of order: status 503."),
        ({"status": 429}, "127.0.0.1 takes no more calls for now."),
        ({"drop": True}, "127.0.0.1 does not answer."),
        ({"html": "<h1>Maintenance</h1>"}, "Bluesky answered 200 with text/html"),
    ],
)
def test_a_server_in_trouble(
    fault: dict[str, object], said: str, server: Serving[BlueskyDouble]
) -> None:
    """The password need not be typed again."""
    server.double.faults = [{"request": 1, **fault}]
    typist = run(server, HANDLE, APP_PASSWORD, "")
    assert said in typist.text


@pytest.mark.component
@pytest.mark.parametrize("fault", [{"delay": 3}, {"drip": 0.1}])
def test_a_slow_server(
    fault: dict[str, object], server: Serving[BlueskyDouble], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.connect.bluesky.TIMEOUT_SECONDS", 0.5)
    server.double.faults = [fault]
    assert "127.0.0.1 does not answer." in refused(server, HANDLE, APP_PASSWORD, "n")


def test_a_server_that_redirects_gets_no_password(server: Serving[BlueskyDouble]) -> None:
    with Serving(BlueskyDouble()) as other:
        server.double.redirect_to = other.url
        typist = Typist(HANDLE, APP_PASSWORD, "n", "n")
        with pytest.raises(GivenUp):
            connect(typist, Environment({"BLUESKY_URL": server.url}), DIRECT)
        assert other.requests == []


def test_a_name_that_does_not_exist() -> None:
    typist = Typist(HANDLE, APP_PASSWORD, "n", "n")
    with pytest.raises(GivenUp):
        connect(typist, Environment({"BLUESKY_URL": "https://pds.invalid"}), DIRECT)
    assert "The name pds.invalid was not found." in typist.text


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("you.bsky.social", "you.bsky.social"),
        ("@You.bsky.social", "you.bsky.social"),
        ("https://bsky.app/profile/you.example.com/", "you.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_what_people_call_a_handle(typed: str, name: str) -> None:
    assert handle(typed) == name


@pytest.mark.parametrize("typed", ["you", "you bsky.social", "you..social", "you@mail.example"])
def test_what_is_no_handle(typed: str) -> None:
    with pytest.raises(Problem, match=r"not a handle|a mail address"):
        handle(typed)


def test_the_introduction_is_two_sentences_each() -> None:
    cost, read, end = introduction(Environment({})).split("\n")
    assert [len(re.findall(r"\.(?: |$)", each)) for each in (cost, read)] == [2, 2]
    assert end == ""
