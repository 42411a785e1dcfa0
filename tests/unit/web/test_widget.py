import gzip
import json
import re

from flask.testing import FlaskClient

from web.widget import LANGUAGES, words

SMALL = {"Accept-Encoding": "gzip"}
BUDGET = 8 * 1024


def test_the_script_is_small(client: FlaskClient) -> None:
    response = client.get("/widget.js", headers=SMALL)
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.mimetype == "text/javascript"
    assert len(response.data) <= BUDGET
    assert gzip.decompress(response.data) == client.get("/widget.js").data


def test_whoever_has_the_script_need_not_load_it_again(client: FlaskClient) -> None:
    first = client.get("/widget.js", headers=SMALL)
    assert "max-age" in first.headers["Cache-Control"]
    again = client.get("/widget.js", headers={**SMALL, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert first.vary.as_set() == {"accept-encoding"}


def test_the_script_has_its_style_and_languages_inside(client: FlaskClient) -> None:
    text = client.get("/widget.js").text
    assert "container-type:inline-size" in text
    assert "STYLE" not in text
    assert "STRINGS" not in text
    for language in LANGUAGES:
        assert json.dumps(words(language)["trending"], ensure_ascii=False) in text


def test_every_language_has_every_word() -> None:
    assert LANGUAGES == ("en", "de", "es", "fr", "ja", "ar")
    for language in LANGUAGES:
        assert all(re.search(r"\S", text) for text in words(language).values())


def test_a_text_has_the_same_values_in_every_language() -> None:
    values = {
        "reason": {"people", "window", "expected", "surprise"},
        "totals": {"tagged", "read"},
        "known": {"hours"},
    }
    for language in LANGUAGES:
        for name, text in words(language).items():
            assert set(re.findall(r"{(\w+)}", text)) == values.get(name, set()), (language, name)


def test_a_reason_is_of_two_lines_for_a_narrow_board() -> None:
    for language in LANGUAGES:
        assert all(part.strip() for part in words(language)["reason"].split("\n")), language
        assert words(language)["reason"].count("\n") == 1
