"""What is worn in the hair is told from what hair looks like by itself."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.view import View
from engine.compositing.worn import check_worn
from engine.errors import HatInTheWay
from engine.face.head_axes import HeadAxes
from engine.parsing import FaceClass
from tests.support.haired_head import (
    AXES,
    BLACK,
    BLOND,
    BROWN,
    GREY,
    SIDE_PX,
    Flags,
    Pixels,
    band,
    head,
    painted,
    seen,
)


def view_of(picture: Pixels, hair: Flags, skin: Flags, **other: Flags) -> View:
    """As the parser would see it that takes everything in the hair for hair; other: probable classes by name."""
    planes = np.zeros((19, SIDE_PX, SIDE_PX), np.float32)
    planes[FaceClass.HAIR], planes[FaceClass.SKIN] = 0.85 * hair, 0.95 * skin
    planes[FaceClass.BACKGROUND] = 0.9 * ~(hair | skin)
    for name, where in other.items():
        planes[:, where] *= 0.5
        planes[FaceClass[name]][where] = 0.5
    half = np.stack([cv2.resize(plane, (SIDE_PX // 2,) * 2, interpolation=cv2.INTER_AREA) for plane in planes])
    return View(picture, np.asarray(half, np.float32), np.ones((SIDE_PX, SIDE_PX), bool))


def worn(view: View, kept: Flags | None = None) -> bool:
    try:
        check_worn(view, AXES, np.zeros((SIDE_PX, SIDE_PX), bool) if kept is None else kept)
    except HatInTheWay:
        return True
    return False


def bow(at: tuple[int, int] = (640, 290), size_px: int = 90) -> NDArray[np.uint8]:
    shape = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    for side in (-size_px, size_px):
        corners = np.array([at, (at[0] + side, at[1] - size_px // 2), (at[0] + side, at[1] + size_px // 2)])
        cv2.fillPoly(shape, [corners], 255, cv2.LINE_AA)
    return shape


@pytest.mark.parametrize("hair_colour", [BROWN, BLOND, GREY, BLACK])
def test_hair_by_itself_wears_nothing(hair_colour: tuple[int, int, int]) -> None:
    assert not worn(view_of(*head(hair_colour)))


@pytest.mark.parametrize(
    ("hair_colour", "colour", "width_px"),
    [(BLOND, (25, 22, 25), 50), (BROWN, (225, 220, 215), 36), (BLACK, (180, 30, 40), 60), (GREY, (50, 80, 170), 26)],
)
def test_a_band_is_worn(hair_colour: tuple[int, int, int], colour: tuple[int, int, int], width_px: int) -> None:
    picture, hair, skin = head(hair_colour)
    with pytest.raises(HatInTheWay, match="without it"):
        check_worn(view_of(painted(picture, band(width_px), colour), hair, skin), AXES, np.zeros(hair.shape, bool))


def test_a_band_is_worn_however_the_head_is_tilted() -> None:
    picture, hair, skin = head(BLOND)
    view = view_of(painted(picture, band(50), (25, 22, 25)), hair, skin)
    turn = cv2.getRotationMatrix2D((512, 512), 25, 1)

    def turned(plane: NDArray[np.float32], matrix: NDArray[np.generic]) -> NDArray[np.float32]:
        size = (plane.shape[1], plane.shape[0])
        return np.asarray(
            cv2.warpAffine(plane, np.asarray(matrix, np.float64), size, borderMode=cv2.BORDER_REPLICATE), np.float32
        )

    half = cv2.getRotationMatrix2D((255.75, 255.75), 25, 1)
    tilted = View(
        turned(view.picture, turn), np.stack([turned(plane, half) for plane in view.probabilities]), view.real
    )
    rotation = turn[:, :2]
    axes = HeadAxes(turn @ (*AXES.origin, 1), rotation @ AXES.right, rotation @ AXES.up, AXES.width_px)
    with pytest.raises(HatInTheWay):
        check_worn(tilted, axes, np.zeros(hair.shape, bool))


def test_a_band_that_is_kept_in_place_anyway_is_no_reason_to_refuse() -> None:
    picture, hair, skin = head(BLOND)
    shape = band(50)
    view = view_of(painted(picture, shape, (180, 30, 40)), hair, skin)
    assert worn(view)
    assert not worn(view, np.asarray(cv2.dilate(shape, np.ones((9, 9))) > 0))


@pytest.mark.parametrize("colour", [(200, 60, 110), (50, 80, 190), (40, 150, 70)])
def test_a_coloured_bow_is_worn(colour: tuple[int, int, int]) -> None:
    picture, hair, skin = head(BROWN)
    assert worn(view_of(painted(picture, bow(), colour), hair, skin))


@pytest.mark.parametrize(("hair_colour", "colour"), [(BLOND, (22, 22, 24)), (BROWN, (230, 228, 224))])
def test_a_bow_without_colour_is_worn(hair_colour: tuple[int, int, int], colour: tuple[int, int, int]) -> None:
    picture, hair, skin = head(hair_colour)
    view = view_of(painted(picture, bow(), colour), hair, skin)
    assert worn(view)
    assert not worn(view, np.asarray(cv2.dilate(bow(), np.ones((9, 9))) > 0))


def test_a_grey_wall_between_locks_is_not_worn() -> None:
    picture, hair, skin = head(BLACK)
    wall = ~(hair | skin)
    wall |= bow(size_px=60) > 127
    picture = np.where(wall[..., None], np.array((190, 190, 188), np.float32), picture)
    assert not worn(view_of(seen(picture), hair, skin))


def test_a_coloured_wall_between_locks_is_not_worn() -> None:
    picture, hair, skin = head(BROWN)
    wall = ~(hair | skin)
    wall |= bow(size_px=60) > 127
    picture = np.where(wall[..., None], np.array((60, 90, 200), np.float32), picture)
    assert not worn(view_of(seen(picture), hair, skin))


def test_a_dyed_end_that_fades_is_not_worn() -> None:
    picture, hair, skin = head(BROWN)
    rows = np.mgrid[:SIDE_PX, :SIDE_PX][0].astype(np.float32)
    share = np.clip((400 - rows) / 250, 0, 1)[..., None] * hair[..., None]
    light = picture.mean(2, keepdims=True) / 80
    assert not worn(view_of(picture * (1 - share) + np.array((190, 60, 110)) * light * share, hair, skin))


@pytest.mark.parametrize(("roots", "ends"), [(BLACK, BLOND), (BLOND, BROWN)])
def test_roots_of_another_colour_are_not_worn(roots: tuple[int, int, int], ends: tuple[int, int, int]) -> None:
    """They run around the face as a band does, but fade."""
    (inner, hair, skin), (outer, _, _) = head(roots), head(ends)
    rows, columns = np.mgrid[:SIDE_PX, :SIDE_PX].astype(np.float32)
    out = np.clip((np.hypot((columns - 512) / 225, (rows - 600) / 270) - 1.1) / 0.3, 0, 1)[..., None]
    assert not worn(view_of(inner * (1 - out) + outer * out, hair, skin))


def test_a_parting_and_dark_gaps_are_not_worn() -> None:
    """They are as dark and sharp as a thing, but run along the strands."""
    picture, hair, skin = head(BLOND)
    shape = np.zeros(hair.shape, np.uint8)
    for foot, tip in (((512, 330), (500, 180)), ((390, 390), (300, 260)), ((650, 400), (730, 290))):
        cv2.line(shape, foot, tip, 255, 16, cv2.LINE_AA)
    assert not worn(view_of(painted(picture, shape, (50, 38, 30)), hair, skin))


def test_glasses_pushed_up_are_worn() -> None:
    picture, hair, skin = head(BLACK)
    assert worn(view_of(picture, hair, skin, GLASSES=bow() > 127))


def test_a_side_lock_that_ends_at_the_parting_is_not_worn() -> None:
    picture, hair, skin = head(BLOND)
    shape = band(50)
    shape[:, 490:] = 0
    assert not worn(view_of(painted(picture, shape, (60, 44, 34)), hair, skin))


def test_glasses_before_the_eyes_are_not_in_the_hair() -> None:
    picture, hair, skin = head(BLACK)
    assert not worn(view_of(picture, hair, skin, GLASSES=bow(at=(512, 600)) > 127))
