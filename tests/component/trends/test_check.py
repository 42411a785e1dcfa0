"""What `make doctor` is told about HBase's tables and Spark."""

import socket
from pathlib import Path
from typing import Any

import pytest

from trends import check
from trends.hbase.gateway import Gateway


class Connection:
    """What happybase.Connection is to the check: tables with column families."""

    def __init__(self, tables: dict[str, set[str]]) -> None:
        self._tables = tables
        self._name = ""

    def tables(self) -> list[bytes]:
        return [name.encode() for name in self._tables]

    def table(self, name: str) -> "Connection":
        self._name = name
        return self

    def families(self) -> dict[bytes, Any]:
        return {family.encode(): {} for family in self._tables[self._name]}

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("tables", "is_well", "said"),
    [
        ({}, True, "HBase's tables fit; the driver will create boards, hashtags, totals"),
        (
            {"hashtags": {"n", "s", "m"}, "boards": {"b"}, "totals": {"n", "m"}, "other": {"x"}},
            True,
            "HBase's tables fit",
        ),
        ({"boards": {"x"}}, False, "HBase's table boards has not the column families b: is it"),
    ],
)
def test_tables_fit_or_are_named(
    monkeypatch: pytest.MonkeyPatch, tables: dict[str, set[str]], is_well: bool, said: str
) -> None:
    monkeypatch.setattr(Gateway, "connect", lambda *_: Connection(tables))
    found = check.check_tables(Gateway())
    assert found[0] is is_well
    assert found[1].startswith(said)


def test_a_gateway_that_does_not_answer_is_said() -> None:
    is_well, text = check.check_tables(Gateway((("hbase.invalid", 9090),)))
    assert not is_well
    assert "check HBASE_THRIFT_HOST" in text


def test_a_master_listens_or_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        master = f"spark://127.0.0.1:{server.getsockname()[1]}"
        assert check.check_master(master)[0]
    is_well, text = check.check_master(master)
    assert not is_well
    assert text.endswith("check SPARK_MASTER")


def test_what_the_driver_found_out_about_workers_is_repeated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(check, "WORKERS", tmp_path / "workers")
    assert check.check_workers()[0]
    (tmp_path / "workers").write_text("host: the Python package regex is missing")
    assert check.check_workers() == (False, "host: the Python package regex is missing")
    (tmp_path / "workers").write_text("")
    assert check.check_workers()[0]
