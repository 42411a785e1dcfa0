"""Kafka's settings for Spark's connector.

Executors get certificates and the password with their tasks, as text: a worker has none of the
driver's files.
"""

from pathlib import Path

from trends.kafka.access import Access, blocks

_LOGIN = "org.apache.kafka.common.security"
_MODULES = {"PLAIN": f"{_LOGIN}.plain.PlainLoginModule"}
_SCRAM = f"{_LOGIN}.scram.ScramLoginModule"


def executor_options(access: Access) -> dict[str, str]:
    """Return the options of the connector. They hold secrets, so they must not be logged."""
    found = {
        "kafka.bootstrap.servers": ",".join(access.servers),
        "kafka.security.protocol": access.protocol,
    }
    if access.has_password:
        found["kafka.sasl.mechanism"] = access.mechanism
        found["kafka.sasl.jaas.config"] = _jaas(access)
    if access.ca_file:
        found["kafka.ssl.truststore.type"] = "PEM"
        found["kafka.ssl.truststore.certificates"] = _pem(access.ca_file, "CERTIFICATE")
    if access.certificate_file:
        found["kafka.ssl.keystore.type"] = "PEM"
        chain = _pem(access.certificate_file, "CERTIFICATE")
        found["kafka.ssl.keystore.certificate.chain"] = chain
        found["kafka.ssl.keystore.key"] = _pem(access.key_file, "PRIVATE KEY")
    return found


def _jaas(access: Access) -> str:
    """Return the login in the syntax of Java's authentication service."""
    module = _MODULES.get(access.mechanism, _SCRAM)
    user, password = _quoted(access.username), _quoted(access.password)
    return f"{module} required username={user} password={password};"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _pem(path: str, label: str) -> str:
    return blocks(Path(path).read_text(encoding="utf-8"), label)
