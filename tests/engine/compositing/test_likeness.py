"""How far off a picture comes again, to the pixel."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.likeness import Likeness, LikenessSettings, likeness
from engine.imaging.ops import blur

HEIGHT, WIDTH, PERIOD_PX = 180, 240, 37


@pytest.fixture(scope="module")
def picture() -> NDArray[np.float32]:
    """Bars that come again after a number of pixels that nothing divides, with grain."""
    bars = np.where(np.arange(WIDTH) % PERIOD_PX < 15, 70.0, 180.0)
    grain = np.random.default_rng(0).normal(0, 3, (HEIGHT, WIDTH, 3))
    return np.asarray(bars[None, :, None] + grain, np.float32)


@pytest.fixture(scope="module")
def known() -> NDArray[np.bool_]:
    out = np.ones((HEIGHT, WIDTH), bool)
    out[60:120, 80:160] = False
    return out


@pytest.fixture(scope="module")
def like(picture: NDArray[np.float32], known: NDArray[np.bool_]) -> Likeness:
    hidden = np.where(known[..., None], picture, np.float32(255))
    return likeness(hidden, known, known)


@pytest.mark.parametrize("times", [-3, -1, 1, 2])
def test_the_nearest_offset_in_step_is_found_to_the_pixel(like: Likeness, times: int) -> None:
    found = like.best_near(np.array([4, times * PERIOD_PX + 6]), 10)
    assert found[1] == times * PERIOD_PX


def test_how_unlike_it_is_is_told_in_levels(like: Likeness, picture: NDArray[np.float32]) -> None:
    assert like.at(np.array([0, PERIOD_PX])) < 6  # grain alone
    out_of_step = picture[:, PERIOD_PX // 2 :] - picture[:, : -(PERIOD_PX // 2)]
    expected = float(np.sqrt((out_of_step.mean(2) ** 2).mean()))
    assert like.at(np.array([0, PERIOD_PX // 2])) == pytest.approx(expected, rel=0.1)


def test_offsets_are_as_exact_where_it_is_told_on_a_smaller_picture(
    picture: NDArray[np.float32], known: NDArray[np.bool_]
) -> None:
    small = likeness(picture, known, known, LikenessSettings(most_px=120))
    assert small.pixel_px == 2
    assert abs(int(small.best_near(np.array([0, PERIOD_PX + 5]), 12)[1]) - PERIOD_PX) <= 1


def test_an_offset_at_which_too_little_is_known_stays_as_it_is(like: Likeness) -> None:
    far = np.array([0, WIDTH - 2])
    assert like.at(far) == np.inf
    np.testing.assert_array_equal(like.best_near(far, 1), far)


def test_what_is_hidden_does_not_count(picture: NDArray[np.float32], known: NDArray[np.bool_]) -> None:
    other = np.where(known[..., None], picture, np.float32(-999))
    np.testing.assert_allclose(
        likeness(other, known, known).apart, likeness(picture, known, known).apart, rtol=1e-3, atol=0.5
    )


def test_stripes_come_again_and_noise_does_not(like: Likeness, known: NDArray[np.bool_]) -> None:
    rng = np.random.default_rng(5)
    noise = blur(rng.normal(0, 300, (*known.shape, 3)), 6)
    assert like.comes_again()
    assert not likeness(noise, known, known).comes_again()
