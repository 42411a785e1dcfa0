"""What executors need to read Kafka, as options of Spark's connector."""

from support.certificates import certificate
from trends.kafka.access import Access, read_access
from trends.kafka.executor_options import executor_options

CERTIFICATE, KEY = certificate("localhost")


def test_the_bundled_broker_needs_no_secret() -> None:
    assert executor_options(Access()) == {
        "kafka.bootstrap.servers": "kafka:9092",
        "kafka.security.protocol": "PLAINTEXT",
    }


def test_certificates_travel_as_text() -> None:
    access = read_access(
        {
            "KAFKA_SECURITY_PROTOCOL": "ssl",
            "KAFKA_CA_FILE": str(CERTIFICATE),
            "KAFKA_CLIENT_CERTIFICATE_FILE": str(CERTIFICATE),
            "KAFKA_CLIENT_KEY_FILE": str(KEY),
        }
    )
    found = executor_options(access)
    pem = CERTIFICATE.read_text().strip()
    assert found["kafka.ssl.truststore.type"] == found["kafka.ssl.keystore.type"] == "PEM"
    assert found["kafka.ssl.truststore.certificates"] == pem
    assert found["kafka.ssl.keystore.certificate.chain"] == pem
    assert found["kafka.ssl.keystore.key"] == KEY.read_text().strip()
    assert not any(str(CERTIFICATE.parent) in value for value in found.values())


def test_a_login_keeps_every_character_of_the_password() -> None:
    access = Access(("k:1",), "SASL_SSL", "SCRAM-SHA-256", "me", 'a"b\\c;')
    found = executor_options(access)
    assert found["kafka.sasl.mechanism"] == "SCRAM-SHA-256"
    assert found["kafka.sasl.jaas.config"] == (
        "org.apache.kafka.common.security.scram.ScramLoginModule required "
        'username="me" password="a\\"b\\\\c;";'
    )
    plain = Access(("k:1",), "SASL_PLAINTEXT", "PLAIN", "me", "b")
    assert "plain.PlainLoginModule" in executor_options(plain)["kafka.sasl.jaas.config"]
