"""scripts/write_notices.py lists what the images carry, each with its licence."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from support.stack import ROOT

METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n{licence}\n"
APACHE = "https://www.apache.org/licenses/LICENSE-2.0.txt"
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><licenses>
<license><name>{}</name></license></licenses></project>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "python" / "web").mkdir(parents=True)
    (tmp_path / "jars" / "kafka").mkdir(parents=True)
    return tmp_path


def rows(folder: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/write_notices.py", folder],
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in done.stdout.splitlines() if line.startswith("| ")]


def add_package(folder: Path, name: str, licence: str, image: str = "web") -> None:
    place = folder / "python" / image / f"{name}-1.2.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text(METADATA.format(name=name, licence=licence))


def add_jar(folder: Path, name: str, files: dict[str, str]) -> None:
    with ZipFile(folder / "jars" / "kafka" / name, "w") as jar:
        for path, text in files.items():
            jar.writestr(path, text)


@pytest.mark.parametrize(
    ("licence", "named"),
    [
        ("License-Expression: MIT\nLicense: Other", "MIT"),
        ("Classifier: License :: OSI Approved :: MIT License", "MIT License"),
        ("License: BSD 3-Clause", "BSD 3-Clause"),
        ("Classifier: Topic :: Text", "see the project"),
    ],
)
def test_a_package_is_listed_with_its_licence(folder: Path, licence: str, named: str) -> None:
    add_package(folder, "thing", licence)
    assert f"| thing | 1.2 | {named} | web |" in rows(folder)


def test_a_package_of_two_images_is_listed_once(folder: Path) -> None:
    for image in ("web", "ingest"):
        add_package(folder, "thing", "License-Expression: MIT", image)
    listed = [row for row in rows(folder) if "thing" in row]
    assert listed == ["| thing | 1.2 | MIT | ingest, web |"]


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"META-INF/maven/org.example/a-thing/pom.xml": POM.format("MIT")}, "MIT"),
        ({"META-INF/MANIFEST.MF": "Bundle-License: EPL-\r\n 2.0\r\n"}, "EPL-2.0"),
        ({"META-INF/MANIFEST.MF": f"Bundle-License: {APACHE}"}, "Apache-2.0"),
        ({"META-INF/MANIFEST.MF": "Bundle-License: http://a.example/l"}, "<http://a.example/l>"),
        ({"META-INF/maven/org.apache.x/a-thing/pom.xml": "<project/>"}, "Apache-2.0"),
        # Of a library that was copied into the jar.
        ({"META-INF/maven/org.example/other/pom.xml": POM.format("MIT")}, "see the project"),
    ],
)
def test_a_jar_is_listed_with_its_licence(folder: Path, files: dict[str, str], named: str) -> None:
    add_jar(folder, "a-thing-3.4.1.jar", files)
    assert f"| a-thing | 3.4.1 | {named} | kafka |" in rows(folder)


def test_the_libraries_of_the_pages_are_listed(folder: Path) -> None:
    found = [row for row in rows(folder) if row.startswith("| uplot |")]
    assert found and found[0].endswith("| MIT | web |")
