"""Puts pictures together into one that moves: an animated PNG."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image

# Fewer colours only if the file would be too large: with few, small things lose theirs.
COLOURS = (192, 128, 64, 32)


class Frame(NamedTuple):
    """A picture, and for how many milliseconds it is shown."""

    picture: Path
    duration: int


def assemble(frames: Sequence[Frame], target: Path, most_bytes: int) -> None:
    """Write an animated PNG that runs for ever.

    Raises:
        ValueError: It is larger than `most_bytes`, however few colours it has.
    """
    pictures = [_opaque(frame.picture) for frame in frames]
    for colours in COLOURS:
        _save(_reduce(pictures, colours), [frame.duration for frame in frames], target)
        if target.stat().st_size <= most_bytes:
            return
    raise ValueError(f"{target} has {target.stat().st_size} bytes, of {most_bytes} allowed")


def _opaque(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        return picture.convert("RGB")


def _reduce(pictures: Sequence[Image.Image], colours: int) -> list[Image.Image]:
    """Give all pictures the same few colours: an animated PNG has one palette."""
    width, height = pictures[0].size
    strip = Image.new("RGB", (width, height * len(pictures)))
    for n, picture in enumerate(pictures):
        strip.paste(picture, (0, n * height))
    palette = strip.quantize(colours)
    return [each.quantize(palette=palette, dither=Image.Dither.NONE) for each in pictures]


def _save(pictures: Sequence[Image.Image], durations: list[int], target: Path) -> None:
    # Pillow keeps only the part of a picture that differs from the one before.
    pictures[0].save(
        target,
        save_all=True,
        append_images=pictures[1:],
        duration=durations,
        loop=0,
        optimize=True,
    )
