"""What every viewer opens, opens; and colours come out as a viewer shows them."""

from __future__ import annotations

import zlib
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.errors import TruncatedPhoto
from engine.photo import open_photo, read_photo
from engine.photo.decoding import curves

Pixels = NDArray[np.uint8]


def encode(picture: Image.Image, format_name: str, **options: object) -> bytes:
    file = BytesIO()
    picture.save(file, format_name, **options)
    return file.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")


@pytest.fixture
def small(astronaut: Pixels) -> Image.Image:
    return Image.fromarray(astronaut).resize((256, 256))


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("cut_bytes", [1, 2, 3, 60])
def test_a_jpeg_without_its_end_opens(small: Image.Image, cut_bytes: int, progressive: bool) -> None:
    data = encode(small, "JPEG", quality=92, progressive=progressive)
    whole, cut = read_photo(data).astype(int), read_photo(data[:-cut_bytes])
    assert np.abs(cut[:224] - whole[:224]).mean() < 1


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_of_which_half_is_missing_is_damaged(small: Image.Image, progressive: bool) -> None:
    data = encode(small, "JPEG", quality=92, progressive=progressive)
    with pytest.raises(TruncatedPhoto):
        read_photo(data[: len(data) // (6 if progressive else 2)])


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "AVIF"])
@pytest.mark.parametrize("tail", [b"\0" * 64, b"a text behind the picture" * 30])
def test_bytes_behind_the_picture_do_not_matter(small: Image.Image, format_name: str, tail: bytes) -> None:
    data = encode(small, format_name)
    np.testing.assert_array_equal(read_photo(data + tail), read_photo(data))


def test_large_texts_and_wrong_checksums_beside_the_picture_do_not_matter(small: Image.Image) -> None:
    data = encode(small, "PNG")
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 3_000_000))
    wrong = chunk(b"tEXt", b"Comment\0hello")[:-1] + b"?"
    np.testing.assert_array_equal(read_photo(data[:33] + text + wrong + data[33:]), np.asarray(small))


def test_a_png_cut_in_its_last_lines_opens_and_one_cut_in_half_does_not(small: Image.Image) -> None:
    data = encode(small, "PNG")
    np.testing.assert_array_equal(read_photo(data[: int(len(data) * 0.97)])[:230], np.asarray(small)[:230])
    with pytest.raises(TruncatedPhoto):
        read_photo(data[: len(data) // 2])


def test_a_jpeg_above_the_limit_is_decoded_scaled_down() -> None:
    assert read_photo(encode(Image.new("RGB", (8160, 6144), (90, 120, 150)), "JPEG")).shape == (3072, 4080, 3)


def coded(picture: Pixels, codes: tuple[int, int]) -> bytes:
    """A 16-bit PNG of sRGB pixels in BT.2020 with PQ or HLG, white at BT.2408's level."""
    import cv2

    light = curves.srgb_to_light(np.asarray(picture / 255, np.float32))
    meaning = curves.of_codes(*codes)
    assert meaning is not None
    light = np.clip(light @ np.linalg.inv(meaning.to_srgb).T.astype(np.float32), 0, None)
    values = curves.light_to_pq(np.asarray(light, np.float32))
    done, file = cv2.imencode(".png", np.rint(values * 65535).astype(np.uint16)[..., ::-1])
    assert done
    data = file.tobytes()
    return data[:33] + chunk(b"cICP", bytes((*codes, 0, 1))) + data[33:]


def test_a_picture_in_pq_comes_out_as_the_one_it_was_made_of(small: Image.Image) -> None:
    pixels = np.asarray(small)
    assert np.abs(read_photo(coded(pixels, (9, 16))).astype(int) - pixels).max() <= 2


def test_light_above_white_is_brought_below_it_in_its_order() -> None:
    light = np.repeat(np.linspace(0, 20, 200, dtype=np.float32)[None, :, None], 3, 2)
    shown = curves.below_white(light, 20.0)
    assert (np.diff(shown[0, :, 0]) > -1e-4).all()
    assert shown.max() <= 1.01
    np.testing.assert_allclose(shown[0, :2], light[0, :2], atol=0.02)


def test_three_quarters_of_hlg_are_white() -> None:
    grey = np.full((1, 1, 3), 0.75, np.float32)
    shown = curves.shown_hlg(curves.hlg_to_scene(grey), (0.2627, 0.6780, 0.0593))
    np.testing.assert_allclose(shown, 1.0, atol=0.02)


def test_a_gamma_of_one_is_linear_light(small: Image.Image) -> None:
    linear = np.rint(curves.srgb_to_light(np.asarray(np.asarray(small) / 255, np.float32)) * 255).astype(np.uint8)
    data = encode(Image.fromarray(linear), "PNG")
    data = data[:33] + chunk(b"gAMA", (100_000).to_bytes(4, "big")) + data[33:]
    assert np.abs(read_photo(data).astype(int) - np.asarray(small)).mean() < 3


def test_transparency_comes_beside_the_pixels(small: Image.Image) -> None:
    cut_out = small.copy()
    alpha = np.zeros((256, 256), np.uint8)
    alpha[:, 100:] = 255
    cut_out.putalpha(Image.fromarray(alpha))
    opened = open_photo(encode(cut_out, "PNG"))
    assert opened.alpha is not None
    np.testing.assert_array_equal(opened.alpha, alpha)
    assert open_photo(encode(small, "PNG")).alpha is None
