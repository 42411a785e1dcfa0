#!/usr/bin/env python3
"""Writes the page of third-party notices from files that were copied out of the images.

Called with a folder that has `python/IMAGE/*.dist-info` and `jars/IMAGE/*.jar`; prints Markdown.
"""

import json
import re
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import PackageMetadata, distributions
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

NPM_LOCK = Path(__file__).parents[1] / "services" / "web" / "package-lock.json"
UNKNOWN = "see the project"
OWN_JAR = "tweet-trends.jar"
# Of jars that do not name their licence: by the beginning of their Maven group.
GROUPS = {
    "com.fasterxml.": "Apache-2.0",
    "com.google.": "Apache-2.0",
    "com.twitter": "Apache-2.0",
    "commons-": "Apache-2.0",
    "io.dropwizard.": "Apache-2.0",
    "io.netty": "Apache-2.0",
    "net.sf.py4j": "BSD-3-Clause",
    "org.apache.": "Apache-2.0",
    "org.eclipse.jetty": "Apache-2.0 or EPL-2.0",
    "org.glassfish.": "EPL-2.0 or GPL-2.0 with the Classpath exception",
    "org.json4s": "Apache-2.0",
    "org.rocksdb": "Apache-2.0 or GPL-2.0",
    "org.scala-lang": "Apache-2.0",
    "org.slf4j": "MIT",
    "org.xerial.": "Apache-2.0",
}
# Of jars that say nothing at all, from their projects' sites: by the beginnings of their names.
NAMES = {
    "Apache-2.0": """agrona breeze chill connect- derby disruptor hadoop- hash4j hbase- hive- ivy
        jackson- javax.inject jettison json4s kafka kotlin- kubernetes- libfb303 metrics-core okhttp
        okio opentelemetry- oro RoaringBitmap scala- spark- tink vertx-""",
    "Apache-2.0 or GPL-2.0": "rocksdbjni",
    "BSD-3-Clause": "antlr-runtime arpack blas jsr305 lapack re2j",
    "CDDL-1.0": "activation jta stax-api transaction-api",
    "CDDL-1.1 or GPL-2.0 with the Classpath exception": "jaxb-impl",
    "MIT": "algebra animal-sniffer- cats- pcollections spire",
    "MPL-2.0": "jamon-runtime",
    "public domain": "aopalliance",
}
HEAD = """# Third-party notices

The images carry software of other projects. It stays under its own licence; the texts are in the
images, in the packages themselves. `make notices` makes this page from the images.

Every image stands on Debian bookworm. Each of Debian's packages has its licence in
`/usr/share/doc/PACKAGE/copyright`, such as Python's (PSF) in `alerts`, `ingest`, `spark` and `web`,
and OpenJDK's (GPL-2.0 with the Classpath exception) in `spark`, `hbase`, `kafka` and `zookeeper`.
"""


class Part(NamedTuple):
    """A package or jar, with its version in its name or beside it."""

    name: str
    version: str
    licence: str


def python_parts(folder: Path) -> Iterator[Part]:
    """Yield the Python packages whose metadata are in a folder."""
    for found in distributions(path=[str(folder)]):
        yield Part(found.metadata["Name"], found.version, python_licence(found.metadata))


def python_licence(metadata: PackageMetadata) -> str:
    """Return a package's licence: its expression, else its classifiers, else a short text."""
    if expressions := metadata.get_all("License-Expression"):
        return str(expressions[0])
    classifiers = [str(each) for each in metadata.get_all("Classifier") or []]
    named = [each.split(" :: ")[-1] for each in classifiers if each.startswith("License :: ")]
    text = "".join(metadata.get_all("License") or []).strip().splitlines()
    short = text[0] if len(text) == 1 and len(text[0]) < 60 else UNKNOWN
    return ", ".join(each for each in named if each != "OSI Approved") or short


def jar_parts(folder: Path) -> Iterator[Part]:
    """Yield the jars of a folder."""
    for path in sorted(set(folder.glob("*.jar")) - {folder / OWN_JAR}):
        # The version begins with the first digit that follows a dash.
        name, *version = re.split(r"-(?=\d)", path.stem, maxsplit=1)
        with ZipFile(path) as jar:
            yield Part(name, "".join(version), jar_licence(jar, name))


def jar_licence(jar: ZipFile, name: str) -> str:
    """Return a jar's licence: from its own pom or manifest, else as known."""
    poms = [each for each in jar.namelist() if re.fullmatch("META-INF/maven/.+/pom.xml", each)]
    own = [each for each in poms if each.split("/")[3] == name]
    for pom in own:
        if licences := pom_licences(jar.read(pom)):
            return " or ".join(licences)
    if licence := manifest_licence(jar):
        return licence
    groups = [pom.split("/")[2] for pom in own]
    known = [licence for start, licence in GROUPS.items() for g in groups if g.startswith(start)]
    known += [licence for licence, names in NAMES.items() if name.startswith(tuple(names.split()))]
    return known[0] if known else UNKNOWN


def pom_licences(text: bytes) -> list[str]:
    """Return the names of the licences in a pom; what it inherits is not in it."""
    root = ET.fromstring(text)  # noqa: S314 -- from a jar that the build has checked
    names = root.iterfind("{*}licenses/{*}license/{*}name")
    return [" ".join(each.text.split()) for each in names if each.text]


def manifest_licence(jar: ZipFile) -> str:
    """Return the licence that an OSGi manifest names, or nothing."""
    if "META-INF/MANIFEST.MF" not in jar.namelist():
        return ""
    # A line that begins with a space goes on with the one before.
    text = jar.read("META-INF/MANIFEST.MF").decode(errors="replace").replace("\r\n", "\n")
    found = re.search("^Bundle-License: *(.+)$", text.replace("\n ", ""), re.MULTILINE)
    return found[1].strip().strip('"') if found else ""


def npm_parts() -> Iterator[Part]:
    """Yield the libraries that the web service's pages load."""
    lock = json.loads(NPM_LOCK.read_text(encoding="utf-8"))
    wanted = lock["packages"][""]["dependencies"]
    for name in sorted(wanted):
        entry = lock["packages"][f"node_modules/{name}"]
        yield Part(name, entry["version"], entry.get("license", UNKNOWN))


def cell(licence: str) -> str:
    """Return a licence as a cell of a table; some projects give an address instead of a name."""
    if "apache.org/licenses/LICENSE-2.0" in licence:
        return "Apache-2.0"
    return re.sub(r"https?://[^\s,;\"<>|]+", r"<\g<0>>", licence).replace("|", "/")


def table(title: str, parts: dict[Part, set[str]]) -> str:
    """Return a section with a row for each part, and the images that have it."""
    rows = [
        f"| {part.name} | {part.version} | {cell(part.licence)} | {', '.join(sorted(images))} |"
        for part, images in sorted(parts.items(), key=lambda item: item[0].name.lower())
    ]
    head = ["| name | version | licence | images |", "|---|---|---|---|"]
    return "\n".join([f"\n## {title}", "", *head, *rows, ""])


def page(folder: Path) -> str:
    """Return the whole page."""
    found: dict[str, dict[Part, set[str]]] = {kind: defaultdict(set) for kind in ("python", "jars")}
    for kind, parts_of in (("python", python_parts), ("jars", jar_parts)):
        for image in (folder / kind).iterdir():
            for part in parts_of(image):
                found[kind][part].add(image.name)
    scripts = {part: {"web"} for part in npm_parts()}
    sections = (("Python packages", found["python"]), ("Java libraries", found["jars"]))
    tables = [table(title, parts) for title, parts in (*sections, ("JavaScript", scripts))]
    return HEAD + "".join(tables)


if __name__ == "__main__":
    sys.stdout.write(page(Path(sys.argv[1])))
