"""Photos of one colour are told from others, and what is drawn into them gets it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.imaging.monochrome import tone_of, toned

SEPIA = np.array([1.07, 0.95, 0.74], np.float32)


@pytest.fixture(scope="module")
def grey(astronaut: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(astronaut, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)


def test_grey_gives_grey(grey: NDArray[np.uint8]) -> None:
    tone = tone_of(grey)
    assert tone is not None
    drawn = toned(np.random.default_rng(0).integers(0, 256, (40, 40, 3)).astype(np.float32), tone)
    assert np.ptp(drawn, axis=-1).max() < 0.01


def test_brightness_stays(grey: NDArray[np.uint8]) -> None:
    tone = tone_of(grey)
    assert tone is not None
    blond = np.full((4, 4, 3), (230, 190, 130), np.float32)
    assert np.abs(toned(blond, tone) - (0.299 * 230 + 0.587 * 190 + 0.114 * 130)).max() < 2


def test_sepia_with_the_colour_noise_of_a_chat_gives_sepia(grey: NDArray[np.uint8]) -> None:
    sepia = np.clip(grey * SEPIA, 0, 255).astype(np.uint8)
    _, file = cv2.imencode(".jpg", sepia[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 40])
    tone = tone_of(np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR), np.uint8)[..., ::-1])
    assert tone is not None
    middle = toned(np.full((1, 1, 3), 120, np.float32), tone)[0, 0]
    assert np.abs(middle - SEPIA * 120 * (middle.mean() / (SEPIA * 120).mean())).max() < 6


def test_a_photo_in_colour_has_no_one_colour(astronaut: NDArray[np.uint8]) -> None:
    assert tone_of(astronaut) is None
