"""Holds compose.yaml, the services, scripts/check-env and the docs to settings.toml."""

import json
import math
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest
import yaml  # type: ignore[import-untyped]

from support.certificates import certificate
from support.cluster_file import load_cluster
from support.readers import READ, REFUSALS
from support.settings import DECLARED
from write_settings import EXAMPLE, Setting, files, load, quoted

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SECRETS = yaml.safe_load((ROOT / "compose.secrets.yaml").read_text(encoding="utf-8"))
MONITORING = yaml.safe_load((ROOT / "compose.monitoring.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
CHECK_ENV = ROOT / "scripts" / "check-env"

NUMBERS = ("whole", "number")
KINDS = ("text", "file", "choice", *NUMBERS)
HOW_TO_ADD = "declare it in settings.toml, then run make settings"

# ${NAME}, ${NAME:-default}, ${NAME:+other}; $$ stands for a plain $.
_PLACEHOLDER = re.compile(r"(?<!\$)\$\{(\w+)(?::?([-+?])([^}]*))?\}")

# What the other settings of ingest have an effect on: all sources, each with an account.
SOURCES = {
    "SOURCE": "x,mastodon,bluesky,replay,demo",
    **dict.fromkeys(("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_SECRET"), "x"),
    "MASTODON_URL": "https://mastodon.example",
    "MASTODON_ACCESS_TOKEN": "token",
    "BLUESKY_HANDLE": "somebody.example",
    "BLUESKY_APP_PASSWORD": "password",
    "REPLAY_FILE": "./posts.jsonl",
}

_CERTIFICATE, _KEY = map(str, certificate())
CLIENT = {"KAFKA_CLIENT_CERTIFICATE_FILE": _CERTIFICATE, "KAFKA_CLIENT_KEY_FILE": _KEY}


def strings(node: Any) -> Iterator[str]:
    """Yield every text in a YAML document."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from strings(child)


def placeholders(node: Any) -> set[tuple[str, str, str]]:
    """Return name, operator and operand of each variable that a document takes from .env."""
    return {match for text in strings(node) for match in _PLACEHOLDER.findall(text)}


def names(node: Any) -> set[str]:
    return {name for name, _, _ in placeholders(node)}


def environment(service: str) -> dict[str, Any]:
    found: dict[str, Any] = SERVICES[service].get("environment", {})
    return found


def surroundings() -> Iterator[Any]:
    """Yield what Compose itself reads: everything but the services' environments."""
    for service in SERVICES.values():
        yield {name: node for name, node in service.items() if name != "environment"}
    for name, node in COMPOSE.items():
        if name != "services" and not name.startswith("x-"):
            yield node
    yield MONITORING["services"]


each_setting = pytest.mark.parametrize("setting", [*DECLARED.values()], ids=[*DECLARED])


def test_the_files_are_what_the_script_writes() -> None:
    for path, text in files(load()).items():
        assert path.read_text(encoding="utf-8") == text, (
            f"{path.name} is not what settings.toml declares: run make settings"
        )


def test_a_misspelt_field_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[a]\ntitle = "A"\ntext = "A."\n[a.B]\ntext = "B."\ndefaults = 1\n')
    with pytest.raises(TypeError, match="defaults"):
        load(file)


def test_no_setting_is_declared_twice() -> None:
    assert len(DECLARED) == sum(len(section.settings) for section in load())


@each_setting
def test_a_declaration_is_complete(setting: Setting) -> None:
    assert re.fullmatch(r"[A-Z][A-Z0-9_]*", setting.name)
    assert setting.text.endswith(".")
    assert setting.kind in KINDS
    assert (setting.kind == "choice") == bool(setting.one_of)
    assert (setting.kind in NUMBERS) == bool(setting.between)
    if setting.one_of:
        assert setting.default in setting.one_of
    if setting.between:
        low, high = setting.between
        assert low <= float(setting.default) <= high
    assert setting.example != setting.default or not setting.default
    assert set(setting.readers) <= SERVICES.keys()


def test_every_variable_is_declared_and_every_declared_one_is_used() -> None:
    used = names(COMPOSE) | names(MONITORING) | names(load_cluster())
    undeclared = sorted(used - DECLARED.keys())
    assert not undeclared, f"{undeclared} of the files for Compose: {HOW_TO_ADD}"
    unused = sorted(DECLARED.keys() - used - {"COMPOSE_FILE"})
    assert not unused, f"{unused} of settings.toml: hand it over in compose.yaml, or remove it"


def test_the_secrets_are_those_that_may_be_in_files() -> None:
    secrets = {f"{setting.name}_FILE" for setting in DECLARED.values() if setting.secret}
    assert names(SECRETS) == secrets


@each_setting
def test_a_setting_reaches_exactly_the_services_named(setting: Setting) -> None:
    reached = {each for each in SERVICES if setting.name in names(environment(each))}
    assert reached == set(setting.readers), "correct `readers` in settings.toml, or compose.yaml"
    for service in reached & READ.keys():
        assert setting.name in environment(service), "the service gets it under another name"


@pytest.mark.parametrize("service", SERVICES)
def test_compose_hands_over_the_default_or_leaves_it_to_the_reader(service: str) -> None:
    for name, operator, operand in placeholders(environment(service)):
        may_be_empty = service in READ or not DECLARED[name].default
        if operator != "+" and not (may_be_empty and operand == ""):
            assert operand == DECLARED[name].default, name


def test_compose_itself_has_the_same_defaults() -> None:
    found = set().union(*map(placeholders, surroundings()))
    assert {"WEB_PORT", "PROMETHEUS_PORT", "CONTAINER_CORES", "SPARK_WORKER_CORES"} <= {
        name for name, _, _ in found
    }
    for name, _, operand in found:
        # Where there is no file, Compose mounts something that always exists.
        if DECLARED[name].kind != "file":
            assert operand == DECLARED[name].default, name


def composed(path: Path) -> dict[str, Any]:
    """Return the services as Compose makes them from a file of settings."""
    # What is exported would count more than the file.
    exported = {name: value for name, value in os.environ.items() if name not in DECLARED}
    options = ["--file", str(ROOT / "compose.yaml"), "--env-file", str(path)]
    command = ["docker", "compose", *options, "config", "--format", "json"]
    done = subprocess.run(command, env=exported, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)["services"]
    return found


def uncommented(mark: str) -> str:
    """Return the lines of .env.example that follow a mark, without it."""
    text = EXAMPLE.read_text(encoding="utf-8")
    return "\n".join(re.findall(rf"^{mark}([A-Z][A-Z0-9_]*=.*)$", text, re.MULTILINE))


@pytest.mark.component
@pytest.mark.parametrize(("mark", "field"), [("#", "default"), ("# Example: ", "example")])
def test_compose_reads_the_lines_of_the_example_as_declared(
    tmp_path: Path, mark: str, field: str
) -> None:
    lines = tmp_path / "env"
    lines.write_text(uncommented(mark), encoding="utf-8")
    services = composed(lines)
    expected = {
        (service, each.name): getattr(each, field)
        for each in DECLARED.values()
        if each.first and each.kind != "file" and getattr(each, field)
        for service in each.readers
    }
    assert ("web", "EMBED_ALLOWED_ORIGINS") in expected
    for (service, name), value in expected.items():
        assert services[service]["environment"][name] == value


def test_the_page_about_alerts_has_the_same_defaults() -> None:
    text = (ROOT / "docs/alerts.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([A-Z_]+)` \|\s*`?([^|`]*?)`?\s*\|", text, re.MULTILINE)
    assert {"ALERT_TOP", "ALERT_QUIET_HOURS"} <= dict(rows).keys()
    for name, default in rows:
        assert default == DECLARED[name].default, name


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("https://a.example:80/b", "https://a.example:80/b"),
        ("a b", "'a b'"),
        ("pa$$#word", "'pa$$#word'"),
        ("'self'", "\"'self'\""),
    ],
)
def test_a_value_is_quoted_where_compose_would_change_it(value: str, line: str) -> None:
    assert quoted(value) == line


# --- The services ---------------------------------------------------------------------------


def read(service: str, changes: dict[str, str]) -> Any:
    """Read a service's settings, with all sources and what the changed settings need."""
    needed: dict[str, str] = {}
    for name, value in changes.items():
        needed |= companions(name, value)
    return READ[service]((SOURCES if service == "ingest" else {}) | needed | changes)


def companions(name: str, value: str) -> dict[str, str]:
    """Return the settings without which this one is refused, or has no effect."""
    password = {"KAFKA_USERNAME": "user", "KAFKA_PASSWORD": "password"}
    secured = {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", **password}
    found = {
        "KAFKA_SECURITY_PROTOCOL": password if value.startswith("SASL") else {},
        "KAFKA_CA_FILE": {"KAFKA_SECURITY_PROTOCOL": "SSL"},
        "HBASE_CA_FILE": {"HBASE_THRIFT_TLS": "true"},
        **dict.fromkeys(("KAFKA_SASL_MECHANISM", "KAFKA_USERNAME", "KAFKA_PASSWORD"), secured),
        **{each: {"KAFKA_SECURITY_PROTOCOL": "SSL", **CLIENT} for each in CLIENT},
    }
    return found.get(name, {})


def pairs(*kinds: str) -> pytest.MarkDecorator:
    """Parametrize a test by each setting of these kinds, with each service that reads it."""
    found = [
        (service, setting)
        for setting in DECLARED.values()
        for service in setting.readers
        if service in READ and setting.kind in kinds
    ]
    assert found
    ids = [f"{service}-{setting.name}" for service, setting in found]
    return pytest.mark.parametrize(("service", "setting"), found, ids=ids)


def accepted(setting: Setting) -> list[str]:
    """Return values that are allowed, at least one of which is not the default."""
    if setting.kind == "file":
        return [CLIENT.get(setting.name, certifi.where())]
    if setting.kind == "choice":
        return [*setting.one_of]
    return [*map(str, setting.between)] or [setting.example or "another"]


def refused(setting: Setting) -> list[str]:
    """Return values that are not allowed, as close as possible to those that are."""
    if setting.kind == "choice":
        return ["none-of-these"]
    low, high = setting.between
    if setting.kind == "whole":
        return [str(low - 1), str(high + 1), str(low + 0.5), "one"]
    below, above = math.nextafter(low, -math.inf), math.nextafter(high, math.inf)
    return [repr(below), repr(above), "nan", "one"]


@pairs(*KINDS)
def test_without_a_setting_a_service_has_its_default(service: str, setting: Setting) -> None:
    without = {name: value for name, value in SOURCES.items() if name != setting.name}
    base = without if service == "ingest" and setting.default else {}
    assert READ[service](base | {setting.name: setting.default}) == READ[service](base)


@pairs(*KINDS)
def test_a_service_reads_what_is_allowed(service: str, setting: Setting) -> None:
    found = [read(service, {setting.name: value}) for value in accepted(setting)]
    usual = read(service, {setting.name: setting.default} if setting.default else {})
    assert any(each != usual for each in found), "it changes nothing"


@pairs("choice", *NUMBERS)
def test_a_service_refuses_what_is_not_allowed(service: str, setting: Setting) -> None:
    for value in refused(setting):
        with pytest.raises(REFUSALS, match=setting.name):
            read(service, {setting.name: value})


@pytest.mark.parametrize("service", READ)
def test_the_log_level_may_be_in_small_letters(service: str) -> None:
    assert read(service, {"LOG_LEVEL": "debug"}) == read(service, {"LOG_LEVEL": "DEBUG"})


@pairs("number")
def test_a_number_may_be_a_fraction(service: str, setting: Setting) -> None:
    low, _ = setting.between
    read(service, {setting.name: str(low + 0.5)})


# --- What is read before there is a service ---------------------------------------------------


def checked() -> set[str]:
    """Return the names of the variables that scripts/check-env checks."""
    script = CHECK_ENV.read_text(encoding="utf-8")
    lists = re.findall(r"^for name in ([A-Z_ ]+);", script, re.MULTILINE)
    calls = re.findall(r"^must_\w+ ([A-Z_]+) ", script, re.MULTILINE)
    return set(calls).union(*map(str.split, lists))


def check(path: Path, line: str) -> subprocess.CompletedProcess[str]:
    path.write_text(line, encoding="utf-8")
    clean = {"PATH": os.environ["PATH"]}
    return subprocess.run([CHECK_ENV, path], env=clean, capture_output=True, text=True, check=False)


def unread_numbers() -> list[str]:
    """Return the names of the numbers that no service in READ checks."""
    numbers = {name: each for name, each in DECLARED.items() if each.kind in NUMBERS}
    return [name for name, each in numbers.items() if not READ.keys() & set(each.readers)]


def test_check_env_checks_only_what_is_declared() -> None:
    undeclared = sorted(checked() - DECLARED.keys())
    assert not undeclared, f"{undeclared} of scripts/check-env: {HOW_TO_ADD}"
    assert {name for name, each in DECLARED.items() if each.kind == "file"} <= checked()


@pytest.mark.component
@pytest.mark.parametrize("name", unread_numbers())
def test_check_env_has_the_same_range(name: str, tmp_path: Path) -> None:
    setting, file = DECLARED[name], tmp_path / "env"
    assert name in checked()
    for value in (setting.default, *accepted(setting)):
        assert check(file, f"{name}={value}").stderr == ""
    for value in refused(setting):
        assert f"{name} must be" in check(file, f"{name}={value}").stderr


@pytest.mark.component
@pytest.mark.parametrize("name", ["SPARK_DRIVER_MEMORY", "SPARK_EXECUTOR_MEMORY"])
def test_check_env_and_the_driver_agree_on_memory(name: str, tmp_path: Path) -> None:
    for value in ("512m", "768M", "2g", "10G"):
        READ["trends"]({name: value})
        assert check(tmp_path / "env", f"{name}={value}").stderr == ""
    for value in ("512", "512k", "0m", "1.5g", "lots"):
        with pytest.raises(REFUSALS, match=name):
            READ["trends"]({name: value})
        assert f"{name} must be" in check(tmp_path / "env", f"{name}={value}").stderr


def test_the_worker_has_the_same_limit_of_cores() -> None:
    low, high = DECLARED["SPARK_WORKER_CORES"].between
    entrypoint = (ROOT / "services/spark/entrypoint").read_text(encoding="utf-8")
    assert f'"SPARK_WORKER_CORES=$cores" "a whole number from {low} to {high}"' in entrypoint
