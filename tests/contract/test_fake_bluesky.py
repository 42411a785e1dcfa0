"""The double of Bluesky answers as the network's lexicons say, by atproto's models of them."""

import base64
import json

import httpx
import pytest
from atproto_client import models
from atproto_client.models.common import XrpcError
from atproto_client.models.utils import get_or_create

from fakes.bluesky import (
    APP_PASSWORD,
    DID,
    FRIEND,
    HANDLE,
    OWN_PASSWORD,
    BlueskyDouble,
    environment,
)
from fakes.server import Serving
from ingest.settings import read_settings

SERVER = "/xrpc/com.atproto.server"
TIMELINE = "/xrpc/app.bsky.feed.getTimeline"
LOGIN = {"identifier": HANDLE, "password": APP_PASSWORD}


@pytest.fixture
def double():
    with Serving(BlueskyDouble()) as serving:
        yield serving


@pytest.fixture
def client(double):
    with httpx.Client(base_url=double.url) as made:
        yield made


@pytest.fixture
def session(client):
    return client.post(f"{SERVER}.createSession", json=LOGIN).json()


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def read(answer, model):
    """Validate with the formats of strings, such as DIDs and times."""
    return get_or_create(answer, model, strict=True, strict_string_format=True)


def test_the_settings_of_the_double_are_settings_of_the_ingest(double):
    account = read_settings(environment(double.url)).sources["bluesky"].account
    assert account
    assert (account.url, account.handle) == (double.url, HANDLE)


def test_a_session_is_as_published(double, client):
    double.double.pds = "https://pds.example.com"
    answer = client.post(f"{SERVER}.createSession", json=LOGIN)
    session = read(answer.json(), models.ComAtprotoServerCreateSession.Response)
    assert (answer.status_code, session.did, session.handle) == (200, DID, HANDLE)
    assert session.did_doc["service"][0]["serviceEndpoint"] == "https://pds.example.com"


def test_a_refreshed_session_is_as_published_and_ends_the_old_one(client, session):
    old = bearer(session["refreshJwt"])
    answer = client.post(f"{SERVER}.refreshSession", headers=old)
    new = read(answer.json(), models.ComAtprotoServerRefreshSession.Response)
    assert {new.access_jwt, new.refresh_jwt}.isdisjoint(session.values())
    again = client.post(f"{SERVER}.refreshSession", headers=old)
    assert (again.status_code, again.json()["error"]) == (400, "ExpiredToken")


def test_a_timeline_is_as_published(double, client, session):
    feature = {"$type": "app.bsky.richtext.facet#mention", "did": FRIEND}
    facet = {"index": {"byteStart": 0, "byteEnd": 4}, "features": [feature]}
    double.double.add(
        [
            {"text": "Grüße #eins und #zwei"},
            {"text": "with others", "tags": ["beside"], "facets": [facet], "langs": ["de", "en"]},
            {"text": "reposted", "reason": {}},
            {"text": "pinned", "reason": {"$type": "app.bsky.feed.defs#reasonPin"}},
        ]
    )
    answer = client.get(
        TIMELINE, params={"limit": "3"}, headers=bearer(session["accessJwt"])
    ).json()
    page = read(answer, models.AppBskyFeedGetTimeline.Response)
    assert len(page.feed) == 3
    assert page.cursor
    last = client.get(
        TIMELINE, params={"cursor": page.cursor}, headers=bearer(session["accessJwt"])
    )
    end = read(last.json(), models.AppBskyFeedGetTimeline.Response)
    assert end.cursor is None
    records = [item.post.record for item in page.feed + end.feed]
    assert all(isinstance(record, models.AppBskyFeedPost.Record) for record in records)
    assert [facet.features[0].tag for facet in records[3].facets] == ["eins", "zwei"]
    assert records[2].tags == ["beside"]
    assert isinstance(page.feed[1].reason, models.AppBskyFeedDefs.ReasonRepost)
    assert isinstance(page.feed[0].reason, models.AppBskyFeedDefs.ReasonPin)
    for item in page.feed + end.feed:
        read(item.post.record.model_dump(by_alias=True), models.AppBskyFeedPost.Record)


@pytest.mark.parametrize(
    ("headers", "status", "name"),
    [({}, 401, "AuthMissing"), (bearer("a.b.c"), 400, "InvalidToken")],
)
def test_a_timeline_takes_a_token(client, headers, status, name):
    answer = client.get(TIMELINE, headers=headers)
    error = read(answer.json(), XrpcError)
    assert (answer.status_code, error.error) == (status, name)


def test_a_refresh_token_opens_no_timeline(client, session):
    answer = client.get(TIMELINE, headers=bearer(session["refreshJwt"]))
    assert (answer.status_code, answer.json()["error"]) == (400, "InvalidToken")


def test_a_token_expires(double, client):
    double.double.token_seconds = 0
    token = client.post(f"{SERVER}.createSession", json=LOGIN).json()["accessJwt"]
    answer = client.get(TIMELINE, headers=bearer(token))
    assert (answer.status_code, answer.json()["error"]) == (400, "ExpiredToken")


@pytest.mark.parametrize("name", LOGIN)
def test_a_wrong_login_is_refused(client, name):
    answer = client.post(f"{SERVER}.createSession", json=LOGIN | {name: "wrong"})
    assert (answer.status_code, answer.json()["error"]) == (401, "AuthenticationRequired")


def test_a_rate_limit_counts_down(double, client, session):
    double.double.rate_limit = 1
    headers = bearer(session["accessJwt"])
    answers = [client.get(TIMELINE, headers=headers) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 429]
    assert [each.headers["ratelimit-remaining"] for each in answers] == ["0", "0"]
    assert answers[1].json()["error"] == "RateLimitExceeded"


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"cursor": "nonsense"}])
def test_wrong_parameters_are_refused(client, session, query):
    answer = client.get(TIMELINE, params=query, headers=bearer(session["accessJwt"]))
    assert (answer.status_code, answer.json()["error"]) == (400, "InvalidRequest")


@pytest.mark.parametrize(
    ("password", "scope"),
    [(APP_PASSWORD, "com.atproto.appPass"), (OWN_PASSWORD, "com.atproto.access")],
)
def test_a_session_names_what_its_password_allows(client, password, scope):
    login = {"identifier": HANDLE, "password": password}
    session = client.post(f"{SERVER}.createSession", json=login).json()
    claims = session["accessJwt"].split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(claims + "=="))["scope"] == scope
    answer = client.get(TIMELINE, headers=bearer(session["accessJwt"]))
    assert answer.json() == {"feed": []}


def test_a_second_factor_is_for_the_accounts_own_password_only(double, client):
    double.double.second_factor = True
    own = client.post(
        f"{SERVER}.createSession", json={"identifier": HANDLE, "password": OWN_PASSWORD}
    )
    assert (own.status_code, own.json()["error"]) == (401, "AuthFactorTokenRequired")
    assert client.post(f"{SERVER}.createSession", json=LOGIN).status_code == 200
