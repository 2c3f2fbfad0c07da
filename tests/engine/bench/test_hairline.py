"""Hairlines that were drawn where they are measured."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.bench.hairline import hairline, temple_lead, top
from engine.face.head_axes import head_axes
from engine.parsing import FaceClass
from tests.support.measured_face import face_at

SIZE_PX, WIDTH_PX = 512, 200.0
FACE = face_at(256, 300, WIDTH_PX)
Classes = NDArray[np.uint8]


def head(middle: float, temples: float, roll_degrees: float = 0.0) -> Classes:
    """A head 0.7 face widths high: hair from `middle` up near the midline, from `temples` up beside it."""
    u, v = head_axes(face_at(256, 300, WIDTH_PX, roll_degrees)).coordinates(SIZE_PX)
    classes = np.full((SIZE_PX, SIZE_PX), FaceClass.BACKGROUND, np.uint8)
    on_head = (np.abs(u) < 0.6) & (v < 0.7)
    classes[on_head] = FaceClass.SKIN
    classes[on_head & (v > np.where(np.abs(u) < 0.2, middle, temples))] = FaceClass.HAIR
    return classes


@pytest.mark.parametrize("roll_degrees", [0.0, 30.0])
def test_the_hairline_is_where_the_hair_begins_on_a_rolled_head_too(roll_degrees: float) -> None:
    axes = head_axes(face_at(256, 300, WIDTH_PX, roll_degrees))
    classes = head(0.3, 0.2, roll_degrees)
    assert hairline(classes, axes, 0.0) == pytest.approx(0.3, abs=0.01)
    assert hairline(classes, axes, 0.3) == pytest.approx(0.2, abs=0.01)
    assert top(classes, axes, 0.0) == pytest.approx(0.7, abs=0.01)


def test_a_strand_on_the_forehead_is_no_hairline() -> None:
    classes = head(0.3, 0.3)
    classes[300 - 22 : 300 - 17, 200:300] = FaceClass.HAIR
    assert hairline(classes, head_axes(FACE), 0.0) == pytest.approx(0.3, abs=0.01)


def test_temples_that_go_first_lead_and_an_even_edge_does_not() -> None:
    assert temple_lead(head(0.3, 0.2), head(0.35, 0.4), FACE) == pytest.approx(0.15, abs=0.015)
    assert temple_lead(head(0.3, 0.2), head(0.45, 0.35), FACE) == pytest.approx(0.0, abs=0.015)
    assert temple_lead(head(0.3, 0.2), head(0.5, 0.2), FACE) == pytest.approx(-0.2, abs=0.015)


def test_where_no_hair_is_left_the_line_has_gone_to_the_top_of_the_head() -> None:
    assert temple_lead(head(0.3, 0.3), head(0.3, 2.0), FACE) == pytest.approx(0.4, abs=0.015)


def test_one_temple_is_enough_and_none_tells_nothing() -> None:
    before, after = head(0.3, 0.2), head(0.3, 0.3)
    before[:, :200] = np.where(before[:, :200] == FaceClass.HAIR, FaceClass.SKIN, before[:, :200])
    assert temple_lead(before, after, FACE) == pytest.approx(0.1, abs=0.015)
    assert np.isnan(temple_lead(head(0.3, 2.0), after, FACE))
    assert np.isnan(temple_lead(head(2.0, 0.2), after, FACE))
