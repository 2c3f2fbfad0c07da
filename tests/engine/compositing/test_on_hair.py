"""What the parser's trunk saw counts where it lies on the hair, and is large enough."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.on_hair import lies_on_hair
from engine.face.head_axes import HeadAxes
from engine.parsing import FaceClass

SIZE_PX, FACE_PX = 256, 125.0
AXES = HeadAxes(np.array([128.0, 140.0]), np.array([1.0, 0.0]), np.array([0.0, -1.0]), FACE_PX)
NOTHING = np.zeros((SIZE_PX, SIZE_PX), bool)


@pytest.fixture(scope="module")
def probabilities() -> NDArray[np.float32]:
    """Hair above the face."""
    out = np.zeros((19, SIZE_PX, SIZE_PX), np.float32)
    out[FaceClass.HAIR, 40:110, 60:196] = 0.9
    out[FaceClass.BACKGROUND] = 1 - out[FaceClass.HAIR]
    return out


def seen(rows: slice, columns: slice) -> NDArray[np.float32]:
    out = np.zeros((SIZE_PX, SIZE_PX), np.float32)
    out[rows, columns] = 0.97
    return out


def test_a_thing_on_the_hair_lies_on_it(probabilities: NDArray[np.float32]) -> None:
    assert lies_on_hair(seen(slice(60, 80), slice(100, 125)), probabilities, AXES, NOTHING)


def test_a_thing_that_the_parser_calls_background_lies_on_the_hair_around(probabilities: NDArray[np.float32]) -> None:
    holed = probabilities.copy()
    holed[:, 66:70, 100:160] = 0
    holed[FaceClass.BACKGROUND, 66:70, 100:160] = 1
    assert lies_on_hair(seen(slice(60, 76), slice(100, 160)), holed, AXES, NOTHING)


@pytest.mark.parametrize(
    ("rows", "columns"),
    [(slice(60, 80), slice(200, 240)), (slice(150, 200), slice(100, 150)), (slice(60, 63), slice(100, 103))],
    ids=["beside the hair", "on the face", "a speck"],
)
def test_nothing_else_does(probabilities: NDArray[np.float32], rows: slice, columns: slice) -> None:
    assert not lies_on_hair(seen(rows, columns), probabilities, AXES, NOTHING)


def test_a_frame_around_the_picture_is_none(probabilities: NDArray[np.float32]) -> None:
    framed = np.zeros_like(probabilities)
    framed[FaceClass.HAIR, 4:110, 60:196] = 0.9
    framed[FaceClass.BACKGROUND] = 1 - framed[FaceClass.HAIR]
    assert not lies_on_hair(seen(slice(0, 4), slice(0, SIZE_PX)), framed, AXES, NOTHING)


def test_what_is_kept_in_place_is_no_reason(probabilities: NDArray[np.float32]) -> None:
    kept = NOTHING.copy()
    kept[60:80, 100:125] = True
    assert not lies_on_hair(seen(slice(59, 81), slice(99, 126)), probabilities, AXES, kept)
