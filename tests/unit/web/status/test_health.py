from flask.testing import FlaskClient

from support.memory_store import MemoryStore


def test_healthz_touches_nothing(client: FlaskClient, store: MemoryStore) -> None:
    store.go_down()
    assert client.get("/healthz").status_code == 200
    assert store.reads == 0


def test_readyz_says_what_is_missing_until_a_board_is_servable(
    client: FlaskClient, store: MemoryStore
) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.get_json()["waiting_for"] == "Spark hasn't published a board yet"
    store.put()
    assert client.get("/readyz").status_code == 200


def test_an_old_board_is_servable(client: FlaskClient, store: MemoryStore) -> None:
    store.put()
    client.get("/readyz")
    store.go_down()
    assert client.get("/readyz").status_code == 200
