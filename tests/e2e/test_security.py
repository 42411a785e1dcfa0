"""What an attacker would find: as configured, and as it runs."""

import json
import re
from typing import Any

import pytest

from support.stack import Json, Stack, run, service_of

CREDENTIALS = (
    "CONSUMER_KEY",
    "CONSUMER_SECRET",
    "ACCESS_TOKEN",
    "ACCESS_SECRET",
    "MASTODON_ACCESS_TOKEN",
    "BLUESKY_APP_PASSWORD",
    "AUTHOR_SALT",
)
# Whoever may leave the machine, each by a network of its own.
EGRESS = {"egress": {"ingest"}, "alert-egress": {"alerts"}}
# Where each service is known to listen; the test finds these by itself, and all others.
DOORS = {
    "ingest": {9464},
    "kafka": {9092},
    "spark-master": {7077, 8080},
    "spark-worker": {8081},
    "trends": {9464},
    "zookeeper": {2181},
    "hbase-master": {16000},
    "hbase-regionserver": {16020},
    "hbase-thrift": {9090},
    "web": {8080, 9464},
    "alerts": {9464},
}
Target = tuple[str, int]

# Prints [host, port, outcome] of each try: "open", or the name of the error.
PROBE = """
import concurrent.futures, json, socket, sys
def probe(target):
    try:
        socket.create_connection(target, timeout=3).close()
        return [*target, "open"]
    except OSError as error:
        return [*target, type(error).__name__]
targets = [(h, p) for h, p in json.loads(sys.argv[1])]
with concurrent.futures.ThreadPoolExecutor(128) as pool:
    print(json.dumps(list(pool.map(probe, targets))))
"""

# Prints for each secret and each door of Spark whether the process behind it answers; the first
# secret is none at all. The settings are otherwise the image's own.
KNOCK = """
import json, sys
from py4j.protocol import Py4JJavaError
from pyspark.java_gateway import launch_gateway
secrets, doors = json.load(sys.stdin)
spark = launch_gateway().jvm.org.apache.spark
nothing = getattr(spark.SecurityManager, "$lessinit$greater$default$2")()
no_file = getattr(spark.SecurityManager, "$lessinit$greater$default$3")()
def answers(secret, name, host, port):
    conf = spark.SparkConf().set("spark.rpc.lookupTimeout", "10s")
    if secret:
        conf.set("spark.authenticate.secret", secret)
    else:
        conf.set("spark.authenticate", "false").set("spark.network.crypto.enabled", "false")
    manager = spark.SecurityManager(conf, nothing, no_file)
    caller = spark.rpc.RpcEnv.create("caller", "localhost", 0, conf, manager, True)
    try:
        caller.setupEndpointRef(spark.rpc.RpcAddress(host, port), name)
        return True
    except Py4JJavaError:
        return False
    finally:
        caller.shutdown()
print(json.dumps([[answers(secret, *door) for door in doors] for secret in [None, *secrets]]))
"""

# Asks the pages of Spark's master, as its links would, to end what runs.
KILL = """
import json, sys, urllib.error, urllib.request
state = json.load(urllib.request.urlopen("http://spark-master:8080/json/", timeout=10))
app, host = state["activeapps"][0]["id"], state["workers"][0]["host"]
def post(path):
    url = "http://spark-master:8080" + path
    try:
        return urllib.request.urlopen(urllib.request.Request(url, b""), timeout=10).status
    except urllib.error.HTTPError as error:
        return error.code
print([post(f"/app/kill/?id={app}&terminate=true"), post(f"/workers/kill/?host={host}")])
"""

STATE = """
import json, urllib.request
state = json.load(urllib.request.urlopen("http://spark-master:8080/json/", timeout=10))
workers = [[each["id"], each["state"], each["port"]] for each in state["workers"]]
print(json.dumps([state["activeapps"][0]["id"], workers]))
"""


def probe(stack: Stack, network: str, targets: list[Target]) -> dict[Target, str]:
    """What a container on a network finds at some addresses."""
    found = json.loads(stack.on_network(network, "ingest", PROBE, json.dumps(targets)))
    return {(host, port): outcome for host, port, outcome in found}


def listening(container: Json) -> set[int]:
    """The ports at which a container listens for others."""
    tables = run(["docker", "exec", container["Id"], "cat", "/proc/net/tcp", "/proc/net/tcp6"])
    rows = [line.split() for line in tables.splitlines() if ": " in line]
    found = {row[1].rpartition(":") for row in rows if row[3] == "0A"}
    # The first byte of the address stands last, in hexadecimal digits.
    return {int(port, 16) for address, _, port in found if address[-2:] != "7F"}


def address(stack: Stack, container: Json, network: str) -> str:
    """A container's address on one of the stack's networks, empty if it is not on it."""
    networks = container["NetworkSettings"]["Networks"]
    return str(networks.get(f"{stack.project}_{network}", {}).get("IPAddress", ""))


@pytest.fixture
def containers(stack: Stack) -> list[Json]:
    found = stack.containers()
    assert {service_of(each) for each in found} == set(stack.services())
    return found


def test_every_service_is_confined_by_the_configuration(stack: Stack) -> None:
    config = stack.config()
    for name, each in config["services"].items():
        assert each["cap_drop"] == ["ALL"], name
        assert not each.get("cap_add"), name
        assert "no-new-privileges:true" in each["security_opt"], name
        assert each["read_only"] is True, name
        assert int(each["mem_limit"]) > 0 and int(each["pids_limit"]) > 0, name
        # `cpus` is refused where it is more than the machine has; a quota is not.
        assert int(each["cpu_quota"]) >= 200_000 and "cpus" not in each, name
        assert each["restart"] == "unless-stopped", name
        assert each["healthcheck"]["test"], name
        assert not each.get("privileged") and not each.get("network_mode"), name
        assert not each.get("pid") and not each.get("ipc"), name
        for volume in each.get("volumes", ()):
            assert "docker.sock" not in volume.get("source", ""), name


def test_one_port_is_published_to_this_machine_only(stack: Stack) -> None:
    config = stack.config()
    published = [
        (name, port["host_ip"], port["target"])
        for name, each in config["services"].items()
        for port in each.get("ports", ())
    ]
    assert published == [("web", "127.0.0.1", 8080)]


def test_the_networks_are_apart(stack: Stack) -> None:
    config = stack.config()
    assert config["networks"]["data"]["internal"] is True
    [running] = json.loads(run(["docker", "network", "inspect", f"{stack.project}_data"]))
    assert running["Internal"] is True
    members = {name: set(each["networks"]) for name, each in config["services"].items()}
    for network, own in EGRESS.items():
        assert {name for name, networks in members.items() if network in networks} == own
    assert {name for name, networks in members.items() if "front" in networks} == {"web"}
    inner = {name for name, networks in members.items() if networks == {"data"}}
    assert inner == set(members) - {"alerts", "ingest", "web"}


def test_credentials_are_handed_to_ingest_alone(stack: Stack) -> None:
    config = stack.config()
    for name, each in config["services"].items():
        assert not each.get("env_file"), name
        has = {variable for variable in CREDENTIALS if variable in each["environment"]}
        assert has == (set(CREDENTIALS) if name == "ingest" else set()), name
        assert ("ALERT_URLS" in each["environment"]) is (name == "alerts"), name


def test_every_container_runs_as_configured(containers: list[Json]) -> None:
    for each in containers:
        host, name = each["HostConfig"], service_of(each)
        assert host["CapDrop"] == ["ALL"], name
        assert not host["CapAdd"] and not host["Privileged"], name
        assert any("no-new-privileges" in option for option in host["SecurityOpt"]), name
        assert host["ReadonlyRootfs"] is True, name
        assert host["Memory"] > 0 and host["PidsLimit"] > 0 and host["CpuQuota"] > 0, name
        log = host["LogConfig"]["Config"]
        assert log["max-size"] and int(log["max-file"]) > 1, name
        bindings: dict[str, Any] = {k: v for k, v in (host["PortBindings"] or {}).items() if v}
        addresses = {b["HostIp"] for binding in bindings.values() for b in binding}
        assert addresses == ({"127.0.0.1"} if name == "web" else set()), name
        given = {variable.partition("=")[0] for variable in each["Config"]["Env"]}
        assert name == "ingest" or not given & set(CREDENTIALS), name


def test_no_process_is_root_or_could_become_it(containers: list[Json]) -> None:
    for each in containers:
        status = run(["docker", "exec", each["Id"], "cat", "/proc/1/status"])
        fields = dict(line.split(":", 1) for line in status.splitlines())
        assert 0 not in {int(uid) for uid in fields["Uid"].split()}, service_of(each)
        assert int(fields["CapEff"], 16) == int(fields["CapBnd"], 16) == 0, service_of(each)
        assert fields["NoNewPrivs"].strip() == "1", service_of(each)


def test_no_container_can_change_its_programs(containers: list[Json]) -> None:
    for each in containers:
        script = "touch /planted /usr/bin/planted /opt/planted 2>&1; ls /planted 2>&1"
        said = run(["docker", "exec", "--user", "0", each["Id"], "sh", "-c", script], check=False)
        assert said.count("Read-only file system") == 3, (service_of(each), said)


def test_spark_takes_no_jobs_over_rest(stack: Stack) -> None:
    found = probe(stack, "data", [("spark-master", 6066), ("spark-master", 7077)])
    assert found == {
        ("spark-master", 6066): "ConnectionRefusedError",
        ("spark-master", 7077): "open",
    }


def test_spark_s_pages_end_nothing(stack: Stack) -> None:
    before = stack.inside("ingest", STATE)
    assert "ALIVE" in before
    assert json.loads(stack.inside("ingest", KILL)) == [405, 405]
    assert stack.inside("ingest", STATE) == before


def test_spark_answers_nobody_without_its_secret(stack: Stack) -> None:
    """Master, worker and driver, each asked as the others ask it."""
    worker = stack.container("spark-worker")
    executor = run(["docker", "exec", worker["Id"], "sh", "-c", "cat /proc/[0-9]*/cmdline"])
    driver = re.search(r"CoarseGrainedScheduler@([\w.-]+):(\d+)", executor)
    assert driver and driver[1] == stack.container("trends")["Config"]["Hostname"]
    _, workers = json.loads(stack.inside("ingest", STATE))
    (port,) = [port for _, state, port in workers if state == "ALIVE"]
    doors = [
        ("Master", "spark-master", 7077),
        ("Worker", worker["Config"]["Hostname"], port),
        ("CoarseGrainedScheduler", driver[1], int(driver[2])),
    ]
    right = stack.compose("exec", "-T", "spark-master", "cat", "/secret/spark")
    settings = "PYSPARK_SUBMIT_ARGS=--properties-file /opt/trends/conf/spark.conf pyspark-shell"
    options = ["--network", f"{stack.project}_data", "--entrypoint", "python", "--env", settings]
    program = [*options, worker["Image"], "-c", KNOCK]
    given = json.dumps([["a wrong one", right], doors])
    told = run(["docker", "run", "--rm", "--interactive", *program], text=given)
    assert json.loads(told.splitlines()[-1]) == [[False] * 3, [False] * 3, [True] * 3]


@pytest.mark.parametrize("network", ["front", "egress", "alert-egress", "data"])
def test_from_no_network_can_another_one_be_reached(
    stack: Stack, containers: list[Json], network: str
) -> None:
    """Neither by name nor by address, at no port; on its own network each of them does answer."""
    others = {"front", "data", *EGRESS} - {network}
    ports = {service_of(each): listening(each) for each in containers}
    assert [name for name, known in DOORS.items() if not known <= ports[name]] == []
    assert {name for name in ports if ports[name] & {4040, 6066}} == set()
    near, far = list[Target](), list[Target]()
    for each in containers:
        name = service_of(each)
        own = address(stack, each, network)
        hosts = [address(stack, each, other) for other in others] + ([] if own else [name])
        near += [(own, port) for port in ports[name] if own]
        far += [(host, port) for host in hosts for port in ports[name] if host]
    found = probe(stack, network, near + far)
    assert {target for target in far if found[target] == "open"} == set()
    assert {target for target in near if found[target] != "open"} == set()
