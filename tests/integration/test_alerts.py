"""Alerts with a real HBase (HBASE_THRIFT_HOST): watched, killed and started again."""

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import happybase
import pytest

from fakes.receivers import MailServer, Webhook
from support.alerts import Process, board, free_port
from support.waiting import eventually

Start = Callable[..., Process]


@pytest.fixture
def start(tmp_path: Path, hbase: happybase.Connection) -> Iterator[Start]:
    """Starts the service; nothing of it is left in the end."""
    started: list[Process] = []

    def run(**settings: str) -> Process:
        own = {"HBASE_THRIFT_HOST": hbase.host, "METRICS_PORT": free_port()}
        started.append(Process(tmp_path / "log", TMPDIR=str(tmp_path), **own, **settings))
        return started[-1]

    yield run
    for each in started:
        each.kill()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as found:
        yield found


def show(hbase: happybase.Connection, *tags: str, name: str = "rising") -> None:
    if b"boards" not in hbase.tables():
        hbase.create_table("boards", {"b": {"max_versions": 1}})
    hbase.table("boards").put(name.encode(), {b"b:board": board(*tags, name=name)})


def cell(hbase: happybase.Connection, table: str, row: bytes, column: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(hbase.table(table).row(row).get(column, b"{}"))
    return found


def memory(hbase: happybase.Connection) -> dict[str, Any]:
    return cell(hbase, "alerts", b"memory", b"a:memory")


def present(hbase: happybase.Connection, name: str = "rising") -> list[str] | None:
    """What is known to be on a board, None before it was first read."""
    found = memory(hbase)["seen"].get(name)
    return None if found is None else [*found["keys"]]


def test_a_tag_that_enters_is_sent_and_remembered(
    hbase: happybase.Connection, webhook: Webhook, start: Start
) -> None:
    show(hbase, "a")
    with MailServer() as mail:
        process = start(ALERT_URLS=f"{webhook.url} {mail.url}")
        eventually(lambda: present(hbase) == ["a"], within=120)
        show(hbase, "a", "東京")
        eventually(lambda: webhook.taken and mail.mails)
        eventually(lambda: memory(hbase)["outbox"] == [])
    assert webhook.titles == ["#東京 is rising"]
    eventually(lambda: cell(hbase, "status", b"alerts", b"s:document")["sent"] == 2)
    assert process.stop() == 0
    families = {name: hbase.table(name).families() for name in ("alerts", "status")}
    assert families["alerts"][b"a"]["max_versions"] == 1
    assert families["status"][b"s"]["max_versions"] == 1
    # A new process knows what has been told.
    start(ALERT_URLS=webhook.url)
    show(hbase, "a")
    eventually(lambda: present(hbase) == ["a"])
    show(hbase, "a", "東京", "b")
    eventually(lambda: len(webhook.taken) > 1)
    assert webhook.titles == ["#東京 is rising", "#b is rising"]


def test_a_tag_that_enters_a_second_board_is_not_sent_again(
    hbase: happybase.Connection, webhook: Webhook, start: Start
) -> None:
    for name in ("rising", "24h"):
        show(hbase, name=name)
    settings = {"ALERT_URLS": webhook.url, "ALERT_BOARDS": "rising, 24h"}
    process = start(**settings)
    eventually(lambda: (present(hbase), present(hbase, "24h")) == ([], []), within=120)
    show(hbase, "a")
    # Killed before it remembers, it would send the message once more.
    eventually(lambda: webhook.titles == ["#a is rising"] and not memory(hbase)["outbox"])
    process.kill()
    # Another process knows it too.
    start(**settings)
    show(hbase, "a", "b", name="24h")
    eventually(lambda: present(hbase, "24h") == ["a", "b"] and not memory(hbase)["outbox"])
    assert webhook.titles == ["#a is rising", "#b is in the top 10 of the last 24 hours"]


def test_a_kill_between_sending_and_remembering_repeats_one_message(
    hbase: happybase.Connection, webhook: Webhook, start: Start
) -> None:
    show(hbase)
    process = start(ALERT_URLS=webhook.url)
    eventually(lambda: present(hbase) == [], within=120)
    # The receiver has the message, and its answer does not arrive any more.
    webhook.before_answer = process.kill
    show(hbase, "a")
    eventually(lambda: webhook.taken)
    process.kill()
    webhook.before_answer = lambda: None
    assert len(memory(hbase)["outbox"]) == 1
    start(ALERT_URLS=webhook.url)
    eventually(lambda: memory(hbase)["outbox"] == [])
    assert webhook.titles == ["#a is rising"] * 2
    show(hbase, "a", "b")
    eventually(lambda: present(hbase) == ["a", "b"] and not memory(hbase)["outbox"])
    assert webhook.titles == ["#a is rising"] * 2 + ["#b is rising"]


def test_kills_at_any_time_lose_nothing_and_repeat_one_message_each_at_most(
    hbase: happybase.Connection, webhook: Webhook, start: Start
) -> None:
    chance, kills = random.Random(1), 6
    tags = list[str]()
    show(hbase)
    process = start(ALERT_URLS=webhook.url)
    eventually(lambda: present(hbase) == [], within=120)
    for number in range(kills):
        tags.append(f"t{number}")
        show(hbase, *tags)
        time.sleep(chance.uniform(1, 8))
        process.kill()
        process = start(ALERT_URLS=webhook.url)
    eventually(lambda: present(hbase) == tags and not memory(hbase)["outbox"])
    told = Counter(line[1:].partition(":")[0] for each in webhook.taken
                   for line in each["message"].splitlines() if line.startswith("#"))  # fmt: skip
    assert told.keys() == set(tags)
    assert told.total() <= len(tags) + kills
