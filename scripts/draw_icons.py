#!/usr/bin/env python3
"""Draws icon.svg as favicon.ico and apple-touch-icon.png, for those who do not draw SVG.

It knows no more of SVG than the icon needs: rectangles with round corners.
"""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

STATIC = Path(__file__).parents[1] / "services" / "web" / "web" / "static"
SIDE = 40  # of the icon, in its own units
SAMPLES = 4  # in each direction of a pixel
FAVICON, TOUCH_ICON = 32, 180  # pixels


@dataclass(frozen=True)
class Rectangle:
    """A rectangle with round corners, in the icon's units."""

    x: float
    y: float
    width: float
    height: float
    radius: float
    colour: tuple[int, int, int]
    opacity: float

    def covers(self, x: float, y: float) -> bool:
        """Whether a point is inside."""
        dx = max(self.x + self.radius - x, x - (self.x + self.width - self.radius), 0)
        dy = max(self.y + self.radius - y, y - (self.y + self.height - self.radius), 0)
        return dx * dx + dy * dy <= self.radius * self.radius


def rectangles(svg: str) -> list[Rectangle]:
    """Return the rectangles of the icon, the lowest first."""
    found = []
    root = ElementTree.fromstring(svg)  # noqa: S314 -- the project's own file
    for parent in (root, *root):
        for each in parent.findall("{*}rect"):
            colour = each.get("fill") or parent.get("fill") or "#000"
            number = {name: float(each.get(name, "0")) for name in ("x", "y", "width", "height")}
            found.append(
                Rectangle(
                    **number,
                    radius=float(each.get("rx", "0")),
                    colour=rgb(colour),
                    opacity=float(each.get("opacity", "1")),
                )
            )
    return found


def rgb(colour: str) -> tuple[int, int, int]:
    """Return the parts of #rgb or #rrggbb."""
    digits = colour[1:]
    whole = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
    red, green, blue = bytes.fromhex(whole)
    return red, green, blue


def pixel(shapes: list[Rectangle], x: int, y: int, side: int) -> bytes:
    """Return the colour and opacity of a pixel: the mean of its samples."""
    total = [0.0] * 4
    for number in range(SAMPLES * SAMPLES):
        row, column = divmod(number, SAMPLES)
        at_x = (x + (column + 0.5) / SAMPLES) * SIDE / side
        at_y = (y + (row + 0.5) / SAMPLES) * SIDE / side
        painted = [0.0] * 4  # red, green and blue by their share, and opacity
        for shape in shapes:
            if shape.covers(at_x, at_y):
                over = [*(part * shape.opacity for part in shape.colour), shape.opacity]
                left = 1 - shape.opacity
                painted = [new + left * old for new, old in zip(over, painted, strict=True)]
        total = [each + more for each, more in zip(total, painted, strict=True)]
    opacity = total[3] / SAMPLES**2
    colour = (round(part / total[3]) if total[3] else 0 for part in total[:3])
    return bytes((*colour, round(255 * opacity)))


def png(shapes: list[Rectangle], side: int) -> bytes:
    """Return the icon as a square PNG with so many pixels a side."""
    rows = b"".join(
        b"\x00" + b"".join(pixel(shapes, x, y, side) for x in range(side)) for y in range(side)
    )
    head = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def ico(image: bytes, side: int) -> bytes:
    """Return an ICO file with one PNG."""
    header = struct.pack("<HHH", 0, 1, 1)
    entry = struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(image), 22)
    return header + entry + image


if __name__ == "__main__":
    shapes = rectangles((STATIC / "icon.svg").read_text(encoding="utf-8"))
    (STATIC / "favicon.ico").write_bytes(ico(png(shapes, FAVICON), FAVICON))
    # iOS rounds the corners itself, and paints black what is transparent.
    ground, *bars = shapes
    whole = Rectangle(0, 0, SIDE, SIDE, 0, ground.colour, 1)
    (STATIC / "apple-touch-icon.png").write_bytes(png([whole, *bars], TOUCH_ICON))
