"""Deliveries are tried again until the receiver takes the message, or it is too old."""

import threading
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from alerts import deliveries
from alerts.deliveries import (
    ABANDONED,
    DROPPED,
    EXPIRY_SECONDS,
    TAKEN,
    WITHDRAWN,
    Deliveries,
    Outcome,
)
from alerts.lifecycle import Shutdown
from alerts.memory import Message
from alerts.receivers import DeliveryError

MESSAGE = Message(7, "title", "body", 1000.0, (1, 2))


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(deliveries, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(deliveries, "LONGEST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(deliveries, "JITTER_SECONDS", 0)


class Receiver:
    """Fails as often as it is told to."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.calls = 0

    def __call__(self, receiver, message):
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)


def started(send, now=1000.0):
    shutdown = Shutdown()
    found = Deliveries(send, ("ntfy", "E-Mail"), shutdown, clock=lambda: now)
    found.start(2, MESSAGE)
    return found, shutdown


def test_a_failure_is_tried_again_and_then_forgotten(quick, caplog):
    refused = DeliveryError("it answered with status 500")
    receiver = Receiver(refused, refused)
    found, _ = started(receiver)
    assert found.outcome(20) == Outcome(2, 7, TAKEN)
    assert (receiver.calls, found.failures) == (3, {})
    assert caplog.text.count("event=delivery_failed receiver=2 service='E-Mail'") == 2
    assert "failures=2: it answered with status 500" in caplog.text


def test_tries_are_counted_by_receiver(quick):
    def value(name):
        labels = {"receiver": "2", "service": "E-Mail"}
        return REGISTRY.get_sample_value(name, labels) or 0

    names = ("alerts_sent_total", "alerts_delivery_failures_total")
    before = [value(name) for name in names]
    found, _ = started(Receiver(DeliveryError("no"), DeliveryError("no")), now=1234.0)
    assert found.outcome(20).result == TAKEN
    after = [value(name) for name in names]
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 2]
    assert value("alerts_last_success_timestamp_seconds") == 1234


class Revising:
    """A receiver during whose failure the outbox changes."""

    def __init__(self, *outbox):
        self.outbox, self.bodies = outbox, []

    def __call__(self, receiver, message):
        self.bodies.append(message.body)
        if len(self.bodies) == 1:
            self.deliveries.update(self.outbox)
            raise DeliveryError("no")


@pytest.mark.parametrize(
    ("outbox", "bodies", "result"),
    [
        ([replace(MESSAGE, number=6), replace(MESSAGE, body="less")], ["body", "less"], TAKEN),
        ([replace(MESSAGE, number=8)], ["body"], WITHDRAWN),
    ],
)
def test_a_message_is_tried_again_as_it_is_by_then(quick, outbox, bodies, result):
    receiver = Revising(*outbox)
    receiver.deliveries = found = Deliveries(receiver, ("ntfy", "E-Mail"), Shutdown(), lambda: 1000)
    found.start(2, MESSAGE)
    assert found.outcome(20) == Outcome(2, 7, result)
    assert receiver.bodies == bodies


def test_a_mistake_of_the_program_is_tried_again_too_and_not_quoted(quick, caplog):
    found, _ = started(Receiver(KeyError("canary")))
    assert found.outcome(20) == Outcome(2, 7, TAKEN)
    assert "a bug in alerts (KeyError)" in caplog.text
    assert "canary" not in caplog.text


def test_an_old_message_gets_one_more_try(quick):
    receiver = Receiver(*[DeliveryError("no")] * 5)
    found, _ = started(receiver, now=1000.0 + EXPIRY_SECONDS + 1)
    assert found.outcome(20) == Outcome(2, 7, DROPPED)
    assert receiver.calls == 1
    assert found.failures[2].message == "no"


def test_a_receiver_is_busy_until_the_outcome_is_remembered(quick):
    found, _ = started(Receiver())
    outcome = found.outcome(20)
    assert found.busy == {2}
    found.finish(outcome)
    assert found.busy == set()


def test_failures_in_a_row_have_one_beginning(quick):
    failed_thrice, go_on = threading.Event(), threading.Event()
    times = iter([1000.0] * 2 + [2000.0] * 20)

    def send(receiver, message):
        calls.append(message)
        if len(calls) <= 3:
            raise DeliveryError("no")
        failed_thrice.set()
        go_on.wait(60)

    calls: list[Message] = []
    found = Deliveries(send, ("ntfy", "E-Mail"), Shutdown(), clock=lambda: next(times))
    found.start(2, MESSAGE)
    assert failed_thrice.wait(60)
    assert (found.failures[2].since, found.failures[2].failures) == (1000.0, 3)
    go_on.set()
    assert found.outcome(60) == Outcome(2, 7, TAKEN)


def test_a_stop_abandons_what_waits_to_be_tried_again():
    found, shutdown = started(Receiver(DeliveryError("no")))
    shutdown.stop.set()
    assert found.outcome(20) == Outcome(2, 7, ABANDONED)
