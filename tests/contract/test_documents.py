"""The documents: every code block is checked, every link leads somewhere, every number agrees.

What needs a running stack is in tests/e2e/test_documents.py.
"""

import html.parser
import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest
import yaml  # type: ignore[import-untyped]
from jsonschema import Draft202012Validator

from support.cluster_file import parse_compose
from support.documents import DOCUMENTS, ROOT, Block, anchors, blocks, links, name_of
from support.settings import DECLARED

README = (ROOT / "README.md").read_text(encoding="utf-8")
BENCHMARKS = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
# A program writes the others, or each line of them is an entry.
WRITTEN = [
    path
    for path in DOCUMENTS
    if name_of(path)
    not in ("CHANGELOG.md", "docs/benchmarks.md", "docs/reliability.md", "docs/settings.md")
]
# Run, with all of their languages, by tests/e2e/test_documents.py.
IN_A_BROWSER = ("html", "css", "js", "markdown")
# Run by tests/integration/widget/test_proxies.py, behind the servers that they configure.
BEHIND_PROXIES = ("nginx", "caddy")

# Commands that run nowhere else in this file and in tests/e2e/test_documents.py, and why.
LIFECYCLE = "run by tests/e2e/test_lifecycle.py"
SWARM = "needs more than one machine"
ELSEWHERE = {
    "git clone <this repository's address> tweet-trends && cd tweet-trends": (
        "the reader fills in the address; test_lifecycle.py clones a copy"
    ),
    "git clone <this repository> && cd tweet-trends": "as above",
    "git pull": LIFECYCLE,
    "docker image prune --all --filter label=com.docker.compose.project=tweet-trends": LIFECYCLE,
    "docker image rm debian:bookworm-slim": LIFECYCLE,
    "scripts/provide-images": "run by scripts/start-cluster and scripts/import",
    "scripts/replace-nodes": "run by tests/e2e/test_cluster.py",
    "docker swarm init --advertise-addr 10.0.0.1": SWARM,
    "docker network create --driver overlay --attachable --internal trends-data": SWARM,
}
SECRETS = {
    name: f"secret-of-{name}"
    for name in ("CONSUMER_KEY", "CONSUMER_SECRET", "ACCESS_TOKEN", "ACCESS_SECRET")
}


def commands(block: Block) -> list[str]:
    """The commands of a block, without comments; a loop is one command."""
    found: list[str] = []
    depth = 0
    for line in re.sub(r"(^|\s)#.*", "", block.text).replace("\\\n", " ").splitlines():
        if depth:
            found[-1] += f"\n{line}"
        elif line.strip():
            found.append(line.strip())
        depth += bool(re.match(r"\s*for ", line)) - (line.strip() == "done")
    return found


def ids(found: list[Block]) -> list[str]:
    return [str(block) for block in found]


# -- every block ----------------------------------------------------------------------------------


def check_shell(block: Block) -> None:
    text = re.sub(r"<[^<>]+>", "address", block.text)
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)
    for command in commands(block):
        assert command in ELSEWHERE or any(
            re.fullmatch(pattern, command, re.DOTALL) for pattern in SHELL
        ), f"nobody has said how {command!r} is tested"


def check_json(block: Block) -> None:
    assert block.document in JSON, f"nobody has said what {block} has to be like"
    JSON[block.document](block)


def check_board(block: Block) -> None:
    schema = json.loads((ROOT / "docs/contracts/trends.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(json.loads(block.text))


def check_stream(block: Block) -> None:
    """Three people who use the tag put it on the board `now`."""
    use = json.loads(block.text)
    lines = [json.dumps(use | {"author": f"author {n}"}) for n in range(3)]
    command = [sys.executable, "-m", "trends.evaluate", "-", "--at", use["at"]]
    spark = ROOT / "services/spark"
    done = subprocess.run(
        command, cwd=spark, input="\n".join(lines), capture_output=True, text=True, check=True
    )
    assert use["key"] in done.stdout


def check_editor(block: Block) -> None:
    """An editor's settings, which name folders and modules of the repository."""
    text = json.dumps(json.loads(block.text))
    for path in re.findall(r'"(?:\$\{workspaceFolder\}/)?((?:tests|services)/[\w/]+)[":]', text):
        assert (ROOT / path).exists(), path
    for module in re.findall(r'"(support\.\w+)"', text):
        assert (ROOT / "tests" / f"{module.replace('.', '/')}.py").exists(), module


def check_yaml(block: Block) -> None:
    """test_settings.py and test_cluster.py give the files for Compose to Compose."""
    assert block.document in ("docs/operations.md", "docs/cluster.md")
    assert "services" in parse_compose(block.text)


def check_html(block: Block) -> None:
    Balanced().check(block.text)


def check_python(block: Block) -> None:
    compile(block.text, str(block), "exec")


def no_check(_: Block) -> None:
    """Another file runs it."""


class Balanced(html.parser.HTMLParser):
    """Elements that are opened and closed in order."""

    VOID = ("img", "source")

    def check(self, text: str) -> None:
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


# How commands are tested that are not in ELSEWHERE.
MAKE = r"make ([a-z-]+)((?: [A-Z]+=(?:\"[^\"]*\"|\S+))*)"
SETTING = r"[A-Z][A-Z0-9_]*=\S+"
SHELL = (
    MAKE,  # test_documented_targets_can_be_made
    SETTING,  # test_settings_in_examples_exist
    r"curl '?http://127\.0\.0\.1:8080/\S+",  # tests/e2e/test_documents.py
    r"mkdir --mode 700 secrets|echo COMPOSE_FILE=\S+ >> \.env",  # test_secrets_go_into_files
    r"for name in [A-Z_ ]+; do\n.*\ndone",  # test_secrets_go_into_files
    # tests/contract/test_cluster.py
    r"export COMPOSE_FILE=\S+|docker compose (ps|up -d .+|rm --stop --force \S+)",
    r"docker volume rm tweet-trends-cluster_\S+",
)
JSON: dict[str, Callable[[Block], None]] = {
    "CONTRIBUTING.md": check_editor,
    "README.md": check_board,
    "docs/trending.md": check_stream,
}


def check_settings(block: Block) -> None:
    """Lines of `.env`, which somebody may copy."""
    lines = [line.partition("=") for line in block.text.splitlines()]
    assert {name for name, _, _ in lines} <= DECLARED.keys()
    assert all(value for _, _, value in lines)


CHECKS: dict[str, Callable[[Block], None]] = {
    "sh": check_shell,
    "json": check_json,
    "yaml": check_yaml,
    "python": check_python,
    "ini": check_settings,
    **dict.fromkeys((*IN_A_BROWSER, *BEHIND_PROXIES), no_check),
    "html": check_html,
}


@pytest.mark.parametrize("block", blocks(), ids=ids(blocks()))
def test_every_block_is_checked(block: Block) -> None:
    assert block.language in CHECKS, f"nobody has said how a block of {block.language!r} is tested"
    CHECKS[block.language](block)


def test_only_blocks_for_proxies_are_where_their_test_looks() -> None:
    found = blocks(*BEHIND_PROXIES)
    assert [block.language for block in found] == list(BEHIND_PROXIES)
    assert {block.document for block in found} == {"docs/widget.md"}


def test_no_reason_is_left_over() -> None:
    assert ELSEWHERE.keys() <= {each for block in blocks("sh") for each in commands(block)}


def matching(pattern: str) -> list[re.Match[str]]:
    found = (re.fullmatch(pattern, each) for block in blocks("sh") for each in commands(block))
    return [match for match in found if match]


def test_documented_targets_can_be_made() -> None:
    found = {match[0]: (match[1], shlex.split(match[2])) for match in matching(MAKE)}
    assert {"make up", "make connect", "make backup"} <= found.keys()
    for target, variables in found.values():
        recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
        assert recipe, f"there is no make {target}"
        for variable in variables:
            name, _, value = variable.partition("=")
            assert f"$({name})" in recipe[1]
            # The test of `make test FILE=…`; others are the reader's own files.
            assert not value.startswith("tests/") or (ROOT / value.partition("::")[0]).exists()
        command = ["make", "--dry-run", target, *variables]
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)


def test_make_lists_every_target() -> None:
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    targets = re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE)
    assert re.findall(r"^  make ([a-z-]+)", done.stdout, re.MULTILINE) == targets


def test_settings_in_examples_exist() -> None:
    names = {match[0].partition("=")[0] for match in matching(SETTING)}
    assert "MASTODON_ACCESS_TOKEN" in names
    assert names <= DECLARED.keys()


def test_secrets_go_into_files(tmp_path: Path) -> None:
    """By the commands of docs/operations.md, "Credentials", with answers typed at the prompts."""
    script = "\n".join(
        command
        for block in blocks("sh")
        for command in commands(block)
        if re.match(r"mkdir --mode 700 secrets|echo COMPOSE_FILE=|for name in", command)
    )
    answers = "".join(f"{value}\n" for value in SECRETS.values())
    subprocess.run(["bash", "-euc", script], cwd=tmp_path, input=answers, text=True, check=True)
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    for name, value in SECRETS.items():
        file = tmp_path / "secrets" / name
        assert (file.read_text(), file.stat().st_mode & 0o777) == (value, 0o444)
    lines = (tmp_path / ".env").read_text().splitlines()
    names = [f"{name}_FILE=./secrets/{name}" for name in SECRETS]
    assert lines == ["COMPOSE_FILE=compose.yaml:compose.secrets.yaml", *names]


# -- links ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    for link in links(path):
        parts = urlsplit(link)
        if parts.scheme == "mailto":
            assert "@" in parts.path, link
        elif parts.scheme:
            is_here = parts.netloc.startswith("127.0.0.1:")
            assert parts.scheme == "https" or (is_here and parts.scheme == "http"), link
            assert re.fullmatch(r"[\w.:-]+", parts.netloc), link
        else:
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_relative_to(ROOT) and target.exists(), link
            if parts.fragment:
                assert target.suffix == ".md" and parts.fragment in anchors(target), link


# -- numbers and files that documents repeat ------------------------------------------------------


def compared() -> list[str]:
    """The rows of README's comparison, computed from the table of docs/benchmarks.md."""
    table = BENCHMARKS.split("\n## Comparison\n")[1].split("\n### ")[0]
    head, _, ours, *others = (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.splitlines()
        if line.startswith("|")
    )
    assert ours[0] == "Tweet Trends, cold"
    cold, warm, code = head.index("× cold"), head.index("× warm"), head.index("lines of code")
    return [
        f"| {row[0]} | {row[cold]} × its rate | {row[warm]} × its rate | {row[code]} |"
        for row in others
    ]


def test_readme_has_the_ratios_of_the_benchmarks() -> None:
    rows = compared()
    assert len(rows) >= 3
    assert "\n".join(rows) in README


@pytest.mark.parametrize("path", WRITTEN, ids=name_of)
def test_paragraphs_are_wrapped(path: Path) -> None:
    """At 100 columns, so that a change of a sentence is a change of a line or two."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    for line in text.splitlines():
        # A table's row, a heading, a quotation, HTML, a picture, code and a link are one line each.
        is_whole = re.match(r"\s*(\||#|>|<|!\[|`[^`]+`[.,]?$|\(?\[[^\]]+\]\(\S+$)", line)
        assert len(line) <= 100 or is_whole, line


def test_readme_is_short() -> None:
    assert len(README.encode()) <= 9_000


def test_the_moving_picture_moves_and_is_small() -> None:
    picture = (ROOT / "docs/screenshots/board.png").read_bytes()
    assert len(picture) <= 600_000
    # The chunk that makes a PNG an animated one.
    assert b"acTL" in picture


@pytest.mark.parametrize(("badge", "member"), [("licence", "license"), ("version", "version")])
def test_a_badge_says_what_pyproject_says(badge: str, member: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    picture = (ROOT / f"docs/pictures/{badge}.svg").read_text(encoding="utf-8")
    # The label, the title and the text.
    assert picture.count(project[member]) == 3


@pytest.mark.parametrize("path", sorted((ROOT / "docs/pictures").iterdir()), ids=name_of)
def test_drawn_pictures_say_what_they_show(path: Path) -> None:
    """They are XML, load nothing, and have a title for readers who do not see them."""
    picture = ElementTree.parse(path).getroot()
    assert picture.findtext("{http://www.w3.org/2000/svg}title")
    assert picture.get("role") == "img"
    assert not re.search(r"href|url\((?!#)|@import", path.read_text(encoding="utf-8"))


def test_the_comparison_counts_the_containers() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert len(services) == 11
    assert "eleven containers" in README


@pytest.mark.parametrize("path", sorted((ROOT / "docs/adr").iterdir()), ids=name_of)
def test_decisions_have_one_form(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# ADR {int(path.name[:4])}: ")
    headings = re.findall(r"^## (?!Considered$)(.*)", text, re.MULTILINE)
    assert headings == ["Status", "Date", "Context", "Decision", "Consequences"]
    assert re.search(r"^## Date\n\d{4}-\d\d-\d\d$", text, re.MULTILINE)


def test_each_concern_has_a_file() -> None:
    """The questions of docs/where-is-what.md; each answer names what exists."""
    text = (ROOT / "docs/where-is-what.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \d+ \|.*\| (.*) \|$", text, re.MULTILINE)
    assert len(rows) >= 20
    for row in rows:
        paths = re.findall(r"`([^`]+)`", row)
        assert paths, row
        for path in paths:
            assert (ROOT / path).exists(), path


def test_the_module_map_names_every_module() -> None:
    """Each folder and module of a service is in docs/architecture.md, or in a folder that is."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    section = text.split("\n## Where things live\n")[1].split("\n## ")[0]
    named = {part for path in re.findall(r"`([\w./-]+)`", section) for part in path.split("/")}
    for package in PACKAGES:
        for path in sorted((ROOT / package).iterdir()):
            if path.name not in NOT_MODULES and not path.name.startswith(("_", ".")):
                assert path.name in named, f"{package}/{path.name} is not on the module map"


PACKAGES = (
    "services/spark/trends",
    "services/ingest/ingest",
    "services/alerts/alerts",
    "services/web/web",
    "tests",
)
# The image of the tests, which CONTRIBUTING.md describes.
NOT_MODULES = ("Dockerfile", "Dockerfile.dockerignore")
