"""The scalp's colour beside the face's, on heads of known colours."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.bench.ciede import ciede2000
from engine.bench.scalp_tone import middle_of_scalp, scalp_tone
from engine.face.head_axes import head_axes
from engine.parsing import FaceClass
from tests.support.measured_face import face_at

SIZE_PX = 512
FACE = face_at(256, 300, 200.0)
U, V = head_axes(FACE).coordinates(SIZE_PX)
EVERYWHERE = np.ones((SIZE_PX, SIZE_PX), bool)
SKIN, SHADE, DARK = (220, 170, 140), (170, 120, 95), (120, 85, 70)
Colour = tuple[int, int, int]


def classes(hair_from: float) -> NDArray[np.uint8]:
    """A head 0.7 face widths high with hair from some height on."""
    drawn = np.full((SIZE_PX, SIZE_PX), FaceClass.BACKGROUND, np.uint8)
    drawn[(np.abs(U) < 0.5) & (V < 0.7)] = FaceClass.SKIN
    drawn[(np.abs(U) < 0.5) & (V < 0.7) & (hair_from < V)] = FaceClass.HAIR
    return drawn


def picture(scalp: Colour, hairline: float = 0.3) -> NDArray[np.uint8]:
    """The left third of the face in the shade, and a scalp of one colour above the hairline."""
    drawn = np.zeros((SIZE_PX, SIZE_PX, 3), np.uint8)
    drawn[:] = SKIN
    drawn[U < -0.15] = SHADE
    drawn[hairline < V] = scalp
    return drawn


def lab(colour: Colour) -> NDArray[np.float64]:
    pixel = np.array([[colour]], np.float32) / 255
    return np.asarray(cv2.cvtColor(pixel, cv2.COLOR_RGB2LAB)[0, 0], np.float64)


def tone(scalp: Colour) -> float:
    return scalp_tone(picture(DARK), classes(0.3), picture(scalp), classes(2.0), FACE, EVERYWHERE)


def test_a_scalp_like_the_bright_side_of_the_face_differs_by_nothing() -> None:
    assert tone(SKIN) == 0.0


@pytest.mark.parametrize("scalp", [SHADE, DARK])
def test_a_darker_scalp_differs_by_as_much_as_the_two_colours(scalp: Colour) -> None:
    assert tone(scalp) == pytest.approx(ciede2000(lab(scalp), lab(SKIN)))
    assert tone(scalp) > 10


def test_a_real_bald_head_is_measured_with_itself() -> None:
    bald = picture(SHADE)
    expected = pytest.approx(ciede2000(lab(SHADE), lab(SKIN)))
    assert scalp_tone(bald, classes(2.0), bald, classes(2.0), FACE, EVERYWHERE) == expected


def test_the_scalp_begins_above_the_old_hairline_and_a_fringe_does_not_lower_it() -> None:
    for hair_from, lowest in ((0.5, 0.52), (0.1, 0.32)):
        region = middle_of_scalp(classes(hair_from), classes(2.0), FACE)
        assert V[region].min() == pytest.approx(lowest, abs=0.01)
        assert np.abs(U[region]).max() == pytest.approx(0.15, abs=0.01)


def test_where_hair_is_left_on_top_there_is_nothing_to_tell() -> None:
    left = scalp_tone(picture(DARK), classes(0.3), picture(SKIN), classes(0.3), FACE, EVERYWHERE)
    assert np.isnan(left)
