"""Stray hair before the background, and what is none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.matte import HairMatte, hair_matte
from engine.compositing.strays import StraySettings, strays
from engine.compositing.view import View
from engine.face.head_axes import HeadAxes
from engine.imaging.ops import distance_to
from engine.parsing import FaceClass
from tests.support.schematic_head import FACE_PX, HAIR, SchematicHead

UNIT_PX = FACE_PX / 500


def matte_of(view: View, axes: HeadAxes) -> HairMatte:
    _, v = axes.coordinates((view.picture.shape[0], view.picture.shape[1]))
    return hair_matte(view, v, UNIT_PX)


@pytest.fixture(scope="module")
def hair(head: SchematicHead) -> NDArray[np.bool_]:
    return np.asarray(head.photo_classes == FaceClass.HAIR, bool)


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


@pytest.mark.parametrize(("thick_px", "thickest_px", "strand"), [(3, 7.0, True), (11, 7.0, False), (11, 16.0, True)])
def test_what_is_long_and_thicker_than_a_strand_is_none(thick_px: int, thickest_px: float, strand: bool) -> None:
    """A bent bough in the hair's colour that begins at the hair; the coarser the photo, the thicker strands are."""
    solid, drawn = np.zeros((300, 300), bool), np.zeros((300, 300), np.uint8)
    solid[:, :60] = True
    cv2.polylines(drawn, [np.array([[60, 200], [110, 180], [150, 120], [155, 60]], np.int32)], False, (1,), thick_px)
    bough = (drawn > 0) & ~solid
    away = distance_to(solid)
    found = strays(bough.astype(np.float32), ~solid, solid, away, 1.0, thickest_px, StraySettings())
    off = bough & (away > StraySettings().patch_within_px)
    assert found[off].mean() == float(strand)
    assert not found[~bough].any()
