"""Scripts with lists of posts, as X, programs and people write them."""

import json
from pathlib import Path

import pytest

from ingest.sources.archive.source import ReplaySource

NAME = "window.YTD.tweets.part0 = "


def item(number: int) -> dict[str, object]:
    """An item with brackets, names and quotes in its text."""
    text = f'#t{number} ], [ ] window.YTD.tweets.part0 = [ ]; \\ "q\\" // /* {{'
    return {"tweet": {"id_str": str(number), "full_text": text, "created_at": TIME}}


TIME = "Wed Oct 10 20:19:24 +0000 2018"
ONE, TWO, BOTH = (json.dumps([item(n) for n in ns]) for ns in ([1], [2], [1, 2]))
PRETTY = json.dumps([item(1), item(2)], indent=2)


@pytest.mark.parametrize(
    "content",
    [
        BOTH,
        NAME + PRETTY,
        (NAME + PRETTY).replace("\n", "\r\n"),
        "\ufeff" + NAME + BOTH,
        ONE + TWO,
        f"\ufeff{ONE}\n\ufeff{TWO}",
        f"var a={ONE};var b={TWO};",
        f"{NAME}{ONE}\n// part 1\nwindow.YTD.tweets.part1 = {TWO}",
        "window.YTD.tweets = {};\n" + NAME + BOTH,
        "window.YTD = window.YTD || {};\n" + NAME + BOTH,
        'window["YTD"]["tweets"]["part0"] = ' + BOTH,
        "// [ {\n/* x [{ */ " + NAME + BOTH,
        '"use strict";\nconst a = ' + BOTH,
        "export const posts = " + BOTH,
        "export default " + BOTH,
        "exports = module.exports = " + BOTH,
        BOTH + ";\n// end\n//# sourceMappingURL=tweets.js.map",
        BOTH[:-1] + " , ]",
        json.dumps([[item(1)], [item(2)]]),
    ],
)
@pytest.mark.parametrize("piece", [7, 4096])
def test_all_posts_are_read_without_complaint(
    content: str,
    piece: int,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ingest.sources.archive.script.PEEKED_BYTES", piece)
    path = tmp_path / "posts.js"
    path.write_bytes(content.encode())
    source = ReplaySource(path, "posts.js", 0, b"salt")
    batch = source.fetch(None)
    source.close()
    assert [message["id"] for message in batch.messages] == ["1", "2"]
    assert (batch.rejected, batch.finished) == ([], True)
    assert [record.levelname for record in caplog.records if record.levelname != "INFO"] == []
