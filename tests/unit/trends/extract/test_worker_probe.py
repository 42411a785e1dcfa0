"""What the probe on a worker finds."""

import socket

import pytest

from trends.extract import worker_probe
from trends.extract.worker_probe import problems


@pytest.mark.component  # pandas and pyarrow are only there
def test_a_machine_with_all_packages_that_reaches_kafka_has_no_problem() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert problems([server.getsockname()]) == []


def test_what_is_missing_is_named_with_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_probe, "PACKAGES", ("regex", "no_such_package"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    found = problems([("127.0.0.1", port), ("kafka.invalid", 9092)])
    assert len(found) == 3
    assert found[0].endswith(": the Python package no_such_package is missing (docs/operations.md)")
    assert f": 127.0.0.1:{port} of KAFKA_BOOTSTRAP_SERVERS cannot be reached from there" in found[1]
    assert found[2].endswith(
        "the name kafka.invalid of KAFKA_BOOTSTRAP_SERVERS has no address there"
    )
