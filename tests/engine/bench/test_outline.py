"""Outlines of heads whose radius is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.bench.outline import PER_DEGREE, outline, outline_step
from engine.parsing import FaceClass
from tests.support.measured_face import face_at

SIZE_PX, WIDTH_PX, RADIUS = 512, 200.0, 0.6
FACE = face_at(256, 256, WIDTH_PX)
EVERYWHERE = np.ones((SIZE_PX, SIZE_PX), bool)
Y, X = np.mgrid[:SIZE_PX, :SIZE_PX]
DISTANCE = np.hypot(X - 256, Y - 256) / WIDTH_PX
DEGREE = np.degrees(np.arctan2(256 - Y, X - 256))


def head(extra: NDArray[np.bool_] | None = None, missing: NDArray[np.bool_] | None = None) -> NDArray[np.uint8]:
    """A round head of skin, with something more or less."""
    classes = np.where(DISTANCE < RADIUS, FaceClass.SKIN, FaceClass.BACKGROUND).astype(np.uint8)
    if extra is not None:
        classes[extra] = FaceClass.HAIR
    if missing is not None:
        classes[missing] = FaceClass.BACKGROUND
    return classes


def step(classes: NDArray[np.uint8], inside: NDArray[np.bool_] = EVERYWHERE) -> float:
    return outline_step(outline(classes, inside, FACE))


def test_a_round_head_has_one_radius_and_no_step() -> None:
    radii = outline(head(), EVERYWHERE, FACE)
    known = np.isfinite(radii)
    assert np.flatnonzero(known[::PER_DEGREE]).tolist() == list(range(10, 171))
    assert radii[known] == pytest.approx(RADIUS, abs=0.01)
    assert outline_step(radii) < 0.01


@pytest.mark.parametrize("height", [0.04, 0.08])
def test_hair_that_ends_in_mid_air_is_a_step_as_high_as_it_stands_off(height: float) -> None:
    horn = (height > DISTANCE - RADIUS) & (DEGREE > 0) & (DEGREE < 40)
    assert step(head(extra=horn)) == pytest.approx(height, abs=0.01)


def test_a_notch_is_a_step() -> None:
    notch = (DISTANCE > RADIUS - 0.06) & (DEGREE > 50) & (DEGREE < 54)
    assert step(head(missing=notch)) == pytest.approx(0.06, abs=0.01)


def test_a_single_strand_and_a_speck_apart_are_none() -> None:
    strand = (np.abs(X - 256) < 2) & (Y < 200) & (Y > 60)
    speck = np.hypot(X - 400, Y - 110) < 15
    assert step(head(extra=strand | speck)) < 0.012


def test_ears_and_what_is_below_do_not_count() -> None:
    classes = head()
    classes[(DISTANCE > 0.5) & (DISTANCE < 0.7) & (DEGREE > -20) & (DEGREE < 25)] = FaceClass.RIGHT_EAR
    radii = outline(classes, EVERYWHERE, FACE)
    degrees = radii[::PER_DEGREE]
    assert np.isnan(degrees[:26]).all()
    assert np.isfinite(degrees[28:160]).all()
    assert outline_step(radii) < 0.01


def test_what_cloth_or_the_photos_edge_hides_is_unknown() -> None:
    classes = head()
    classes[(DISTANCE > 0.5) & (DEGREE > 30) & (DEGREE < 60)] = FaceClass.CLOTH
    radii = outline(classes, EVERYWHERE, FACE)
    degrees = radii[::PER_DEGREE]
    assert np.isnan(degrees[32:58]).all()
    assert outline_step(radii) < 0.01
    cut = EVERYWHERE.copy()
    cut[:180] = False
    degrees = outline(head(), cut, FACE)[::PER_DEGREE]
    assert np.isnan(degrees[60:120]).all()
    assert np.isfinite(degrees[20:30]).all()
    assert np.isnan(step(np.zeros((SIZE_PX, SIZE_PX), np.uint8)))
