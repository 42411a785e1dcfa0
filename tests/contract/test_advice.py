"""Follows each advice that the web service gives about a failure of ingest, and sees it end.

`make up` makes a new process with the settings of `.env`; here it is a new source.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import trustme

from fakes import bluesky, mastodon, x
from fakes.proxy import Proxy, server_context
from fakes.server import Double, Serving
from ingest.environment import SettingsError
from ingest.lifecycle import Shutdown
from ingest.poller import Poller
from ingest.settings import read_settings
from ingest.sources import make_source
from ingest.status import document
from support.waiting import eventually
from web.status.facts import DONE, FAILED, Facts, Stage
from web.status.sources import CREDENTIALS, REMEDIES, RETRYING, credentials_stage, source_stage

# Each test takes seconds.
pytestmark = pytest.mark.component

TWEET = '{"id_str": "7", "full_text": "hello", "created_at": "Sun Nov 22 10:00:00 +0000 2026"}\n'


class Publisher:
    """Acknowledges everything at once, and remembers the cursors."""

    def __init__(self) -> None:
        self.cursors: dict[str, Any] = {}

    def cursor(self, key: str) -> Any:
        return self.cursors.get(key)

    def publish(self, messages: list[Any], rejected: list[Any], cursor: Any, key: str) -> None:
        self.cursors[key] = cursor


class HastyShutdown(Shutdown):
    """Waits a hundredth of the time."""

    def sleep(self, seconds: float) -> None:
        super().sleep(min(seconds / 100, 0.5))


@dataclass
class Ingest:
    """The loop of one source, its report, and the page that the web service makes of it."""

    environment: dict[str, str]
    publisher: Publisher = field(default_factory=Publisher)

    def __post_init__(self) -> None:
        self.stack = ExitStack()
        self.error: SettingsError | None = None
        self.poller: Poller | None = None
        self.up()

    def up(self, **changes: str) -> None:
        """What `make up` does after .env has been changed."""
        self.stack.close()
        self.environment |= changes
        try:
            settings = read_settings(self.environment)
            ((name, given),) = settings.sources.items()
            source = make_source(name, given, settings.common)
        except SettingsError as error:
            self.error, self.poller = error, None
            return
        shutdown = HastyShutdown()
        self.error = None
        self.poller = Poller(source, self.publisher, shutdown)  # type: ignore[arg-type]
        thread = threading.Thread(target=self.poller.run, daemon=True)
        thread.start()
        self.stack.callback(thread.join, 20)
        self.stack.callback(shutdown.stop.set)

    def stages(self) -> list[Stage]:
        """The stages of the source and of its credentials."""
        reports = [self.poller.report] if self.poller else []
        report = document(reports, None, 0.0, self.error) | {"kafka": {"state": "ok"}}
        facts = Facts(None, None, 0, True, report, None, is_young=False)
        return [source_stage(facts), credentials_stage(facts)]

    def advice(self) -> str:
        """The advice of the stage that fails, empty while none does."""
        return next((str(each.advice) for each in self.stages() if each.state == FAILED), "")

    def is_fine(self) -> bool:
        return all(each.state == DONE for each in self.stages())


@pytest.fixture
def scene() -> Iterator[ExitStack]:
    """What a test starts ends with it."""
    with ExitStack() as stack:
        yield stack


def started(scene: ExitStack, environment: dict[str, str]) -> Ingest:
    ingest = Ingest(environment)
    scene.callback(ingest.stack.close)
    return ingest


def serving(scene: ExitStack, double: Double, **options: Any) -> Serving[Any]:
    return scene.enter_context(Serving(double, **options))


NETWORKS: dict[str, tuple[type[Double], dict[str, str], str, str]] = {
    "x": (x.XDouble, x.CREDENTIALS, "X_API_URL", "ACCESS_SECRET"),
    "mastodon": (
        mastodon.MastodonDouble, mastodon.environment(""), "MASTODON_URL", "MASTODON_ACCESS_TOKEN",
    ),
    "bluesky": (
        bluesky.BlueskyDouble, bluesky.environment(""), "BLUESKY_URL", "BLUESKY_APP_PASSWORD",
    ),
}  # fmt: skip


def environment(name: str, url: str) -> dict[str, str]:
    _, given, url_setting, _ = NETWORKS[name]
    return {**given, url_setting: url, "POLL_SECONDS": "1"}


@pytest.mark.parametrize("name", NETWORKS)
def test_rejected_credentials_are_corrected(name: str, scene: ExitStack) -> None:
    double, _, _, variable = NETWORKS[name]
    right = environment(name, serving(scene, double()).url)
    wrong = right[variable][:-1] + ("a" if right[variable][-1] != "a" else "b")
    ingest = started(scene, right | {variable: wrong})
    eventually(lambda: f"`{variable}`" in ingest.advice(), within=10)
    assert all(f"`{each}`" in ingest.advice() for each in CREDENTIALS[name])
    ingest.up(**{variable: right[variable]})
    eventually(ingest.is_fine, within=10)


@pytest.mark.parametrize("name", NETWORKS)
def test_missing_credentials_are_added(name: str, scene: ExitStack) -> None:
    double, _, _, variable = NETWORKS[name]
    right = environment(name, serving(scene, double()).url)
    ingest = started(scene, {key: value for key, value in right.items() if key != variable})
    assert ingest.advice() == f"Fix `{variable}` in `.env`, then run `make up`"
    ingest.up(**{variable: right[variable]})
    eventually(ingest.is_fine, within=10)


def test_credits_are_added_and_reading_resumes_by_itself(scene: ExitStack) -> None:
    served = serving(scene, x.XDouble())
    served.double.faults = [{"status": 402, "body": {"title": "CreditsDepleted"}, "times": 1000}]
    ingest = started(scene, environment("x", served.url))
    eventually(lambda: "reading resumes automatically" in ingest.advice(), within=10)
    served.double.faults = []
    eventually(ingest.is_fine, within=10)


def rate_limit(scene: ExitStack) -> None:
    """At a poll every 10 ms there are more calls than the network allows, at two a second not."""
    scene.enter_context(pytest.MonkeyPatch.context()).setattr(mastodon, "WINDOW_SECONDS", 1)
    served = serving(scene, mastodon.MastodonDouble())
    served.double.rate_limit = 20
    ingest = started(scene, environment("mastodon", served.url))
    eventually(lambda: ingest.advice() == REMEDIES["429"], within=10)
    ingest.up(POLL_SECONDS="60")
    eventually(ingest.is_fine, within=10)
    before = len(served.requests)
    eventually(lambda: len(served.requests) >= before + 4 or ingest.advice(), within=10)
    assert ingest.advice() == ""


def budget(scene: ExitStack) -> None:
    served = serving(scene, x.XDouble())
    served.double.add([{"text": "hello"}] * 5)
    ingest = started(scene, environment("x", served.url) | {"X_DAILY_POSTS": "5"})
    eventually(lambda: ingest.advice() == REMEDIES["budget"], within=10)
    ingest.up(X_DAILY_POSTS="100")
    eventually(ingest.is_fine, within=10)


def certificate(scene: ExitStack) -> None:
    authority = trustme.CA()
    ca_file = scene.enter_context(authority.cert_pem.tempfile())
    served = serving(scene, x.XDouble(), tls=server_context(authority.issue_cert("127.0.0.1")))
    ingest = started(scene, environment("x", served.url))
    eventually(lambda: ingest.advice() == REMEDIES["certificate"], within=10)
    ingest.up(CA_FILE=ca_file)
    eventually(ingest.is_fine, within=10)


def file(scene: ExitStack) -> None:
    path = Path(scene.enter_context(TemporaryDirectory())) / "tweets.jsonl"
    path.write_text('{"name": "not a post"}\n' * 400)
    ingest = started(scene, {"REPLAY_FILE": str(path)})
    eventually(lambda: ingest.advice() == REMEDIES["file"], within=10)
    other = path.with_name(path.name + ".new")
    other.write_text(TWEET)
    other.replace(path)
    eventually(lambda: ingest.poller and ingest.poller.report.state == "finished", within=10)
    assert ingest.is_fine()


def proxy(scene: ExitStack) -> None:
    authority = trustme.CA()
    ca_file = scene.enter_context(authority.cert_pem.tempfile())
    served = serving(scene, x.XDouble(), tls=server_context(authority.issue_cert("127.0.0.1")))
    right = scene.enter_context(Proxy())
    settings = {"CA_FILE": ca_file, "HTTPS_PROXY": "http://127.0.0.1:9"}
    ingest = started(scene, environment("x", served.url) | settings)
    eventually(lambda: ingest.advice() == REMEDIES["proxy"], within=10)
    ingest.up(HTTPS_PROXY=f"http://{right.address}")
    eventually(ingest.is_fine, within=10)


FOLLOWED = {"429": rate_limit, "budget": budget, "certificate": certificate, "file": file}
FOLLOWED |= {"proxy": proxy}


@pytest.mark.parametrize("kind", REMEDIES)
def test_a_remedy_helps(kind: str, scene: ExitStack) -> None:
    FOLLOWED[kind](scene)


@pytest.mark.parametrize("fault", [{"drop": True}, {"status": 503}, {"html": "<p>Sorry</p>"}])
@pytest.mark.parametrize("name", NETWORKS)
def test_whatever_else_fails_is_retried_automatically(
    name: str, fault: dict[str, Any], scene: ExitStack
) -> None:
    served = serving(scene, NETWORKS[name][0]())
    served.double.faults = [{**fault, "times": 1000}]
    ingest = started(scene, environment(name, served.url))
    eventually(lambda: ingest.advice() == RETRYING, within=10)
    served.double.faults = []
    eventually(ingest.is_fine, within=10)


def test_a_wrong_value_is_corrected(scene: ExitStack) -> None:
    served = serving(scene, x.XDouble())
    ingest = started(scene, environment("x", served.url) | {"POLL_SECONDS": "often"})
    assert ingest.advice() == "Fix `POLL_SECONDS` in `.env`, then run `make up`"
    ingest.up(POLL_SECONDS="1")
    eventually(ingest.is_fine, within=10)


def test_a_wrong_file_is_replaced_and_read(scene: ExitStack, tmp_path: Path) -> None:
    path = tmp_path / "tweets.jsonl"
    path.write_text(TWEET, encoding="utf-16")
    ingest = started(scene, {"REPLAY_FILE": str(path)})
    advice = "Replace the file, which is then read; or change `REPLAY_FILE` in `.env`"
    assert ingest.advice().startswith(advice)
    path.write_text(TWEET)
    ingest.up()  # as the process does every few seconds (tests/unit/ingest/test_main.py)
    eventually(ingest.is_fine, within=10)


def test_the_file_of_a_secret_is_fixed(scene: ExitStack, tmp_path: Path) -> None:
    served, path = serving(scene, mastodon.MastodonDouble()), tmp_path / "token"
    given = {"MASTODON_URL": served.url, "MASTODON_ACCESS_TOKEN_FILE": str(path)}
    ingest = started(scene, given)
    advice = (
        "Fix the file of `MASTODON_ACCESS_TOKEN_FILE`, then run `docker compose restart ingest`"
    )
    assert ingest.advice() == advice
    path.write_text(mastodon.TOKEN)
    ingest.up()
    eventually(ingest.is_fine, within=10)
