"""Tags by how they begin, out of real HBase."""

from collections.abc import Iterator
from typing import Any

import pytest

from integration.widget.lab import THRIFT, Boards, Service, running
from unit.web.memory_store import entries
from web.search import MAX_SCANNED

MANY = MAX_SCANNED + 50


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service in front of tags of which too many begin with an `a` to be compared."""
    boards = Boards()
    boards.clear()
    boards.put_hashtags({f"a{number:04}": 1 for number in range(MANY)})
    boards.put_hashtags({"azalea": 90, "azure": 50, "東京": 7, "東": 2, "tea": 1, "teapot": 5})
    boards.put(hashtags=[{**entries(1)[0], "key": "azure", "tag": "Azure", "count": 50}])
    found = Service(tmp_path_factory.mktemp("service"), HBASE_THRIFT_HOST=THRIFT[0])
    with running(found):
        yield found
    boards.clear()


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
