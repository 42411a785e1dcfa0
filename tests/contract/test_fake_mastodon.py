"""The Mastodon double's answers are what the published documentation describes.

https://docs.joinmastodon.org/entities/Status/, /entities/Account/, /methods/timelines/#home and
/api/rate-limits/; what is marked optional there may be missing.
"""

from datetime import datetime
from typing import get_type_hints

import pytest
import requests
from jsonschema import Draft202012Validator
from mastodon import Mastodon, MastodonRatelimitError, MastodonUnauthorizedError
from mastodon.return_types import Account, Status, Tag

from fakes.mastodon import TIMELINE, TOKEN, MastodonDouble
from fakes.server import Serving

TEXT, COUNT, FLAG = {"type": "string"}, {"type": "integer", "minimum": 0}, {"type": "boolean"}
TEXT_OR_NULL, OBJECT_OR_NULL = {"type": ["string", "null"]}, {"type": ["object", "null"]}
FLAG_OR_NULL = {"type": ["boolean", "null"]}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
ID = {"type": "string", "minLength": 1}
URL = {"type": "string", "pattern": "^https?://"}
OBJECTS = {"type": "array", "items": {"type": "object"}}


def entity(optional=(), **properties):
    """The schema of an object: what is not optional is required."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "required": required, "properties": properties}


TAG = entity(name=ID, url=URL)
ACCOUNT = entity(
    ("moved", "suspended", "limited", "noindex", "memorial"),
    id=ID,
    username=TEXT,
    acct=TEXT,
    url=TEXT_OR_NULL,
    uri=URL,
    display_name=TEXT,
    note=TEXT,
    avatar=URL,
    avatar_static=URL,
    header=URL,
    header_static=URL,
    locked=FLAG,
    fields=OBJECTS,
    emojis=OBJECTS,
    bot=FLAG,
    group=FLAG,
    discoverable=FLAG_OR_NULL,
    indexable=FLAG,
    noindex=FLAG_OR_NULL,
    moved=OBJECT_OR_NULL,
    memorial=FLAG,
    suspended=FLAG,
    limited=FLAG,
    created_at=TIME,
    last_status_at={"type": ["string", "null"], "pattern": r"^\d{4}-\d\d-\d\d"},
    statuses_count=COUNT,
    followers_count=COUNT,
    following_count=COUNT,
    hide_collections=FLAG_OR_NULL,
    roles={"type": ["array", "null"]},
)
STATUS = entity(
    ("application", "text", "pinned"),
    id=ID,
    uri=URL,
    created_at=TIME,
    account={"$ref": "#/$defs/Account"},
    content=TEXT,
    visibility={"enum": ["public", "unlisted", "private", "direct"]},
    sensitive=FLAG,
    spoiler_text=TEXT,
    media_attachments=OBJECTS,
    application={"type": "object"},
    mentions=OBJECTS,
    tags={"type": "array", "items": {"$ref": "#/$defs/Tag"}},
    emojis=OBJECTS,
    reblogs_count=COUNT,
    favourites_count=COUNT,
    quotes_count=COUNT,
    replies_count=COUNT,
    url=TEXT_OR_NULL,
    in_reply_to_id=TEXT_OR_NULL,
    in_reply_to_account_id=TEXT_OR_NULL,
    reblog={"anyOf": [{"type": "null"}, {"$ref": "#/$defs/Status"}]},
    poll=OBJECT_OR_NULL,
    card=OBJECT_OR_NULL,
    language=TEXT_OR_NULL,
    text=TEXT_OR_NULL,
    edited_at=TEXT_OR_NULL,
    quote=OBJECT_OR_NULL,
    favourited=FLAG,
    reblogged=FLAG,
    muted=FLAG,
    bookmarked=FLAG,
    pinned=FLAG,
    filtered=OBJECTS,
)
PAGE = Draft202012Validator(
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {"Account": ACCOUNT, "Tag": TAG, "Status": STATUS},
        "type": "array",
        "maxItems": 40,
        "items": {"$ref": "#/$defs/Status"},
    }
)
POSTS = [
    {"content": "<p>#one #two</p>"},
    {"content": "<p>three</p>", "visibility": "unlisted", "language": None},
    {"visibility": "direct"},
    {"reblog": {"content": "<p>#boosted</p>"}},
]


@pytest.fixture
def mastodon():
    with Serving(MastodonDouble()) as serving:
        yield serving


def get(mastodon, token=TOKEN, path=TIMELINE, **params):
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(mastodon.url + path, params=params, headers=headers, timeout=5)


def client(mastodon, token=TOKEN):
    return Mastodon(api_base_url=mastodon.url, access_token=token, ratelimit_method="throw")


def numbers(answer):
    return [status["id"] for status in answer.json()]


def test_the_page_has_the_published_shape(mastodon):
    mastodon.double.add(POSTS)
    page = get(mastodon).json()
    PAGE.validate(page)
    assert [tag["name"] for tag in page[-1]["tags"]] == ["one", "two"]
    boost = page[0]
    assert (boost["content"], boost["tags"], boost["language"]) == ("", [], None)
    assert [tag["name"] for tag in boost["reblog"]["tags"]] == ["boosted"]
    assert boost["reblog"]["id"] < boost["id"]


@pytest.mark.parametrize("name", ["id", "account", "visibility", "tags", "reblog", "content"])
def test_the_shape_can_be_broken(mastodon, name):
    mastodon.double.add([{}])
    (status,) = get(mastodon).json()
    del status[name]
    assert not PAGE.is_valid([status])


def test_the_client_library_s_types_take_the_page(mastodon):
    mastodon.double.add(POSTS)
    page = client(mastodon).timeline_home(limit=40)
    assert [type(status) for status in page] == [Status] * 4
    boost, plain = page[0], page[-1]
    assert isinstance(plain.account, Account)
    assert [type(tag) for tag in plain.tags] == [Tag, Tag]
    assert isinstance(plain.created_at, datetime)
    assert isinstance(boost.reblog, Status)
    assert boost.reblog.tags[0].name == "boosted"
    known = set(get_type_hints(Status))
    assert set(get(mastodon).json()[0]) <= known


def test_the_client_library_turns_the_pages(mastodon):
    expected = mastodon.double.add([{}] * 90)
    made = client(mastodon)
    page, found = made.timeline_home(limit=40), []
    while page:
        found += [str(status.id) for status in page]
        page = made.fetch_next(page)
    assert found == expected[::-1]
    oldest = made.timeline_home(min_id=expected[0], limit=40)
    assert [str(status.id) for status in made.fetch_previous(oldest)] == expected[80:40:-1]


def test_paging_is_exclusive_and_the_newest_come_first(mastodon):
    expected = mastodon.double.add([{}] * 50)
    assert numbers(get(mastodon)) == expected[:-21:-1]
    assert numbers(get(mastodon, limit=80)) == expected[:-41:-1]
    assert numbers(get(mastodon, max_id=expected[3])) == expected[2::-1]
    assert numbers(get(mastodon, since_id=expected[1], limit=5)) == expected[:-6:-1]
    assert numbers(get(mastodon, min_id=expected[1], limit=5)) == expected[6:1:-1]
    assert numbers(get(mastodon, min_id=expected[1], max_id=expected[4])) == expected[3:1:-1]


def test_the_links_lead_to_the_neighbours(mastodon):
    expected = mastodon.double.add([{}] * 10)
    links = get(mastodon, max_id=expected[8], limit=4).links
    headers = {"Authorization": f"Bearer {TOKEN}"}
    older, newer = (
        requests.get(links[name]["url"], headers=headers, timeout=5) for name in ("next", "prev")
    )
    assert (numbers(older), numbers(newer)) == (expected[3::-1], expected[:7:-1])
    assert get(mastodon, min_id=expected[-1]).links == {}


@pytest.mark.parametrize("token", ["", "wrong"])
def test_another_token_is_refused_as_published(mastodon, token):
    answer = get(mastodon, token=token)
    assert answer.status_code == 401
    assert answer.json() == {"error": "The access token is invalid"}
    with pytest.raises(MastodonUnauthorizedError):
        client(mastodon, "wrong").timeline_home()


def test_every_answer_tells_the_rate_limit(mastodon):
    mastodon.double.rate_limit = 2
    answers = [get(mastodon), get(mastodon, token="wrong"), get(mastodon)]
    assert [answer.status_code for answer in answers] == [200, 401, 429]
    left = [answer.headers["X-RateLimit-Remaining"] for answer in answers]
    assert left == ["1", "0", "0"]
    reset = datetime.fromisoformat(answers[2].headers["X-RateLimit-Reset"])
    assert 0 < reset.timestamp() - datetime.now().timestamp() <= 300
    assert "error" in answers[2].json()
    with pytest.raises(MastodonRatelimitError):
        client(mastodon).timeline_home()


def test_a_feed_that_regenerates_is_partial_content(mastodon):
    mastodon.double.add(POSTS)
    mastodon.double.regenerating = True
    answer = get(mastodon)
    assert answer.status_code == 206
    PAGE.validate(answer.json())


def test_anything_else_is_not_found(mastodon):
    answer = get(mastodon, path="/api/v1/timelines/mine")
    assert (answer.status_code, answer.json()) == (404, {"error": "Record not found"})


def test_it_is_controlled_over_http_as_well(mastodon):
    control = mastodon.url + "/_control/"
    (added,) = requests.post(control + "posts", json=[{"content": "<p>a</p>"}], timeout=5).json()
    assert numbers(get(mastodon)) == [added]
    requests.post(control + "settings", json={"regenerating": True}, timeout=5)
    assert get(mastodon).status_code == 206


# https://docs.joinmastodon.org/methods/apps/#create and /methods/oauth/
APP = entity(id=ID, client_id=ID, client_secret=ID)
TOKEN_ENTITY = entity(access_token=ID, token_type={"const": "Bearer"}, scope=ID, created_at=COUNT)
ERROR = entity(("error_description",), error=TEXT, error_description=TEXT)
REDIRECT = "urn:ietf:wg:oauth:2.0:oob"


def register(url, **changes):
    form = {"client_name": "Test", "redirect_uris": REDIRECT, "scopes": "read:statuses"}
    return requests.post(f"{url}/api/v1/apps", data=form | changes, timeout=5)


def exchange(url, app, code):
    names = ("client_id", "client_secret")
    form = {name: app[name] for name in names} | {"code": code, "redirect_uri": REDIRECT}
    form["grant_type"] = "authorization_code"
    return requests.post(f"{url}/oauth/token", data=form, timeout=5)


def code_for(url, app):
    query = {"client_id": app["client_id"], "response_type": "code", "redirect_uri": REDIRECT}
    query["scope"] = "read:statuses"
    page = requests.get(f"{url}/oauth/authorize", params=query, timeout=5)
    assert page.headers["content-type"].startswith("text/html")
    return page.text.partition("<code>")[2].partition("</code>")[0]


def test_a_sign_in_is_as_published():
    with Serving(MastodonDouble()) as server:
        app = register(server.url).json()
        Draft202012Validator(APP).validate(app)
        code = code_for(server.url, app)
        answer = exchange(server.url, app, code)
        Draft202012Validator(TOKEN_ENTITY).validate(answer.json())
        token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        timeline = requests.get(server.url + TIMELINE, headers=token, timeout=5)
        account = f"{server.url}/api/v1/accounts/verify_credentials"
        assert timeline.json() == []
        # The scope is for statuses only.
        assert requests.get(account, headers=token, timeout=5).status_code == 403


def test_a_sign_in_that_fails_is_as_published():
    with Serving(MastodonDouble()) as server:
        app = register(server.url).json()
        code = code_for(server.url, app)
        assert exchange(server.url, app, code).status_code == 200
        server.double.sign_in.code_seconds = 0
        answers = [
            register(server.url, scopes="read write"),
            exchange(server.url, app, "no-such-code"),
            exchange(server.url, app, code),
            exchange(server.url, app, code_for(server.url, app)),
            exchange(server.url, app | {"client_secret": "wrong"}, code),
        ]
        assert [each.status_code for each in answers] == [422, 400, 400, 400, 401]
        for each in answers:
            Draft202012Validator(ERROR).validate(each.json())
