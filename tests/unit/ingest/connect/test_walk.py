"""`python -m ingest.connect` at a terminal, against the doubles: whole walks, and their stops."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from fakes import bluesky, mastodon, x
from fakes.proxy import Proxy, server_context
from fakes.server import Serving
from support.dialogue import CTRL_C, CTRL_D, Answer, AtTerminal, browse
from support.waiting import eventually

# Each test takes seconds.
pytestmark = pytest.mark.component

SERVICE = Path(__file__).parents[4] / "services" / "ingest"
BEFORE = """# My settings
CONSUMER_KEY=
CONSUMER_SECRET=
ACCESS_TOKEN=
ACCESS_SECRET=
MASTODON_URL=
MASTODON_ACCESS_TOKEN=
BLUESKY_HANDLE=
BLUESKY_APP_PASSWORD=   # Bluesky's
WEB_PORT=8081
"""
DOUBLES: dict[str, Callable[[], Any]] = {
    "x": x.XDouble,
    "mastodon": mastodon.MastodonDouble,
    "bluesky": bluesky.BlueskyDouble,
}
END = [
    ("Connect another network? [y/N]", "n"),
    ("Where shall the credentials be kept? [1]", "1"),
]

# The questions of a walk, each with its answer.
Walk = list[tuple[str, Answer]]


def walks(url: str) -> dict[str, Walk]:
    return {
        "x": [
            ("Which network?", "1"),
            ("The API key (not shown):", x.CREDENTIALS["CONSUMER_KEY"]),
            ("The API key secret (not shown):", x.CREDENTIALS["CONSUMER_SECRET"]),
            ("The PIN:", browse),
            ("Test this now? It reads one post, for which X charges about $0.005. [Y/n]", "y"),
            *END,
        ],
        "mastodon": [
            ("Which network?", "2"),
            ("Your server's address, such as mastodon.social:", url),
            ("The code:", browse),
            *END,
        ],
        "bluesky": [
            ("Which network?", "3"),
            ("Your handle, such as you.bsky.social:", bluesky.HANDLE),
            ("The app password (not shown):", bluesky.APP_PASSWORD),
            *END,
        ],
    }


NAMES = list(DOUBLES)
QUESTIONS = [(name, number) for name in NAMES for number in range(len(walks("")[name]))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "env").write_text(BEFORE)
    return tmp_path


@contextmanager
def started(folder: Path, url: str, **env: str) -> Iterator[AtTerminal]:
    """The dialogue, with the settings of .env and the address of a double."""
    addresses = {"X_API_URL": url, "BLUESKY_URL": url}
    session = AtTerminal(
        [sys.executable, "-m", "ingest.connect", str(folder)],
        SERVICE,
        {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"} | addresses | env,
    )
    try:
        yield session
    finally:
        session.close()


def answer(session: AtTerminal, walk: Walk) -> None:
    for question, reply in walk:
        session.expect(question)
        session.type(reply)


def set_values(folder: Path) -> dict[str, str]:
    """The values of the lines that are not as before."""
    before = BEFORE.splitlines()
    lines = [each for each in (folder / "env").read_text().splitlines() if each not in before]
    return dict(each.split("=", 1) for each in lines)


@pytest.mark.parametrize("name", NAMES)
def test_a_walk(name: str, folder: Path) -> None:
    with Serving(DOUBLES[name]()) as server, started(folder, server.url) as session:
        answer(session, walks(server.url)[name])
        assert session.finish() == 0, session.text
        accepted = server.double
    found = set_values(folder)
    expected = {
        "x": {"CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_SECRET"},
        "mastodon": {"MASTODON_URL", "MASTODON_ACCESS_TOKEN"},
        "bluesky": {"BLUESKY_HANDLE", "BLUESKY_APP_PASSWORD"},
    }
    assert found.keys() == expected[name]
    if name == "x":
        tokens = accepted.sign_in.access_tokens
        assert tokens[found["ACCESS_TOKEN"]] == found["ACCESS_SECRET"]
    elif name == "mastodon":
        assert accepted.sign_in.tokens == {found["MASTODON_ACCESS_TOKEN"]: True}
    else:
        assert found["BLUESKY_APP_PASSWORD"] == f"{bluesky.APP_PASSWORD}   # Bluesky's"
    for variable in found.keys() - {"MASTODON_URL", "BLUESKY_HANDLE"}:
        assert found[variable].split()[0] not in session.text, variable
    text = " ".join(session.text.split())
    assert "charges" in text and "is read, that is the posts of the accounts you follow" in text
    assert (folder / "env").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in folder.iterdir()] == ["env"]


@pytest.mark.parametrize(("name", "number"), QUESTIONS)
def test_ctrl_c_changes_nothing(name: str, number: int, folder: Path) -> None:
    stop(name, number, CTRL_C, folder)


@pytest.mark.parametrize(("name", "number"), [("mastodon", 0), ("bluesky", 2), ("bluesky", 4)])
def test_the_end_of_the_input_changes_nothing(name: str, number: int, folder: Path) -> None:
    stop(name, number, CTRL_D, folder)


@pytest.mark.parametrize(("name", "number"), [("x", 3), ("mastodon", 2), ("bluesky", 3)])
def test_ctrl_c_also_ends_a_call_that_takes_long(name: str, number: int, folder: Path) -> None:
    double = DOUBLES[name]()
    double.faults = [{"delay": 5}]
    with Serving(double) as server, started(folder, server.url) as session:
        answer(session, walks(server.url)[name][:number])
        eventually(lambda: server.requests)
        session.press(CTRL_C)
        session.expect("Stopped. Nothing was changed.")
        assert session.finish() == 130
    assert (folder / "env").read_text() == BEFORE


def stop(name: str, number: int, key: str, folder: Path) -> None:
    """Press a key in place of an answer."""
    with Serving(DOUBLES[name]()) as server, started(folder, server.url) as session:
        walk = walks(server.url)[name]
        answer(session, walk[:number])
        session.expect(walk[number][0])
        session.press(key)
        session.expect("Stopped. Nothing was changed.")
        assert session.finish() == 130
    assert "Traceback" not in session.text
    assert (folder / "env").read_text() == BEFORE
    assert [each.name for each in folder.iterdir()] == ["env"]


def test_two_networks_in_files(folder: Path) -> None:
    with (
        Serving(mastodon.MastodonDouble()) as first,
        Serving(bluesky.BlueskyDouble()) as second,
        started(folder, second.url) as session,
    ):
        answer(session, walks(first.url)["mastodon"][:-2])
        answer(session, [("Connect another network? [y/N]", "y")])
        answer(session, walks(second.url)["bluesky"][:-1])
        answer(session, [("Where shall the credentials be kept? [1]", "2")])
        assert session.finish() == 0, session.text
        (token,) = first.double.sign_in.tokens
    assert (folder / "secrets" / "MASTODON_ACCESS_TOKEN").read_text() == token
    assert (folder / "secrets" / "BLUESKY_APP_PASSWORD").read_text() == bluesky.APP_PASSWORD
    assert set_values(folder) == {
        "MASTODON_URL": first.url,
        "BLUESKY_HANDLE": bluesky.HANDLE,
        "MASTODON_ACCESS_TOKEN_FILE": "./secrets/MASTODON_ACCESS_TOKEN",
        "BLUESKY_APP_PASSWORD_FILE": "./secrets/BLUESKY_APP_PASSWORD",
        "COMPOSE_FILE": "compose.yaml:compose.secrets.yaml",
    }


def test_a_network_that_is_given_up_changes_nothing(folder: Path) -> None:
    with started(folder, "http://127.0.0.1:9") as session:
        answer(session, walks("http://127.0.0.1:9")["mastodon"][:2])
        session.expect("127.0.0.1 does not answer.")
        answer(session, [("Try again? [Y/n]", "n")])
        session.expect("Mastodon was not connected.")
        answer(session, [("Connect another network? [y/N]", "")])
        session.expect("Nothing was changed.")
        assert session.finish() == 1
    assert (folder / "env").read_text() == BEFORE


def test_a_list_of_sources_gets_the_network(folder: Path) -> None:
    (folder / "env").write_text(f"SOURCE=demo\n{BEFORE}")
    with Serving(bluesky.BlueskyDouble()) as server, started(folder, server.url) as session:
        answer(session, walks(server.url)["bluesky"])
        session.expect("SOURCE in .env is now bluesky")
        assert session.finish() == 0
    assert (folder / "env").read_text().startswith("SOURCE=bluesky\n")


def test_a_wrong_setting_is_named(folder: Path) -> None:
    with started(folder, "http://127.0.0.1:9", HTTPS_PROXY="proxy") as session:
        answer(session, walks("")["bluesky"][:1])
        session.expect("A setting in .env is wrong: HTTPS_PROXY must be http(s)://")
        assert session.finish() == 1
    assert (folder / "env").read_text() == BEFORE


@pytest.mark.parametrize("name", NAMES)
def test_the_proxy_and_the_authorities_are_those_of_the_settings(
    name: str, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    authority = trustme.CA()
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(file)
    certificate = server_context(authority.issue_cert("127.0.0.1"))
    with Serving(DOUBLES[name](), tls=certificate) as server, Proxy() as proxy:
        env = {"HTTPS_PROXY": proxy.url, "CA_FILE": str(file)}
        with started(folder, server.url, **env) as session:
            walk = [
                (question, (lambda text: browse(text, authority)) if reply is browse else reply)
                for question, reply in walks(server.url)[name]
            ]
            answer(session, walk)
            assert session.finish() == 0, session.text
        assert set(proxy.targets) == {f"127.0.0.1:{server.port}"}
