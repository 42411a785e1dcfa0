"""An animated PNG is put together from pictures."""

from pathlib import Path

import pytest
from PIL import Image

from moving_picture import Frame, assemble

RED, BLUE = (255, 0, 0), (0, 0, 255)


def picture(folder: Path, name: str, colour: tuple[int, int, int]) -> Path:
    path = folder / f"{name}.png"
    Image.new("RGB", (40, 30), colour).save(path)
    return path


def test_it_shows_each_picture_for_its_time_for_ever(tmp_path: Path) -> None:
    red, blue = picture(tmp_path, "red", RED), picture(tmp_path, "blue", BLUE)
    target = tmp_path / "moving.png"
    assemble([Frame(red, 900), Frame(blue, 80), Frame(red, 500)], target, 100_000)
    with Image.open(target) as moving:
        assert (moving.n_frames, moving.size, moving.info["loop"]) == (3, (40, 30), 0)
        shown = []
        for n in range(3):
            moving.seek(n)
            shown.append((moving.info["duration"], moving.convert("RGB").getpixel((5, 5))))
    assert shown == [(900, RED), (80, BLUE), (500, RED)]


def test_one_that_is_too_large_is_an_error(tmp_path: Path) -> None:
    frames = [Frame(picture(tmp_path, "red", RED), 100), Frame(picture(tmp_path, "b", BLUE), 100)]
    with pytest.raises(ValueError, match="of 50 allowed"):
        assemble(frames, tmp_path / "moving.png", 50)
