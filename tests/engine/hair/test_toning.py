"""Generated hair in the tone of the person's own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.hair.strands import Strands
from engine.hair.toning import rim_like_inside, toned_hair
from engine.imaging.ops import blur

SIDE_PX = 200
BLUE = (40.0, 60.0, 220.0)


def disk(radius_px: float) -> NDArray[np.float32]:
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX] - SIDE_PX / 2
    return np.asarray(np.hypot(x, y) < radius_px, np.float32)


def textured(colour: tuple[float, float, float], seed: int) -> NDArray[np.float32]:
    noise = np.random.default_rng(seed).normal(0, 6, (SIDE_PX, SIDE_PX, 1))
    return np.clip(np.array(colour) + noise, 0, 255).astype(np.float32)


def test_new_hair_takes_the_own_hair_s_tone_and_nothing_of_what_is_beside_it() -> None:
    alpha = disk(70)
    brown = textured((90.0, 60.0, 40.0), 1)
    own = Strands(alpha, np.where(alpha[..., None] > 0, brown, np.array(BLUE, np.float32)).astype(np.float32))
    black = Strands(alpha, textured((25.0, 22.0, 20.0), 2))
    toned = toned_hair(black, own)
    inside, edge = disk(30) > 0, (disk(68) > 0) & ~(disk(58) > 0)
    np.testing.assert_allclose(np.median(toned[inside], 0), (90, 60, 40), atol=6)
    np.testing.assert_allclose(np.median(toned[edge], 0), (90, 60, 40), atol=8)


def test_a_soft_rim_has_the_colour_of_the_hair_further_in() -> None:
    alpha = blur(disk(60), 10)
    hair, skin = np.array((60.0, 40.0, 30.0)), np.array((220.0, 190.0, 180.0))
    picture = np.where(alpha[..., None] > 0.9, hair, skin).astype(np.float32)
    even = rim_like_inside(picture, alpha)
    rim = (alpha > 0.1) & (alpha < 0.4)
    assert np.abs(even[rim] - hair).max() < 12
    np.testing.assert_array_equal(even[alpha > 0.95], picture[alpha > 0.95])


def test_a_fringe_that_is_shaded_like_the_inside_of_a_cap_stays_as_light_as_own_hair_is() -> None:
    alpha = disk(90)
    own_alpha = alpha * (np.arange(SIDE_PX)[:, None] < SIDE_PX // 2)
    shaded = textured((120.0, 80.0, 50.0), 1) * np.linspace(1, 0.2, SIDE_PX, dtype=np.float32)[:, None, None]
    own = Strands(own_alpha.astype(np.float32), textured((150.0, 90.0, 60.0), 2))
    toned = toned_hair(Strands(alpha, shaded.astype(np.float32)), own)
    darkest = np.percentile(own.colour[own_alpha > 0.9].mean(1), 10)
    assert toned[150:180, 80:120].mean() > 0.94 * darkest
