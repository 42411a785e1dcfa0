"""The service as it runs: killed, stopped, off, and with wrong settings.

HBase and the receivers are real servers on loopback. tests/integration/test_alerts.py has the same
with a real HBase.
"""

import json
import urllib.request

import pytest

from fakes.hbase import FakeHBase
from fakes.receivers import MailServer, Webhook
from support.alerts import Fork, Process, board, free_port
from support.waiting import eventually

pytestmark = pytest.mark.component

SECRET = "canary"


@pytest.fixture
def hbase():
    with FakeHBase() as found:
        yield found


@pytest.fixture
def webhook():
    with Webhook() as found:
        yield found


@pytest.fixture
def run(tmp_path, hbase):
    """Starts the service; nothing of it is left in the end."""
    started = []

    def start(*arguments, kind=Fork, **settings):
        own = {
            "HBASE_THRIFT_HOST": "127.0.0.1",
            "HBASE_THRIFT_PORT": str(hbase.port),
            "METRICS_PORT": free_port(),
            "TMPDIR": str(tmp_path),
        }
        started.append(kind(tmp_path / "log", *arguments, **own | settings))
        return started[-1]

    yield start
    for each in started:
        each.kill()


@pytest.fixture
def heartbeat(tmp_path):
    """The file that the health check of the container looks at."""
    return tmp_path / "alive"


def show(hbase, *tags, name="rising"):
    hbase.put("boards", name, "b:board", board(*tags, name=name))


def memory(hbase):
    return json.loads(hbase.get("alerts", "memory", "a:memory") or b"{}")


def status(hbase):
    return json.loads(hbase.get("status", "alerts", "s:document") or b"{}")


def watching(hbase, *tags):
    """Whether exactly these tags are known to be on the board."""
    return memory(hbase).get("seen", {}).get("rising", {}).get("keys") == sorted(tags)


def test_as_its_image_runs_it(hbase, webhook, run, heartbeat):
    """With Apprise in a process of its own, and nothing secret in any log or table."""
    show(hbase, "a")
    process = run(ALERT_URLS=webhook.url)
    eventually(lambda: watching(hbase, "a"))
    process.kill()
    show(hbase, "a", "Café")
    url = webhook.url.replace("json://", f"json://user:{SECRET}@") + f"?+X-Token={SECRET}"
    port = free_port()
    with MailServer() as mail:
        settings = {"ALERT_URLS": f"{url} {mail.url}", "METRICS_PORT": port, "LOG_LEVEL": "DEBUG"}
        process = run(kind=Process, **settings)
        eventually(lambda: status(hbase)["sent"] == 2)
        assert mail.mails[0]["subject"] == "#Café is rising"
    assert webhook.titles == ["#Café is rising"]
    reason = "#Café: 9 people in the last 5 hours, usually 0.8"
    assert webhook.taken[0]["message"].splitlines()[0] == reason
    assert heartbeat.exists()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        metrics = answer.read().decode()
    assert 'alerts_sent_total{receiver="1",service="JSON"} 1.0' in metrics
    assert process.stop() == 0
    assert status(hbase)["state"] == "stopped"
    assert "event=sent receiver=1" in process.text
    assert SECRET not in process.text + str(hbase.tables) + metrics


def test_several_boards_are_watched(hbase, webhook, run):
    """By a memory of when there could be one, too."""
    rule = {"board": "rising", "top": 10, "score": 0}
    rest = {"announced": {}, "outbox": [], "next_number": 1, "sent": 0, "dropped": 0}
    before = {**rest, "last_sent": None, "rule": rule, "present": []}
    show(hbase, name="24h")
    hbase.put("alerts", "memory", "a:memory", json.dumps(before).encode())
    run(ALERT_URLS=webhook.url, ALERT_BOARDS="24h, rising")
    eventually(lambda: "24h" in memory(hbase).get("seen", {}))
    show(hbase, "a")
    eventually(lambda: webhook.titles == ["#a is rising"])
    show(hbase, "a", "b", name="24h")
    eventually(lambda: len(webhook.titles) == 2)
    assert webhook.titles[1] == "#b is in the top 10 of the last 24 hours"
    assert status(hbase)["boards"] == ["24h", "rising"]


def test_a_kill_before_the_sending_is_remembered_repeats_one_message(hbase, webhook, run):
    show(hbase)
    process = run(ALERT_URLS=webhook.url)
    eventually(lambda: watching(hbase))
    webhook.before_answer = lambda: hbase.held.add(b"alerts")
    show(hbase, "a")
    # The message is sent, and what waits is to be remembered: that it was.
    assert hbase.waiting.wait(60)
    process.kill()
    hbase.free.set()
    hbase.held.clear()
    webhook.before_answer = lambda: None
    assert [each["to"] for each in memory(hbase)["outbox"]] == [[1]]
    run(ALERT_URLS=webhook.url)
    eventually(lambda: webhook.titles == ["#a is rising"] * 2)
    eventually(lambda: memory(hbase)["outbox"] == [])
    show(hbase, "a", "b")
    eventually(lambda: webhook.titles == ["#a is rising"] * 2 + ["#b is rising"])


def test_a_kill_before_the_sending_loses_nothing(hbase, webhook, run):
    """Nor does a wrong URL, which is corrected afterwards."""
    show(hbase)
    process = run(ALERT_URLS="json://127.0.0.1:9/")
    eventually(lambda: watching(hbase))
    show(hbase, "a")
    eventually(lambda: status(hbase).get("state") == "failing")
    process.kill()
    # By now the tag is off the board.
    show(hbase)
    run(ALERT_URLS=webhook.url)
    eventually(lambda: memory(hbase)["outbox"] == [])
    assert webhook.titles == ["#a is rising"]


def test_a_receiver_that_fails_gets_the_message_later_and_holds_up_no_other(hbase, webhook, run):
    show(hbase)
    with Webhook() as broken:
        broken.faults = [404] * 10_000
        run(ALERT_URLS=f"{broken.url} {webhook.url}")
        eventually(lambda: watching(hbase))
        show(hbase, "a")
        eventually(lambda: webhook.titles == ["#a is rising"])
        eventually(lambda: status(hbase).get("state") == "failing")
        error = status(hbase)["receivers"][0]["error"]
        assert error["message"] == "it answered with status 404"
        assert status(hbase)["receivers"][1] == {"service": "JSON", "error": None}
        broken.faults = []
        eventually(lambda: broken.titles == ["#a is rising"])
        eventually(lambda: status(hbase)["state"] == "ok")


def test_a_tag_that_is_hidden_while_it_waits_is_not_sent(hbase, webhook, run):
    show(hbase)
    webhook.faults = [500] * 10_000
    run(ALERT_URLS=webhook.url)
    eventually(lambda: watching(hbase))
    show(hbase, "spam", "b")
    eventually(lambda: webhook.calls)
    hbase.put("boards", "_hidden", "b:tags", b'{"keys": ["spam"], "patterns": []}')
    eventually(lambda: [each["about"] for each in memory(hbase)["outbox"]] == [["b"]])
    webhook.faults = []
    eventually(lambda: webhook.taken)
    eventually(lambda: memory(hbase)["outbox"] == [])
    (said,) = webhook.taken
    assert said["message"].startswith("#b: ") and "spam" not in said["message"]


def test_a_stop_is_prompt_while_a_receiver_hangs(hbase, webhook, run):
    show(hbase)
    webhook.faults = [0.1] * 100
    process = run(ALERT_URLS=webhook.url)
    eventually(lambda: watching(hbase))
    show(hbase, "a")
    eventually(lambda: webhook.calls)
    assert process.stop(within=10) == 0
    assert len(memory(hbase)["outbox"]) == 1


def test_without_urls_it_is_off_and_healthy(hbase, run, heartbeat):
    process = run()
    eventually(lambda: status(hbase).get("state") == "off")
    eventually(heartbeat.exists)
    assert memory(hbase) == {}
    assert process.stop(within=10) == 0
    assert "event=off" in process.text


def test_turned_off_and_on_again_it_announces_only_what_enters_then(hbase, webhook, run):
    show(hbase, "a")
    process = run(ALERT_URLS=webhook.url)
    eventually(lambda: watching(hbase, "a"))
    process.stop()
    process = run()
    eventually(lambda: status(hbase).get("state") == "off")
    process.stop()
    show(hbase, "a", "b")
    run(ALERT_URLS=webhook.url)
    eventually(lambda: watching(hbase, "a", "b"))
    show(hbase, "a", "b", "c")
    eventually(lambda: webhook.titles)
    assert webhook.titles == ["#c is rising"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"ALERT_URLS": f"json://127.0.0.1 slack://{SECRET}"},
            "ALERT_URLS has a wrong URL at position 2: Apprise cannot use it",
        ),
        ({"ALERT_TOP": "many"}, "ALERT_TOP must be a whole number from 1 to 100"),
    ],
)
def test_a_wrong_setting_is_one_line_and_no_restart_loop(hbase, run, heartbeat, settings, said):
    process = run(**settings, LOG_LEVEL="DEBUG")
    eventually(lambda: status(hbase).get("state") == "wrong_setting")
    error = status(hbase)["error"]
    assert f"{error['variables'][0]} {error['rule']}".startswith(said)
    assert f"event=wrong_setting: {said}" in process.text
    assert len(process.text.splitlines()) == 1
    assert not heartbeat.exists()
    assert SECRET not in process.text + json.dumps(status(hbase))
    assert process.stop(within=10) == 2


def test_a_port_that_is_taken_is_a_wrong_setting(hbase, run):
    run(METRICS_PORT=str(hbase.port))
    eventually(lambda: status(hbase).get("state") == "wrong_setting")
    assert status(hbase)["error"]["variables"] == ["METRICS_PORT"]


def test_without_hbase_it_says_so_once_waits_healthily_and_stops_at_once(webhook, run, heartbeat):
    process = run(ALERT_URLS=webhook.url, HBASE_THRIFT_PORT="9")
    eventually(lambda: "event=hbase_failed hbase=127.0.0.1:9" in process.text)
    # It tries again every second or so.
    heartbeat.unlink(missing_ok=True)
    eventually(heartbeat.exists)
    assert process.text.count("event=hbase_failed") == 1
    assert process.stop(within=10) == 0


def test_a_test_message_needs_no_hbase_and_says_how_it_went(webhook, run):
    with Webhook() as broken:
        broken.faults = [403]
        process = run("test", ALERT_URLS=f"{webhook.url} {broken.url}")
        assert process.wait() == 1
    assert webhook.titles == ["Test message from Tweet Trends"]
    assert process.text.splitlines() == [
        "URL 1 (JSON): sent",
        "URL 2 (JSON): not sent, it answered with status 403",
    ]


def test_a_test_message_without_a_usable_receiver_says_what_to_do(run):
    process = run("test")
    assert process.wait() == 2
    assert process.text.startswith("ALERT_URLS is not set")
    process = run("test", ALERT_URLS=f"slack://{SECRET}")
    assert process.wait() == 2
    assert "position 1" in process.text and SECRET not in process.text
