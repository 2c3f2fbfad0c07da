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


def test_a_stray_lock_before_the_background_is_found_and_the_background_is_not(
    head: SchematicHead, hair: NDArray[np.bool_]
) -> None:
    """A thin curl that leaves the hair to the upper right; the parser has not seen it."""
    drawn = np.zeros(hair.shape, np.uint8)
    cv2.polylines(drawn, [np.array([[330, 125], [352, 112], [366, 90], [362, 78]], np.int32)], False, (1,), 2)
    curl = (drawn > 0) & ~hair
    picture = head.photo.picture.copy()
    picture[curl] = HAIR
    strays = matte_of(View(picture, head.photo.probabilities, head.photo.real), head.axes).strays
    assert strays[curl].mean() > 0.6
    far = ~(cv2.dilate(curl.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0)
    assert strays[far].mean() < 0.005


def test_bars_behind_the_head_are_no_strands(head: SchematicHead, hair: NDArray[np.bool_]) -> None:
    """As dark as the hair, thin and long; a strand between two of them is still found."""
    drawn, strand = np.zeros(hair.shape, np.uint8), np.zeros(hair.shape, np.uint8)
    for left in range(20, hair.shape[1], 60):
        cv2.line(drawn, (left, 0), (left, hair.shape[0]), (1,), 3)
    cv2.polylines(strand, [np.array([[330, 125], [354, 122], [352, 98]], np.int32)], False, (1,), 2)
    background = np.asarray(head.photo_classes == FaceClass.BACKGROUND, bool)
    bars, lock = (drawn > 0) & background, (strand > 0) & background
    picture = head.photo.picture.copy()
    picture[bars | lock] = HAIR
    matte = matte_of(View(picture, head.photo.probabilities, head.photo.real), head.axes)
    off_hair = bars & ~matte.near_solid(30 * UNIT_PX) & ~(cv2.dilate(strand, np.ones((15, 15), np.uint8)) > 0)
    assert matte.strays[off_hair].mean() < 0.02
    assert matte.strays[lock & ~bars].mean() > 0.5


def test_before_a_calm_wall_the_shortest_hair_is_found_and_before_a_busy_one_it_is_not(
    head: SchematicHead, hair: NDArray[np.bool_]
) -> None:
    """A hair of a few pixels that nothing joins to the head, before an even wall and before a rough one."""
    crumb = np.zeros_like(hair)
    crumb[104:110, 352:354] = True
    wall = np.asarray(head.photo_classes == FaceClass.BACKGROUND, bool)
    found = []
    for roughness in (0.0, 20.0):
        picture = head.photo.picture.copy()
        picture[wall] = 200 + np.random.default_rng(0).normal(0, roughness, (int(wall.sum()), 1))
        picture[crumb] = 150
        strays = matte_of(View(picture, head.photo.probabilities, head.photo.real), head.axes).strays
        found.append(float(strays[crumb].mean()))
    assert found[0] > 0.9
    assert found[1] < 0.5


def test_what_ends_before_the_wall_away_from_the_hair_is_nobody_s_strand(
    head: SchematicHead, hair: NDArray[np.bool_]
) -> None:
    """A dark cupboard's edge, as dark as the hair: one side of it is another thing than the other."""
    wall = np.asarray(head.photo_classes == FaceClass.BACKGROUND, bool)
    cupboard = np.zeros_like(hair)
    cupboard[150:240, 445:500] = True
    # An edge that is not straight, as leaves and hands have.
    cupboard[170:180, 439:445] = cupboard[200:206, 441:445] = True
    cupboard &= wall
    picture = head.photo.picture.copy()
    picture[wall] = 200
    picture[cupboard] = HAIR
    matte = matte_of(View(picture, head.photo.probabilities, head.photo.real), head.axes)
    assert cupboard.sum() > 3000
    assert (matte.strays & cupboard).sum() < 0.01 * cupboard.sum()


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
