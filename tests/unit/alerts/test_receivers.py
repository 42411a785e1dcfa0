"""Apprise in a process of its own: its deadline, its end, and what it is told."""

import pytest

from alerts import receivers
from alerts.environment import SettingsError
from alerts.receivers import DeliveryError, check, send
from fakes.receivers import Webhook

SECRET = "canary"


@pytest.fixture
def program(monkeypatch):
    """Replaces Apprise by some lines of Python, which find the order in `order`."""

    def replace(lines):
        read = "import json, os, sys, time; order = json.load(sys.stdin)\n"
        monkeypatch.setattr(receivers, "_PROGRAM", ("-c", read + lines))

    return replace


def test_a_message_is_sent():
    with Webhook() as webhook:
        send(webhook.url, "title", "body", {})
    assert [each["message"] for each in webhook.taken] == ["body"]


def test_a_receiver_that_hangs_is_cut_off(program, monkeypatch):
    monkeypatch.setattr(receivers, "DEADLINE_SECONDS", 0.2)
    program("time.sleep(60)")
    with pytest.raises(DeliveryError, match=r"did not answer within 0.2 seconds") as error:
        send(f"json://{SECRET}", "t", "b", {})
    # The exception that it stands for has the order in it.
    assert error.value.__cause__ is None and error.value.__suppress_context__


@pytest.mark.parametrize("lines", [f"sys.exit('{SECRET}')", f"print('{SECRET}')", "order['no']"])
def test_a_failure_of_apprise_says_nothing_of_the_order(program, lines):
    program(lines)
    with pytest.raises(DeliveryError, match=r"^Apprise failed$"):
        send(f"json://{SECRET}", "t", "b", {})


def test_a_reason_is_passed_on(program):
    program("print(json.dumps(order['title'] + order['body']))")
    with pytest.raises(DeliveryError, match=r"^no, never$"):
        send("json://a.example", "no", ", never", {})


def test_it_has_no_environment_but_the_egress(program, monkeypatch):
    monkeypatch.setenv("ALERT_URLS", SECRET)
    program("print(json.dumps(' '.join(sorted(os.environ.keys() - {'LC_CTYPE'}))))")
    with pytest.raises(DeliveryError, match=r"^HTTPS_PROXY PATH$"):
        send("json://a.example", "t", "b", {"HTTPS_PROXY": "http://proxy:3128"})


def test_a_wrong_url_is_named_by_its_position(program):
    program("print(json.dumps(['JSON', None]))")
    with pytest.raises(SettingsError) as error:
        check(["json://a.example", f"slack://{SECRET}"], {})
    rule = "ALERT_URLS has a wrong URL at position 2: Apprise cannot use it, see docs/alerts.md"
    assert str(error.value) == rule


def test_urls_are_checked_however_long_it_takes(program, monkeypatch):
    """On a machine that is busy with the start of the whole stack, Apprise is slow to load."""
    monkeypatch.setattr(receivers, "DEADLINE_SECONDS", 0.1)
    program("time.sleep(0.3); print(json.dumps(['JSON']))")
    assert check(["json://a.example"], {}) == ["JSON"]
    assert check([], {}) == []
