"""The stages from HBase to the first board: how each stands, and what to do about it.

Pure functions, no input or output. What is hidden behind another stage is waited for: nothing is
told that is not known.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from web.status.facts import DONE, FAILED, NO_BOARD, WAITING, Facts, Stage, late, look_at, span
from web.status.sources import credentials_stage, source_stage

_WAITING_FOR = {
    "hbase": "Waiting for HBase.",
    "kafka": "Waiting for Kafka.",
    "spark": "Waiting for Spark.",
    "source": "Waiting for the source.",
    "tweet": "Waiting for the first post.",
}


def stages(facts: Facts) -> list[dict[str, Any]]:
    """Return all the stages, in the order in which they are gone through."""
    hbase = _hbase(facts)
    if hbase.state == DONE:
        kafka, spark = _kafka(facts), _spark(facts)
        source, credentials = source_stage(facts), credentials_stage(facts)
    else:
        names = ("kafka", "spark", "source", "credentials")
        kafka, spark, source, credentials = (_behind(name, hbase) for name in names)
    tweet = _tweet(facts, (hbase, kafka, source))
    board = _board(facts, (hbase, spark, tweet))
    return [asdict(each) for each in (hbase, kafka, spark, source, credentials, tweet, board)]


def _behind(name: str, stage: Stage) -> Stage:
    return Stage(name, WAITING, _WAITING_FOR[stage.name])


def _hbase(facts: Facts) -> Stage:
    if not facts.hbase_error:
        return Stage("hbase", DONE, "Connected.")
    has_answered = facts.board is not None or facts.report is not None
    return late("hbase", facts.hbase_error, look_at("hbase-thrift"), facts, has_answered)


def _kafka(facts: Facts) -> Stage:
    kafka = facts.kafka
    if not kafka:
        return Stage("kafka", WAITING, "Waiting for ingest to report on Kafka.")
    if facts.has_kafka:
        return Stage("kafka", DONE, "Connected.")
    if not kafka["error"]:
        return Stage("kafka", WAITING, "Ingest is connecting to Kafka.")
    # Nothing is read before Kafka has answered once.
    has_answered = any(each["state"] != "starting" for each in facts.sources)
    return late("kafka", kafka["error"]["message"], look_at("kafka"), facts, has_answered)


def _spark(facts: Facts) -> Stage:
    """Tell of the driver by its boards.

    Once it has found Kafka it publishes them every few seconds, empty ones too.
    """
    if facts.board and not facts.is_old:
        return Stage("spark", DONE, "Publishing boards.")
    if facts.board:
        missing = f"Spark has published nothing for {span(facts.age_seconds)}"
    else:
        missing = NO_BOARD
    if facts.kafka and not facts.has_kafka:
        return Stage("spark", WAITING, f"Waiting for Kafka: {missing}.")
    return late("spark", missing, look_at("trends"), facts)


def _tweet(facts: Facts, needed: Sequence[Stage]) -> Stage:
    if facts.board and facts.board.tweets_read:
        return Stage("tweet", DONE, f"Posts read so far: {facts.board.tweets_read:,}.")
    forwarded = sum(each["tweets"] for each in facts.sources)
    if forwarded:
        return Stage("tweet", DONE, f"Posts read so far: {forwarded:,}; none is counted yet.")
    for stage in needed:
        if stage.state != DONE:
            return _behind("tweet", stage)
    # Ingest's numbers begin with its process, so an earlier one may have read a file's posts;
    # then they are about to be counted.
    if facts.news and facts.news["state"] == "finished" and facts.board:
        advice = "Set `REPLAY_FILE` to another file in `.env`, then run `make up`"
        detail = "The whole file was read; it has no posts to count."
        return Stage("tweet", FAILED, detail, advice)
    skipped = sum(each["skipped"] + each["quarantined"] for each in facts.sources)
    if skipped:
        detail = f"Waiting for the first post that counts; skipped so far: {skipped:,}."
        return Stage("tweet", WAITING, detail)
    return Stage("tweet", WAITING, _WAITING_FOR["tweet"])


def _board(facts: Facts, needed: Sequence[Stage]) -> Stage:
    board = facts.board
    if board and board.hashtags:
        return Stage("board", DONE, f"Hashtags on the board: {len(board.hashtags):,}.")
    for stage in needed:
        if stage.state != DONE:
            return _behind("board", stage)
    if not board or not board.tweets_read:
        return Stage("board", WAITING, "The first posts are being counted.")
    if not board.tweets_tagged:
        detail = f"Posts counted so far: {board.tweets_read:,}; none of them has a hashtag."
        return Stage("board", WAITING, detail)
    detail = f"Posts with hashtags so far: {board.tweets_tagged:,}; all hashtags are hidden."
    advice = "Check `HIDE_HASHTAGS` in `.env`, then run `make up`"
    return Stage("board", WAITING, detail, advice)
