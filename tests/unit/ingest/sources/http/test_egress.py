"""TLS and proxies, for all networks, against doubles that speak https."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from fakes import bluesky, mastodon, x
from fakes.proxy import Proxy, server_context
from fakes.server import Serving
from ingest.environment import SettingsError
from ingest.settings import read_settings
from ingest.sources import make_source
from ingest.sources.base import Source, SourceError
from ingest.sources.bluesky.source import BlueskySource
from ingest.sources.mastodon.source import MastodonSource
from ingest.sources.x.source import XSource

NAMES = ("x", "mastodon", "bluesky")
DOUBLES: dict[str, Callable[[], Any]] = {
    "x": x.XDouble,
    "mastodon": mastodon.MastodonDouble,
    "bluesky": bluesky.BlueskyDouble,
}
ENVIRONMENTS: dict[str, Callable[[str], dict[str, str]]] = {
    "x": lambda url: x.CREDENTIALS | {"X_API_URL": url},
    "mastodon": mastodon.environment,
    "bluesky": bluesky.environment,
}
URL_SETTINGS = {"x": "X_API_URL", "mastodon": "MASTODON_URL", "bluesky": "BLUESKY_URL"}

pytestmark = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, str]:
    """An authority that nobody knows, and the file of its certificate."""
    made, file = trustme.CA(), tmp_path_factory.mktemp("ca") / "ca.pem"
    made.cert_pem.write_to_path(file)
    return made, str(file)


@contextmanager
def served(name: str, certificate: trustme.LeafCert) -> Iterator[Serving[Any]]:
    double = DOUBLES[name]()
    double.add([{"content": "<p>hello</p>"} if name == "mastodon" else {"text": "hello"}])
    with Serving(double, tls=server_context(certificate)) as serving:
        yield serving


def source(name: str, url: str, **settings: str) -> Source:
    read = read_settings(ENVIRONMENTS[name](url) | settings)
    made: Source = make_source(name, read.sources[name], read.common)
    return made


def impatient(name: str, url: str, settings: dict[str, str]) -> Source:
    """A source whose calls must be over within half a second."""
    read = read_settings(ENVIRONMENTS[name](url) | settings)
    options: dict[str, Any] = {"egress": read.common.egress, "timeout": 0.5}
    options |= {"poll_seconds": 60, "first_posts": 200}
    given = read.sources[name]
    if name == "x":
        return XSource(given.credentials, b"", api_url=given.api_url, **options)
    if name == "mastodon":
        return MastodonSource(given, b"", **options)
    return BlueskySource(given.account, b"", **options)


def texts(made: Source) -> list[str]:
    try:
        return [each["text"] for each in made.fetch(None).messages]
    finally:
        made.close()


def failure(made: Source) -> SourceError:
    with pytest.raises(SourceError) as caught:
        texts(made)
    return caught.value


def test_a_server_whose_authority_is_unknown_is_not_trusted(name, authority):
    with served(name, authority[0].issue_cert("127.0.0.1")) as double:
        error = failure(source(name, double.url))
        assert error.kind == "certificate"
        assert URL_SETTINGS[name] in str(error)
        assert "CA_FILE" in str(error)
        assert double.requests == []


def test_an_authority_of_ones_own_is_trusted(name, authority):
    with served(name, authority[0].issue_cert("127.0.0.1")) as double:
        assert texts(source(name, double.url, CA_FILE=authority[1])) == ["hello"]


def test_a_certificate_for_another_host_is_rejected(name, authority):
    with served(name, authority[0].issue_cert("other.example")) as double:
        error = failure(source(name, double.url, CA_FILE=authority[1]))
        assert error.kind == "certificate"
        assert "IP address mismatch" in str(error)
        assert double.requests == []


def test_an_expired_certificate_is_rejected(name, authority):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with served(name, authority[0].issue_cert("127.0.0.1", not_after=yesterday)) as double:
        error = failure(source(name, double.url, CA_FILE=authority[1]))
        assert error.kind == "certificate"
        assert "expired" in str(error)
        assert double.requests == []


def test_calls_go_through_the_proxy(name, authority):
    """The host's name is known to the proxy alone."""
    with (
        served(name, authority[0].issue_cert("network.example")) as double,
        Proxy({"network.example": "127.0.0.1"}, "me", "secret") as proxy,
    ):
        url = f"https://network.example:{double.port}"
        settings = {"CA_FILE": authority[1], "HTTPS_PROXY": f"http://me:secret@{proxy.address}"}
        assert texts(source(name, url, **settings)) == ["hello"]
        assert set(proxy.targets) == {f"network.example:{double.port}"}


def test_hosts_of_no_proxy_are_called_directly(name, authority):
    with served(name, authority[0].issue_cert("127.0.0.1")) as double, Proxy() as proxy:
        settings = {"CA_FILE": authority[1], "HTTPS_PROXY": f"http://{proxy.address}"}
        assert texts(source(name, double.url, **settings, NO_PROXY="a.example,127.0.0.1"))
        assert proxy.targets == []


def test_a_proxy_that_refuses_or_is_away_is_named(name, authority):
    with served(name, authority[0].issue_cert("127.0.0.1")) as double:
        with Proxy(user="me", password="secret") as proxy:
            for address in (proxy.address, "127.0.0.1:9"):
                settings = {"CA_FILE": authority[1], "HTTPS_PROXY": f"http://me:wrong@{address}"}
                error = failure(source(name, double.url, **settings))
                assert error.kind == "proxy"
                assert "HTTPS_PROXY" in str(error)
                assert "wrong" not in str(error)
        assert double.requests == []


def test_the_certificate_is_verified_behind_a_proxy_too(name, authority):
    with served(name, authority[0].issue_cert("other.example")) as double, Proxy() as proxy:
        settings = {"CA_FILE": authority[1], "HTTPS_PROXY": f"http://{proxy.address}"}
        assert failure(source(name, double.url, **settings)).kind == "certificate"
        assert double.requests == []


@pytest.mark.component
@pytest.mark.parametrize("is_https", [False, True])
@pytest.mark.parametrize("stall", ["drip", "drip_head"])
def test_the_deadline_holds_behind_a_proxy_too(name, stall, is_https, authority):
    certificate = authority[0].issue_cert("127.0.0.1")
    tls = server_context(certificate) if is_https else None
    with served(name, certificate) as double, Proxy(tls=tls) as proxy:
        double.double.faults = [{"times": 100, stall: 0.2}]
        settings = {"CA_FILE": authority[1], "HTTPS_PROXY": proxy.url}
        began = time.monotonic()
        assert failure(impatient(name, double.url, settings)).kind == "network"
        assert time.monotonic() - began < 3


def test_calls_go_through_a_proxy_that_speaks_https_itself(name, authority):
    certificate = authority[0].issue_cert("127.0.0.1")
    with served(name, certificate) as double, Proxy(tls=server_context(certificate)) as proxy:
        settings = {"CA_FILE": authority[1], "HTTPS_PROXY": proxy.url}
        assert texts(source(name, double.url, **settings)) == ["hello"]
        assert proxy.targets


@pytest.mark.component
@pytest.mark.parametrize("pause", [0.1, 60])
def test_a_proxy_that_stalls_is_given_up_in_time_and_named(name, pause, authority):
    with served(name, authority[0].issue_cert("127.0.0.1")) as double, Proxy(pause=pause) as proxy:
        settings = {"CA_FILE": authority[1], "HTTPS_PROXY": proxy.url}
        began = time.monotonic()
        assert failure(impatient(name, double.url, settings)).kind == "proxy"
        assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "proxy",
    [
        "proxy.example:3128",
        "http://proxy.example",
        "socks5://h:1",
        "http://h:1/path",
        "http://h\u200b:1",
        "http://h:x",
    ],
)
def test_a_proxy_that_is_no_url_is_a_wrong_setting(name, proxy):
    with pytest.raises(SettingsError, match="HTTPS_PROXY") as caught:
        source(name, "https://network.example", HTTPS_PROXY=proxy)
    assert proxy not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "No such file"), (b"hello", "it holds none"), (b"\xff", "text")]
)
def test_a_file_without_certificates_is_a_wrong_setting(name, content, reason, tmp_path: Path):
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=reason) as caught:
        source(name, "https://network.example", CA_FILE=str(file))
    assert caught.value.variables == ("CA_FILE",)
