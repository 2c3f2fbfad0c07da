"""A round avatar is a photo in a frame; somebody cut out along the hair is none."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.models.load import Models
from engine.pipeline.framed import beyond_frame, is_framed
from engine.pipeline.run import bald
from engine.protocol import AnimationOptions, BaldOptions

SIDE_PX = 200


def disc() -> NDArray[np.uint8]:
    plane = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    cv2.circle(plane, (100, 100), 95, 255, -1, cv2.LINE_AA)
    return plane


def bust() -> NDArray[np.uint8]:
    plane = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    cv2.ellipse(plane, (100, 80), (45, 60), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.ellipse(plane, (100, 200), (90, 55), 0, 0, 360, 255, -1, cv2.LINE_AA)
    return plane


def rectangle() -> NDArray[np.uint8]:
    plane = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    plane[30:170, 20:180] = 255
    return plane


@pytest.mark.parametrize("shape", [disc(), rectangle()])
def test_a_disc_and_a_rectangle_are_frames(shape: NDArray[np.uint8]) -> None:
    assert is_framed(shape)


@pytest.mark.parametrize("shape", [bust(), np.zeros((SIDE_PX, SIDE_PX), np.uint8)])
def test_a_person_cut_out_and_nothing_at_all_are_not(shape: NDArray[np.uint8]) -> None:
    assert not is_framed(shape)


def test_beyond_the_frame_the_photo_goes_on_in_the_colours_nearest_to_it() -> None:
    photo = np.full((SIDE_PX, SIDE_PX, 3), 128, np.uint8)
    inside = disc() == 255
    photo[inside] = (200, 60, 30)
    photo[:100][inside[:100]] = (30, 60, 200)
    seen = beyond_frame(photo, disc())
    np.testing.assert_array_equal(seen[inside], photo[inside])
    assert np.abs(seen[0, 0].astype(int) - (30, 60, 200)).max() < 30
    assert np.abs(seen[-1, -1].astype(int) - (200, 60, 30)).max() < 30


def test_a_photo_of_which_nothing_is_opaque_stays() -> None:
    photo = np.full((8, 8, 3), 9, np.uint8)
    np.testing.assert_array_equal(beyond_frame(photo, np.zeros((8, 8), np.uint8)), photo)


@pytest.mark.slow
def test_a_round_avatar_stays_as_round_as_it_was(models: Models, astronaut: NDArray[np.uint8]) -> None:
    """The hair meets the disc's edge, where it left holes, and pieces of the background outside."""
    head = cv2.resize(astronaut[:250, 110:360], (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    file = BytesIO()
    Image.fromarray(np.dstack([head, disc()])).save(file, "PNG")
    options = AnimationOptions(format="png", size_px=SIDE_PX, counter=False)
    made = bald(models, file.getvalue(), BaldOptions(preset="draft"), options, lambda progress: None)
    with Image.open(BytesIO(made.animation)) as still:
        last = np.asarray(still.convert("RGBA"))
    np.testing.assert_array_equal(last[..., 3], disc())
    changed = np.abs(last[..., :3].astype(int) - head).max(-1) > 8
    assert changed[disc() == 255].mean() > 0.05
