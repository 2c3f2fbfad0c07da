"""What stood behind the hair."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.background import FillSettings, fill_background

SIZE = 256


def scene(seed: int = 0) -> NDArray[np.float32]:
    """Vertical stripes with grain."""
    columns = np.arange(SIZE)
    stripes = np.where(columns // 16 % 2 == 0, 90.0, 190.0)
    grain = np.random.default_rng(seed).normal(0, 4, (SIZE, SIZE, 3))
    return np.asarray(stripes[None, :, None] + grain, np.float32)


@pytest.fixture(scope="module")
def hole() -> NDArray[np.bool_]:
    mask = np.zeros((SIZE, SIZE), bool)
    mask[70:190, 90:170] = True
    return mask


@pytest.fixture(scope="module")
def filled(hole: NDArray[np.bool_]) -> NDArray[np.float32]:
    photo = np.where(hole[..., None], np.float32(20), scene())
    return fill_background(photo, ~hole, hole, np.random.default_rng(0))


def test_the_structure_goes_on_through_the_hole(filled: NDArray[np.float32], hole: NDArray[np.bool_]) -> None:
    inside, expected = filled[70:190, 90:170].mean(2), scene()[70:190, 90:170].mean(2)
    assert np.isfinite(filled).all()
    assert np.corrcoef(inside.ravel(), expected.ravel())[0, 1] > 0.7
    assert filled[hole].min() > 40  # nothing of what was hidden


def test_the_grain_goes_on_too(filled: NDArray[np.float32]) -> None:
    """Down a stripe there is nothing but grain."""
    inside, outside = (np.abs(np.diff(part, axis=0)).mean() for part in (filled[80:180, 100:160], filled[:60]))
    assert inside > 0.5 * outside


@pytest.mark.parametrize(("period_px", "slant"), [(23, 0.0), (46, 0.0), (31, 0.4)])
def test_stripes_that_no_cell_measures_go_on_in_step(period_px: int, slant: float) -> None:
    """Behind long hair they can only come from the sides; cells are eight pixels wide here."""
    rows, columns = np.mgrid[:SIZE, :SIZE]
    dark = (columns + slant * rows) % period_px < period_px / 2
    grain = np.random.default_rng(3).normal(0, 3, (SIZE, SIZE, 3))
    stripes = np.asarray(np.where(dark, 60.0, 200.0)[..., None] + grain, np.float32)
    long_hair = (rows > 12) & (np.abs(columns - SIZE / 2) < 60)
    photo = np.where(long_hair[..., None], np.float32(20), stripes)
    settings = FillSettings(choice_cells=32)
    filled = fill_background(photo, ~long_hair, long_hair, np.random.default_rng(0), settings)
    assert np.corrcoef(filled[long_hair].ravel(), stripes[long_hair].ravel())[0, 1] > 0.95


def test_known_pixels_are_the_photos_own(filled: NDArray[np.float32], hole: NDArray[np.bool_]) -> None:
    np.testing.assert_allclose(filled[~hole], scene()[~hole], atol=1e-3)


def test_without_a_hole_the_photo_comes_back(hole: NDArray[np.bool_]) -> None:
    whole = np.ones((SIZE, SIZE), bool)
    np.testing.assert_array_equal(fill_background(scene(), whole, hole, np.random.default_rng(0)), scene())


def test_the_same_seed_fills_the_same(hole: NDArray[np.bool_], filled: NDArray[np.float32]) -> None:
    photo = np.where(hole[..., None], np.float32(20), scene())
    again = fill_background(photo, ~hole, hole, np.random.default_rng(0))
    np.testing.assert_array_equal(again, filled)


def test_a_plain_background_stays_plain_when_little_of_it_is_known() -> None:
    photo = np.full((SIZE, SIZE, 3), 130, np.float32)
    known = np.zeros((SIZE, SIZE), bool)
    known[:, :4] = True
    out = fill_background(np.where(known[..., None], photo, 0), known, ~known, np.random.default_rng(0))
    np.testing.assert_allclose(out, photo, atol=2)


def test_nothing_known_is_no_error() -> None:
    nothing = np.zeros((SIZE, SIZE), bool)
    assert np.isfinite(fill_background(scene(), nothing, ~nothing, np.random.default_rng(0))).all()


def wall(seed: int = 1) -> NDArray[np.float32]:
    """A wall in a light that falls off to the right, with grain."""
    light = 200 - 40 * np.arange(SIZE, dtype=np.float32) / SIZE
    grain = np.random.default_rng(seed).normal(0, 3, (SIZE, SIZE, 3))
    return np.asarray(light[None, :, None] + grain, np.float32)


def test_before_a_wall_the_rim_of_what_is_filled_shows_no_line(hole: NDArray[np.bool_]) -> None:
    filled = fill_background(np.where(hole[..., None], np.float32(20), wall()), ~hole, hole, np.random.default_rng(0))
    inside, outside = (cv2.GaussianBlur(filled, (0, 0), 1.5)[around(mask)] for mask in (hole, ~hole))
    assert abs(float(inside.mean() - outside.mean())) < 0.5


def around(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The outermost three pixels of a mask."""
    inner = cv2.erode(mask.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    return np.asarray(mask & ~inner, bool)


def test_before_a_wall_light_goes_on_and_specks_are_not_copied(hole: NDArray[np.bool_]) -> None:
    photo = np.where(hole[..., None], np.float32(20), wall())
    photo[::37, ::41] = np.where(hole[::37, ::41, None], np.float32(20), np.float32(90))  # stray hairs, say
    filled = fill_background(photo, ~hole, hole, np.random.default_rng(0))
    inside = filled[hole].reshape(-1, 3)
    expected = (wall() * 0 + wall().mean(axis=(0, 2))[None, :, None])[hole]
    assert np.abs(inside - expected).mean() < 5
    assert inside.min() > 120
    rows = filled[80:180, 100:160]
    assert 1.5 < float(np.abs(np.diff(rows, axis=0)).mean()) < 5  # the grain is there


def test_before_what_is_blurred_no_piece_ends_in_a_line() -> None:
    """Soft discs of light; what is bright beside the hole is too narrow to be copied, and the rest is much darker."""
    rng = np.random.default_rng(5)
    discs = cv2.GaussianBlur(rng.normal(0, 900, (SIZE, SIZE, 3)).astype(np.float32), (0, 0), 9)
    light = 60 + 130 / (1 + np.exp((170 - np.arange(SIZE, dtype=np.float32)) / 12))
    photo = np.clip(light[None, :, None] + discs, 0, 255) + rng.normal(0, 1, (SIZE, SIZE, 3)).astype(np.float32)
    hole = np.zeros((SIZE, SIZE), bool)
    hole[:, 90:240] = True
    known_photo = np.where(hole[..., None], np.float32(20), photo)
    filled = fill_background(known_photo, ~hole, hole, np.random.default_rng(0))
    steps = [np.abs(np.diff(cv2.GaussianBlur(picture, (0, 0), 1.5).mean(2), axis=1)) for picture in (photo, filled)]
    rim = np.s_[:, 230:246]
    assert np.percentile(steps[1][rim], 99) < 1.5 * np.percentile(steps[0], 99)


def test_a_piece_is_not_chosen_by_what_is_hidden_where_its_source_ends() -> None:
    """Whatever colour the hair has, the same pieces lie in its place."""
    hole = np.zeros((SIZE, SIZE), bool)
    hole[70:190, 90:170] = True
    settings = FillSettings(choice_cells=32)
    dark, bright = (
        fill_background(
            np.where(hole[..., None], np.float32(hair), scene()), ~hole, hole, np.random.default_rng(0), settings
        )
        for hair in (10, 240)
    )
    np.testing.assert_allclose(dark, bright, atol=1e-3)


def test_before_what_is_blurred_a_thing_beside_the_hole_goes_on_and_is_no_recoloured_wall() -> None:
    """Half of an orange ball is hidden; before it and behind it are soft green leaves."""
    rng = np.random.default_rng(5)
    rows, columns = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    green, orange = np.array([40, 110, 60], np.float32), np.array([230, 170, 90], np.float32)
    leaves = 7 * cv2.GaussianBlur(rng.normal(0, 120, (SIZE, SIZE)).astype(np.float32), (0, 0), 6)
    ball = 1 / (1 + np.exp((np.hypot(columns - 150, 0.7 * (rows - 128)) - 60) / 3))
    photo = np.clip(green + (orange - green) * ball[..., None] + leaves[..., None], 0, 255)
    photo += rng.normal(0, 1, photo.shape).astype(np.float32)
    hole = np.zeros((SIZE, SIZE), bool)
    hole[40:216, 60:160] = True
    filled = fill_background(np.where(hole[..., None], np.float32(20), photo), ~hole, hole, np.random.default_rng(0))
    rim = np.s_[70:186, 145:160]
    assert np.abs(filled[rim] - photo[rim]).mean() < 30


def test_before_a_nearly_calm_wall_a_piece_that_ends_for_none_draws_no_line() -> None:
    """What is known is too narrow to be copied all over the hole."""
    rng = np.random.default_rng(2)
    mottle = cv2.GaussianBlur(rng.normal(0, 1, (SIZE, SIZE)).astype(np.float32), (0, 0), 2.0)
    slope = np.linspace(-1, 1, SIZE, dtype=np.float32)
    light = 130 + 40 * slope[None] + 30 * slope[:, None] + 4.92 * mottle / mottle.std()
    photo = np.asarray(light[..., None] + rng.normal(0, 1, (SIZE, SIZE, 3)), np.float32)
    hole = np.zeros((SIZE, SIZE), bool)
    hole[14:, 14:] = True
    filled = fill_background(np.where(hole[..., None], np.float32(20), photo), ~hole, hole, np.random.default_rng(0))
    fine = np.abs(filled - cv2.GaussianBlur(filled, (0, 0), 1.5)).mean(2)
    own = np.abs(photo - cv2.GaussianBlur(photo, (0, 0), 1.5)).mean()
    assert fine[44:].mean(1).max() < 1.25 * own


def test_what_no_piece_reaches_has_the_colours_of_the_pieces_around() -> None:
    """A light wall is known in one corner, so that its pieces end in slants; far below something dark is."""
    rows, columns = np.mgrid[:SIZE, :SIZE]
    blotches = 200 + 25 * np.sign(np.sin(columns / 5) * np.sin(rows / 7))
    wall = blotches[..., None] + np.random.default_rng(3).normal(0, 3, (SIZE, SIZE, 3))
    dark = (np.abs(columns - rows) < 5) & (rows > 150)
    known = (rows + columns < 100) | dark
    hole = ~known & (rows < 120) & (rows + columns < 330)
    photo = np.where(dark[..., None], 20, wall).astype(np.float32)
    filled = fill_background(photo, known, hole, np.random.default_rng(0))
    assert filled[hole].mean(1).min() > 130
