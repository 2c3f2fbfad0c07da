"""How much of each pixel is hair."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.matte import HairMatte, hair_matte, strand_plane
from engine.compositing.view import View
from engine.face.head_axes import HeadAxes
from engine.parsing import FaceClass
from tests.support.schematic_head import FACE_PX, HAIR, SchematicHead, draw_head

UNIT_PX = FACE_PX / 500


def matte_of(view: View, axes: HeadAxes) -> HairMatte:
    _, v = axes.coordinates((view.picture.shape[0], view.picture.shape[1]))
    return hair_matte(view, v, UNIT_PX)


@pytest.fixture(scope="module")
def matte(head: SchematicHead) -> HairMatte:
    return matte_of(head.photo, head.axes)


@pytest.fixture(scope="module")
def hair(head: SchematicHead) -> NDArray[np.bool_]:
    return np.asarray(head.photo_classes == FaceClass.HAIR, bool)


def test_hair_is_whole_inside_and_absent_outside(matte: HairMatte, hair: NDArray[np.bool_]) -> None:
    assert matte.alpha.min() >= 0
    assert matte.alpha.max() <= 1
    assert matte.alpha[hair].mean() > 0.9
    assert matte.alpha[~hair].mean() < 0.02
    assert (matte.solid == hair).mean() > 0.99
    assert (matte.hard >= matte.solid).all()


def test_its_colour_is_that_of_the_hair(matte: HairMatte) -> None:
    np.testing.assert_allclose(matte.colour, HAIR, atol=12)


def test_a_strand_on_the_forehead_is_found_and_the_skin_beside_it_is_not(
    head: SchematicHead, hair: NDArray[np.bool_]
) -> None:
    drawn = np.zeros(hair.shape, np.uint8)
    cv2.line(drawn, (256, 180), (262, 216), (1,), 2)
    strand = (drawn > 0) & ~hair
    picture = head.photo.picture.copy()
    picture[strand] = HAIR
    matte = matte_of(View(picture, head.photo.probabilities, head.photo.real), head.axes)
    assert matte.fallen[strand].mean() > 0.6
    assert matte.fallen[200:215, 290:320].sum() == 0
    plane = strand_plane(matte)
    assert plane[strand].mean() > 0.6
    assert plane[206, 300] == 0


def test_a_bald_head_has_no_hair_and_is_no_error() -> None:
    bald = draw_head(with_hair=False)
    matte = matte_of(bald.photo, bald.axes)
    assert matte.alpha.max() == 0
    assert not (matte.solid | matte.hard | matte.strays | matte.fallen).any()
    assert np.isfinite(matte.colour).all()


def test_a_speck_that_the_parser_takes_for_hair_is_left_out(head: SchematicHead, matte: HairMatte) -> None:
    probabilities = head.photo.probabilities.copy()
    probabilities[:, 20:26, 20:26] = 0
    probabilities[FaceClass.HAIR, 20:26, 20:26] = 1
    speckled = matte_of(replace(head.photo, probabilities=probabilities), head.axes)
    assert not speckled.solid[40:52, 40:52].any()
    np.testing.assert_array_equal(speckled.solid, matte.solid)
