"""Connecting a Mastodon account, against the double: every wrong turn has another try."""

import re
from collections.abc import Iterator

import pytest

from fakes.mastodon import TIMELINE, MastodonDouble
from fakes.server import Serving
from ingest.connect.mastodon import App, address, code_in, connect, introduction
from ingest.connect.terminal import Problem
from ingest.environment import Environment
from ingest.sources.http.egress import DIRECT
from ingest.sources.http.session import LimitedSession
from support.dialogue import Answer, Typist, browse, give_up

NOTHING_SET = Environment({})


@pytest.fixture
def server() -> Iterator[Serving[MastodonDouble]]:
    with Serving(MastodonDouble()) as serving:
        yield serving


def run(*answers: Answer, env: Environment = NOTHING_SET) -> tuple[dict[str, str], Typist]:
    """Answer all questions; every answer has to be needed."""
    typist = Typist(*answers)
    values = connect(typist, env, DIRECT)
    assert typist.is_done, typist.text
    return values, typist


def refused(*answers: Answer) -> str:
    return give_up(connect, NOTHING_SET, *answers)


def reads(values: dict[str, str], server: Serving[MastodonDouble]) -> bool:
    return (
        values["MASTODON_URL"] == server.url
        and server.double.sign_in.tokens[values["MASTODON_ACCESS_TOKEN"]]
    )


def test_the_server_the_link_and_the_code(server: Serving[MastodonDouble]) -> None:
    values, typist = run(server.url, browse)
    assert reads(values, server)
    assert "Mastodon accepted the credentials." in typist.text
    # The token is nobody's business.
    assert values["MASTODON_ACCESS_TOKEN"] not in typist.text
    # The library would also ask a server for its version, without end if it does not answer that.
    assert [call["path"] for call in server.requests] == [
        "/api/v1/apps",
        "/oauth/authorize",
        "/.well-known/oauth-authorization-server",
        "/oauth/token",
        TIMELINE,
    ]


def test_the_code_may_be_the_address_of_its_page(server: Serving[MastodonDouble]) -> None:
    def paste(text: str) -> str:
        return f"{server.url}/oauth/authorize/native?code={browse(text)}"

    assert reads(run(server.url, paste)[0], server)


def test_the_server_that_is_set_is_the_default(server: Serving[MastodonDouble]) -> None:
    env = Environment({"MASTODON_URL": server.url})
    values, typist = run("", browse, env=env)
    assert reads(values, server)
    assert f"[{server.url}]" in typist.text


def test_a_wrong_code_does_not_spoil_the_right_one(server: Serving[MastodonDouble]) -> None:
    values, typist = run(server.url, "not-the-code", "y", browse)
    assert reads(values, server)
    assert "The server does not accept the code." in typist.text
    assert len(server.double.sign_in.apps) == 1


def test_a_code_works_once(server: Serving[MastodonDouble]) -> None:
    with LimitedSession(DIRECT) as session:
        app = App(server.url, session)
        code = browse(app.link())
        assert server.double.sign_in.tokens == {app.token(code): True}
        with pytest.raises(Problem, match="used already"):
            app.token(code)


def test_a_late_code(server: Serving[MastodonDouble]) -> None:
    server.double.sign_in.code_seconds = 0

    def in_time(text: str) -> str:
        server.double.sign_in.code_seconds = 600
        return browse(text)

    values, typist = run(server.url, browse, "", in_time)
    assert reads(values, server)
    assert "more than a few minutes old" in typist.text


def test_a_misspelt_name(server: Serving[MastodonDouble]) -> None:
    values, typist = run("mastodon.invalid", "", server.url, browse)
    assert reads(values, server)
    assert "The name mastodon.invalid was not found. Check its spelling" in typist.text


def test_a_server_that_does_not_answer() -> None:
    assert "127.0.0.1 does not answer." in refused("http://127.0.0.1:9")


@pytest.mark.parametrize("html", ["<h1>Welcome</h1>", '["json"]', '{"client_id": "half"}'])
def test_a_site_that_is_not_a_mastodon_server(html: str, server: Serving[MastodonDouble]) -> None:
    server.double.html = html
    assert f"There is no Mastodon server at {server.url}." in refused(server.url)


def test_a_site_without_this_page(server: Serving[MastodonDouble]) -> None:
    server.double.faults = [{"status": 404, "body": "no", "times": 9}]
    assert f"There is no Mastodon server at {server.url}." in refused(server.url)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"status": 503}, "Mastodon is out of order: status 503."),
        ({"status": 429}, "127.0.0.1 takes no more calls for now."),
        ({"drop": True}, "127.0.0.1 does not answer."),
    ],
)
def test_a_server_in_trouble(
    fault: dict[str, object], said: str, server: Serving[MastodonDouble]
) -> None:
    """At the registration, then at the code; it recovers each time."""
    server.double.faults = [{"request": 1, **fault}, {"request": 5, **fault}]
    values, typist = run(server.url, "", "", browse, "", browse)
    assert reads(values, server)
    assert typist.text.count(said) == 2


@pytest.mark.component
@pytest.mark.parametrize("fault", [{"delay": 3}, {"drip": 0.1}])
def test_a_slow_server(fault: dict[str, object], server: Serving[MastodonDouble]) -> None:
    server.double.faults = [fault]
    with (
        LimitedSession(DIRECT, timeout=0.5) as session,
        pytest.raises(Problem, match=r"127\.0\.0\.1 does not answer"),
    ):
        App(server.url, session)


def test_a_server_without_registration(server: Serving[MastodonDouble]) -> None:
    server.double.sign_in.is_open = False
    text = refused(server.url)
    assert "does not let applications be registered" in text
    assert "docs/sources.md" in text


def test_a_server_that_has_moved(server: Serving[MastodonDouble]) -> None:
    with Serving(MastodonDouble()) as former:
        former.double.redirect_to = server.url
        values, typist = run(former.url, "", browse)
    assert reads(values, server)
    assert f"{former.url} refers to {server.url}. Continue there?" in typist.text


def test_nothing_goes_to_another_server_without_asking(server: Serving[MastodonDouble]) -> None:
    with Serving(MastodonDouble()) as former:
        former.double.redirect_to = server.url
        refused(former.url, "n")
    assert server.requests == []


def test_a_server_that_redirects_to_itself(server: Serving[MastodonDouble]) -> None:
    server.double.redirect_to = f"{server.url}/sign_in"
    assert f"There is no Mastodon server at {server.url}." in refused(server.url)


def test_a_token_that_is_not_a_users(server: Serving[MastodonDouble]) -> None:
    server.double.sign_in.app_only = True
    text = refused(server.url, browse, "n")
    assert "MASTODON_ACCESS_TOKEN is an app-only token; use one for your account" in text


def test_a_timeline_that_is_being_prepared_is_no_failure(server: Serving[MastodonDouble]) -> None:
    server.double.regenerating = True
    assert reads(run(server.url, browse)[0], server)


def test_a_test_that_fails_does_not_lose_the_token(server: Serving[MastodonDouble]) -> None:
    server.double.rate_limit = 0
    values, typist = run(server.url, browse, "n", "y")
    assert reads(values, server)
    assert "Save the credentials all the same?" in typist.text


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("mastodon.social", "https://mastodon.social"),
        ("Mastodon.Social/", "https://mastodon.social"),
        ("https://mastodon.social/@ada", "https://mastodon.social"),
        ("mastodon.social/@ada", "https://mastodon.social"),
        ("@ada@mastodon.social", "https://mastodon.social"),
        ("ada@mastodon.social", "https://mastodon.social"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_what_people_call_a_server(typed: str, url: str) -> None:
    assert address(typed) == url


@pytest.mark.parametrize(
    "typed", ["mastodon", "@ada", "ada @ m.example", "ftp://m.example", "https://", "a..b", "m .x"]
)
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(Problem, match="This is not a server's address"):
        address(typed)


def test_a_code_is_taken_as_it_is() -> None:
    assert code_in("a-b_c") == "a-b_c"
    assert code_in("https://m.example/oauth/authorize/native?code=a-b") == "a-b"
    assert code_in("https://m.example/nothing") == "https://m.example/nothing"


def test_the_introduction_is_two_sentences_each() -> None:
    cost, read, end = introduction(NOTHING_SET).split("\n")
    assert [len(re.findall(r"\.(?: |$)", each)) for each in (cost, read)] == [2, 2]
    assert end == ""
