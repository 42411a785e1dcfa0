"""Changing single variables of an .env file."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.connect.env_file import EnvFile, UnquotableError, quote

ROOT = Path(__file__).parents[4]
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")


def changed(text: str, path: Path, **values: str) -> str:
    """A file after some variables were set in it."""
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    file = EnvFile.read(path)
    for name, value in values.items():
        file.set(name, value)
    file.write(path)
    return path.read_bytes().decode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "TOKEN=new\n"),
        ("A=1", "A=1\nTOKEN=new\n"),
        ("A=1\nTOKEN=\nB=2\n", "A=1\nTOKEN=new\nB=2\n"),
        ("TOKEN=old\n", "TOKEN=new\n"),
        ("  TOKEN=old # the old one\n", "  TOKEN=new # the old one\n"),
        ("TOKEN='old # x' # the old one\n", "TOKEN=new # the old one\n"),
        ('export TOKEN="old"\n', "export TOKEN=new\n"),
        ("TOKEN = old\n", "TOKEN =new\n"),
        ("TOKEN: old\n", "TOKEN:new\n"),
        ("TOKEN=old\r\nA=1\r\n", "TOKEN=new\r\nA=1\r\n"),
        ("TOKEN= # nothing yet\n", "TOKEN=new # nothing yet\n"),
        # The last one counts.
        ("TOKEN=one\nTOKEN=two\n", "TOKEN=one\nTOKEN=new\n"),
        # Below its example.
        ("# About it\n#TOKEN=example\n\nA=1\n", "# About it\n#TOKEN=example\nTOKEN=new\n\nA=1\n"),
        # Other names, and what only looks like an assignment.
        ("TOKENS=1\nMY_TOKEN=2\n", "TOKENS=1\nMY_TOKEN=2\nTOKEN=new\n"),
        ("A='first\nTOKEN=no\n'\n", "A='first\nTOKEN=no\n'\nTOKEN=new\n"),
        ('A="a \\" quote\nTOKEN=no"\n', 'A="a \\" quote\nTOKEN=no"\nTOKEN=new\n'),
        ("TOKEN='first\nsecond'\nA=1\n", "TOKEN=new\nA=1\n"),
        # A quote that is never closed hides nothing.
        ("A='open\nTOKEN=old\n", "A='open\nTOKEN=new\n"),
        ("\ufeffTOKEN=old\n", "\ufeffTOKEN=new\n"),
        # Bytes that are not UTF-8.
        ("# \udce9\nTOKEN=old\n", "# \udce9\nTOKEN=new\n"),
    ],
)
def test_a_variable_is_set_and_every_other_line_kept(
    before: str, after: str, tmp_path: Path
) -> None:
    assert changed(before, tmp_path / "env", TOKEN="new") == after


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("", ""),
        ("abcd-efgh-ijkl-mnop", "abcd-efgh-ijkl-mnop"),
        ("a/b+c=", "a/b+c="),
        ("https://mastodon.social", "https://mastodon.social"),
        ("a$b", "'a$b'"),
        ("a#b", "'a#b'"),
        ("a b", "'a b'"),
        ('a"b', "'a\"b'"),
        ("${HOME}", "'${HOME}'"),
    ],
)
def test_quotes_stand_where_compose_needs_them(value: str, written: str) -> None:
    assert quote(value) == written


@pytest.mark.parametrize("value", ["a'b", "a\\b", "a\nb", "a\rb"])
def test_what_no_quotes_protect_is_refused(value: str) -> None:
    with pytest.raises(UnquotableError):
        quote(value)


@given(st.text(st.characters(codec="ascii", exclude_categories=["C"], exclude_characters="'\\")))
def test_what_is_set_is_found(value: str) -> None:
    file = EnvFile("A=1\nTOKEN=old # why\n")
    file.set("TOKEN", value)
    assert file.get("TOKEN") == value
    assert file.get("A") == "1"


def test_the_example_changes_in_two_lines_only(tmp_path: Path) -> None:
    values = {"MASTODON_URL": "https://m.example", "MASTODON_ACCESS_TOKEN": "a$b"}
    after = changed(EXAMPLE, tmp_path / "env", **values).splitlines()
    differing = [pair for pair in zip(EXAMPLE.splitlines(), after, strict=True) if len({*pair}) > 1]
    assert differing == [
        ("MASTODON_URL=", "MASTODON_URL=https://m.example"),
        ("MASTODON_ACCESS_TOKEN=", "MASTODON_ACCESS_TOKEN='a$b'"),
    ]


def test_compose_reads_what_was_written(tmp_path: Path) -> None:
    """By the parser that will read it, with every character that a value may have."""
    value = "".join(map(chr, range(33, 127))).replace("'", "").replace("\\", "")
    (tmp_path / "compose.yaml").write_text(
        "services: {a: {image: a, environment: {TOKEN: '${TOKEN}', B: '${B}'}}}\n"
    )
    changed("TOKEN=old # why\nB=2\n", tmp_path / ".env", TOKEN=value)
    done = subprocess.run(
        ["docker", "compose", "config", "--format", "json"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    # A dollar is doubled, since this is a file for Compose again.
    found = json.loads(done.stdout)["services"]["a"]["environment"]
    assert found == {"TOKEN": value.replace("$", "$$"), "B": "2"}


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("A=1\n")
    path.chmod(0o644)
    changed("A=1\n", path, A="2")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["env"]


def test_what_is_cleared_counts_as_not_set() -> None:
    file = EnvFile("A=1\n#B=2\n")
    file.clear("A")
    file.clear("B")
    assert (file.get("A"), file.get("B")) == ("", "")
