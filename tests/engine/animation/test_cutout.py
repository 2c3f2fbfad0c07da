"""A cut-out stays one: what hair leaves is see-through, in every format that can be."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from engine.animation import cut_out, encode, opacity_of, years_for_frames
from engine.animation.cutout import laid_down
from engine.animation.sheet import contact_sheet
from engine.photo import NEUTRAL_GREY
from engine.protocol import AnimationFormat, AnimationOptions

SKIN, HAIR = (220, 170, 140), (40, 30, 20)


def head(hair_to_row: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A block of skin with hair on top, from that row on, before the backdrop; and its opacity."""
    frame = np.full((120, 100, 3), NEUTRAL_GREY, np.uint8)
    opacity = np.zeros((120, 100), np.uint8)
    frame[60:, 20:80] = SKIN
    frame[hair_to_row:60, 20:80] = HAIR
    opacity[hair_to_row:, 20:80] = 255
    return frame, opacity


def balding() -> list[NDArray[np.uint8]]:
    photo, opacity = head(20)
    return [cut_out(frame, opacity_of(frame, photo, opacity)) for frame in (head(row)[0] for row in (20, 33, 46, 60))]


def test_where_hair_was_before_nothing_there_is_nothing_again() -> None:
    photo, opacity = head(20)
    np.testing.assert_array_equal(opacity_of(photo, photo, opacity), opacity)
    np.testing.assert_array_equal(opacity_of(head(60)[0], photo, opacity), head(60)[1])


def test_hair_that_grows_over_nothing_is_opaque() -> None:
    photo, opacity = head(60)
    np.testing.assert_array_equal(opacity_of(head(20)[0], photo, opacity), head(20)[1])


def test_grey_that_is_drawn_inside_the_head_is_no_hole() -> None:
    photo, opacity = head(20)
    frame = photo.copy()
    frame[40:44, 40:60] = NEUTRAL_GREY
    np.testing.assert_array_equal(opacity_of(frame, photo, opacity), opacity)


def test_a_soft_outline_is_soft_and_holds_no_grey() -> None:
    photo, opacity = head(20)
    frame = head(60)[0]
    frame[59, 20:80] = np.rint((np.array(NEUTRAL_GREY) + SKIN) / 2)
    seen = opacity_of(frame, photo, opacity)
    assert np.abs(seen[59, 25:75].astype(int) - 128).max() <= 4
    assert np.abs(cut_out(frame, seen)[59, 25:75, :3].astype(int) - SKIN).max() <= 4


def test_laid_down_again_it_is_the_frame() -> None:
    frame, opacity = head(20)
    soft = np.where(opacity > 0, 128, 0).astype(np.uint8)
    half = np.rint((np.array(NEUTRAL_GREY) + frame) / 2).astype(np.uint8)
    assert np.abs(laid_down(cut_out(half, soft)).astype(int) - half).max() <= 1


@pytest.mark.parametrize("format", ["gif", "webp", "png"])
def test_it_is_transparent_in_every_format_that_can_be(format: AnimationFormat) -> None:
    frames = balding()
    encoded = encode(frames, years_for_frames(4), AnimationOptions(format=format, counter=False))
    with Image.open(BytesIO(encoded.data)) as file:
        read = [np.asarray(frame.convert("RGBA")) for frame in ImageSequence.Iterator(file)]
    shown = [frames[0], frames[1], frames[2], frames[3]] if format != "png" else [frames[3]]
    for wanted, frame in zip(shown, read, strict=False):
        np.testing.assert_array_equal(frame[..., 3] > 127, wanted[..., 3] > 127)
        solid = wanted[..., 3] > 0
        solid &= np.roll(solid, 4, 0) & np.roll(solid, -4, 0) & np.roll(solid, 4, 1) & np.roll(solid, -4, 1)
        assert np.abs(frame[solid][:, :3].astype(int) - wanted[solid][:, :3]).mean() < 6


def test_a_video_shows_the_backdrop(tmp_path: Path) -> None:
    path = tmp_path / "cut-out.mp4"
    path.write_bytes(encode(balding(), years_for_frames(4), AnimationOptions(format="mp4", counter=False)).data)
    reader = imageio_ffmpeg.read_frames(str(path))
    width, height = next(reader)["size"]
    first = np.frombuffer(next(reader), np.uint8).reshape(height, width, 3)
    assert np.abs(first[:15].astype(int) - NEUTRAL_GREY).max() <= 4


def test_the_year_can_be_read_where_nothing_is_behind_it() -> None:
    frames = [np.kron(frame, np.ones((4, 4, 1), np.uint8)) for frame in balding()]
    encoded = encode(frames, years_for_frames(4), AnimationOptions(format="png"))
    with Image.open(BytesIO(encoded.data)) as file:
        corner = np.asarray(file.convert("RGBA"))[-60:, :80].astype(int)
    assert ((corner[..., 3] > 200) & (corner[..., :3] > 200).all(axis=2)).any()  # white writing
    assert ((np.abs(corner[..., 3] - 165) < 8) & (corner[..., :3] < 8).all(axis=2)).any()  # on a dark plate


def test_the_sheet_of_a_cut_out_is_one() -> None:
    with Image.open(BytesIO(contact_sheet(balding(), [0.0, 5.0, 15.0, 20.0]))) as file:
        assert file.mode == "RGBA"
        assert np.asarray(file)[2, 2, 3] == 0
