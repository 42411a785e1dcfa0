"""The version that the image was built as, in the API and on the page."""

from flask.testing import FlaskClient

from web.status.document import VERSION
from web.version import running_version


def test_it_comes_from_the_image() -> None:
    assert running_version({"TWEET_TRENDS_VERSION": "1.2.3"}) == "1.2.3"
    assert running_version({"TWEET_TRENDS_VERSION": ""}) == "development"
    assert running_version({}) == "development"


def test_the_status_names_it(client: FlaskClient) -> None:
    answer = client.get("/api/v1/status").get_json()
    assert answer["version"] == VERSION


def test_the_page_ends_with_it(client: FlaskClient) -> None:
    page = client.get("/status").text
    foot = page[page.index("<footer") :]
    assert f'Tweet Trends <span data-field="version">{VERSION}</span>' in foot
