"""Connections to HBase's gateways: several addresses, TLS, a prefix, and what a failure means.

All services have the same module; a contract test compares the copies.
"""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from fakes.hbase import FakeHBase
from ingest.gateway import Gateway, GatewayError, read_gateway
from support.certificates import certificate

CERTIFICATE, KEY = map(str, certificate("localhost"))


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@pytest.fixture
def hbase() -> Iterator[FakeHBase]:
    with FakeHBase() as found:
        yield found


@pytest.fixture
def tls_port(hbase: FakeHBase) -> Iterator[int]:
    """A port where HBase is behind TLS, for connections that come one after the other."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=relay, args=(server, context, hbase.port), daemon=True).start()
        yield server.getsockname()[1]


def relay(server: socket.socket, context: ssl.SSLContext, port: int) -> None:
    while True:
        try:
            plain, _ = server.accept()
        except OSError:
            return
        try:
            secured = context.wrap_socket(plain, server_side=True)
        except OSError:
            plain.close()
            continue
        there = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=copy, args=(secured, there), daemon=True).start()
        threading.Thread(target=copy, args=(there, secured), daemon=True).start()


def copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            target.sendall(data)
    except OSError:
        pass
    finally:
        target.close()


def tables(gateway: Gateway) -> list[bytes]:
    with closing(gateway.connect(3_000)) as connection:
        found: list[bytes] = connection.tables()
        return found


def test_the_bundled_gateway_needs_no_setting() -> None:
    assert read_gateway({}) == Gateway()
    assert Gateway().address == "hbase-thrift:9090"


def test_all_settings_are_read() -> None:
    found = read_gateway(
        {
            "HBASE_THRIFT_HOST": "a, b:9091",
            "HBASE_THRIFT_PORT": "9443",
            "HBASE_THRIFT_TLS": "TRUE",
            "HBASE_CA_FILE": CERTIFICATE,
            "HBASE_TABLE_PREFIX": "team:trends_",
        }
    )
    assert found == Gateway((("a", 9443), ("b", 9091)), True, CERTIFICATE, "team:trends_")
    assert found.address == "a:9443,b:9091"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"HBASE_THRIFT_HOST": "http://a"}, "HBASE_THRIFT_HOST must be a host name"),
        ({"HBASE_THRIFT_HOST": "a,"}, "HBASE_THRIFT_HOST must be a host name"),
        ({"HBASE_THRIFT_HOST": "a:0"}, "HBASE_THRIFT_HOST must be a whole number from 1"),
        ({"HBASE_THRIFT_PORT": "65536"}, "HBASE_THRIFT_PORT must be a whole number from 1"),
        ({"HBASE_THRIFT_TLS": "yes"}, "HBASE_THRIFT_TLS must be true or false"),
        ({"HBASE_TABLE_PREFIX": "a b"}, "HBASE_TABLE_PREFIX must be the beginning of a table"),
        ({"HBASE_CA_FILE": CERTIFICATE}, "HBASE_CA_FILE needs HBASE_THRIFT_TLS=true"),
        (
            {"HBASE_CA_FILE": "/nowhere", "HBASE_THRIFT_TLS": "true"},
            "HBASE_CA_FILE must be a PEM file",
        ),
        ({"HBASE_CA_FILE": KEY, "HBASE_THRIFT_TLS": "true"}, "HBASE_CA_FILE must be a PEM file"),
    ],
)
def test_a_wrong_setting_is_named(given: dict[str, str], said: str) -> None:
    with pytest.raises(GatewayError) as error:
        read_gateway(given)
    assert str(error.value).startswith(said)


def test_an_address_that_does_not_answer_is_passed_over(hbase: FakeHBase) -> None:
    gateway = Gateway((("127.0.0.1", unused_port()), ("127.0.0.1", hbase.port)))
    hbase.put("boards", "all", "b:board", b"{}")
    assert [tables(gateway) for _ in range(3)] == [[b"boards"]] * 3


def test_a_new_connection_takes_the_next_address() -> None:
    with FakeHBase() as one, FakeHBase() as other:
        one.put("one", "row", "a:b", b"")
        other.put("other", "row", "a:b", b"")
        gateway = Gateway((("127.0.0.1", one.port), ("127.0.0.1", other.port)))
        assert [tables(gateway) for _ in range(4)] == [[b"one"], [b"other"]] * 2


def test_only_tables_with_the_prefix_are_seen(hbase: FakeHBase) -> None:
    for name in ("team_boards", "boards"):
        hbase.put(name, "all", "b:board", name.encode())
    gateway = Gateway((("127.0.0.1", hbase.port),), table_prefix="team_")
    assert tables(gateway) == [b"boards"]
    with closing(gateway.connect(3_000)) as connection:
        assert connection.table("boards").name == b"team_boards"
        assert connection.table("boards").row(b"all", [b"b:board"]) == {b"b:board": b"team_boards"}


def test_tls_is_spoken_and_the_certificate_is_checked(hbase: FakeHBase, tls_port: int) -> None:
    hbase.put("boards", "all", "b:board", b"{}")
    address = (("localhost", tls_port),)
    assert tables(Gateway(address, has_tls=True, ca_file=CERTIFICATE)) == [b"boards"]
    assert "check HBASE_CA_FILE" in failure(Gateway(address, has_tls=True))
    other = Gateway((("127.0.0.1", tls_port),), has_tls=True, ca_file=CERTIFICATE)
    assert "check HBASE_CA_FILE" in failure(other), "the name is checked too"


def test_tls_on_one_side_only_is_said(hbase: FakeHBase, tls_port: int) -> None:
    assert "with TLS (HBASE_THRIFT_TLS=true)" in failure(Gateway((("localhost", tls_port),)))
    plain = Gateway((("localhost", hbase.port),), has_tls=True, ca_file=CERTIFICATE)
    assert "check HBASE_THRIFT_TLS" in failure(plain)


def test_a_name_without_an_address_is_said() -> None:
    assert "check HBASE_THRIFT_HOST" in failure(Gateway((("hbase.invalid", 9090),)))


def failure(gateway: Gateway) -> str:
    """Return how a failure is explained."""
    try:
        tables(gateway)
    except Exception as error:
        return gateway.explain(error)
    raise AssertionError("it has not failed")
