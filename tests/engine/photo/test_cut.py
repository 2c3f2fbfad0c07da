"""A file that was cut in its last lines opens with what is there; one of which more is missing is damaged."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.errors import PhotoTooManyPixels, TruncatedPhoto
from engine.photo import PhotoLimits, open_photo, read_photo

Pixels = NDArray[np.uint8]
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "GIF": ("GIF", {}),
    "WebP": ("WEBP", {"quality": 90}),
    "lossless WebP": ("WEBP", {"lossless": True}),
    "BMP": ("BMP", {}),
}
HEIGHT_PX = 256


@pytest.fixture
def small(astronaut: Pixels) -> Image.Image:
    return Image.fromarray(astronaut).resize((HEIGHT_PX, HEIGHT_PX))


def encode(picture: Image.Image, kind: str) -> bytes:
    format_name, options = KINDS[kind]
    file = BytesIO()
    picture.save(file, format_name, **options)
    return file.getvalue()


@pytest.mark.parametrize("kept", [0.96, 0.999])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_there_of_a_file_cut_in_its_last_lines_is_shown(small: Image.Image, kind: str, kept: float) -> None:
    data = encode(small, kind)
    whole, cut = read_photo(data), read_photo(data[: int(kept * len(data))])
    # A BMP begins with the lowest line, and what is there ends about where the file does.
    there = slice(24, None) if kind == "BMP" else slice(0, HEIGHT_PX - 24)
    np.testing.assert_array_equal(cut[there], whole[there])


@pytest.mark.parametrize("kind", ["GIF", "BMP"])
def test_a_missing_line_is_like_the_last_one_that_is_there(small: Image.Image, kind: str) -> None:
    data = encode(small, kind)
    cut = read_photo(data[: int(0.96 * len(data))])
    lines = cut[::-1] if kind == "GIF" else cut
    np.testing.assert_array_equal(lines[0], lines[1])
    assert not np.array_equal(lines[0], (read_photo(data)[::-1] if kind == "GIF" else read_photo(data))[0])


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.85])
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_which_more_is_missing_is_damaged(small: Image.Image, kind: str, kept: float) -> None:
    data = encode(small, kind)
    with pytest.raises(TruncatedPhoto, match="ends too early"):
        read_photo(data[: int(kept * len(data))])


def test_a_cut_sticker_keeps_its_transparency(small: Image.Image) -> None:
    alpha = np.zeros((HEIGHT_PX, HEIGHT_PX), np.uint8)
    alpha[:, 100:] = 255
    small.putalpha(Image.fromarray(alpha))
    for format_name in ("GIF", "WEBP"):
        file = BytesIO()
        small.save(file, format_name)
        data = file.getvalue()
        opened = open_photo(data[: len(data) - 60])
        assert opened.alpha is not None, format_name
        np.testing.assert_array_equal(opened.alpha[:200], alpha[:200])


def test_a_cut_interlaced_gif_is_shown_as_far_as_its_lines_are_there(small: Image.Image) -> None:
    file = BytesIO()
    small.save(file, "GIF", interlace=1)
    data = file.getvalue()
    whole, cut = read_photo(data), read_photo(data[: int(0.97 * len(data))])
    same = (whole == cut).all((1, 2))
    assert 0.9 < same.mean() < 1
    assert same[::2].all()  # the last pass holds every other line


def test_a_cut_file_of_too_many_pixels_is_refused_by_its_header() -> None:
    data = bytearray(encode(Image.new("RGB", (64, 64)), "BMP"))
    data[18:26] = (9000).to_bytes(4, "little") * 2
    with pytest.raises(PhotoTooManyPixels):
        read_photo(bytes(data))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["GIF", "WebP"])
def test_the_largest_cut_pictures_fit_the_limits(kind: str) -> None:
    side_px = 6300  # 39.7 megapixels
    data = encode(Image.new("RGB", (side_px, side_px), (200, 100, 50)), kind)
    pixels = read_photo(data[:-40], PhotoLimits(deadline_s=300))
    assert pixels.shape == (4096, 4096, 3)
