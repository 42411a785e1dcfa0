"""How ingest and trends reach Kafka: settings, and what a failure is explained with."""

import logging
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
from kafka.errors import (
    KafkaConnectionError,
    KafkaTimeoutError,
    SaslAuthenticationFailedError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from ingest.kafka.access import Access, AccessError, explain, may_not_create, read_access
from support.certificates import certificate

CERTIFICATE, KEY = map(str, certificate("localhost"))
PASSWORD = "canary-password"
SASL = {
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "KAFKA_USERNAME": "trends",
    "KAFKA_PASSWORD": PASSWORD,
}
CLIENT = {"KAFKA_CLIENT_CERTIFICATE_FILE": CERTIFICATE, "KAFKA_CLIENT_KEY_FILE": KEY}


def test_the_bundled_broker_needs_no_setting() -> None:
    assert read_access({}) == Access()
    client = Access().client()
    assert client.pop("bootstrap_servers") == ["kafka:9092"]
    assert client.pop("security_protocol") == "PLAINTEXT"
    assert {*client} == {"bootstrap_timeout_ms", "reconnect_backoff_max_ms"}


def test_a_client_gets_the_password_and_trusts_the_certificate() -> None:
    found = read_access(SASL | CLIENT | {"KAFKA_CA_FILE": CERTIFICATE}).client()
    assert found["sasl_mechanism"] == "SCRAM-SHA-512"
    assert (found["sasl_plain_username"], found["sasl_plain_password"]) == ("trends", PASSWORD)
    context = found["ssl_context"]
    assert len(context.get_ca_certs()) == 1
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_the_password_may_be_in_a_file_and_is_not_shown(tmp_path: pytest.TempPathFactory) -> None:
    file = tmp_path / "password"  # type: ignore[operator]
    file.write_text(PASSWORD + "\n")
    named = {name: value for name, value in SASL.items() if name != "KAFKA_PASSWORD"}
    found = read_access(named | {"KAFKA_PASSWORD_FILE": str(file)})
    assert found == read_access(SASL)
    assert PASSWORD not in repr(found)
    with pytest.raises(AccessError, match="KAFKA_PASSWORD, KAFKA_PASSWORD_FILE are both set"):
        read_access(SASL | {"KAFKA_PASSWORD_FILE": str(file)})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"KAFKA_SECURITY_PROTOCOL": "TLS"}, "KAFKA_SECURITY_PROTOCOL must be one of PLAINTEXT"),
        (SASL | {"KAFKA_SASL_MECHANISM": "GSSAPI"}, "KAFKA_SASL_MECHANISM must be one of PLAIN"),
        ({"KAFKA_USERNAME": "a"}, "KAFKA_USERNAME needs KAFKA_SECURITY_PROTOCOL=SASL_SSL"),
        (
            {"KAFKA_PASSWORD": PASSWORD, "KAFKA_USERNAME": "a"},
            "KAFKA_USERNAME, KAFKA_PASSWORD need",
        ),
        (SASL | {"KAFKA_PASSWORD": ""}, "KAFKA_PASSWORD not set: SASL_SSL needs it"),
        (SASL | {"KAFKA_PASSWORD": "a\nb"}, "KAFKA_PASSWORD must be printable"),
        ({"KAFKA_CA_FILE": CERTIFICATE}, "KAFKA_CA_FILE needs KAFKA_SECURITY_PROTOCOL=SSL"),
        (SASL | {"KAFKA_CA_FILE": "/nowhere"}, "KAFKA_CA_FILE must name a text file that"),
        (SASL | {"KAFKA_CA_FILE": KEY}, "KAFKA_CA_FILE must be a PEM file with a CERTIFICATE"),
        (
            SASL | {"KAFKA_CLIENT_KEY_FILE": KEY},
            "KAFKA_CLIENT_CERTIFICATE_FILE, KAFKA_CLIENT_KEY_FILE belong together",
        ),
        (
            SASL | CLIENT | {"KAFKA_CLIENT_KEY_FILE": CERTIFICATE},
            "KAFKA_CLIENT_KEY_FILE must be a PEM file with a PRIVATE KEY in PKCS #8",
        ),
        (
            SASL | CLIENT | {"KAFKA_CLIENT_KEY_FILE": str(certificate("other")[1])},
            "KAFKA_CLIENT_CERTIFICATE_FILE, KAFKA_CLIENT_KEY_FILE cannot be used: ",
        ),
        ({"KAFKA_BOOTSTRAP_SERVERS": "kafka"}, "KAFKA_BOOTSTRAP_SERVERS must be host:port"),
    ],
)
def test_a_wrong_setting_is_named_without_a_secret(given: dict[str, str], said: str) -> None:
    with pytest.raises(AccessError) as error:
        read_access(given)
    assert str(error.value).startswith(said)
    assert PASSWORD not in f"{error.value} {error.value.given}"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SaslAuthenticationFailedError(), "Kafka rejects the password of trends: check KAFKA_USER"),
        (TopicAuthorizationFailedError(), "Kafka denies trends a right (TopicAuthorizationFailed"),
        (UnknownTopicOrPartitionError(), "Kafka shows trends no such topic"),
        (may_not_create(Access(username="trends"), "tweets"), "Kafka has no topic tweets that "),
    ],
)
def test_an_answer_that_refuses_says_what_to_change(error: Exception, said: str) -> None:
    assert explain(Access(username="trends"), error).startswith(said)


def test_a_reason_that_the_library_only_logs_is_said_once() -> None:
    rejected = SaslAuthenticationFailedError()
    logging.getLogger("kafka.net.manager").warning("failed: %s (%s)", rejected, 1)
    logging.getLogger("kafka.net.manager").warning("failed: %s", KafkaConnectionError("closed"))
    access = Access(servers=("127.0.0.1:1",))
    assert "check KAFKA_USERNAME, KAFKA_PASSWORD" in explain(access, KafkaTimeoutError())
    assert "127.0.0.1:1 cannot be reached" in explain(access, KafkaTimeoutError())


@pytest.fixture
def tls_port() -> Iterator[int]:
    """A port where TLS is spoken, and nothing else is answered."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            connection, _ = server.accept()
            try:
                context.wrap_socket(connection, server_side=True).close()
            except OSError:
                connection.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)


@pytest.mark.parametrize(
    ("protocol", "ca_file", "said"),
    [
        ("SSL", "", "its certificate does not fit (self-signed certificate): check KAFKA_CA_FILE"),
        ("SSL", CERTIFICATE, "accepts connections: check KAFKA_SECURITY_PROTOCOL"),
        ("PLAINTEXT", "", "accepts connections: check KAFKA_SECURITY_PROTOCOL"),
    ],
    ids=["self-signed", "not TLS", "nobody there"],
)
def test_without_an_answer_it_is_found_out_why(
    tls_port: int, protocol: str, ca_file: str, said: str
) -> None:
    access = Access((f"localhost:{tls_port}",), protocol, ca_file=ca_file)
    assert said in explain(access, KafkaTimeoutError())


def test_a_name_without_an_address_is_said() -> None:
    access = Access(("kafka.invalid:9092",))
    assert "kafka.invalid has no address here: check KAFKA_BOOTSTRAP_SERVERS" in explain(
        access, KafkaTimeoutError()
    )
