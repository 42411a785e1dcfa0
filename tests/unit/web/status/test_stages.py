"""The stages of a visit, in every situation that a person may meet."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support.memory_store import ago, board, failure, report, source
from support.settings import DECLARED
from web.boards.board import parse_board
from web.boards.cache import NO_REPORT, UNREADABLE, UNREADABLE_REPORT
from web.status.document import Standing, parse_report, status
from web.status.facts import NO_BOARD
from web.status.sources import CREDENTIALS

NAMES = ("hbase", "kafka", "spark", "source", "credentials", "tweet", "board")
NOW = datetime.now(UTC)
AWAY = "HBase: not reachable at hbase-thrift:9090"
NO_KAFKA = "no answer from Kafka (KafkaTimeoutError): check KAFKA_BOOTSTRAP_SERVERS"
SOON = "it may take a minute or two to start."
X_VARIABLES = "`CONSUMER_KEY`, `CONSUMER_SECRET`, `ACCESS_TOKEN` and `ACCESS_SECRET`"


def see(service: str) -> str:
    return f"`docker compose ps; make logs SERVICE={service}`"


def known(
    *,
    board: dict[str, Any] | None = None,
    report: dict[str, Any] | None = None,
    **failures: str,
) -> Standing:
    """Put together what the web service knows: the documents as they are stored, and failures."""
    return Standing(
        hbase_error=failures.get("hbase_error"),
        board=parse_board("all", json.dumps(board).encode()) if board else None,
        board_failure=failures.get("board_failure", None if board else NO_BOARD),
        report=parse_report(json.dumps(report).encode()) if report else None,
        report_failure=failures.get("report_failure", None if report else NO_REPORT),
    )


def away(**documents: Any) -> Standing:
    return known(hbase_error=AWAY, board_failure=AWAY, **documents)


def no_kafka(**changes: Any) -> dict[str, Any]:
    """What ingest reports when Kafka has never answered it."""
    kafka = {"state": "failing", "error": failure(NO_KAFKA)}
    return report(**{"state": "failing", "kafka": kafka, "sources": [unread()]} | changes)


def unread(**changes: Any) -> dict[str, Any]:
    """A source before its first poll."""
    before = {"state": "starting", "last_success": None, "next_poll": None}
    return source(**before | {"tweets": 0, "skipped": 0} | changes)


def failing(name: str, kind: str, message: str, **changes: Any) -> dict[str, Any]:
    """What ingest reports when its one source has always failed."""
    error = failure(message) | {"kind": kind}
    one = unread(name=name, state="failing", error=error, **changes)
    return report(state="failing", sources=[one])


def wrong(variables: str, rule: str) -> dict[str, Any]:
    error = {"variables": variables.split(), "rule": rule}
    return report(state="wrong_setting", error=error, kafka=None, sources=[])


def starts(document: dict[str, Any]) -> dict[str, Any]:
    """The same report of an ingest that has not run for long."""
    return document | {"started_at": ago(30)}


EMPTY = board(tweets_read=0, tweets_tagged=0, hashtags=[])
UNTAGGED = board(tweets_read=12, tweets_tagged=0, hashtags=[])
HIDDEN = board(tweets_read=12, tweets_tagged=4, hashtags=[])
OLD = board(as_of=ago(600))

REFUSED_X = "401: X does not accept the credentials: check CONSUMER_KEY, CONSUMER_SECRET"
NO_CREDITS = "402: the X account has no credits left: add some in the developer console"
REFUSED_MASTODON = "401: the server at MASTODON_URL does not accept MASTODON_ACCESS_TOKEN"
NO_MASTODON = "404: no Mastodon server answers at MASTODON_URL"
REFUSED_BLUESKY = "400: Bluesky rejected the login: check BLUESKY_HANDLE and BLUESKY_APP_PASSWORD"
MISSING = "not set: X needs all of CONSUMER_KEY, CONSUMER_SECRET"

# What is known; how many seconds ago the web service began; for each stage whether it is Done,
# Waits or has Failed; and of some stages the detail and the advice.
SITUATIONS: dict[str, tuple[Standing, int, str, dict[str, tuple[str, str | None]]]] = {
    "nothing is up yet": (
        away(),
        30,
        "WWWWWWW",
        {"hbase": (f"{AWAY}; {SOON}", None), "kafka": ("Waiting for HBase.", None)},
    ),
    "nothing is up": (
        away(),
        3600,
        "FWWWWWW",
        {"hbase": (f"{AWAY}.", see("hbase-thrift")), "board": ("Waiting for HBase.", None)},
    ),
    "HBase goes away soon after the start": (
        away(board=board(), report=starts(report())),
        30,
        "FWWWWDD",
        {"hbase": (f"{AWAY}.", see("hbase-thrift")), "board": ("Hashtags on the board: 1.", None)},
    ),
    "HBase is up, and nothing else yet": (
        known(),
        30,
        "DWWWWWW",
        {
            "kafka": ("Waiting for ingest to report on Kafka.", None),
            "spark": (f"Spark hasn't published a board yet; {SOON}", None),
            "source": (f"Ingest has not reported yet; {SOON}", None),
            "credentials": ("Waiting for ingest to test them.", None),
            "tweet": ("Waiting for Kafka.", None),
            "board": ("Waiting for Spark.", None),
        },
    ),
    "HBase is up, and nothing else": (
        known(),
        3600,
        "DWFFWWW",
        {
            "spark": ("Spark hasn't published a board yet.", see("trends")),
            "source": ("Ingest has not reported yet.", see("ingest")),
        },
    ),
    "Kafka is not up yet": (
        known(report=starts(no_kafka())),
        3600,
        "DWWWWWW",
        {
            "kafka": (f"N{NO_KAFKA[1:]}; {SOON}", None),
            "source": ("X can be read once Kafka is connected.", None),
        },
    ),
    "Kafka is being connected to": (
        known(report=no_kafka(state="starting", kafka={"state": "connecting", "error": None})),
        30,
        "DWWWWWW",
        {"kafka": ("Ingest is connecting to Kafka.", None)},
    ),
    "Kafka is not up": (
        known(report=no_kafka()),
        30,
        "DFWWWWW",
        {
            "kafka": (f"N{NO_KAFKA[1:]}.", see("kafka")),
            "spark": (
                "Waiting for Kafka: Spark hasn't published a board yet.",
                None,
            ),
            "credentials": ("Not tested with X yet.", None),
        },
    ),
    "Kafka goes away soon after the start": (
        known(board=OLD, report=starts(no_kafka(sources=[source()]))),
        30,
        "DFWWDDD",
        {
            "kafka": (f"N{NO_KAFKA[1:]}.", see("kafka")),
            "spark": (
                "Waiting for Kafka: Spark has published nothing for 10 min.",
                None,
            ),
        },
    ),
    "ingest is silent": (
        known(board=board(), report=report(written_at=ago(190))),
        3600,
        "DWDFWDD",
        {"source": ("Ingest has not reported for 3 min.", see("ingest"))},
    ),
    "ingest is to be started again": (
        known(board=OLD, report=report(written_at=ago(7300))),
        30,
        "DWWWWDD",
        {
            "source": (f"Ingest has not reported for 2 h; {SOON}", None),
            "spark": (f"Spark has published nothing for 10 min; {SOON}", None),
        },
    ),
    "ingest is stopped": (
        known(board=board(), report=report(state="stopped", written_at=ago(190))),
        3600,
        "DWDFWDD",
        {"source": ("Ingest is stopped.", "`make up`")},
    ),
    "ingest's report cannot be read": (
        known(board=board(), report_failure=UNREADABLE_REPORT),
        3600,
        "DWDFWDD",
        {"source": (f"I{UNREADABLE_REPORT[1:]}.", see("ingest"))},
    ),
    "a credential is missing": (
        known(board=EMPTY, report=wrong("CONSUMER_SECRET", MISSING)),
        3600,
        "DWDWFWW",
        {
            "kafka": ("Waiting for ingest to report on Kafka.", None),
            "source": ("Waiting for ingest, which has a wrong setting.", None),
            "credentials": (
                f"Ingest has a wrong setting: CONSUMER_SECRET {MISSING}.",
                "Fix `CONSUMER_SECRET` in `.env`, then run `make up`",
            ),
        },
    ),
    "credentials are missing": (
        known(
            board=EMPTY, report=wrong("BLUESKY_HANDLE BLUESKY_APP_PASSWORD", "not set: SOURCE=…")
        ),
        3600,
        "DWDWFWW",
        {
            "credentials": (
                "Ingest has a wrong setting: "
                "BLUESKY_HANDLE, BLUESKY_APP_PASSWORD not set: SOURCE=….",
                "Fix `BLUESKY_HANDLE` and `BLUESKY_APP_PASSWORD` in `.env`, then run `make up`",
            ),
        },
    ),
    "another setting is wrong": (
        known(board=EMPTY, report=wrong("POLL_SECONDS", "must be a number from 1 to 3600")),
        3600,
        "DWDFWWW",
        {
            "source": (
                "Ingest has a wrong setting: POLL_SECONDS must be a number from 1 to 3600.",
                "Fix `POLL_SECONDS` in `.env`, then run `make up`",
            ),
            "credentials": ("Waiting for ingest, which has a wrong setting.", None),
        },
    ),
    "X refuses the credentials": (
        known(board=EMPTY, report=failing("x", "401", REFUSED_X)),
        3600,
        "DDDWFWW",
        {
            "source": ("X rejected the credentials (see below).", None),
            "credentials": (
                f"X: {REFUSED_X}.",
                f"Check {X_VARIABLES} in `.env`, then run `make up`",
            ),
            "tweet": ("Waiting for the source.", None),
        },
    ),
    "the account at X has no credits": (
        known(board=EMPTY, report=failing("x", "402", NO_CREDITS)),
        3600,
        "DDDWFWW",
        {
            "credentials": (
                f"X: {NO_CREDITS}.",
                "Add credits; reading resumes automatically",
            ),
        },
    ),
    "Mastodon refuses the credentials": (
        known(board=EMPTY, report=failing("mastodon", "401", REFUSED_MASTODON)),
        3600,
        "DDDWFWW",
        {
            "credentials": (
                f"Mastodon: {REFUSED_MASTODON}.",
                "Check `MASTODON_URL` and `MASTODON_ACCESS_TOKEN` in `.env`, then run `make up`",
            ),
        },
    ),
    "the server is no Mastodon": (
        known(board=EMPTY, report=failing("mastodon", "404", NO_MASTODON)),
        3600,
        "DDDWFWW",
        {"source": ("Mastodon rejected the credentials (see below).", None)},
    ),
    "Bluesky refuses the credentials": (
        known(board=EMPTY, report=failing("bluesky", "400", REFUSED_BLUESKY)),
        3600,
        "DDDWFWW",
        {
            "credentials": (
                f"Bluesky: {REFUSED_BLUESKY}.",
                "Check `BLUESKY_HANDLE` and `BLUESKY_APP_PASSWORD` in `.env`, then run `make up`",
            ),
        },
    ),
    "one network refuses the credentials, another is read": (
        known(
            board=board(),
            report=report(
                state="failing",
                sources=[
                    source(state="failing", error=failure(REFUSED_X)),
                    source(name="mastodon"),
                ],
            ),
        ),
        3600,
        "DDDDFDD",
        {"source": ("X rejected the credentials (see below); reading Mastodon.", None)},
    ),
    "a source that nobody here knows is refused": (
        known(board=EMPTY, report=failing("threads", "403", "403: no")),
        3600,
        "DDDWFWW",
        {"credentials": ("Threads: 403: no.", "Check its settings in `.env`, then run `make up`")},
    ),
    "a network does not answer": (
        known(board=EMPTY, report=failing("x", "network", "no answer from X (X_API_URL): Timeout")),
        3600,
        "DDDFWWW",
        {
            "source": (
                "X: no answer from X (X_API_URL): Timeout.",
                "Retrying automatically. If it keeps failing, run `make logs SERVICE=ingest`",
            ),
            "credentials": ("Not tested with X yet.", None),
        },
    ),
    "a network limits": (
        known(
            board=board(),
            report=failing("bluesky", "429", "the rate limit is reached", last_success=ago(60)),
        ),
        3600,
        "DDDFDDD",
        {
            "source": (
                "Bluesky: the rate limit is reached.",
                "Raise `POLL_SECONDS` in `.env`, then run `make up`",
            ),
            "credentials": ("Accepted by Bluesky.", None),
        },
    ),
    "the posts of the day are read": (
        known(
            board=board(),
            report=failing("x", "budget", "the 5000 posts are read", last_success=ago(60)),
        ),
        3600,
        "DDDFDDD",
        {
            "source": (
                "X: the 5000 posts are read.",
                "Wait until 00:00 UTC, or raise `X_DAILY_POSTS` in `.env`, then run `make up`",
            )
        },
    ),
    "the file cannot be read": (
        known(board=EMPTY, report=failing("replay", "file", "REPLAY_FILE tweets.js: no")),
        3600,
        "DDDFDWW",
        {
            "source": (
                "The file: REPLAY_FILE tweets.js: no.",
                "Replace the file, which is then read; or change `REPLAY_FILE` in `.env`, "
                "then run `make up`",
            ),
            "credentials": ("A file needs no credentials.", None),
        },
    ),
    "the demo": (
        known(board=board(demo=True), report=report(sources=[source(name="demo")])),
        3600,
        "DDDDDDD",
        {
            "source": ("Reading demo data.", None),
            "credentials": (
                "You are looking at demo data, which needs no credentials.",
                "Connect your own timeline: run `make connect`",
            ),
        },
    ),
    "a network is asked for the first time": (
        known(board=EMPTY, report=report(state="starting", sources=[unread()])),
        3600,
        "DDDWWWW",
        {
            "source": ("Contacting X…", None),
            "credentials": ("Not tested with X yet.", None),
            "tweet": ("Waiting for the source.", None),
        },
    ),
    "a timeline without a tweet": (
        known(board=EMPTY, report=report(sources=[source(tweets=0, skipped=0)])),
        3600,
        "DDDDDWW",
        {
            "tweet": ("Waiting for the first post.", None),
            "board": ("Waiting for the first post.", None),
        },
    ),
    "a timeline without a tweet that counts": (
        known(board=EMPTY, report=report(sources=[source(tweets=0, skipped=2, quarantined=1)])),
        3600,
        "DDDDDWW",
        {"tweet": ("Waiting for the first post that counts; skipped so far: 3.", None)},
    ),
    "a file without a tweet": (
        known(
            board=EMPTY,
            report=report(
                state="finished", sources=[source(name="replay", state="finished", tweets=0)]
            ),
        ),
        3600,
        "DDDDDFW",
        {
            "source": ("The file was read to the end.", None),
            "tweet": (
                "The whole file was read; it has no posts to count.",
                "Set `REPLAY_FILE` to another file in `.env`, then run `make up`",
            ),
        },
    ),
    "tweets, none of them counted yet": (
        known(board=EMPTY, report=report(sources=[source(tweets=1700)])),
        3600,
        "DDDDDDW",
        {
            "tweet": ("Posts read so far: 1,700; none is counted yet.", None),
            "board": ("The first posts are being counted.", None),
        },
    ),
    "tweets without a hashtag": (
        known(board=UNTAGGED, report=report()),
        3600,
        "DDDDDDW",
        {"board": ("Posts counted so far: 12; none of them has a hashtag.", None)},
    ),
    "hashtags that are all hidden": (
        known(board=HIDDEN, report=report()),
        3600,
        "DDDDDDW",
        {
            "board": (
                "Posts with hashtags so far: 4; all hashtags are hidden.",
                "Check `HIDE_HASHTAGS` in `.env`, then run `make up`",
            )
        },
    ),
    "the driver is not up yet": (
        known(report=starts(report())),
        3600,
        "DDWDDDW",
        {"spark": (f"Spark hasn't published a board yet; {SOON}", None)},
    ),
    "the driver is not up": (
        known(report=report()),
        30,
        "DDFDDDW",
        {
            "spark": ("Spark hasn't published a board yet.", see("trends")),
            "board": ("Waiting for Spark.", None),
        },
    ),
    "no board can be read": (
        known(report=report(), board_failure=UNREADABLE),
        3600,
        "DDFDDDW",
        {"spark": ("Spark hasn't published a board yet.", see("trends"))},
    ),
    "the driver is stuck": (
        known(board=OLD, report=report()),
        30,
        "DDFDDDD",
        {"spark": ("Spark has published nothing for 10 min.", see("trends"))},
    ),
    "all is well": (
        known(board=board(), report=report(sources=[source(), source(name="mastodon")])),
        3600,
        "DDDDDDD",
        {
            "hbase": ("Connected.", None),
            "kafka": ("Connected.", None),
            "spark": ("Publishing boards.", None),
            "source": ("Reading X; reading Mastodon.", None),
            "credentials": ("Accepted by X and Mastodon.", None),
            "tweet": ("Posts read so far: 18,234.", None),
            "board": ("Hashtags on the board: 1.", None),
        },
    ),
}


def stages(situation: str) -> list[dict[str, Any]]:
    standing, seconds, _, _ = SITUATIONS[situation]
    found = status(standing, NOW, 60, NOW - timedelta(seconds=seconds))["stages"]
    return list(found)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_each_situation_is_told_with_what_to_do(situation: str) -> None:
    found, (_, _, states, told) = stages(situation), SITUATIONS[situation]
    assert tuple(stage["name"] for stage in found) == NAMES
    assert "".join(stage["state"][0].upper() for stage in found) == states
    by_name = {stage["name"]: (stage["detail"], stage["advice"]) for stage in found}
    assert {name: by_name[name] for name in told} == told


@pytest.mark.parametrize("situation", SITUATIONS)
def test_whatever_has_failed_can_be_mended_and_nothing_is_claimed_behind_hbase(
    situation: str,
) -> None:
    found = stages(situation)
    assert all(stage["advice"] for stage in found if stage["state"] == "failed")
    assert all(stage["detail"].endswith((".", "…")) for stage in found)
    if found[0]["state"] != "done":
        assert {stage["detail"] for stage in found[1:5]} == {"Waiting for HBase."}


def test_every_variable_that_is_named_is_declared() -> None:
    advice = " ".join(stage["advice"] or "" for name in SITUATIONS for stage in stages(name))
    named = set(re.findall("`([A-Z_]+)`", advice))
    assert {name for names in CREDENTIALS.values() for name in names} < named
    assert named <= DECLARED.keys()
