"""What an attacker would find: as configured, and as it runs."""

import json
from typing import Any

import pytest

from e2e.stack import Json, Stack, run

CREDENTIALS = ("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_SECRET")
PORTS = (2181, 4040, 6066, 7077, 7078, 8080, 8081, 9090, 9092, 9095, 16000, 16010, 16020, 16030)

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
with concurrent.futures.ThreadPoolExecutor(64) as pool:
    print(json.dumps(list(pool.map(probe, targets))))
"""


def probe(stack: Stack, network: str, targets: list[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """What a container on a network finds at some addresses."""
    found = json.loads(stack.on_network(network, "ingest", PROBE, json.dumps(targets)))
    return {(host, port): outcome for host, port, outcome in found}


def service(container: Json) -> str:
    return str(container["Config"]["Labels"]["com.docker.compose.service"])


@pytest.fixture
def containers(stack: Stack) -> list[Json]:
    found = stack.containers()
    assert {service(each) for each in found} == set(stack.services())
    return found


def test_every_service_is_confined_by_the_configuration(stack: Stack) -> None:
    config = stack.config()
    for name, each in config["services"].items():
        assert each["cap_drop"] == ["ALL"], name
        assert not each.get("cap_add"), name
        assert "no-new-privileges:true" in each["security_opt"], name
        assert each["read_only"] is True, name
        assert int(each["mem_limit"]) > 0 and int(each["pids_limit"]) > 0, name
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
    members = {name: set(each["networks"]) for name, each in config["services"].items()}
    assert {name for name, networks in members.items() if "egress" in networks} == {"ingest"}
    assert {name for name, networks in members.items() if "front" in networks} == {"web"}
    inner = {name for name, networks in members.items() if networks == {"data"}}
    assert inner == set(members) - {"ingest", "web"}


def test_credentials_are_handed_to_ingest_alone(stack: Stack) -> None:
    config = stack.config()
    for name, each in config["services"].items():
        assert not each.get("env_file"), name
        has = {variable for variable in CREDENTIALS if variable in each["environment"]}
        assert has == (set(CREDENTIALS) if name == "ingest" else set()), name


def test_every_container_runs_as_configured(containers: list[Json]) -> None:
    for each in containers:
        host, name = each["HostConfig"], service(each)
        assert host["CapDrop"] == ["ALL"], name
        assert not host["CapAdd"] and not host["Privileged"], name
        assert any("no-new-privileges" in option for option in host["SecurityOpt"]), name
        assert host["ReadonlyRootfs"] is True, name
        assert host["Memory"] > 0 and host["PidsLimit"] > 0, name
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
        assert 0 not in {int(uid) for uid in fields["Uid"].split()}, service(each)
        assert int(fields["CapEff"], 16) == int(fields["CapBnd"], 16) == 0, service(each)
        assert fields["NoNewPrivs"].strip() == "1", service(each)


def test_no_container_can_change_its_programs(containers: list[Json]) -> None:
    for each in containers:
        script = "touch /planted /usr/bin/planted /opt/planted 2>&1; ls /planted 2>&1"
        said = run(["docker", "exec", "--user", "0", each["Id"], "sh", "-c", script], check=False)
        assert said.count("Read-only file system") == 3, (service(each), said)


def test_spark_takes_no_jobs_over_rest(stack: Stack) -> None:
    found = probe(stack, "data", [("spark-master", 6066), ("spark-master", 7077)])
    assert found == {
        ("spark-master", 6066): "ConnectionRefusedError",
        ("spark-master", 7077): "open",
    }


@pytest.mark.parametrize("network", ["front", "egress"])
def test_no_inner_port_can_be_reached_from_outside(
    stack: Stack, containers: list[Json], network: str
) -> None:
    """Neither by name nor by address; from the inner network the same addresses do answer."""
    inner = {
        service(each): each["NetworkSettings"]["Networks"][f"{stack.project}_data"]["IPAddress"]
        for each in containers
    }
    hosts = [*inner, *(address for name, address in inner.items() if name != "web")]
    targets = [(host, port) for host in hosts for port in PORTS]
    # Each service is known by name where it belongs.
    targets = [t for t in targets if t != ("web", 8080)]
    reached = {t for t, outcome in probe(stack, network, targets).items() if outcome == "open"}
    assert reached == set()
    within = probe(stack, "data", [(inner["kafka"], 9092), (inner["hbase-thrift"], 9090)])
    assert set(within.values()) == {"open"}
