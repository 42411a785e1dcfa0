"""Tags by how they begin, out of real HBase."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from integration.widget.lab import THRIFT, Boards, Service, running
from support.memory_store import entries
from support.waiting import eventually
from web.hashtags.search import MAX_SCANNED

MANY = MAX_SCANNED + 50


@pytest.fixture(scope="module")
def boards() -> Iterator[Boards]:
    found = Boards()
    found.clear()
    yield found
    found.clear()


@pytest.fixture(scope="module")
def service(boards: Boards, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service in front of tags of which too many begin with an `a` to be compared."""
    boards.put_hashtags({f"a{number:04}": 1 for number in range(MANY)})
    boards.put_hashtags({"azalea": 90, "azure": 50, "東京": 7, "東": 2, "tea": 1, "teapot": 5})
    boards.put(hashtags=[{**entries(1)[0], "key": "azure", "tag": "Azure", "count": 50}])
    found = Service(tmp_path_factory.mktemp("service"), HBASE_THRIFT_HOST=THRIFT[0])
    with running(found):
        yield found


def search(service: Service, prefix: str, **more: Any) -> Any:
    response = service.get("/api/v1/hashtags", params={"prefix": prefix, **more})
    assert response.status_code == 200
    return response.json()


def keys(answer: Any) -> list[str]:
    return [each["key"] for each in answer["hashtags"]]


def test_the_tags_with_a_prefix_are_found(service: Service) -> None:
    assert keys(search(service, "#Tea")) == ["tea", "teapot"]
    assert keys(search(service, "東")) == ["東", "東京"]
    assert keys(search(service, "az")) == ["azalea", "azure"]
    assert search(service, "nothing") == {"prefix": "nothing", "complete": True, "hashtags": []}


def test_of_too_many_those_on_a_board_are_found_all_the_same(service: Service) -> None:
    answer = search(service, "a", limit=3)
    assert keys(answer) == ["azure", "a0000", "a0001"]
    assert not answer["complete"]
    assert len(keys(search(service, "a00", limit=100))) == 100


def test_the_answer_is_that_of_the_tag_itself(service: Service) -> None:
    (found, *_) = search(service, "Teapot")["hashtags"]
    history = service.get("/api/v1/hashtags/teapot").json()
    assert found == {name: history[name] for name in ("tag", "key", "count", "last_seen")}


def test_a_tag_is_hidden_and_shown_again_within_ten_seconds(
    service: Service, boards: Boards
) -> None:
    """It is neither found nor has it a history, in a table either; no service is restarted."""

    def history(form: str) -> requests.Response:
        return service.get("/api/v1/hashtags/teapot", params={"format": form})

    def is_hidden() -> bool:
        statuses = {history(form).status_code for form in ("json", "csv")}
        return keys(search(service, "teapo")) == [] and statuses == {404}

    for words in (["Teapot"], ["*pot"]):
        assert keys(search(service, "teapo")) == ["teapot"]
        boards.hide(*words)
        eventually(is_hidden, within=10)
        boards.hide()
        eventually(lambda: history("csv").status_code == 200, within=10)
