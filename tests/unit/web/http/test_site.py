"""Files by fixed names: the icon, and what search engines may do."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import web

STATIC = Path(web.__file__).parent / "static"
PNG = b"\x89PNG\r\n\x1a\n"
Make = Callable[..., FlaskClient]


def test_the_icon_is_one(client: FlaskClient) -> None:
    response = client.get("/favicon.ico")
    assert response.mimetype == "image/vnd.microsoft.icon"
    _, kind, images, width, height = struct.unpack("<HHHBB", response.data[:8])
    assert (kind, images, width, height) == (1, 1, 32, 32)
    length, start = struct.unpack("<II", response.data[14:22])
    assert size(response.data[start : start + length]) == (32, 32)
    assert "max-age" in response.headers["Cache-Control"]


def test_the_touch_icon_has_no_hole() -> None:
    """A phone paints black where nothing is."""
    image = (STATIC / "apple-touch-icon.png").read_bytes()
    width, height = size(image)
    assert (width, height) == (180, 180)
    length = struct.unpack(">I", image[33:37])[0]
    pixels = zlib.decompress(image[41 : 41 + length])
    assert pixels[1:5] == bytes.fromhex("4f46e5ff")
    assert len(pixels) == height * (1 + 4 * width)


def size(image: bytes) -> tuple[int, int]:
    assert image.startswith(PNG)
    width, height = struct.unpack(">II", image[16:24])
    return width, height


@pytest.mark.parametrize(("robots_index", "rule"), [(True, "Allow: /"), (False, "Disallow: /")])
def test_robots_are_told_what_the_setting_says(
    make_client: Make, robots_index: bool, rule: str
) -> None:
    response = make_client(robots_index=robots_index).get("/robots.txt")
    assert response.mimetype == "text/plain"
    assert response.text.splitlines() == ["User-agent: *", rule]
