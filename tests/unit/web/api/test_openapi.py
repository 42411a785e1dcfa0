"""The description of the routes: well-formed, complete, and of one mind with the contracts."""

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from support.memory_store import MemoryStore, entries
from web.api.openapi import DOCUMENT
from web.api.parameters import FORMATS
from web.boards.board import BOARDS, DEFAULT_LIMIT, MAX_LIMIT, RANKINGS
from web.embed.board_settings import CHROME, dashboard, embed
from web.embed.chart_settings import chart
from web.embed.widget import LANGUAGES, script
from web.hashtags.history import DEFAULT_HOURS, MAX_HOURS, STEPS
from web.hashtags.key import key_of
from web.pages.query import DEFAULT_RANGE, MAX_TAGS, RANGES

OPENAPI: Any = json.loads(DOCUMENT.read_text(encoding="utf-8"))
SCRIPT = Path(__file__).parents[4] / "scripts" / "copy_contracts.py"
REGISTRY: Registry[Any] = Registry().with_resource(
    "urn:openapi", DRAFT202012.create_resource(OPENAPI)
)


def validate(schema: str, instance: Any) -> None:
    whole = {"$ref": f"urn:openapi#/components/schemas/{schema}"}
    Draft202012Validator(whole, registry=REGISTRY).validate(instance)


def test_it_is_served_as_it_is(client: FlaskClient) -> None:
    response = client.get("/openapi.json")
    assert response.mimetype == "application/json"
    assert response.get_json() == OPENAPI
    again = client.get("/openapi.json", headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == "no-cache"


def test_its_schemas_are_the_contracts() -> None:
    renewed = runpy.run_path(str(SCRIPT))["renewed"](OPENAPI)
    assert renewed == OPENAPI, "docs/contracts has changed: run scripts/copy_contracts.py"


def test_every_schema_is_one_and_every_reference_leads_somewhere() -> None:
    for schema in OPENAPI["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    found = references(OPENAPI)
    resolver = REGISTRY.resolver("urn:openapi")
    assert len(found) > 30
    for each in found:
        resolver.lookup(each)
    used = {each.split("/")[3] for each in found}
    for kind in ("parameters", "headers", "responses", "schemas"):
        assert set(OPENAPI["components"][kind]) <= used


def references(part: Any) -> set[str]:
    if isinstance(part, list):
        return set().union(*map(references, part))
    if not isinstance(part, dict):
        return set()
    own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
    return own.union(*map(references, part.values()))


def test_every_public_route_is_described(client: FlaskClient) -> None:
    rules = {rule.rule for rule in client.application.url_map.iter_rules()}
    routes = {re.sub("<(?:path:)?(.*)>", "{\\1}", rule) for rule in rules}
    assert set(OPENAPI["paths"]) == routes - {"/static/{filename}", "/vendor/{filename}"}
    operations = [item["get"] for item in OPENAPI["paths"].values()]
    assert len({each["operationId"] for each in operations}) == len(operations)
    tags = {tag["name"] for tag in OPENAPI["tags"]}
    assert all(set(each["tags"]) <= tags for each in operations)


def test_the_limits_are_the_service_s() -> None:
    parameters = OPENAPI["components"]["parameters"]
    schemas = {name: each["schema"] for name, each in parameters.items()}
    assert schemas["board"] == {"enum": list(BOARDS), "default": BOARDS[0]}
    assert schemas["page_board"] == {"enum": list(BOARDS), "default": dashboard({}).board}
    assert schemas["rank_by"] == {"enum": list(RANKINGS), "default": RANKINGS[0]}
    assert schemas["step"] == {"enum": list(STEPS)}
    numbers = {"type": "integer", "minimum": 1}
    assert schemas["limit"] == {**numbers, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    assert schemas["format"] == {"enum": list(FORMATS), "default": FORMATS[0]}
    assert re.fullmatch(schemas["version"]["pattern"], script().version)
    assert schemas["hours"] == {**numbers, "maximum": MAX_HOURS, "default": DEFAULT_HOURS}


def test_the_settings_of_a_board_are_the_service_s() -> None:
    parameters = OPENAPI["components"]["parameters"]
    for path in ("/", "/widget"):
        listed = OPENAPI["paths"][path]["get"]["parameters"]
        shared = [each["$ref"] for each in listed if "$ref" in each]
        described = [parameters[each.rsplit("/", 1)[1]] for each in shared]
        names = [each["name"] for each in described]
        assert embed(dict.fromkeys([*parameters, "x"], "")).attributes.keys() == set(names)
        for name, schema in zip(names, (each["schema"] for each in described), strict=True):
            for value in allowed(schema):
                assert embed({name: value}).settings == {name: value}
                Draft202012Validator(schema).validate(int(value) if "minimum" in schema else value)
    assert set(parameters["lang"]["schema"]["enum"]) == set(LANGUAGES)


def test_the_parameters_of_the_chart_are_the_page_s() -> None:
    listed = OPENAPI["paths"]["/"]["get"]["parameters"]
    schemas = {each["name"]: each["schema"] for each in listed if "name" in each}
    assert schemas == {
        "tag": {"type": "array", "items": {"type": "string"}, "maxItems": MAX_TAGS},
        "range": {"enum": list(RANGES), "default": DEFAULT_RANGE},
        "tz": {"type": "string"},
    }


def test_the_settings_of_a_tag_s_chart_are_the_service_s() -> None:
    parameters = OPENAPI["components"]["parameters"]
    listed = OPENAPI["paths"]["/embed/tag/{tag}"]["get"]["parameters"]
    described = [
        parameters[each["$ref"].rsplit("/", 1)[1]] if "$ref" in each else each for each in listed
    ]
    schemas = {each["name"]: each["schema"] for each in described if each["in"] == "query"}
    assert chart(dict.fromkeys([*parameters, *schemas, "x"], "")).attributes.keys() == set(schemas)
    assert schemas["range"] == {"enum": list(RANGES), "default": DEFAULT_RANGE}
    for name, values in {"tz": ["Europe/Paris"], "chrome": ["noborder transparent"]}.items():
        Draft202012Validator(schemas[name]).validate(values[0])
        assert chart({name: values[0]}).settings == {name: values[0]}


def allowed(schema: dict[str, Any]) -> list[str]:
    if "minimum" in schema:
        return [str(schema["minimum"]), str(schema["maximum"])]
    examples = ["#4f46e5", "4F4"] if "#" in schema.get("pattern", "") else CHROME
    return schema.get("enum") or [*examples]


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script>",
    "\u202eevil",
    "a\u200db",
    "__proto__",
    "a\x01b",
]


@pytest.mark.parametrize("tag", HOSTILE)
def test_a_hostile_tag_is_text_in_the_json(
    client: FlaskClient, store: MemoryStore, tag: str
) -> None:
    hostile = {**entries(1)[0], "tag": tag, "key": tag}
    store.put(hashtags=[hostile])
    response = client.get("/api/v1/trends")
    assert response.mimetype == "application/json"
    validate("Trends", response.get_json())
    assert response.get_json()["hashtags"][0]["tag"] == tag
    url = response.get_json()["hashtags"][0]["url"]
    assert re.fullmatch(r"https://x\.com/hashtag/[A-Za-z0-9%._~-]+", url)

    store.tags[key_of(tag)] = {b"n:count": b"1 0 0", f"s:{tag}".encode(): b"1"}
    response = client.get("/api/v1/hashtags/" + url.rsplit("/", 1)[1])
    validate("Hashtag", response.get_json())
    assert response.get_json()["tag"] == tag


def test_the_answers_meet_the_schemas(client: FlaskClient, store: MemoryStore) -> None:
    validate("Problem", client.get("/api/v1/trends").get_json())
    validate("Problem", client.get("/api/v1/trends?limit=0").get_json())
    validate("Problem", client.post("/readyz").get_json())
    store.put()
    store.put_report()
    validate("Status", client.get("/api/v1/status").get_json())
    validate("Search", client.get("/api/v1/hashtags?prefix=x").get_json())
    validate("JsonFeed", client.get("/feed.json").get_json())
    validate("OEmbed", client.get("/oembed?url=http://localhost/").get_json())
