"""Areas that landmarks surround."""

from __future__ import annotations

import numpy as np

from engine.face.polygon import face_area, filled
from tests.support.schematic_face import face_points


def test_a_polygons_edge_and_inside_are_filled_and_nothing_else() -> None:
    square = np.array([[2.4, 1.0], [5.0, 1.0], [5.0, 3.6], [2.4, 3.6]])
    expected = np.zeros((6, 8), bool)
    expected[1:5, 2:6] = True
    np.testing.assert_array_equal(filled(square, (6, 8)), expected)


def test_a_polygon_may_reach_beyond_the_picture() -> None:
    assert filled(np.array([[-9.0, -9.0], [99.0, -9.0], [99.0, 99.0], [-9.0, 99.0]]), (4, 5)).all()


def test_the_face_lies_between_jaw_and_brows() -> None:
    points = face_points((512, 400), 400)
    area = face_area(points, (1024, 1024))
    inner = np.rint(points[27:]).astype(int)
    assert area[inner[:, 1], inner[:, 0]].all()
    assert not area[: int(points[17:27, 1].min())].any()
    assert not area[int(points[:17, 1].max()) + 2 :].any()
