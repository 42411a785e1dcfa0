"""Where credentials are stored."""

from pathlib import Path

from ingest.connect import store
from ingest.connect.env_file import EnvFile
from ingest.environment import Environment

BLUESKY = {"BLUESKY_HANDLE": "you.example", "BLUESKY_APP_PASSWORD": "abcd-efgh"}
EMPTY = "BLUESKY_HANDLE=\nBLUESKY_APP_PASSWORD=\n"


def written(file: EnvFile, folder: Path) -> str:
    file.write(folder / "env")
    return (folder / "env").read_text()


def test_in_the_env_file(tmp_path: Path) -> None:
    file = EnvFile(EMPTY)
    store.add(file, BLUESKY)
    assert written(file, tmp_path) == (
        "BLUESKY_HANDLE=you.example\nBLUESKY_APP_PASSWORD=abcd-efgh\n"
    )
    assert not (tmp_path / "secrets").exists()


def test_a_value_is_not_also_in_a_file(tmp_path: Path) -> None:
    """Both would be an error."""
    file = EnvFile(EMPTY + "BLUESKY_APP_PASSWORD_FILE=./secrets/BLUESKY_APP_PASSWORD\n")
    store.add(file, BLUESKY)
    assert file.get("BLUESKY_APP_PASSWORD_FILE") == ""


def test_in_files_that_the_env_file_names(tmp_path: Path) -> None:
    file = EnvFile("BLUESKY_APP_PASSWORD=old\n")
    store.add_as_files(file, BLUESKY, tmp_path)
    assert written(file, tmp_path) == (
        "BLUESKY_APP_PASSWORD=\n"
        "BLUESKY_HANDLE=you.example\n"
        "BLUESKY_APP_PASSWORD_FILE=./secrets/BLUESKY_APP_PASSWORD\n"
        "COMPOSE_FILE=compose.yaml:compose.secrets.yaml\n"
    )
    secret = tmp_path / "secrets" / "BLUESKY_APP_PASSWORD"
    assert secret.read_text() == "abcd-efgh"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert secret.parent.stat().st_mode & 0o777 == 0o700
    read = Environment({"BLUESKY_APP_PASSWORD_FILE": str(secret)})
    assert read.secret("BLUESKY_APP_PASSWORD") == "abcd-efgh"


def test_other_files_of_compose_are_kept(tmp_path: Path) -> None:
    file = EnvFile("COMPOSE_FILE=compose.yaml:mine.yaml\n")
    assert not store.uses_files(file)
    store.add_as_files(file, BLUESKY, tmp_path)
    assert file.get("COMPOSE_FILE") == "compose.yaml:mine.yaml:compose.secrets.yaml"
    assert store.uses_files(file)
    store.add_as_files(file, BLUESKY, tmp_path)
    assert file.get("COMPOSE_FILE").count("compose.secrets.yaml") == 1


def test_a_value_that_cannot_be_in_the_env_file_needs_a_file() -> None:
    assert not store.need_files(BLUESKY | {"ACCESS_TOKEN": "a$b"})
    assert store.need_files(BLUESKY | {"ACCESS_TOKEN": "a'b"})


def test_every_secret_is_one_of_compose() -> None:
    text = (Path(__file__).parents[4] / "compose.secrets.yaml").read_text(encoding="utf-8")
    for name in store.SECRETS:
        assert f"{name}_FILE: /run/secrets/{name}" in text


def test_a_list_of_sources_is_extended() -> None:
    expected = {
        "": "",
        "SOURCE=\n": "",
        "SOURCE=auto\n": "",
        "SOURCE=x, bluesky\n": "",
        "SOURCE=demo\n": "bluesky",
        "SOURCE=x\n": "x,bluesky",
        "SOURCE=Replay # mine\n": "replay,bluesky",
    }
    for text, source in expected.items():
        file = EnvFile(text)
        before = file.get("SOURCE")
        assert store.select(file, ["bluesky"]) == source, text
        assert file.get("SOURCE") == (source or before), text
