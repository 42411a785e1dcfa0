"""Messages about hashtags that enter a board, to a webhook and by mail."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import pytest

from support import doubles
from support.checks import report
from support.doubles import control
from support.stack import Json, Stack
from support.waiting import eventually

SECRET = "canary-7Lq2"
# A webhook that takes its time is waited for: the service is to be killed meanwhile.
HOOK = f"json://trends:{SECRET}@hook.example:8000/hook?rto=25"
MAIL = "mailto://mail.example:2525/?from=trends@example.org&to=me@example.org"
SLOW_SECONDS = 20
SETTINGS = {"ALERT_URLS": f"{HOOK} {MAIL}", "ALERT_BOARDS": "all", "ALERT_TOP": "1"}
BEFORE = "FirstOfAll"
SUPPRESSED = "alerts_suppressed_hashtags_total 1.0"

GET = """
import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], timeout=10).read().decode())
"""


@pytest.fixture
def stack(stack: Stack) -> Iterator[Stack]:
    """The first place of a board that nothing else changes is watched."""
    with stack.at_rest():
        stack.lead_with(BEFORE, "before")
        eventually(lambda: stack.board(limit=1)["hashtags"][0]["tag"] == BEFORE)
        stack.configure(SETTINGS, overrides=[doubles.COMPOSE])
        stack.up("receivers", "alerts", wait=False)
        eventually(lambda: control(stack, "receivers", "reset", {}) == {})
        eventually(lambda: (status(stack)["state"], status(stack)["boards"]) == ("ok", ["all"]))
        yield stack
        with suppress(RuntimeError):
            hide(stack, "--undo", "AlertMe")
        stack.compose("rm", "--stop", "--force", "receivers")
        stack.configure()
        stack.up("alerts", wait=False)


def status(stack: Stack) -> Json:
    return stack.api("/api/v1/status").json()["alerts"]  # type: ignore[no-any-return]


def hide(stack: Stack, *arguments: str) -> None:
    stack.compose("exec", "-T", "trends", "python", "-m", "trends.hide", *arguments)


def titles(stack: Stack, method: str) -> list[str]:
    """The titles of the messages to the webhook (POST) or by mail (MAIL)."""
    got = control(stack, "receivers", "requests")
    return [each["title"] for each in got if each["method"] == method]


def both(stack: Stack) -> list[list[str]]:
    return [titles(stack, "POST"), titles(stack, "MAIL")]


def leads(tag: str) -> str:
    return f"Demo data: #{tag} is in the top 1 of all time"


def test_each_receiver_gets_each_message_once_or_after_a_kill_twice(stack: Stack) -> None:
    began = time.monotonic()
    stack.lead_with("AlertMe", "alert")
    eventually(lambda: both(stack) == [[leads("AlertMe")]] * 2)

    # Hidden, it leaves its place to the one before; shown again, it is no news.
    hide(stack, "AlertMe")
    told = [leads("AlertMe"), leads(BEFORE)]
    eventually(lambda: [len(each) for each in both(stack)] == [2, 2])
    assert both(stack) == [told] * 2
    hide(stack, "--undo", "AlertMe")
    eventually(lambda: SUPPRESSED in stack.inside("ingest", GET, "http://alerts:9464/metrics"))
    assert both(stack) == [told] * 2

    # Killed when the webhook has the message, and has not said so.
    control(stack, "receivers", "settings", {"delay": SLOW_SECONDS})
    stack.lead_with("KillMe", "kill")
    eventually(lambda: leads("KillMe") in titles(stack, "POST"))
    stack.kill9("alerts")
    control(stack, "receivers", "settings", {"delay": 0})
    eventually(lambda: (status(stack)["sent"], status(stack)["waiting"]) == (6, 0))
    hook, mail = map(Counter, both(stack))
    assert hook == Counter([*told, leads("KillMe"), leads("KillMe")])
    assert mail - Counter([leads("KillMe")]) in (Counter(told), Counter([*told, leads("KillMe")]))

    # What `make alert-test` runs.
    command = ["python", "-m", "alerts", "test"]
    said = stack.compose("run", "--rm", "--no-deps", "-T", "alerts", *command)
    assert said.splitlines() == ["URL 1 (JSON): sent", "URL 2 (E-Mail): sent"]
    assert [each[-1] for each in both(stack)] == ["Test message from Tweet Trends"] * 2

    assert status(stack)["state"] == "ok"
    page = stack.api("/status").text
    assert '<data data-field="sent" value="6">6</data>' in page
    assert SECRET not in said + stack.logs("alerts") + page + str(status(stack))
    report(alerts_seconds=round(time.monotonic() - began, 1))
