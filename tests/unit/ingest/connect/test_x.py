"""Connecting an X account, against the double: every wrong turn has another try."""

import re
from collections.abc import Iterator

import pytest

from fakes.server import Serving
from fakes.x import CREDENTIALS, USER_ID, XDouble
from ingest.connect.terminal import GivenUp, Problem
from ingest.connect.x import Keys, SignIn, connect, introduction, objection
from ingest.environment import Environment, SettingsError
from ingest.sources.http.egress import DIRECT
from ingest.sources.http.session import LimitedSession
from support.dialogue import Answer, Typist, browse, give_up

KEY, SECRET = CREDENTIALS["CONSUMER_KEY"], CREDENTIALS["CONSUMER_SECRET"]
KEYS = (KEY, SECRET)


@pytest.fixture
def server() -> Iterator[Serving[XDouble]]:
    with Serving(XDouble()) as serving:
        serving.double.add([{"text": "one"}, {"text": "two"}])
        yield serving


def run(server: Serving[XDouble], *answers: Answer, **env: str) -> Typist:
    """Answer all questions, until the account is connected."""
    typist = Typist(*answers)
    values = connect(typist, Environment({"X_API_URL": server.url, **env}), DIRECT)
    assert typist.is_done, typist.text
    token, secret = values.pop("ACCESS_TOKEN"), values.pop("ACCESS_SECRET")
    assert values == {"CONSUMER_KEY": KEY, "CONSUMER_SECRET": SECRET}
    assert server.double.sign_in.access_tokens[token] == secret
    assert token.startswith(USER_ID)
    assert token not in typist.text and secret not in typist.text
    return typist


def refused(server: Serving[XDouble], *answers: Answer) -> str:
    return give_up(connect, Environment({"X_API_URL": server.url}), *answers)


def pages(server: Serving[XDouble]) -> list[dict[str, str]]:
    calls = [call for call in server.requests if call["path"].endswith("/reverse_chronological")]
    return [call["query"] for call in calls]


def test_the_keys_the_link_the_pin_and_the_test(server: Serving[XDouble]) -> None:
    typist = run(server, *KEYS, browse, "")
    assert typist.secrets == [KEY, SECRET]
    assert "It reads one post, for which X charges about $0.005." in typist.text
    assert "X accepted the credentials." in typist.text
    assert [page["max_results"] for page in pages(server)] == ["1"]
    # What the user is costs money to ask.
    assert all(call["path"] != "/2/users/me" for call in server.requests)


def test_without_a_yes_nothing_is_read(server: Serving[XDouble]) -> None:
    run(server, *KEYS, browse, "n")
    assert pages(server) == []


def test_keys_that_are_set_need_not_be_typed(server: Serving[XDouble]) -> None:
    env = {"CONSUMER_KEY": KEY, "CONSUMER_SECRET": SECRET}
    assert run(server, "", browse, "n", **env).secrets == []


def test_but_can_be(server: Serving[XDouble]) -> None:
    env = {"CONSUMER_KEY": "old", "CONSUMER_SECRET": "old"}
    assert run(server, "n", *KEYS, browse, "n", **env).secrets == [KEY, SECRET]


def test_wrong_keys(server: Serving[XDouble]) -> None:
    typist = run(server, KEY, "not-the-secret", "", *KEYS, browse, "n")
    assert "X does not accept the API key and its secret." in typist.text


def test_a_wrong_pin_leads_to_a_new_link(server: Serving[XDouble]) -> None:
    typist = run(server, *KEYS, "1234567", browse, "n")
    assert "X does not accept the PIN." in typist.text
    links = re.findall(r"oauth_token=(\S+)", typist.text)
    assert len(set(links)) == 2


def test_a_pin_has_digits(server: Serving[XDouble]) -> None:
    typist = run(server, *KEYS, "the pin", lambda text: f" {browse(text)} ", "n")
    assert "The PIN that X shows has only digits" in typist.text
    assert [call["path"] for call in server.requests].count("/oauth/access_token") == 1


def test_a_late_pin(server: Serving[XDouble]) -> None:
    server.double.sign_in.pin_seconds = 0

    def late(text: str) -> str:
        server.double.sign_in.pin_seconds = 300
        return browse(text)

    typist = run(server, *KEYS, late, browse, "n")
    assert "more than a few minutes old" in typist.text


def test_a_pin_works_once(server: Serving[XDouble]) -> None:
    pins: list[str] = []

    def remember(text: str) -> str:
        pins.append(browse(text))
        return pins[0]

    run(server, *KEYS, remember, "n")
    typist = run(server, *KEYS, lambda _: pins[0], browse, "n")
    assert "X does not accept the PIN." in typist.text


@pytest.mark.parametrize(
    ("seconds", "said"), [(10_800, "3 hours behind"), (-900, "15 minutes ahead")]
)
def test_a_clock_that_is_off(seconds: float, said: str, server: Serving[XDouble]) -> None:
    server.double.clock_offset = seconds

    def set_clock(text: str) -> str:
        server.double.clock_offset = 0
        return "y"

    # The keys need not be typed again.
    typist = run(server, *KEYS, set_clock, browse, "n")
    assert f"This machine's clock is about {said}" in typist.text
    assert "API key and its secret. Copy both again" not in typist.text


def test_a_clock_that_goes_wrong_while_the_user_is_in_the_browser(
    server: Serving[XDouble],
) -> None:
    def jump(text: str) -> str:
        server.double.clock_offset = 3600
        return browse(text)

    assert "about 60 minutes behind" in refused(server, *KEYS, jump)


def test_an_app_that_may_not_sign_users_in(server: Serving[XDouble]) -> None:
    server.double.sign_in.is_allowed = False
    assert "user authentication settings" in refused(server, *KEYS).partition("(not shown)")[2]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"status": 503}, "X is out of order: status 503."),
        ({"status": 429}, "127.0.0.1 takes no more calls for now."),
        ({"status": 404}, "does not answer like X."),
        ({"html": "<h1>Maintenance</h1>"}, "does not answer like X."),
        ({"body": "nothing=here"}, "does not answer like X."),
        ({"drop": True}, "127.0.0.1 does not answer."),
        ({"drop": "middle"}, "127.0.0.1 does not answer."),
    ],
)
def test_x_in_trouble(fault: dict[str, object], said: str, server: Serving[XDouble]) -> None:
    """Before the link, and after the PIN; it recovers each time."""
    server.double.faults = [{"request": 1, **fault}, {"request": 4, **fault}]
    typist = run(server, *KEYS, "", browse, "", browse, "n")
    assert typist.text.count(said) == 2
    assert typist.secrets == [KEY, SECRET]


@pytest.mark.component
@pytest.mark.parametrize("fault", [{"delay": 3}, {"drip": 0.1}])
def test_x_that_is_slow(fault: dict[str, object], server: Serving[XDouble]) -> None:
    server.double.faults = [fault]
    with LimitedSession(DIRECT, timeout=0.5) as session:
        sign_in = SignIn(Keys(*KEYS), server.url, session)
        with pytest.raises(Problem, match=r"127\.0\.0\.1 does not answer"):
            sign_in.link()


def test_redirects_are_not_followed(server: Serving[XDouble]) -> None:
    with Serving(XDouble()) as other:
        server.double.redirect_to = other.url
        assert "does not answer like X." in refused(server, *KEYS)
        assert other.requests == []


def test_a_name_that_does_not_exist() -> None:
    typist = Typist(*KEYS, "n")
    with pytest.raises(GivenUp):
        connect(typist, Environment({"X_API_URL": "https://x.invalid"}), DIRECT)
    assert "The name x.invalid was not found." in typist.text


def test_an_account_without_credits_can_be_saved(server: Serving[XDouble]) -> None:
    server.double.has_credits = False
    typist = run(server, *KEYS, browse, "", "n", "y")
    assert "the X account has no credits left" in typist.text


def test_an_app_without_access(server: Serving[XDouble]) -> None:
    server.double.may_read = False

    def attach(text: str) -> str:
        server.double.may_read = True
        return "y"

    typist = run(server, *KEYS, browse, "y", attach)
    assert "X does not let this app read the timeline" in typist.text
    assert "X accepted the credentials." in typist.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a" * 25, None),
        ("A" * 50, None),
        (f"{USER_ID}-abcdefgh", "This is an access token."),
        ("AAAAAAAAAAAAAAAAAAAAA" + "a%2B" * 25, "This is a bearer token"),
        ("two words", "This cannot be right"),
        ("schlüssel", "This cannot be right"),
    ],
)
def test_other_secrets_of_an_app_are_told_apart(text: str, said: str | None) -> None:
    found = objection(text)
    assert found is None if said is None else (found or "").startswith(said)


def test_they_are_asked_for_again(server: Serving[XDouble]) -> None:
    typist = run(server, f"{USER_ID}-abcdefgh", KEY, SECRET, browse, "n")
    assert typist.text.count("The API key (not shown)") == 2


def test_the_introduction_is_two_sentences_each() -> None:
    cost, read, end = introduction(Environment({})).split("\n")
    assert [len(re.findall(r"\.(?: |$)", each)) for each in (cost, read)] == [2, 2]
    assert end == ""
    for figure in ("$0.005", "$1.00 for the first 200 posts", "5,000 posts (about $25.00)"):
        assert figure in cost


def test_its_figures_are_those_of_the_settings() -> None:
    env = {"X_POST_PRICE": "0.01", "FIRST_POSTS": "1000", "X_DAILY_POSTS": "2000"}
    text = introduction(Environment(env))
    assert "$10.00 for the first 1,000 posts" in text
    assert "2,000 posts (about $20.00)" in text
    with pytest.raises(SettingsError):
        introduction(Environment({"X_POST_PRICE": "dear"}))
