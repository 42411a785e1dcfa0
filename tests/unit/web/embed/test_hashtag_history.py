"""The script of `<hashtag-history>`: small, in one piece, and in every language of a board."""

import gzip
import json
import re
import subprocess
from base64 import b64encode
from hashlib import sha384

import pytest
from flask.testing import FlaskClient

from reference.twitter_text import NODE
from web.embed import hashtag_history, widget
from web.embed.hashtag_history import words
from web.embed.widget import LANGUAGES
from web.pages.query import RANGES

SMALL = {"Accept-Encoding": "gzip"}
BUDGET = 30 * 1024


def test_the_script_is_small_and_needs_nothing_else(client: FlaskClient) -> None:
    response = client.get("/hashtag-history.js", headers=SMALL)
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.mimetype == "text/javascript"
    assert len(response.data) <= BUDGET
    text = client.get("/hashtag-history.js").text
    assert gzip.decompress(response.data).decode() == text
    for left in ("STYLE", "STRINGS", "INCLUDE", "import ", "export "):
        assert left not in text


@pytest.mark.component
def test_its_parts_fit_together(client: FlaskClient) -> None:
    """No name is declared twice, and nothing is left that only a module may have."""
    source = client.get("/hashtag-history.js").text
    checked = subprocess.run(
        [NODE, "--check", "--input-type=commonjs", "-"],
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def test_a_version_may_be_kept_for_ever_and_be_checked(client: FlaskClient) -> None:
    made = hashtag_history.script()
    assert re.fullmatch(r"hashtag-history-[0-9a-f]{16}\.js", made.path)
    response = client.get(f"/{made.path}")
    assert response.data == client.get("/hashtag-history.js").data
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    digest = b64encode(sha384(response.data).digest()).decode()
    assert made.integrity == f"sha384-{digest}"
    again = client.get(f"/{made.path}", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("version", ["0123456789abcdef", "", widget.script().version])
def test_another_version_leads_nowhere_and_is_not_kept(client: FlaskClient, version: str) -> None:
    response = client.get(f"/hashtag-history-{version}.js")
    assert response.status_code == 404
    assert response.headers["Cache-Control"] == "no-store"


def test_every_language_has_every_text(client: FlaskClient) -> None:
    script = client.get("/hashtag-history.js").text
    for language in LANGUAGES:
        texts = words(language)
        assert texts.keys() == words("en").keys()
        for text in texts.values():
            assert text.strip()
            # In the script they stand in one line, with a bar between each two.
            assert "|" not in text
            assert '"' in text or json.dumps(text, ensure_ascii=False)[1:-1] in script


def test_a_text_has_the_same_values_in_every_language() -> None:
    for name, english in words("en").items():
        values = set(re.findall(r"{(\w+)}", english))
        for language in LANGUAGES:
            assert set(re.findall(r"{(\w+)}", words(language)[name])) == values, (language, name)


def test_what_is_on_a_board_too_is_called_the_same() -> None:
    for language in LANGUAGES:
        shared = widget.words(language).items() & words(language).items()
        assert {"demo", "stale", "failed", "pause"} <= {name for name, _ in shared}


def test_the_ranges_are_those_of_the_page(client: FlaskClient) -> None:
    series = client.get("/static/series.js")
    known = re.findall(r'^  "(\w+)": \{ hours', series.text, re.MULTILINE)
    series.close()
    assert known == list(RANGES)
