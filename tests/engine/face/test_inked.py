"""Dots of a press and lines of a pencil are told from photos, whatever cameras and chats have made of these."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.bench.degraded import DEGRADATIONS, Degradation, exposed
from engine.face.alignment import apply_inverse, crop_face, crop_matrix
from engine.face.drawn import drawn_evidence
from engine.face.faces import choose_faces, find_faces, load_face_tools
from engine.face.inked import in_dots, lines_in_hair
from engine.weights import dlib_model_path
from tests.support.inks import pencilled, printed

Crop = tuple[NDArray[np.uint8], NDArray[np.float64]]


@pytest.fixture(scope="module")
def photographed(astronaut: NDArray[np.uint8]) -> Crop:
    tools = load_face_tools(dlib_model_path("shape_predictor_68_face_landmarks.dat"))
    face = choose_faces(find_faces(tools, astronaut), "largest")[0]
    return crop_face(astronaut, face.quad), apply_inverse(crop_matrix(face.quad), face.landmarks)


def hair_of(crop: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where the curls of the one person are that is looked at here."""
    hair = np.zeros(crop.shape[:2], bool)
    hair[80:280, 320:700] = True
    return hair


@pytest.mark.parametrize("dot_px", [8, 12, 16])
def test_a_printed_face_is_in_dots(photographed: Crop, dot_px: float) -> None:
    crop, landmarks = photographed
    assert in_dots(printed(crop, dot_px), landmarks)


@pytest.mark.parametrize("side_px", [260, 512])
def test_a_face_of_scattered_black_and_white_is_in_dots(photographed: Crop, side_px: int) -> None:
    crop, landmarks = photographed
    small = Image.fromarray(crop).resize((side_px, side_px)).convert("1").convert("RGB").resize(crop.shape[1::-1])
    assert in_dots(np.asarray(small), landmarks)


def test_much_noise_is_no_scattered_black_and_white(photographed: Crop) -> None:
    crop, landmarks = photographed
    noise = np.random.default_rng(1).normal(0, 90, crop.shape)
    assert not in_dots(np.clip(crop + noise, 0, 255).astype(np.uint8), landmarks)


@pytest.mark.parametrize("degradation", DEGRADATIONS, ids=lambda one: one.name)
def test_no_spoilt_photo_is_in_dots(photographed: Crop, degradation: Degradation) -> None:
    crop, landmarks = photographed
    assert not in_dots(degradation.apply(crop, np.random.default_rng(0)), landmarks)


def test_pencilled_hair_is_lines_on_paper_and_over_exposed_hair_is_not(photographed: Crop) -> None:
    crop, landmarks = photographed
    hair = hair_of(crop)
    for stroke_px in (6.0, 15.0, 30.0):
        drawing = pencilled(crop, stroke_px)
        assert lines_in_hair(drawing, landmarks, hair, drawn_evidence(drawing, landmarks).brightness)
    grey = np.repeat(crop.mean(-1, keepdims=True).astype(np.uint8), 3, 2)
    for photo in (crop, grey, exposed(grey, 1), exposed(grey, 1.5)):
        assert not lines_in_hair(photo, landmarks, hair, drawn_evidence(photo, landmarks).brightness)


def test_what_is_not_there_is_neither(photographed: Crop) -> None:
    crop, landmarks = photographed
    assert not in_dots(crop, landmarks + 5000)
    assert not lines_in_hair(pencilled(crop), landmarks, np.zeros(crop.shape[:2], bool), 255.0)
