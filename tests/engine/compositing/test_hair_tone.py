"""Drawn hair in the tone of the person's own."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.hair_tone import HairToneSettings, hair_tone
from tests.support.lit_skin import SIZE, U
from tests.support.schematic_head import HAIR


def strands(colour: tuple[float, float, float], contrast: float, seed: int) -> NDArray[np.float32]:
    """Vertical strands of a colour (H,W,3)."""
    rows = np.random.default_rng(seed).normal(0, contrast, SIZE).astype(np.float32)
    return np.asarray(np.clip(np.array(colour, np.float32) + rows[None, :, None] + np.zeros((SIZE, 1, 1)), 0, 255))


def test_drawn_hair_takes_the_persons_own_colour_and_lightness() -> None:
    everywhere = np.ones((SIZE, SIZE), bool)
    own, drawn = strands(HAIR, 6, 0), strands((120, 90, 60), 6, 1)
    tone = hair_tone(own, everywhere, drawn, everywhere)
    assert tone is not None
    np.testing.assert_allclose(np.median(tone(drawn), (0, 1)), np.median(own, (0, 1)), atol=2)


@pytest.mark.parametrize("contrast", [3.0, 9.0])
def test_drawn_hair_takes_the_persons_own_contrast(contrast: float) -> None:
    everywhere = np.ones((SIZE, SIZE), bool)
    own, drawn = strands((120, 90, 60), contrast, 0), strands((120, 90, 60), 6, 1)
    tone = hair_tone(own, everywhere, drawn, everywhere)
    assert tone is not None
    least, most = HairToneSettings().contrasts
    wanted = min(max(contrast / 6, least), most)
    assert tone(drawn)[..., 1].std() / drawn[..., 1].std() == pytest.approx(wanted, rel=0.2)


def test_hair_s_tone_is_read_where_own_and_drawn_hair_meet() -> None:
    """On the left both are hair; on the right only the photo has it, and lighter."""
    left = U < 0
    own = strands(HAIR, 6, 0)
    own[~left] += 80
    drawn = strands((120, 90, 60), 6, 1)
    tone = hair_tone(own, np.ones_like(left), drawn, left)
    assert tone is not None
    np.testing.assert_allclose(np.median(tone(drawn), (0, 1)), HAIR, atol=3)


def test_a_light_background_in_drawn_hair_becomes_hair_and_never_blue() -> None:
    """The own hair is far browner than the drawn one; a grey wall shows through the drawn."""
    everywhere = np.ones((SIZE, SIZE), bool)
    own, drawn = strands((90, 60, 35), 9, 0), strands((120, 112, 104), 9, 1)
    tone = hair_tone(own, everywhere, drawn, everywhere)
    assert tone is not None
    wall = tone(np.full((4, 4, 3), 225, np.float32))
    assert (wall[..., 0] > wall[..., 2] + 15).all()
    assert wall.max() < 140


def test_too_little_hair_has_no_tone() -> None:
    few = np.zeros((SIZE, SIZE), bool)
    few[:20, :20] = True
    own = strands(HAIR, 6, 0)
    assert hair_tone(own, few, own, np.ones_like(few)) is None
    assert hair_tone(own, np.ones_like(few), own, few) is None


def test_drawn_hair_has_no_tint_that_own_hair_has_not() -> None:
    """Light drawn locks are greenish; no own hair is."""
    everywhere = np.ones((SIZE, SIZE), bool)
    own, drawn = strands((150, 120, 90), 9, 0), strands((150, 135, 110), 9, 1)
    drawn[U > 0.3] += np.array((-12, 8, -4), np.float32)
    tone = hair_tone(own, everywhere, drawn, everywhere)
    assert tone is not None
    greenness = (tone(drawn)[..., 1] - tone(drawn)[..., 0])[U > 0.3]
    assert greenness.max() <= (own[..., 1] - own[..., 0]).max() + 4
