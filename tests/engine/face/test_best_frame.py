"""Of an animation, the frame that shows a face best is worked on."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.face.best_frame import best_of, face_mark, open_best
from engine.face.faces import FaceTools

Frame = NDArray[np.uint8]


@pytest.fixture(scope="module")
def face(astronaut: Frame) -> Frame:
    return np.ascontiguousarray(astronaut[:256, 100:356])


def animation(frames: list[Frame], format_name: str = "GIF") -> bytes:
    file = BytesIO()
    first, *others = (Image.fromarray(frame) for frame in frames)
    first.save(file, format_name, save_all=True, append_images=others, duration=80)
    return file.getvalue()


@pytest.mark.parametrize("format_name", ["GIF", "WEBP"])
def test_an_avatar_that_fades_in_is_seen_once_it_is_there(tools: FaceTools, face: Frame, format_name: str) -> None:
    fade = [(face * share).astype(np.uint8) for share in (0.0, 0.05, 0.1, 0.2, 1.0, 0.2)]
    photo, number = open_best(tools, animation(fade, format_name))
    assert number == 4
    assert photo.animated
    assert np.abs(photo.pixels.astype(int) - face).mean() < 12  # a GIF has few colours


def test_the_first_frame_stays_where_it_is_as_good(tools: FaceTools, face: Frame) -> None:
    brighter = np.clip(face.astype(int) + 8, 0, 255).astype(np.uint8)
    assert open_best(tools, animation([face, brighter, face[:, ::-1]]))[1] == 0


def test_without_a_face_it_is_the_first(tools: FaceTools, face: Frame) -> None:
    assert best_of(tools, [(0, np.zeros_like(face)), (3, np.full_like(face, 90))]) == 0


def test_a_blurred_face_marks_lower_and_a_larger_one_higher(tools: FaceTools, face: Frame) -> None:
    blurred = np.asarray(cv2.GaussianBlur(face, (0, 0), 6), np.uint8)
    close = np.ascontiguousarray(face[:190, 20:210])
    assert face_mark(tools, blurred) < 0.8 * face_mark(tools, face) < face_mark(tools, close)


def test_a_still_is_not_looked_through(tools: FaceTools, face: Frame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.face.best_frame.frames_seen", lambda *_: pytest.fail("looked through"))
    file = BytesIO()
    Image.fromarray(face).save(file, "PNG")
    assert open_best(tools, file.getvalue())[1] == 0
