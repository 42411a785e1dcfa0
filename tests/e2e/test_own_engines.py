"""The product on a Kafka, an HBase and a Spark that are not its own.

They are started beside it, on a network of their own. That takes minutes, so these tests run at
night, or by `scripts/test nightly`.
"""

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.sources.demo.source import demo_message
from support.oracle import Oracle
from support.stack import ROOT, START_SECONDS, Json, Stack, run
from support.waiting import eventually

pytestmark = pytest.mark.nightly

FOLDER = ROOT / "tests/e2e/own"
PASSWORD = 's3cret"with\\quotes'
FILES = [ROOT / f"compose.own-{engine}.yaml" for engine in ("kafka", "hbase", "spark")]
PREFIX = "team_"
# In place of a file's name: the certificate of an authority that signed nothing here.
OTHER = "another authority's"
TABLES = ("hashtags", "boards", "totals", "status", "alerts")

# As the broker's administrator.
AS_ADMIN = """
import ssl, sys
from kafka import KafkaAdminClient
from kafka.admin import ACL, ACLOperation, ACLPermissionType
from kafka.admin import NewTopic, ResourcePattern, ResourceType
context = ssl.create_default_context(cafile="/certificates/certificate.pem")
context.load_cert_chain("/certificates/certificate.pem", "/certificates/key.pem")
admin = KafkaAdminClient(
    bootstrap_servers="own-kafka:9095", security_protocol="SASL_SSL", ssl_context=context,
    sasl_mechanism="SCRAM-SHA-512", sasl_plain_username="admin",
    sasl_plain_password="admin-password",
)
def right(name, topic):
    return ACL("User:trends", "*", ACLOperation[name], ACLPermissionType.ALLOW,
        ResourcePattern(ResourceType.TOPIC, topic))
"""
# The topics, and no more rights than docs/operations.md lists.
SET_UP = """
stamped, compacted = {"message.timestamp.type": sys.argv[1]}, {"cleanup.policy": "compact"}
admin.create_topics([
    NewTopic("tweets", 2, topic_configs=stamped), NewTopic("tweets.quarantine", 1),
    NewTopic("ingest.cursors", 1, topic_configs=compacted),
])
rights = {
    "tweets": ("DESCRIBE", "READ", "WRITE"),
    "tweets.quarantine": ("DESCRIBE", "WRITE"),
    "ingest.cursors": ("DESCRIBE", "READ", "WRITE"),
}
admin.create_acls([right(name, topic) for topic, names in rights.items() for name in names])
"""
REVOKE = "admin.delete_acls([right('WRITE', 'tweets')])"
GRANT = "admin.create_acls([right('WRITE', 'tweets')])"
DELETE_TOPIC = "admin.delete_topics(['tweets.quarantine'])"

# What is in the tables, read without TLS and without the prefix.
READ_HBASE = """
import happybase, json, sys
hbase = happybase.Connection("hbase-thrift", timeout=60_000)
prefix = sys.argv[1]
names = [name.decode() for name in hbase.tables()]
rows = hbase.table(f"{prefix}hashtags").scan(columns=[b"n:count"])
counts = {key.decode(): int(row[b"n:count"].split()[0]) for key, row in rows}
print(json.dumps([names, counts]))
"""


# Somebody else's table, under a prefix.
OTHER_TABLE = """
import happybase
happybase.Connection("hbase-thrift", timeout=60_000).create_table("other_boards", {"theirs": {}})
"""


class OwnEngines:
    """The other engines, and the settings with which the product uses them.

    Spark asks for the `secret`, unless it is empty.
    """

    secret = ""

    def __init__(self, project: str, folder: Path) -> None:
        self.project, self.folder = project, folder
        self.network = f"{project}_elsewhere"
        self.other = folder / "other"
        self.other.mkdir()
        for each in (folder, self.other):
            make_certificate(each)

    @property
    def settings(self) -> dict[str, str]:
        """What somebody writes into `.env`."""
        certificate, key = str(self.folder / "certificate.pem"), str(self.folder / "key.pem")
        return {
            "KAFKA_BOOTSTRAP_SERVERS": "own-kafka:9095",
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_USERNAME": "trends",
            "KAFKA_PASSWORD": PASSWORD,
            "KAFKA_CA_FILE": certificate,
            "KAFKA_CLIENT_CERTIFICATE_FILE": certificate,
            "KAFKA_CLIENT_KEY_FILE": key,
            "HBASE_THRIFT_HOST": "own-hbase",
            "HBASE_THRIFT_PORT": "9443",
            "HBASE_THRIFT_TLS": "true",
            "HBASE_CA_FILE": certificate,
            "HBASE_TABLE_PREFIX": PREFIX,
            "SPARK_MASTER": "spark://own-spark:7077",
            "SPARK_AUTH_SECRET": self.secret,
            "SPARK_DRIVER_HOST": "trends",
            "SPARK_WORKER_PYTHON": "/opt/venv/bin/python",
            "OWN_NETWORK": self.network,
            "DEMO_RATE": "50",
            "DEMO_COUNT": "600",
            **images(),
        }

    def compose(self, *arguments: str) -> str:
        """Run a Compose command on the other engines."""
        passed = {name: os.environ[name] for name in ("PATH", "DOCKER_HOST") if name in os.environ}
        command = ["docker", "compose", "--file", str(FOLDER / "compose.yaml")]
        command += ["--env-file", "/dev/null", "--project-name", self.project]
        settings = {"OWN": str(self.folder), "SPARK_SECRET": self.secret}
        return run([*command, *arguments], passed | settings | images())

    def up(self) -> None:
        """Start them, with topics and rights."""
        self.compose("up", "--detach", "--wait", "--wait-timeout", "300")
        self.administer(SET_UP, "LogAppendTime")

    def administer(self, script: str, *arguments: str) -> None:
        """Run a Python script as the administrator of Kafka."""
        self.script(AS_ADMIN + script, *arguments)

    def down(self) -> None:
        """Remove them, with all data."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "2")

    def script(self, script: str, *arguments: str) -> str:
        """Run a Python script on their network."""
        options = ["--rm", "--pull", "never", "--network", self.network]
        options += ["--volume", f"{self.folder}:/certificates:ro"]
        image = f"{images().get('IMAGES', 'tweet-trends')}/ingest"
        return run(["docker", "run", *options, image, "python", "-c", script, *arguments])


def images() -> dict[str, str]:
    """Where the images are, unless they have their usual names."""
    return {"IMAGES": os.environ["IMAGES"]} if os.environ.get("IMAGES") else {}


def make_certificate(folder: Path) -> None:
    """Write a certificate that signs itself, for both servers and the client."""
    folder.chmod(0o755)
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    names = "subjectAltName=DNS:own-kafka,DNS:own-hbase"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "7"]
    command += ["-subj", "/CN=own", "-addext", names, "-keyout", str(key), "-out", str(certificate)]
    run(command)
    both = folder / "both.pem"
    both.write_text(key.read_text() + certificate.read_text())
    for file in (key, certificate, both):
        file.chmod(0o644)


@pytest.fixture(scope="module")
def engines(any_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnEngines]:
    made = OwnEngines(f"{any_stack.project}-own", tmp_path_factory.mktemp("certificates"))
    any_stack.down()
    made.down()
    made.up()
    yield made
    any_stack.down()
    made.down()


@pytest.fixture
def stack(any_stack: Stack, engines: OwnEngines) -> Stack:
    configure(any_stack, engines, {})
    return any_stack


def configure(stack: Stack, engines: OwnEngines, changed: dict[str, str]) -> None:
    """Write into `.env` what the other engines need, but for what is changed."""
    files = {
        name: str(engines.other / "certificate.pem") for name in changed if changed[name] == OTHER
    }
    stack.configure(engines.settings | changed | files, [*FILES, FOLDER / "product.yaml"])


def in_hbase(engines: OwnEngines, prefix: str) -> tuple[list[str], Json]:
    names, counts = json.loads(engines.script(READ_HBASE, prefix))
    return [name for name in names if name.startswith(prefix)], counts


def count_up_to(stack: Stack, number: int) -> None:
    """Start the stack, and wait until it has counted so many posts."""
    stack.up(wait=False)
    # More, if a slow machine had ingest send some again.
    eventually(lambda: stack.board()["tweets_read"] >= number, within=START_SECONDS)


def counts_of_demo(number: int) -> dict[str, int]:
    """The counts of the first posts of the demo."""
    return dict(Oracle([demo_message(1, n, time.time()) for n in range(number)]).counts)


def test_it_counts_on_other_engines_with_the_least_rights(
    stack: Stack, engines: OwnEngines
) -> None:
    count_up_to(stack, 600)
    assert {"kafka", "zookeeper", "hbase-thrift", "spark-master"}.isdisjoint(stack.services())
    tables, counts = in_hbase(engines, PREFIX)
    assert sorted(tables) == sorted(f"{PREFIX}{name}" for name in TABLES)
    assert counts == counts_of_demo(600)
    assert stack.board()["hashtags"]
    assert set(stack.restarts().values()) == {0}
    # Nothing that is secret is logged, and one line says what may not be checked.
    logs = stack.logs()
    assert "s3cret" not in logs
    assert len(re.findall("event=topic_unchecked topic=tweets:", logs)) == 1


def findings(stack: Stack) -> list[str]:
    """What `make doctor` says about the engines."""
    lines = stack.script("check-machine", check=False).splitlines()
    return [line for line in lines if " engines: " in line]


def problems(stack: Stack) -> list[str]:
    return [line for line in findings(stack) if not line.startswith("ok ")]


def test_make_doctor_finds_nothing_wrong(stack: Stack) -> None:
    said = findings(stack)
    assert problems(stack) == []
    for engine in ("Kafka answers", "HBase answers", "Spark's master listens"):
        assert any(engine in line for line in said), engine


NO_CLIENT_CERTIFICATE = {"KAFKA_CLIENT_CERTIFICATE_FILE": "", "KAFKA_CLIENT_KEY_FILE": ""}
WRONG = {
    "another authority": ({"KAFKA_CA_FILE": OTHER}, "check KAFKA_CA_FILE"),
    "no certificate": (NO_CLIENT_CERTIFICATE, "set KAFKA_CLIENT_CERTIFICATE_FILE"),
    "no TLS": (
        {"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "KAFKA_CA_FILE": "", **NO_CLIENT_CERTIFICATE},
        "check KAFKA_SECURITY_PROTOCOL",
    ),
    "another mechanism": ({"KAFKA_SASL_MECHANISM": "PLAIN"}, "set KAFKA_SASL_MECHANISM"),
    "a wrong password": ({"KAFKA_PASSWORD": "wrong"}, "check KAFKA_USERNAME, KAFKA_PASSWORD"),
    "no such Kafka": ({"KAFKA_BOOTSTRAP_SERVERS": "nowhere:9095"}, "KAFKA_BOOTSTRAP_SERVERS"),
    "another authority of HBase": (
        {"HBASE_CA_FILE": OTHER},
        "check HBASE_CA_FILE",
    ),
    "no TLS for HBase": (
        {"HBASE_THRIFT_TLS": "", "HBASE_CA_FILE": ""},
        "it speaks another protocol",
    ),
    "no such HBase": ({"HBASE_THRIFT_HOST": "nowhere"}, "check HBASE_THRIFT_HOST"),
    "no such Spark": ({"SPARK_MASTER": "spark://own-spark:7078"}, "check SPARK_MASTER"),
}


@pytest.mark.parametrize(("wrong", "said"), WRONG.values(), ids=WRONG)
def test_make_doctor_names_the_setting(
    stack: Stack, engines: OwnEngines, wrong: dict[str, str], said: str
) -> None:
    configure(stack, engines, wrong)
    found = problems(stack)
    assert found and all(said in line for line in found)


RUNNING = {
    "a wrong password": (
        {"KAFKA_PASSWORD": "wrong"},
        ("ingest", "trends"),
        "Kafka rejects the password of trends: check KAFKA_USERNAME, KAFKA_PASSWORD",
    ),
    "another authority": (
        {"KAFKA_CA_FILE": OTHER},
        ("ingest", "trends"),
        "check KAFKA_CA_FILE",
    ),
    "no such packages": (
        {"SPARK_WORKER_PYTHON": "/usr/bin/python3"},
        ("trends",),
        "the Python package pyarrow is missing (docs/operations.md)",
    ),
}


@pytest.mark.parametrize(("wrong", "services", "line"), RUNNING.values(), ids=RUNNING)
def test_what_is_wrong_is_one_line_and_is_outlived(
    stack: Stack,
    engines: OwnEngines,
    wrong: dict[str, str],
    services: tuple[str, ...],
    line: str,
) -> None:
    configure(stack, engines, wrong)
    stack.up("ingest", "trends", wait=False)
    for service in services:
        eventually(lambda name=service: line in stack.logs(name), within=120)
        assert "Traceback" not in stack.logs(service)
    assert set(stack.restarts().values()) == {0}


def test_a_missing_right_topic_or_table_is_named(stack: Stack, engines: OwnEngines) -> None:
    engines.administer(REVOKE)
    assert any(
        "trends lacks WRITE on the topic tweets: grant it" in each for each in problems(stack)
    )
    engines.administer(GRANT)
    engines.administer(DELETE_TOPIC)
    missing = "the topic tweets.quarantine is missing, or trends may not see it"
    eventually(lambda: any(missing in each for each in findings(stack)))
    stack.compose("rm", "--stop", "--force", "ingest", "trends")
    stack.up("ingest", "trends", wait=False)
    line = "Kafka has no topic tweets.quarantine that trends may see, and it may not create one"
    for service in ("ingest", "trends"):
        eventually(lambda name=service: line in stack.logs(name), within=120)
    engines.script(OTHER_TABLE)
    configure(stack, engines, {"HBASE_TABLE_PREFIX": "other_"})
    (line,) = problems(stack)
    assert "HBase's table boards has not the column families" in line
    assert "Set HBASE_TABLE_PREFIX" in line


def test_counts_move_there_and_back(any_stack: Stack, engines: OwnEngines, tmp_path: Path) -> None:
    """Each stack counts on where the last one ended."""
    here, there = tmp_path / "here.jsonl.gz", tmp_path / "there.jsonl.gz"
    own = {"DEMO_RATE": "50", **images()}
    any_stack.down()
    engines.down()
    engines.secret = "between-us"
    engines.up()
    any_stack.configure(own | {"DEMO_COUNT": "400"})
    count_up_to(any_stack, 400)
    any_stack.script("export", str(here))
    any_stack.down()
    configure(any_stack, engines, {"HBASE_TABLE_PREFIX": "moved_", "DEMO_COUNT": "800"})
    any_stack.script("import", str(here))
    count_up_to(any_stack, 800)
    assert in_hbase(engines, "moved_")[1] == counts_of_demo(800)
    any_stack.script("export", str(there))
    any_stack.down()
    any_stack.configure(own | {"DEMO_COUNT": "1200"})
    any_stack.script("import", str(there))
    count_up_to(any_stack, 1200)
    assert any_stack.counts() == counts_of_demo(1200)
