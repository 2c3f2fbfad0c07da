"""Frames with known contents: a textured still background on which a dark disc shrinks."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.animation import years_for_frames

HEIGHT_PX, WIDTH_PX = 240, 200


def shrinking_disc(years: list[float], height_px: int = HEIGHT_PX, width_px: int = WIDTH_PX) -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[:height_px, :width_px]
    background = np.stack([120 + 100 * rows / height_px, 90 + 80 * columns / width_px, 110 + 0 * rows], axis=2)
    background += rng.normal(0, 4, background.shape)
    distance = np.hypot(rows - height_px * 0.3, columns - width_px / 2) / (0.28 * height_px)
    frames = []
    for year in years:
        cover = np.clip((1 - 0.9 * year / 20 - distance) / 0.1 + 0.5, 0, 1)[..., None]
        frames.append((background.clip(0, 255) * (1 - cover) + (60, 40, 30) * cover).astype(np.uint8))
    return frames


@pytest.fixture(scope="session")
def years() -> list[float]:
    return years_for_frames(10)


@pytest.fixture(scope="session")
def frames(years: list[float]) -> list[NDArray[np.uint8]]:
    return shrinking_disc(years)
