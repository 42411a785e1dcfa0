import gzip
import json
import re
from base64 import b64encode
from hashlib import sha384
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import web
from web.embed.widget import LANGUAGES, script, words

SMALL = {"Accept-Encoding": "gzip"}
BUDGET = 8 * 1024
STATIC = Path(web.__file__).parent / "static"


def test_the_script_is_small(client: FlaskClient) -> None:
    response = client.get("/widget.js", headers=SMALL)
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.mimetype == "text/javascript"
    assert len(response.data) <= BUDGET
    assert gzip.decompress(response.data) == client.get("/widget.js").data


@pytest.mark.parametrize("sign", ["visibilitychange", "AbortSignal.timeout", "Retry-After"])
def test_all_scripts_ask_again_and_again_by_the_same_module(sign: str) -> None:
    assert [file.name for file in STATIC.glob("*.js") if sign in file.read_text()] == ["poller.js"]


def test_whoever_has_the_script_need_not_load_it_again(client: FlaskClient) -> None:
    first = client.get("/widget.js", headers=SMALL)
    assert "max-age" in first.headers["Cache-Control"]
    again = client.get("/widget.js", headers={**SMALL, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert first.vary.as_set() == {"accept-encoding"}


def test_a_version_may_be_kept_for_ever_and_be_checked(client: FlaskClient) -> None:
    made = script()
    response = client.get(f"/{made.path}")
    assert response.data == client.get("/widget.js").data
    assert response.mimetype == "text/javascript"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    digest = b64encode(sha384(response.data).digest()).decode()
    assert made.integrity == f"sha384-{digest}"
    again = client.get(f"/{made.path}", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("version", ["0123456789abcdef", "", "x", "../widget"])
def test_another_version_leads_nowhere_and_is_not_kept(client: FlaskClient, version: str) -> None:
    response = client.get(f"/widget-{version}.js")
    assert response.status_code == 404
    assert response.headers["Cache-Control"] == "no-store"


def test_the_script_has_its_style_and_languages_inside(client: FlaskClient) -> None:
    text = client.get("/widget.js").text
    assert "container-type:inline-size" in text
    assert "STYLE" not in text
    assert "STRINGS" not in text
    assert "INCLUDE" not in text
    for language in LANGUAGES:
        assert all(json.dumps(each, ensure_ascii=False)[1:-1] in text for each in plain(language))


def plain(language: str) -> list[str]:
    """The texts that a minifier has no reason to write in another way."""
    return [text for text in words(language).values() if text.isprintable()]


def test_texts_can_be_told_apart_in_the_script() -> None:
    """There they stand in one line, with a bar between each two."""
    assert not [text for language in LANGUAGES for text in words(language).values() if "|" in text]


def test_every_language_has_every_word() -> None:
    assert LANGUAGES == ("en", "de", "es", "fr", "ja", "ar")
    for language in LANGUAGES:
        assert all(re.search(r"\S", text) for text in words(language).values())


def test_a_text_has_the_same_values_in_every_language() -> None:
    values = {
        "reason": {"people", "window", "expected"},
        "totals": {"tagged", "read"},
        "up": {"n"},
        "down": {"n"},
    }
    for language in LANGUAGES:
        for name, text in words(language).items():
            # Nothing but numbers and names stands in for a part of a sentence, such as an ending.
            found = set(re.findall(r"{(\w+)}", text))
            assert found == values.get(name.removesuffix("_one"), set()), (language, name)


def test_a_reason_is_of_two_lines_for_a_narrow_board() -> None:
    for language in LANGUAGES:
        assert all(part.strip() for part in words(language)["reason"].split("\n")), language
        assert words(language)["reason"].count("\n") == 1
