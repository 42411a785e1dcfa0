"""Batches are applied in order, each while the next is computed, and none after a failure."""

from threading import Event

import pytest

from trends.applier import Applier


def test_the_next_batch_waits_until_the_one_before_is_applied() -> None:
    goes_on, applied = Event(), []

    def apply(batch: str) -> None:
        goes_on.wait(10)
        applied.append(batch)

    applier = Applier(apply)
    applier.submit("first")  # returns at once, so that the next batch can be computed
    assert applied == []
    goes_on.set()
    applier.submit("second")
    assert applied[0] == "first"
    applier.wait()
    assert applied == ["first", "second"]


def test_nothing_is_applied_after_a_failure() -> None:
    applied = []

    def apply(batch: str) -> None:
        applied.append(batch)
        raise KeyError(batch)

    applier = Applier(apply)
    assert applier.failure() is None
    applier.submit("first")
    for batch in ("second", "third"):
        with pytest.raises(KeyError):
            applier.submit(batch)
    assert isinstance(applier.failure(), KeyError)
    assert applied == ["first"]


def test_waiting_can_be_given_up() -> None:
    goes_on = Event()
    applier = Applier(lambda _: goes_on.wait(10) and None)
    applier.submit("a batch")
    with pytest.raises(TimeoutError):
        applier.wait(0.01)
    assert not applier.is_stuck()
    goes_on.set()
    applier.wait()
