"""Timelines from end to end: what is restarted, several networks, archives, money and secrets."""

import gzip
import json
import time
from typing import Any

import pytest

from fakes import bluesky, mastodon, x
from integration.timelines import NAMES, PAGED, delivered, environment, fetched, network, post
from support.waiting import eventually

# -- one network at a time, from beginning to end ------------------------------------------------


@pytest.mark.parametrize("name", PAGED)
def test_a_timeline_is_read_once_whatever_is_restarted(name, ingest, networks):
    served = networks(name)
    post(served, 150)
    env = environment(name, served)
    ingest.start(**env)
    delivered(ingest, 150)
    post(served, 120)
    delivered(ingest, 270)
    assert ingest.stop() < 10
    post(served, 130)
    ingest.start(**env)
    ids = delivered(ingest, 400)
    time.sleep(3)
    assert ingest.ids() == ids
    assert len(ids) == len(set(ids)) == 400
    assert "resumed=True" in ingest.log()
    for message in ingest.tweets():
        assert message["source"] == network(name)
        assert message["hashtags"] == (None if network(name) == "x" else ["Tag"])
    metrics, name = ingest.metrics(), network(name)
    assert f'ingest_tweets_total{{source="{name}"}} 130.0' in metrics
    assert f'ingest_rate_limit_remaining{{source="{name}"}}' in metrics


@pytest.mark.parametrize("name", PAGED)
def test_killed_between_acknowledgement_and_cursor_leaves_no_gap(name, ingest, networks):
    served = networks(name)
    post(served, 120)
    env = environment(name, served)
    ingest.start(**env)
    delivered(ingest, 120)
    ingest.stop()
    post(served, 30)
    ingest.start(**env, DIE_BEFORE_CURSOR="1")
    assert ingest.wait() == 137
    assert len(set(ingest.ids())) > 120
    post(served, 30)
    ingest.start(**env)
    delivered(ingest, 180)
    time.sleep(2)
    # The page that was acknowledged without its cursor comes twice; the reader drops it by id.
    assert len(set(ingest.ids())) == 180
    assert len(ingest.ids()) <= 180 + 30


@pytest.mark.parametrize("name", PAGED)
def test_sigterm_in_the_middle_loses_and_repeats_nothing(name, ingest, networks):
    served = networks(name)
    post(served, 190)
    env = environment(name, served) | {"FIRST_POSTS": "1000"}
    served.double.faults = [{"request": n, "times": 1, "delay": 0.5} for n in range(1, 20)]
    ingest.start(**env)
    delivered(ingest, 1)
    assert ingest.stop() < 10
    assert "event=stopped" in ingest.log()
    ingest.start(**env)
    assert len(delivered(ingest, 190)) == 190


# -- several at once ------------------------------------------------------------------------------


def test_one_failing_network_does_not_hold_back_the_others(ingest, networks):
    served = {name: networks(name) for name in NAMES}
    env: dict[str, str] = {}
    for name, each in served.items():
        post(each, 20)
        env |= environment(name, each)
    served["x"].double.faults = [{"status": 401, "times": 1000}]
    served["bluesky"].double.faults = [{"delay": 60, "request": 2, "times": 1000}]
    ingest.start(**env)
    delivered(ingest, 20)
    post(served["mastodon"], 20)
    assert len(delivered(ingest, 40, within=10)) == 40
    assert {message["source"] for message in ingest.tweets()} == {"mastodon"}
    assert len(fetched(served["x"])) == 1
    metrics = ingest.metrics()
    assert 'ingest_polls_total{outcome="401",source="x"} 1.0' in metrics
    served["bluesky"].double.faults = []
    assert len(delivered(ingest, 60, within=60)) == 60
    assert ingest.stop() < 10


# -- archives -------------------------------------------------------------------------------------


def archive(number: int) -> list[dict[str, Any]]:
    """What the tweets.js of a downloaded archive lists; every hundredth has no time."""
    times = [f"Sun Nov 22 10:{n // 60 % 60:02}:{n % 60:02} +0000 2026" for n in range(number)]
    tweets = [
        {"id_str": str(n), "full_text": f"mine {n} #Tag", "created_at": time, "lang": "en"}
        for n, time in enumerate(times)
    ]
    for tweet in tweets[::100]:
        del tweet["created_at"]
    return [{"tweet": tweet} for tweet in tweets]


@pytest.mark.parametrize("kind", ["tweets.js", "tweets.jsonl.gz"])
def test_an_archive_is_counted_once_whatever_is_killed(kind, ingest, tmp_path):
    items, path = archive(7000), tmp_path / kind
    if kind == "tweets.js":
        path.write_text("window.YTD.tweets.part0 = " + json.dumps(items, indent=2))
    else:
        lines = [json.dumps(each) for each in items]
        path.write_bytes(gzip.compress("\n".join(lines).encode()))
    env = {"REPLAY_FILE": str(path)}
    ingest.start(**env, DIE_BEFORE_CURSOR="2")
    assert ingest.wait() == 137
    ingest.start(**env)
    eventually(lambda: "event=finished" in ingest.log())
    expected = {str(n) for n in range(7000) if n % 100}
    assert set(ingest.ids()) == expected
    # One batch was acknowledged when its cursor was not yet.
    assert len(ingest.ids()) <= len(expected) + 2000
    origins = {entry["origin"] for entry in ingest.quarantined()}
    assert origins == {f"{kind}:{n + 1}" for n in range(0, 7000, 100)}
    log = ingest.log()
    assert "lines=7000" in log or "items=7000" in log
    assert f"event=rejected origin={kind}:6901" in log
    assert 'ingest_progress_ratio{source="replay"} 1.0' in ingest.metrics()
    ingest.stop()
    ingest.start(**env)
    eventually(lambda: "event=finished" in ingest.log())
    assert set(ingest.ids()) == expected


# -- money, and secrets ---------------------------------------------------------------------------


def test_the_budget_stops_x_and_is_remembered(ingest, networks):
    served = networks("x")
    post(served, 80)
    env = environment("x", served) | {"X_DAILY_POSTS": "50", "FIRST_POSTS": "80"}
    ingest.start(**env)
    eventually(lambda: "kind=budget" in ingest.log())
    assert len(ingest.ids()) == 50
    calls = len(served.requests)
    assert "X_DAILY_POSTS" in ingest.log()
    assert 'ingest_budget_posts_left{source="x"} 0.0' in ingest.metrics()
    ingest.end()
    ingest.start(**env)
    eventually(lambda: "kind=budget" in ingest.log())
    assert len(served.requests) == calls


def test_no_secret_and_no_person_is_told_to_anybody(ingest, networks):
    env: dict[str, str] = {"LOG_LEVEL": "DEBUG"}
    served = {name: networks(name) for name in NAMES}
    for name, each in served.items():
        env |= environment(name, each)
        post(each, 3)
        each.double.faults = [{"request": 4, "status": 403, "body": {"error": "Refused"}}]
    secrets = [*x.CREDENTIALS.values(), mastodon.TOKEN, bluesky.APP_PASSWORD, bluesky.HANDLE]
    ingest.start(**env)
    eventually(lambda: ingest.log().count("event=poll_failed") >= 3)
    stored = json.dumps([ingest.tweets(), ingest.quarantined(), ingest.cursors()])
    said = ingest.all_logs() + ingest.metrics() + stored
    assert len(ingest.tweets()) == 9
    assert [secret for secret in secrets if secret in said] == []
    assert "did:plc" not in said
    assert x.USER_ID not in said
