"""A photo of a print or a screen that leans."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.face.alignment import ffhq_quad
from engine.face.faces import Face, FaceTools, find_faces
from engine.face.leaning_panel import LeaningPanel, leaning_panel_around
from engine.face.panel import Panel, panel_around

PAGE = (0, 170, 90)
SIDE = 700
FINER = 8


@pytest.fixture(scope="module")
def photo(astronaut: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Its edges are seen on any page, unlike those of all of it."""
    return np.ascontiguousarray(astronaut[:300, 70:370])


@pytest.fixture(scope="module")
def face(tools: FaceTools, photo: NDArray[np.uint8]) -> Face:
    return find_faces(tools, photo)[0]


def leaning(degrees: float, tilt: float) -> NDArray[np.float64]:
    """The corners (4,2) of a square print, turned to the right and, from above to below, narrower by a share."""
    half = np.array([[-180.0, -190.0], [180.0, -190.0], [180.0, 190.0], [-180.0, 190.0]])
    half[2:, 0] *= 1 - tilt
    turn = np.deg2rad(degrees)
    turned = half @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return np.asarray(turned + [340.3, 355.7], np.float64)


def photographed(photo: NDArray[np.uint8], face: Face, corners: NDArray[np.float64]) -> tuple[NDArray[np.uint8], Face]:
    """A photo (H,W,3) as a print whose outer corners lie on a page, and its face there."""
    height, width = photo.shape[:2]
    own = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(own, corners.astype(np.float32)).astype(np.float64)
    sheet = cv2.warpPerspective(photo, matrix, (SIDE, SIDE), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    fine = np.zeros((FINER * SIDE, FINER * SIDE), np.uint8)
    cv2.fillConvexPoly(fine, np.rint((corners + 0.5) * FINER - 0.5).astype(np.int32), (255,))
    share = cv2.resize(fine, (SIDE, SIDE), interpolation=cv2.INTER_AREA)[..., None] / 255
    page = np.rint(np.array(PAGE) * (1 - share) + sheet * share).astype(np.uint8)
    landmarks = cv2.perspectiveTransform(face.landmarks[None], matrix)[0]
    return page, Face(landmarks, ffhq_quad(landmarks))


@pytest.mark.parametrize("degrees", [-24.0, 5.0, 12.0])
@pytest.mark.parametrize("tilt", [0.0, 0.12])
def test_a_print_that_leans_is_found_to_the_pixel(
    photo: NDArray[np.uint8], face: Face, degrees: float, tilt: float
) -> None:
    corners = leaning(degrees, tilt)
    page, on_page = photographed(photo, face, corners)
    found = panel_around(page, on_page)
    assert isinstance(found, LeaningPanel)
    assert np.abs(found.corners - corners).max() < 1
    # It lies flat, as the photo did before.
    flat = found.of(page)
    assert flat.shape == (found.height_px, found.width_px, 3)
    again = cv2.resize(flat, (300, 300), interpolation=cv2.INTER_AREA).astype(int)
    soft = cv2.GaussianBlur(photo, (0, 0), 1.0)
    assert np.abs(cv2.GaussianBlur(again.astype(np.uint8), (0, 0), 1.0).astype(int) - soft).mean() < 4
    landmarks = found.inside(on_page).landmarks * 300 / [found.width_px, found.height_px]
    assert np.abs(landmarks - face.landmarks).max() < 2


def test_nothing_of_the_page_is_left_at_its_rim(photo: NDArray[np.uint8], face: Face) -> None:
    page, on_page = photographed(photo // 3, face, leaning(12, 0.1))
    found = leaning_panel_around(page, on_page)
    assert found is not None
    flat = found.of(page).astype(int)
    rim = np.concatenate([flat[0], flat[-1], flat[:, 0], flat[:, -1]])
    assert (np.abs(rim - PAGE).max(1) > 60).all()


def test_an_upright_one_is_told_by_rows_and_columns(photo: NDArray[np.uint8], face: Face) -> None:
    page = np.full((500, 520, 3), PAGE, np.uint8)
    page[90:390, 100:400] = photo
    wanted = Panel(90, 100, 390, 400)
    assert leaning_panel_around(page, wanted.outside(face)) is None
    assert panel_around(page, wanted.outside(face)) == wanted


def test_a_photo_is_no_print(photo: NDArray[np.uint8], face: Face) -> None:
    assert leaning_panel_around(photo, face) is None


def test_where_one_side_lies_outside_of_the_picture_it_ends_before(photo: NDArray[np.uint8], face: Face) -> None:
    corners = leaning(8, 0.0)
    page, on_page = photographed(photo, face, corners)
    bottom = int(corners[2:, 1].min()) - 20
    found = leaning_panel_around(np.ascontiguousarray(page[:bottom]), on_page)
    assert found is not None
    assert np.abs(found.corners[:2] - corners[:2]).max() < 1
    assert bottom - 5 < found.bounds[3] <= bottom + 0.5
    sides = np.roll(found.corners, -1, 0) - found.corners
    np.testing.assert_allclose(sides[2] / np.linalg.norm(sides[2]), -sides[0] / np.linalg.norm(sides[0]), atol=1e-6)


def test_faces_go_in_and_out(face: Face) -> None:
    panel = LeaningPanel(leaning(20, 0.1), 380, 390)
    there = panel.outside(face)
    np.testing.assert_allclose(panel.inside(there).landmarks, face.landmarks, atol=1e-6)
    far = Face(there.landmarks + [400.0, 0], there.quad + [400.0, 0])
    assert len(panel.all_inside([there, far])) == (1 if (face.landmarks.mean(0) < [380, 390]).all() else 0)


@pytest.mark.parametrize("scale", [1.0, 0.4])
def test_what_it_covers_of_each_pixel(scale: float) -> None:
    panel = LeaningPanel(leaning(15, 0.1), 380, 390)
    side = round(SIDE * scale)
    shown = panel.shown(slice(0, side), slice(0, side), scale)
    x, y = panel.corners.T
    area = abs(float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())) / 2
    assert abs(float(shown.sum()) / scale**2 - area) < 0.01 * area
    part = panel.shown(slice(20, side), slice(35, side), scale)
    np.testing.assert_allclose(part, shown[20:, 35:], atol=0.15)
