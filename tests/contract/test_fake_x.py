"""The double of X answers in the shapes that X publishes, in both of its vocabularies.

The schema restates what X's OpenAPI document says of the fields that are asked for: lists that
are there have at least one element, ids are strings of digits, an empty page has no `data`.
"""

import json
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
from jsonschema import Draft202012Validator
from requests_oauthlib import OAuth1

from fakes.server import Serving
from fakes.x import CREDENTIALS, USER_ID, XDouble

ROUTE = f"/2/users/{USER_ID}/timelines/reverse_chronological"
ID = {"type": "string", "pattern": "^[0-9]{1,19}$"}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
NOTE = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}


def some(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": items}


def page_schema(words: str) -> dict[str, Any]:
    """The answer of the timeline, in the words "tweet" or "post"."""
    reference = {
        "type": "object",
        "required": ["type", "id"],
        "properties": {
            "type": {"enum": ["retweeted", "reposted", "quoted", "replied_to"]},
            "id": ID,
        },
    }
    post = {
        "type": "object",
        "required": ["id", "text", f"edit_history_{words}_ids"],
        "additionalProperties": False,
        "properties": {
            "id": ID,
            "text": {"type": "string"},
            f"edit_history_{words}_ids": some(ID),
            "author_id": ID,
            "created_at": TIME,
            "lang": {"type": "string"},
            f"note_{words}": NOTE,
            f"referenced_{words}s": some(reference),
        },
    }
    problem = {"type": "object", "required": ["type", "title"]}
    meta = {
        "type": "object",
        "required": ["result_count"],
        "additionalProperties": False,
        "properties": {
            "result_count": {"type": "integer", "minimum": 0},
            "newest_id": ID,
            "oldest_id": ID,
            "next_token": {"type": "string", "minLength": 1},
        },
    }
    includes = {
        "type": "object",
        "additionalProperties": False,
        "properties": {f"{words}s": some(post)},
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "data": some(post),
            "errors": some(problem),
            "includes": includes,
            "meta": meta,
        },
    }


PROBLEM = {
    "type": "object",
    "required": ["title", "type", "status", "detail"],
    "properties": {"status": {"type": "integer"}},
}


@pytest.fixture
def x():
    with Serving(XDouble()) as served:
        yield served


def get(x: Any, route: str = ROUTE, secret: str = "ACCESS_SECRET", **query: Any) -> Any:
    keys = ("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN")
    auth = OAuth1(*(CREDENTIALS[key] for key in keys), CREDENTIALS[secret])
    return requests.get(x.url + route, params=query, auth=auth, timeout=5)


@pytest.mark.parametrize("words", ["tweet", "post"])
def test_every_page_has_the_published_shape(x, words):
    validator = Draft202012Validator(page_schema(words))
    x.double.vocabulary = words
    fields = {
        f"{words}.fields": f"author_id,created_at,edit_history_{words}_ids,lang,note_{words},"
        f"referenced_{words}s",
        "expansions": f"referenced_{words}s.id",
    }
    empty = get(x, **fields).json()
    validator.validate(empty)
    assert "data" not in empty
    x.double.originals["77"] = {"id": "77", "text": "whole", "edit_history_tweet_ids": ["77"]}
    x.double.add(
        [{"text": "long", "note_tweet": {"text": "longer"}}]
        + [{"text": "RT", "referenced_tweets": [{"type": "retweeted", "id": n}]} for n in "78"]
        + [{"text": "RT", "referenced_tweets": [{"type": "retweeted", "id": "77"}]}]
    )
    for page in (get(x, **fields, max_results=2).json(), get(x, **fields).json(), get(x).json()):
        validator.validate(page)
    whole = get(x, **fields).json()
    assert {"data", "errors", "includes", "meta"} == set(whole)
    assert [each["id"] for each in whole["includes"][f"{words}s"]] == ["77"]


def test_pages_are_the_newest_first_and_limits_are_exclusive(x):
    ids = x.double.add([{"text": str(n)} for n in range(5)])
    assert [each["id"] for each in get(x).json()["data"]] == ids[::-1]
    between = get(x, since_id=ids[0], until_id=ids[4]).json()["data"]
    assert [each["id"] for each in between] == ids[3:0:-1]
    first = get(x, max_results=3).json()
    second = get(x, max_results=3, pagination_token=first["meta"]["next_token"]).json()
    assert [each["id"] for each in first["data"] + second["data"]] == ids[::-1]
    assert "next_token" not in second["meta"]


def test_failures_have_the_published_shape(x):
    validator = Draft202012Validator(PROBLEM)
    unsigned = get(x, secret="CONSUMER_SECRET")
    unknown = get(x, "/2/elsewhere")
    too_many = get(x, max_results=101)
    x.double.rate_limit = 1
    limited = get(x)
    answers = (unsigned, unknown, too_many, limited)
    assert [each.status_code for each in answers] == [401, 404, 400, 429]
    for answer in answers:
        validator.validate(answer.json())
    now = datetime.now(UTC).timestamp()
    assert now < int(limited.headers["x-rate-limit-reset"]) <= time.time() + 900
    assert limited.headers["x-rate-limit-remaining"] == "0"


def test_a_strict_server_names_the_word_that_it_does_not_know(x):
    x.double.vocabulary, x.double.strict = "post", True
    answer = get(x, **{"tweet.fields": "lang"})
    assert answer.status_code == 400
    assert "tweet.fields" in json.dumps(answer.json()["errors"])


def sign(x: Any, endpoint: str, **options: Any) -> Any:
    """A signed call of a sign-in; the answer, with the form that it holds."""
    keys = (CREDENTIALS["CONSUMER_KEY"], CREDENTIALS["CONSUMER_SECRET"])
    auth = OAuth1(*keys, **options)
    answer = requests.post(f"{x.url}/oauth/{endpoint}", auth=auth, timeout=5)
    return answer, dict(parse_qsl(answer.text))


def request_token(x: Any) -> dict[str, str]:
    """A request token that the user has authorized, and the PIN, as options of a call."""
    _, form = sign(x, "request_token", callback_uri="oob")
    assert form["oauth_callback_confirmed"] == "true"
    query = {"oauth_token": form["oauth_token"]}
    page = requests.get(f"{x.url}/oauth/authorize", params=query, timeout=5)
    return {
        "resource_owner_key": form["oauth_token"],
        "resource_owner_secret": form["oauth_token_secret"],
        "verifier": page.text.partition("<code>")[2].partition("</code>")[0],
    }


def test_a_pin_leads_to_a_token_that_reads(x):
    options = request_token(x)
    assert len(options["verifier"]) == 7
    answer, form = sign(x, "access_token", **options)
    assert answer.status_code == 200
    assert form["oauth_token"].startswith(f"{USER_ID}-")
    keys = (CREDENTIALS["CONSUMER_KEY"], CREDENTIALS["CONSUMER_SECRET"])
    auth = OAuth1(*keys, form["oauth_token"], form["oauth_token_secret"])
    assert requests.get(x.url + ROUTE, auth=auth, timeout=5).json() == {"meta": {"result_count": 0}}


def test_a_sign_in_can_fail_in_every_way(x):
    used, wrong = request_token(x), request_token(x)
    assert sign(x, "access_token", **used)[0].status_code == 200
    assert sign(x, "access_token", **used)[0].status_code == 401
    assert sign(x, "access_token", **(wrong | {"verifier": "none"}))[0].status_code == 401
    # One wrong attempt spoils it.
    assert sign(x, "access_token", **wrong)[0].status_code == 401
    late = request_token(x)
    x.double.clock_offset = 200
    assert sign(x, "access_token", **late)[0].status_code == 200
    x.double.sign_in.pin_seconds = 0
    assert sign(x, "access_token", **request_token(x))[0].status_code == 401
    x.double.clock_offset = 400
    answer, _ = sign(x, "request_token", callback_uri="oob")
    assert (answer.status_code, answer.json()["detail"]) == (401, "Timestamp out of bounds.")
    theirs = parsedate_to_datetime(answer.headers["date"]).timestamp()
    assert 390 < theirs - time.time() < 410
    x.double.clock_offset = 0
    x.double.sign_in.is_allowed = False
    assert sign(x, "request_token", callback_uri="oob")[0].status_code == 403
