"""Minutes without a good answer, on a clock that does not wait: real sources and doubles."""

import logging
from types import SimpleNamespace

import pytest

from fakes import bluesky, mastodon, x
from fakes.server import Serving
from ingest.lifecycle import Shutdown
from ingest.poller import Poller
from ingest.settings import read_settings
from ingest.sources.base import LONGEST_WAIT_SECONDS, SourceError
from ingest.sources.bluesky import client as bluesky_api
from ingest.sources.bluesky.source import BlueskySource
from ingest.sources.mastodon.source import MastodonSource
from ingest.sources.x.source import XSource

OUTAGE_SECONDS = 300
PACE = {"poll_seconds": 60, "first_posts": 200}


def make_x(url):
    account = read_settings(x.CREDENTIALS).sources["x"].credentials
    return XSource(account, b"salt", api_url=url, **PACE)


def make_mastodon(url):
    account = read_settings(mastodon.environment(url)).sources["mastodon"]
    return MastodonSource(account, b"salt", **PACE)


def make_bluesky(url):
    account = read_settings(bluesky.environment(url)).sources["bluesky"].account
    return BlueskySource(account, b"salt", **PACE)


# What is called, the double, and the calls until the first page is there.
NETWORKS = {
    "x": (make_x, x.XDouble, 1),
    "mastodon": (make_mastodon, mastodon.MastodonDouble, 1),
    "bluesky": (make_bluesky, bluesky.BlueskyDouble, 2),
}
FAULTS = {
    "502": {"status": 502, "html": "<h1>Bad gateway</h1>"},
    "503": {"status": 503, "body": {"error": "later"}},
    "HTML": {"status": 200, "html": "<h1>Sorry</h1>"},
    "half a page": {"status": 200, "body": '[{"id": "1'},
}


class Clock(Shutdown):
    """Its pauses take no time; `seconds` is how long they would have taken."""

    def __init__(self, double):
        super().__init__()
        self.seconds, self.double = 0.0, double

    def sleep(self, seconds):
        self.seconds += seconds
        if self.seconds >= OUTAGE_SECONDS:
            self.double.faults = []
        super().sleep(0)


class Publisher:
    """Has Kafka's part; the first tweets end the run, `after` so many seconds."""

    def __init__(self, shutdown, cursor):
        self.shutdown, self.start, self.ids, self.after = shutdown, cursor, [], 0.0

    def cursor(self, key):
        return self.start

    def publish(self, messages, rejected, cursor, key):
        self.ids += [message["id"] for message in messages]
        if messages:
            self.after = self.shutdown.seconds
            self.shutdown.stop.set()


@pytest.mark.parametrize("first", ["the first call", "a later one"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", NETWORKS)
def test_five_minutes_get_few_calls_and_are_over_soon(name, fault, first, monkeypatch, caplog):
    make, double, calls = NETWORKS[name]
    with Serving(double()) as served:
        source, cursor = make(served.url), None
        if first == "a later one":
            cursor = source.fetch(None).cursor
            assert len(served.requests) == calls
        shutdown = Clock(served.double)
        monkeypatch.setattr(
            bluesky_api, "time", SimpleNamespace(monotonic=lambda: shutdown.seconds)
        )
        before = len(served.requests)
        post = {"content": "<p>late</p>"} if name == "mastodon" else {"text": "late"}
        served.double.add([post])
        fault = FAULTS[fault] | {"request": before + 1, "times": 1000}
        served.double.faults = [fault]
        publisher = Publisher(shutdown, cursor)
        with caplog.at_level(logging.CRITICAL):
            Poller(source, publisher, shutdown).run()
        assert len(publisher.ids) == 1
        assert OUTAGE_SECONDS <= publisher.after <= OUTAGE_SECONDS + 60
        assert 10 <= len(served.requests) - before <= 20


def test_waits_double_up_to_a_minute_and_never_come_in_step():
    error = SourceError("server", "")
    least = [error.wait(n, lambda low, high: low) for n in range(1, 10)]
    most = [error.wait(n, lambda low, high: high) for n in range(1, 10)]
    assert least == [1, 2, 4, 8, 16, 32, 50, 50, 50]
    assert most == pytest.approx([1.2, 2.4, 4.8, 9.6, 19.2, 38.4, 60, 60, 60])
    assert all(1 <= error.wait(n) <= 60 for n in range(1, 100))
    assert len({error.wait(9) for _ in range(100)}) > 1


@pytest.mark.parametrize(
    ("exactly", "waits"), [(-5, (1, 1)), (0, (1, 1)), (100, (100, 101)), (10**9, (960, 960))]
)
def test_a_wait_that_a_network_asks_for_is_between_a_second_and_sixteen_minutes(exactly, waits):
    error = SourceError("429", "", exactly=exactly)
    least, most = (error.wait(1, lambda *bounds, n=n: bounds[n]) for n in (0, 1))
    assert (least, most) == waits
    assert LONGEST_WAIT_SECONDS == 960
