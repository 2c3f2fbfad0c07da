"""A photo within a picture."""

from __future__ import annotations

from dataclasses import astuple, replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.face.faces import Face, FaceTools, find_faces
from engine.face.panel import Panel, panel_around

PAGE = (0, 170, 90)


@pytest.fixture(scope="module")
def face(tools: FaceTools, astronaut: NDArray[np.uint8]) -> Face:
    return find_faces(tools, astronaut)[0]


def on_page(photo: NDArray[np.uint8], above: int, below: int, left: int, right: int) -> NDArray[np.uint8]:
    page = cv2.copyMakeBorder(photo, above, below, left, right, cv2.BORDER_CONSTANT, value=PAGE)
    return np.asarray(page, np.uint8)


@pytest.mark.parametrize("side", [300, 150])
@pytest.mark.parametrize("quality", [None, 60])
def test_a_photo_on_a_page_is_found_to_the_pixel(
    astronaut: NDArray[np.uint8], face: Face, side: int, quality: int | None
) -> None:
    photo = cv2.resize(astronaut[:300, 70:370], (side, side), interpolation=cv2.INTER_AREA)
    page = on_page(np.asarray(photo, np.uint8), 70, 55, 130, 42)
    if quality is not None:
        _, file = cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, quality])
        page = np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR), np.uint8)
    scale, corner = side / 300, np.array([70, 0])
    small = Face((face.landmarks - corner) * scale, (face.quad - corner) * scale)
    wanted = Panel(70, 130, 70 + side, 130 + side)
    found = panel_around(page, wanted.outside(small))
    assert found is not None
    assert np.abs(np.subtract(astuple(found), astuple(wanted))).max() <= (1 if quality else 0)


def test_a_photo_is_no_photo_within_a_picture(astronaut: NDArray[np.uint8], face: Face) -> None:
    assert panel_around(astronaut, face) is None


def test_below_a_caption_the_photo_begins(astronaut: NDArray[np.uint8], face: Face) -> None:
    """As on a screen that is as wide as the photo."""
    wanted = Panel(80, 0, 592, 512)
    assert panel_around(on_page(astronaut, 80, 0, 0, 0), wanted.outside(face)) == wanted


def test_a_line_behind_the_head_is_no_edge(astronaut: NDArray[np.uint8], face: Face) -> None:
    """A head hides some of it, and a body stands before it."""
    photo = astronaut.copy()
    photo[:300, 60:64] = photo[:300, 420:424] = 0
    photo[6:10, 60:180] = photo[6:10, 260:424] = 0
    assert panel_around(photo, face) is None


def test_faces_of_other_photos_are_not_in_it(face: Face) -> None:
    panel, elsewhere = Panel(10, 20, 522, 532), Panel(10, 900, 522, 1412)
    [inside] = panel.all_inside([panel.outside(face), elsewhere.outside(face)])
    np.testing.assert_allclose(inside.landmarks, face.landmarks)
    np.testing.assert_allclose(panel.inside(panel.outside(face)).quad, face.quad)
    assert not panel.inside(replace(face, sure=False)).sure
