"""The judge by colour and texture, on pictures with known hair."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.bench import colour
from tests.support.measured_face import face_at

SIDE_PX = 256


def two_tone(hair_rows: int, hair_rgb: tuple[int, int, int], streaks: float) -> NDArray[np.uint8]:
    """Hair above, skin below, both with noise; hair also with vertical streaks."""
    rng = np.random.default_rng(2)
    picture = np.empty((SIDE_PX, SIDE_PX, 3))
    picture[:] = (205, 160, 140)
    picture[:hair_rows] = hair_rgb
    picture[:hair_rows] += streaks * np.sin(np.arange(SIDE_PX) * 1.6)[None, :, None]
    return np.clip(picture + rng.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hair_rgb", "streaks"),
    [((60, 40, 30), 10.0), ((200, 165, 130), 25.0)],
    ids=["dark hair", "hair as light as the skin, told apart by its texture"],
)
def test_hair_and_skin_of_the_same_photo_are_told_apart(hair_rgb: tuple[int, int, int], streaks: float) -> None:
    before = two_tone(128, hair_rgb, streaks)
    hair = np.zeros((SIDE_PX, SIDE_PX), dtype=bool)
    hair[:128] = True
    judge = colour.learn(before, hair, ~hair, np.random.default_rng(0))
    assert colour.looks_like_hair(judge, before, hair).mean() > 0.95
    assert colour.looks_like_hair(judge, before, ~hair).mean() < 0.05
    after = two_tone(32, hair_rgb, streaks)
    assert colour.looks_like_hair(judge, after, hair).mean() == pytest.approx(32 / 128, abs=0.05)


def test_a_colour_that_is_neither_goes_to_the_nearer_one() -> None:
    before = two_tone(128, (60, 40, 30), 10.0)
    hair = np.zeros((SIDE_PX, SIDE_PX), dtype=bool)
    hair[:128] = True
    judge = colour.learn(before, hair, ~hair, np.random.default_rng(0))
    paler, darker = np.full_like(before, 235), np.full_like(before, 10)
    assert not colour.looks_like_hair(judge, paler, hair).any()
    assert colour.looks_like_hair(judge, darker, hair).all()


def test_skin_samples_leave_out_where_beards_grow() -> None:
    landmarks = face_at(128, 120, 100)
    kept = colour.facial_skin(np.ones((SIDE_PX, SIDE_PX), dtype=bool), landmarks)
    rows, columns = np.nonzero(kept)
    assert rows.max() == pytest.approx(150, abs=1)
    assert (columns.min(), columns.max()) == (pytest.approx(88, abs=1), pytest.approx(168, abs=1))


def test_the_scalp_region_stays_inside_the_skull() -> None:
    landmarks = face_at(128, 200, 200)
    rows, columns = np.nonzero(colour.scalp_region(landmarks, SIDE_PX))
    assert rows.max() == pytest.approx(199, abs=1)
    assert rows.min() > 200 - 0.61 * 200
    assert columns.max() - columns.min() <= 2 * 0.38 * 200 + 1
