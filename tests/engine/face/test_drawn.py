"""Drawn faces are told from photographed ones, and from photos that cameras and chats have spoilt."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.bench.degraded import DEGRADATIONS, Degradation, compressed, exposed
from engine.errors import DrawnFace, FaceBlurred, HatInTheWay
from engine.face.alignment import apply_inverse, crop_face, crop_matrix
from engine.face.drawn import DrawnSettings, check_photographed, drawn_evidence, drawn_if_refused
from engine.face.faces import FaceTools, choose_faces, find_faces
from tests.support.drawn_avatar import drawn_avatar

Crop = tuple[NDArray[np.uint8], NDArray[np.float64]]


def crop_of(tools: FaceTools, picture: NDArray[np.uint8]) -> Crop:
    face = choose_faces(find_faces(tools, picture), "largest")[0]
    return crop_face(picture, face.quad), apply_inverse(crop_matrix(face.quad), face.landmarks)


@pytest.fixture(scope="module")
def photographed(tools: FaceTools, astronaut: NDArray[np.uint8]) -> Crop:
    return crop_of(tools, astronaut)


@pytest.fixture(scope="module")
def drawn(tools: FaceTools) -> Crop:
    return crop_of(tools, drawn_avatar(256))


def test_an_avatar_in_flat_colours_is_drawn(drawn: Crop) -> None:
    with pytest.raises(DrawnFace, match="looks drawn"):
        check_photographed(*drawn)


def test_a_photo_is_not(photographed: Crop) -> None:
    check_photographed(*photographed)
    assert drawn_evidence(*photographed).score < 0.8


@pytest.mark.parametrize("degradation", DEGRADATIONS, ids=lambda one: one.name)
def test_no_spoilt_photo_is_drawn(photographed: Crop, degradation: Degradation) -> None:
    crop, landmarks = photographed
    spoilt = degradation.apply(crop, np.random.default_rng(0))
    check_photographed(spoilt, landmarks)


def test_an_over_exposed_photo_is_of_one_colour_and_yet_not_certainly_drawn(photographed: Crop) -> None:
    crop, landmarks = photographed
    white = exposed(crop, 4)
    assert drawn_evidence(white, landmarks).blown
    check_photographed(white, landmarks)


def held_before(photographed: Crop, colour: tuple[int, int, int], across: tuple[float, float]) -> Crop:
    """The photo with a phone of one colour before the lower face, between two shares of its width."""
    crop, landmarks = photographed
    held = crop.copy()
    (left, top), (right, bottom) = landmarks[17:].min(0).astype(int), landmarks.max(0).astype(int)
    start, end = (round(left - 60 + share * (right - left + 120)) for share in across)
    held[(2 * top + bottom) // 3 : bottom, start:end] = colour
    return held, landmarks


def test_a_photo_with_a_dark_phone_before_the_face_is_not_drawn(photographed: Crop) -> None:
    held, landmarks = held_before(photographed, (20, 20, 22), (0.0, 1.0))
    assert drawn_evidence(held, landmarks).score > DrawnSettings().certain
    check_photographed(held, landmarks)
    with pytest.raises(FaceBlurred), drawn_if_refused(held, landmarks):
        raise FaceBlurred("Too blurred.")


def test_a_photo_with_a_light_phone_before_half_the_face_is_not_drawn(photographed: Crop) -> None:
    held, landmarks = held_before(photographed, (200, 200, 205), (0.5, 1.0))
    assert drawn_evidence(held, landmarks).before
    with pytest.raises(FaceBlurred), drawn_if_refused(held, landmarks, replace(DrawnSettings(), likely=0.0)):
        raise FaceBlurred("Too blurred.")


@pytest.mark.parametrize("side_px", [128, 256, 512])
def test_the_one_colour_of_a_drawn_face_is_no_thing_before_it(tools: FaceTools, side_px: int) -> None:
    assert not drawn_evidence(*crop_of(tools, drawn_avatar(side_px))).before


def test_what_is_wrong_with_a_drawing_is_that_it_is_one(drawn: Crop) -> None:
    """A JPEG's noise hides how flat its colours are, so that it is likely drawn, not certainly."""
    crop, landmarks = drawn
    noisy = compressed(crop, 40)
    with pytest.raises(DrawnFace), drawn_if_refused(noisy, landmarks):
        raise HatInTheWay("A hat covers the hair.")


def test_what_is_wrong_with_a_photo_stays_what_it_is(photographed: Crop) -> None:
    with pytest.raises(FaceBlurred), drawn_if_refused(*photographed):
        raise FaceBlurred("Too blurred.")


def test_whom_nothing_is_wrong_with_nobody_asks_whether_they_are_drawn(drawn: Crop) -> None:
    with drawn_if_refused(*drawn):
        pass


def test_flat_areas_and_lines_are_told_apart(drawn: Crop) -> None:
    crop, landmarks = drawn
    flat = np.full_like(crop, 200)
    assert drawn_evidence(flat, landmarks).one_colour == pytest.approx(1.0)
    soft = np.asarray(cv2.GaussianBlur(crop, (0, 0), 40), np.uint8)
    assert drawn_evidence(soft, landmarks).at_lines < drawn_evidence(crop, landmarks).at_lines - 0.2


def test_the_limit_is_a_setting(photographed: Crop) -> None:
    with pytest.raises(DrawnFace):
        check_photographed(*photographed, replace(DrawnSettings(), certain=0.1))


def test_landmarks_beside_the_crop_prove_nothing(photographed: Crop) -> None:
    crop, landmarks = photographed
    assert drawn_evidence(crop, landmarks + 5000).score == 0.0
