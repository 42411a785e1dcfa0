"""What the images bring along is newer than the versions with known holes for strangers."""

import json
import re

import pytest
from packaging.version import Version

from support.stack import Stack

JARS = {
    "kafka": "/opt/kafka/lib",
    "zookeeper": "/opt/zookeeper/lib",
    "hbase-master": "/opt/hbase/lib",
    "trends": "/opt/venv/lib/python3.11/site-packages/pyspark/jars",
}
JAR = re.compile(r"(?P<name>.+?)-(?P<version>\d+(\.\d+)+)")
# Where a jar is found, it is of this version or a later one: the first without the hole.
FLOORS = {
    "avro": "1.11.4",  # CVE-2024-47561: code by a schema
    "commons-beanutils": "1.11.0",  # CVE-2025-48734: code by a property
    "commons-collections": "3.2.2",  # CVE-2015-7501: code by a serialized object
    "commons-configuration2": "2.8.0",  # CVE-2022-33980: code by a value
    "commons-text": "1.10.0",  # CVE-2022-42889: code by a text
    "jackson-databind": "2.12.7.1",  # CVE-2022-42003: exhaustion by nested arrays
    "kafka-clients": "3.9.1",  # CVE-2025-27817: files, and requests, by a token's address
    "kafka_2.13": "3.9.1",  # CVE-2025-27818: code by a login module
    "log4j-core": "2.17.1",  # CVE-2021-44832: the last of Log4Shell
    "lz4-java": "1.10.1",  # CVE-2025-66566: memory by compressed data
    "netty": "4.1.124",
    "netty-all": "4.1.124",
    "netty-codec-http": "4.1.124",
    "netty-codec-http2": "4.1.124",  # CVE-2025-55163: exhaustion by reset streams
    "netty-handler": "4.1.118",  # CVE-2025-24970: a crash by a packet
    "reload4j": "1.2.22",  # CVE-2022-23307 and others of Log4j 1
    "snakeyaml": "2.0",  # CVE-2022-1471: code by a document
    "snappy-java": "1.1.10.4",  # CVE-2023-43642: exhaustion by a length
    "spark-core_2.13": "4.0.0",  # CVE-2025-55039: changed messages by a weak cipher
    "zookeeper": "3.8.4",  # CVE-2024-23944: names by a watch
}
# What each image has to have, lest a floor hold for want of the jar.
EXPECTED = {
    "kafka": {"kafka_2.13", "kafka-clients", "log4j-core", "jackson-databind", "snappy-java"},
    "zookeeper": {"zookeeper", "netty-handler"},
    "hbase-master": {"avro", "commons-text", "jackson-databind", "netty-handler", "reload4j"},
    "trends": {"avro", "log4j-core", "netty-codec-http2", "snakeyaml", "spark-core_2.13"},
}
# Log4j 1 was never mended; reload4j is the one that was.
BANNED = re.compile(r"log4j-1\.2\.\d|slf4j-log4j12-")

PACKAGES = """
import importlib.metadata, json
print(json.dumps({each.name.lower(): each.version for each in importlib.metadata.distributions()}))
"""
PYTHON_FLOORS = {
    "ingest": {
        "cryptography": "44.0.1",  # CVE-2024-12797: another server's key
        "h11": "0.16.0",  # CVE-2025-43859: a request within another
        "idna": "3.7",  # CVE-2024-3651: exhaustion by a host name
        "requests": "2.32.4",  # CVE-2024-47081: credentials to another host
        "urllib3": "2.6.0",  # CVE-2025-66471: exhaustion by compressed data
    },
    "trends": {
        "pyarrow": "14.0.1",  # CVE-2023-47248: code by a file
        "pyspark": "4.0.0",
    },
    "web": {
        "flask": "3.1.1",  # CVE-2025-47278: a wrong key
        "gunicorn": "23.0.0",  # CVE-2024-6827: a request within another
        "jinja2": "3.1.6",  # CVE-2025-27516: out of the sandbox
        "werkzeug": "3.0.6",  # CVE-2024-49767: exhaustion by a form
    },
}


@pytest.mark.parametrize("service", JARS)
def test_no_jar_is_older_than_its_floor(stack: Stack, service: str) -> None:
    listed = stack.compose("exec", "-T", service, "ls", JARS[service]).split()
    assert [jar for jar in listed if BANNED.match(jar)] == []
    found = [(jar["name"], jar["version"]) for jar in map(JAR.match, listed) if jar]
    assert {name for name, _ in found} >= EXPECTED[service]
    assert below(found, FLOORS) == []


@pytest.mark.parametrize("service", PYTHON_FLOORS)
def test_no_python_package_is_older_than_its_floor(stack: Stack, service: str) -> None:
    found = json.loads(stack.compose("exec", "-T", service, "python", "-c", PACKAGES))
    assert found.keys() >= PYTHON_FLOORS[service].keys()
    assert below(list(found.items()), PYTHON_FLOORS[service]) == []


def below(found: list[tuple[str, str]], floors: dict[str, str]) -> list[tuple[str, str]]:
    """Those that are older than their floor."""
    return [
        (name, version)
        for name, version in found
        if name in floors and Version(version) < Version(floors[name])
    ]
