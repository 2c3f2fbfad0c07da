"""Single hairs, drawn one by one."""

from __future__ import annotations

import numpy as np
import pytest

from engine.imaging.ops import Picture, blur
from engine.imaging.strokes import Strokes, StrokeSettings, with_hairs

SIZE = 160
SKIN = 180.0
COLOUR = np.array([60.0, 40.0, 30.0], np.float32)


def growth(density: np.ndarray, length_px: float = 12.0) -> Strokes:
    along = np.zeros((SIZE, SIZE, 2), np.float32)
    along[..., 1] = 1
    return Strokes(density.astype(np.float32), along, length_px, COLOUR)


def bearded(density: np.ndarray, length_px: float = 12.0, light: float = 1.0, seed: int = 0) -> Picture:
    photo = np.full((SIZE, SIZE, 3), SKIN, np.float32)
    lit = np.full((SIZE, SIZE), light, np.float32)
    return with_hairs(photo, growth(density, length_px), lit, 500.0, np.random.default_rng(seed))


@pytest.fixture
def middle() -> np.ndarray:
    density = np.zeros((SIZE, SIZE))
    density[60:100, 60:100] = 1
    return density


def test_hairs_grow_where_they_belong_and_reach_no_further_than_they_are_long(middle: np.ndarray) -> None:
    changed = (np.abs(bearded(middle) - SKIN) > 1).any(2)
    assert changed[64:96, 64:96].mean() > 0.9
    assert not changed[:44].any()
    assert not changed[:, :36].any()
    assert not changed[130:].any()
    # They grow downwards: below the patch there are tips, above it hardly any.
    assert changed[104:110, 60:100].sum() > 1.5 * changed[50:56, 60:100].sum()


def test_no_density_changes_nothing() -> None:
    np.testing.assert_array_equal(bearded(np.zeros((SIZE, SIZE))), np.full((SIZE, SIZE, 3), SKIN, np.float32))


def test_denser_and_longer_means_darker_and_less_light_does_too(middle: np.ndarray) -> None:
    def level(picture: Picture) -> float:
        return float(picture[64:96, 64:96].mean())

    assert level(bearded(middle)) < level(bearded(0.4 * middle)) - 10
    assert level(bearded(middle, 20.0)) < level(bearded(middle, 4.0)) - 10
    assert level(bearded(middle, light=0.5)) < level(bearded(middle)) - 5


def test_hairs_are_fine_and_no_smear(middle: np.ndarray) -> None:
    beard = bearded(0.6 * middle)[64:96, 64:96].mean(-1)
    assert (beard - blur(beard, 3)).std() > 8


def test_the_same_seed_grows_the_same_beard(middle: np.ndarray) -> None:
    np.testing.assert_array_equal(bearded(middle), bearded(middle))
    assert np.abs(bearded(middle) - bearded(middle, seed=1)).max() > 20


def test_bright_hairs_can_be_fainter_and_long_ones_rarer(middle: np.ndarray) -> None:
    def darker(**fewer: float) -> Picture:
        photo = np.full((SIZE, SIZE, 3), SKIN, np.float32)
        lit = np.ones((SIZE, SIZE), np.float32)
        settings = StrokeSettings(root_share=0.0, long_share=0.0, **fewer)  # type: ignore[arg-type]
        return SKIN - with_hairs(photo, growth(middle), lit, 500.0, np.random.default_rng(0), settings)

    usual, fainter, shorter = darker(), darker(fainter=0.8), darker(length_power=4.0)
    assert fainter.mean() < 0.9 * usual.mean()
    tips = slice(110, 130)
    assert shorter[tips].sum() < 0.7 * usual[tips].sum()
