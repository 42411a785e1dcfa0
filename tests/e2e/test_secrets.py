"""Credentials that were accepted, refused and answered with are afterwards with ingest alone."""

import gzip
import json
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes import bluesky, mastodon, x
from support import doubles
from support.doubles import control
from support.stack import ROOT, Json, Stack, now, run
from support.waiting import eventually

# No one else writes any of these.
SECRETS = x.CREDENTIALS | {
    "MASTODON_ACCESS_TOKEN": mastodon.TOKEN,
    "BLUESKY_APP_PASSWORD": bluesky.APP_PASSWORD,
    "AUTHOR_SALT": "test-author-salt-Wq27Lx",
}
PLACES = {
    "X_API_URL": "http://x-double:8000",
    "MASTODON_URL": "http://mastodon-double:8000",
    "BLUESKY_HANDLE": bluesky.HANDLE,
    "BLUESKY_URL": "http://bluesky-double:8000",
    "POLL_SECONDS": "1",
}
NETWORKS = ("x-double", "mastodon-double", "bluesky-double")
# The beginning of the tokens that Bluesky's double gives to a session.
SESSION = "eyJ0eXAiOiAiSldUIiwgImFsZyI6"
# Stands in a post, and has to be found where the secrets must not be.
TAG = "CanaryWasHere"
# Stands in the source of ingest, and so in a layer.
IN_LAYERS = "event=wrong_setting"
PAGES = (
    *(f"http://{service}:9464/metrics" for service in ("ingest", "trends", "web", "alerts")),
    "http://web:8080/status",
    "http://spark-master:8080/",
    "http://spark-master:8080/json/",
    "http://spark-master:8080/environment/",
    "http://spark-worker:8081/",
    "http://spark-worker:8081/json/",
)

# Prints the pages, every record of every topic, and every cell of every table.
TELL = """
import sys, urllib.request
import happybase
from kafka import KafkaConsumer, TopicPartition
for url in sys.argv[1:]:
    print(url, urllib.request.urlopen(url, timeout=10).read())
consumer = KafkaConsumer(
    bootstrap_servers="kafka:9092", enable_auto_commit=False, exclude_internal_topics=False
)
for topic in consumer.topics():
    partitions = [TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic)]
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(partitions)
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        for records in consumer.poll(timeout_ms=1000).values():
            for record in records:
                print(topic, record.key, record.value, record.headers)
hbase = happybase.Connection("hbase-thrift", timeout=60_000)
for name in hbase.tables():
    for row in hbase.table(name).scan():
        print(name, row)
"""


@pytest.fixture(scope="module")
def stack(any_stack: Stack) -> Stack:
    """Whatever stack counts posts, with the doubles beside it."""
    if not any_stack.has_board():
        any_stack.on_demo_data()
    any_stack.purpose = None
    doubles.start(any_stack, *NETWORKS)
    return any_stack


@pytest.fixture(scope="module")
def secrets(stack: Stack) -> dict[str, str]:
    """All that must not be told, Spark's own secret among it."""
    spark = stack.compose("exec", "-T", "spark-master", "cat", "/secret/spark")
    return SECRETS | {"Bluesky's session": SESSION, "Spark's secret": spark}


def use(stack: Stack, settings: dict[str, str], overrides: list[Path], number: int) -> None:
    """Have ingest read each network, and then meet with each kind of failure."""
    for name in NETWORKS:
        control(stack, name, "reset", {})
    # Later than all that was read before.
    post = {"id": str(x.FIRST_ID + 10**6 + number), "text": f"Toast #{TAG}", "created_at": now()}
    control(stack, "x-double", "posts", [post])
    stack.configure(PLACES | settings, overrides=[doubles.COMPOSE, *overrides])
    stack.up("ingest", wait=False)
    for status in (200, 429, 503, 401):
        for name in NETWORKS:
            control(stack, name, "faults", [] if status == 200 else [fault(status)])
        eventually(lambda s=status: all(s in answered(stack, n) for n in NETWORKS))
    eventually(lambda: "CONSUMER_KEY" in stack.api("/api/v1/status").text)


def fault(status: int) -> Json:
    """An answer, to all calls, that repeats what it was asked with."""
    said = " ".join([*SECRETS.values(), SESSION])
    soon = time.time() + 5
    reset = {
        "x-rate-limit-reset": str(int(soon)),
        "ratelimit-reset": str(int(soon)),
        "X-RateLimit-Reset": datetime.fromtimestamp(soon, UTC).isoformat(),
    }
    body = {"error": said, "message": said, "errors": [{"title": said, "detail": said}]}
    return {"times": 10**6, "status": status, "headers": reset, "body": body}


def answered(stack: Stack, name: str) -> set[int]:
    """The statuses that a double has answered with."""
    return {call["status"] for call in control(stack, name, "requests")}


def leaks(secrets: dict[str, str], **texts: str) -> dict[str, list[str]]:
    """Where a secret stands, and which."""
    found = {
        where: [name for name, secret in secrets.items() if secret in text]
        for where, text in texts.items()
    }
    return {where: names for where, names in found.items() if names}


def command_lines() -> str:
    """Those of all processes of the machine."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_text(errors="replace"))
        except OSError:  # it has ended meanwhile
            continue
    return "\n".join(found)


def test_as_values_they_stand_in_the_environment_of_ingest_alone(
    stack: Stack, secrets: dict[str, str]
) -> None:
    use(stack, SECRETS | {"LOG_LEVEL": "DEBUG"}, [], 1)
    logs, commands = stack.logs(), command_lines()
    assert "event=started source=bluesky" in logs and "CoarseGrainedExecutorBackend" in commands
    services = stack.config()["services"]
    ingest = services.pop("ingest")
    others = [each for each in stack.containers() if each["Id"] != stack.container("ingest")["Id"]]
    found = leaks(
        secrets,
        logs=logs,
        commands=commands,
        others=json.dumps([services, others]),
        build=json.dumps(ingest.pop("build")),
    )
    assert found == {}
    assert leaks(SECRETS, ingest=json.dumps(ingest)) == {"ingest": [*SECRETS]}


def test_as_files_they_stand_in_no_environment(
    stack: Stack, secrets: dict[str, str], tmp_path: Path
) -> None:
    """The folder is its owner's alone; the files, which another user in the container reads, not.

    A file that is not named, here that of the salt, counts as not set.
    """
    folder = tmp_path / "secrets"
    folder.mkdir(mode=0o700)
    files = {name: folder / name.lower() for name in SECRETS if name != "AUTHOR_SALT"}
    for name, file in files.items():
        file.write_text(SECRETS[name] + "\n")
        file.chmod(0o444)
    settings = {f"{name}_FILE": str(file) for name, file in files.items()}
    use(stack, settings, [ROOT / "compose.secrets.yaml"], 2)
    container = stack.container("ingest")
    assert container["HostConfig"]["ReadonlyRootfs"] is True
    assert "event=started source=x" in stack.logs("ingest")
    found = leaks(
        secrets,
        logs=stack.logs(),
        commands=command_lines(),
        config=json.dumps(stack.config()),
        containers=json.dumps(stack.containers()),
        environment=stack.compose("exec", "-T", "ingest", "env"),
    )
    assert found == {}


def test_no_page_record_or_table_has_them(stack: Stack, secrets: dict[str, str]) -> None:
    eventually(lambda: TAG.lower() in stack.counts())
    told = stack.inside("ingest", TELL, *PAGES)
    signs = ("ingest_polls_total", "web_requests_total", "trends_records", "alerts_sent")
    for sign in (*signs, "Spark Master"):
        assert sign in told
    assert f"#{TAG}" in told and f"b'{TAG.lower()}'" in told
    status = stack.api("/api/v1/status").text
    assert leaks(secrets, told=told, status=status) == {}


def test_no_volume_has_them(stack: Stack, secrets: dict[str, str]) -> None:
    """Not as they are on the disk either; but for Spark's, in its own place."""
    mounts = [mount for each in stack.containers() for mount in each["Mounts"]]
    volumes = sorted({mount["Name"] for mount in mounts if mount["Type"] == "volume"})
    assert len(volumes) == len(stack.config()["volumes"])
    options = [f"--volume={name}:/volumes/{name}:ro" for name in volumes]
    image = ["--user", "0", "--network", "none", "tweet-trends/ingest:latest"]
    search = ["grep", "-rlaFf", "-", "/volumes"]
    patterns = "\n".join(secrets.values())
    command = ["docker", "run", "--rm", "--interactive", "--pull", "never", *options]
    found = run([*command, *image, *search], text=patterns, check=False)
    assert found.split() == [f"/volumes/{stack.project}_spark-secret/spark"]


def test_no_layer_of_an_image_has_them(
    stack: Stack, secrets: dict[str, str], tmp_path: Path
) -> None:
    """Nor its history, which is saved along with the layers."""
    images = {each["image"] for each in stack.config()["services"].values()}
    assert len(images) == 7
    assert occurring([*secrets.values(), IN_LAYERS], sorted(images), tmp_path) == {IN_LAYERS}


def occurring(texts: Iterable[str], images: list[str], folder: Path) -> set[str]:
    """Which of some texts occur in images, whose layers may be compressed."""
    patterns, matches = folder / "patterns", folder / "matches"
    patterns.write_text("\n".join(texts))
    # Zeros end what grep takes for a line, or one might be as long as a file.
    command = ["grep", "-zaohFf", str(patterns)]
    with (
        matches.open("wb") as output,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, env={"LC_ALL": "C"}
        ) as grep,
        subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE) as saving,
        tarfile.open(fileobj=saving.stdout, mode="r|") as archive,
    ):
        assert grep.stdin
        for member in archive:
            # Of a layer that images share, the others have a link.
            if member.isreg() and (stream := archive.extractfile(member)):
                packed = stream.peek(2)[:2] == b"\x1f\x8b"
                plain = gzip.GzipFile(fileobj=stream) if packed else stream
                shutil.copyfileobj(plain, grep.stdin, 1 << 20)
        grep.stdin.close()
    return {match.decode() for match in matches.read_bytes().split(b"\0") if match}
