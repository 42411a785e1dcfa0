"""How to reach Kafka: addresses, TLS and credentials.

The services share no code, so `ingest` and `trends` each have this file; a test keeps the two the
same.
"""

import logging
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka.errors import (
    AuthorizationError,
    InvalidReceiveError,
    KafkaError,
    KafkaTimeoutError,
    SaslAuthenticationFailedError,
    UnknownTopicOrPartitionError,
    UnsupportedSaslMechanismError,
)

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_CERTIFICATES, _KEY = ("KAFKA_CA_FILE", "KAFKA_CLIENT_CERTIFICATE_FILE"), "KAFKA_CLIENT_KEY_FILE"
_RIGHTS = "docs/operations.md lists the rights that are needed"
PROBE_SECONDS = 3.0
# By default a client that has failed to connect may wait half a minute before it tries again, and
# half a minute passes before its caller can say so.
BOOTSTRAP_MS, RECONNECT_MS = 5_000, 2_000

_TELLING = (
    AuthorizationError,
    InvalidReceiveError,
    SaslAuthenticationFailedError,
    UnsupportedSaslMechanismError,
)
_NO_CERTIFICATE = "CERTIFICATE_REQUIRED"


class _Failures(logging.Handler):
    """Keeps the last error in kafka-python's log that says more than that there is no answer."""

    last: Any = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the error among the record's arguments."""
        for each in record.args if isinstance(record.args, tuple) else ():
            if isinstance(each, _TELLING) or _NO_CERTIFICATE in str(each):
                self.last = each


# kafka-python 3.0.12 only logs why a first connection fails, and raises KafkaTimeoutError later.
_failures = _Failures()
_log = logging.getLogger("kafka.net.manager")
_log.addHandler(_failures)
_log.setLevel(logging.WARNING)
_log.propagate = False


class AccessError(ValueError):
    """A setting is wrong: `rule` completes a sentence that begins with the `variables`."""

    def __init__(self, variables: str | tuple[str, ...], rule: str, given: str | None = None):
        self.variables = (variables,) if isinstance(variables, str) else variables
        self.rule, self.given = rule, given
        super().__init__(f"{', '.join(self.variables)} {rule}")


class TopicRightError(KafkaError):  # type: ignore[misc]  # kafka-python has no types
    """A topic is missing, or may not be used; the message says what to do."""


@dataclass(frozen=True)
class Access:
    """Addresses and security settings; the files are PEM."""

    servers: tuple[str, ...] = ("kafka:9092",)
    protocol: str = "PLAINTEXT"
    mechanism: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""

    @property
    def has_tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.protocol.endswith("SSL")

    @property
    def has_password(self) -> bool:
        """Whether Kafka asks for a user and a password."""
        return self.protocol.startswith("SASL_")

    def client(self) -> dict[str, Any]:
        """Return the arguments that every client of kafka-python takes."""
        found: dict[str, Any] = {
            "bootstrap_servers": [*self.servers],
            "security_protocol": self.protocol,
            "bootstrap_timeout_ms": BOOTSTRAP_MS,
            "reconnect_backoff_max_ms": RECONNECT_MS,
        }
        if self.has_tls:
            found["ssl_context"] = self.tls()
        if self.has_password:
            found["sasl_mechanism"] = self.mechanism
            found["sasl_plain_username"] = self.username
            found["sasl_plain_password"] = self.password
        return found

    def tls(self) -> ssl.SSLContext:
        """Return what TLS connections are made with; raises OSError if a file is no use."""
        context = ssl.create_default_context(cafile=self.ca_file or None)
        if self.certificate_file:
            # Without a password, OpenSSL would ask for that of an encrypted key.
            context.load_cert_chain(self.certificate_file, self.key_file, password="")
        return context


def read_access(variables: Mapping[str, str]) -> Access:
    """Read the settings of Kafka; an empty value counts as not set.

    Raises:
        AccessError: a value is not allowed, or does not go with the others.
    """

    def text(name: str) -> str:
        return variables.get(name, "").strip()

    def choice(name: str, words: tuple[str, ...], default: str) -> str:
        word = text(name).upper() or default
        if word not in words:
            raise AccessError(name, f"must be one of {', '.join(words)}", text(name))
        return word

    protocol = choice("KAFKA_SECURITY_PROTOCOL", PROTOCOLS, "PLAINTEXT")
    mechanism = choice("KAFKA_SASL_MECHANISM", MECHANISMS, "SCRAM-SHA-512")
    access = Access(
        servers=_servers(text("KAFKA_BOOTSTRAP_SERVERS") or "kafka:9092"),
        protocol=protocol,
        mechanism=mechanism if protocol.startswith("SASL_") else "",
        username=text("KAFKA_USERNAME"),
        password=read_secret(variables, "KAFKA_PASSWORD"),
        ca_file=text("KAFKA_CA_FILE"),
        certificate_file=text("KAFKA_CLIENT_CERTIFICATE_FILE"),
        key_file=text("KAFKA_CLIENT_KEY_FILE"),
    )
    _check_credentials(access)
    _check_files(access)
    return access


def read_secret(variables: Mapping[str, str], name: str) -> str:
    """Return a secret, or the content of the file that NAME_FILE names."""
    value, path = variables.get(name, "").strip(), variables.get(f"{name}_FILE", "").strip()
    content = _content(f"{name}_FILE", path).strip() if path else ""
    # compose.secrets.yaml names a file for each secret, which is empty for those in .env.
    if value and content:
        raise AccessError((name, f"{name}_FILE"), "are both set: keep one of them")
    return value or content


def explain(access: Access, error: BaseException | None) -> str:
    """Return one line about a failure: what is wrong, and the setting or the right to change.

    Connects to Kafka once more where the error alone does not tell; takes up to 3 s.
    """
    user = access.username or "this client"
    if isinstance(error, TopicRightError):
        return str(error.args[0])  # kafka-python puts the class in front
    if isinstance(error, KafkaTimeoutError):
        error, _failures.last = _failures.last or error, None
    if isinstance(error, SaslAuthenticationFailedError):
        return (
            f"Kafka rejects the password of {user}: check KAFKA_USERNAME, KAFKA_PASSWORD and "
            "KAFKA_SASL_MECHANISM"
        )
    if isinstance(error, InvalidReceiveError):
        return f"what answers at {access.servers[0]} asks for TLS: check KAFKA_SECURITY_PROTOCOL"
    if _NO_CERTIFICATE in str(error):
        return "Kafka asks for a certificate: set KAFKA_CLIENT_CERTIFICATE_FILE and its key"
    if isinstance(error, UnsupportedSaslMechanismError):
        return f"Kafka does not offer {access.mechanism}: set KAFKA_SASL_MECHANISM to what it does"
    if isinstance(error, AuthorizationError):
        return f"Kafka denies {user} a right ({type(error).__name__}): {_RIGHTS}"
    if isinstance(error, UnknownTopicOrPartitionError):
        return f"Kafka shows {user} no such topic: it is missing, or a right is: {_RIGHTS}"
    return f"no answer from Kafka ({type(error).__name__}): {_probe(access)}"


def may_not_create(access: Access, topic: str) -> TopicRightError:
    """Return the error for a topic that is not there and may not be created."""
    user = access.username or "this client"
    return TopicRightError(
        f"Kafka has no topic {topic} that {user} may see, and it may not create one: create the "
        f"topic, or grant the right; {_RIGHTS}"
    )


def blocks(pem: str, label: str) -> str:
    """Return the parts of a PEM text that have this label, without what is around them."""
    pattern = f"-----BEGIN {label}-----.*?-----END {label}-----"
    return "\n".join(re.findall(pattern, pem, re.DOTALL))


def _servers(text: str) -> tuple[str, ...]:
    found = tuple(server.strip() for server in text.split(","))
    for server in found:
        host, _, port = server.rpartition(":")
        if not host or not port.isdecimal() or not 1 <= int(port) <= 65_535:
            raise AccessError("KAFKA_BOOTSTRAP_SERVERS", "must be host:port[,...]", text)
    return found


def _content(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        rule = f"must name a text file that the container's user 10001 may read ({reason})"
        raise AccessError(name, rule) from error


def _check_credentials(access: Access) -> None:
    given = {"KAFKA_USERNAME": access.username, "KAFKA_PASSWORD": access.password}
    if not access.has_password:
        names = tuple(name for name, value in given.items() if value)
        if names:
            rule = "need KAFKA_SECURITY_PROTOCOL=SASL_SSL (or SASL_PLAINTEXT)"
            raise AccessError(names, rule if len(names) > 1 else rule.replace("need", "needs", 1))
        return
    for name, value in given.items():
        if not value:
            raise AccessError(name, f"not set: {access.protocol} needs it")
        if not value.isprintable():
            raise AccessError(name, "must be printable")


def _check_files(access: Access) -> None:
    paths = dict(
        zip(
            (*_CERTIFICATES, _KEY),
            (access.ca_file, access.certificate_file, access.key_file),
            strict=True,
        )
    )
    for name, path in paths.items():
        if path and not access.has_tls:
            raise AccessError(name, "needs KAFKA_SECURITY_PROTOCOL=SSL or SASL_SSL")
        if path:
            _check_pem(name, _content(name, path))
    if bool(access.certificate_file) != bool(access.key_file):
        raise AccessError((_CERTIFICATES[1], _KEY), "belong together: set both")
    names = tuple(name for name, path in paths.items() if path)
    try:
        if names:
            access.tls()
    except OSError as error:  # also every failure of OpenSSL
        raise AccessError(names, f"cannot be used: {error}") from error


def _check_pem(name: str, content: str) -> None:
    label = "PRIVATE KEY" if name == _KEY else "CERTIFICATE"
    if not blocks(content, label):
        # Java, which reads Kafka on the executors, knows no other form of a key.
        how = " in PKCS #8, without a password (openssl pkcs8 -topk8 -nocrypt)"
        raise AccessError(name, f"must be a PEM file with a {label}{how * (name == _KEY)}")


def _probe(access: Access) -> str:
    """Connect to the first address, and return what to check."""
    server = access.servers[0]
    host, _, port = server.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), PROBE_SECONDS) as plain:
            return _probe_tls(access, host, plain) if access.has_tls else _no_answer(server)
    except socket.gaierror:
        return f"{host} has no address here: check KAFKA_BOOTSTRAP_SERVERS"
    except OSError as error:
        return f"{server} cannot be reached ({error}): check KAFKA_BOOTSTRAP_SERVERS"


def _probe_tls(access: Access, host: str, plain: socket.socket) -> str:
    try:
        with access.tls().wrap_socket(plain, server_hostname=host):
            return _no_answer(access.servers[0])
    except ssl.SSLCertVerificationError as error:
        return f"its certificate does not fit ({error.verify_message}): check KAFKA_CA_FILE"
    except OSError as error:
        return f"no TLS ({error}): check KAFKA_SECURITY_PROTOCOL and the client certificate"


def _no_answer(server: str) -> str:
    return (
        f"{server} accepts connections: check KAFKA_SECURITY_PROTOCOL, KAFKA_SASL_MECHANISM and "
        "whether its advertised addresses can be reached from here (KAFKA_BOOTSTRAP_SERVERS)"
    )
