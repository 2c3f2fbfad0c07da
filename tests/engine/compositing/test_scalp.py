"""The skin that is drawn where hair was: colour, light and shine."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.light import LOG_OFFSET, SkinSample, with_gain
from engine.compositing.scalp import BareSkin, EvenSettings, even_colour, scalp_lift, shine
from engine.imaging.ops import dilate, luminance
from tests.support.lit_skin import FACE, FOREHEAD, SCALP, SIZE, U, V, lit_skin

# The face is 160 pixels wide here, for 500 on a canvas.
BARE = BareSkin(SCALP, U, V, pixel_px=3)


def evened(photo: NDArray[np.float32], made: NDArray[np.float32]) -> NDArray[np.float32]:
    """What was drawn on the scalp in the person's own tint; all else is as it was."""
    out = with_gain(made, even_colour(made, photo, SkinSample(FACE, FACE, FOREHEAD), SCALP))
    np.testing.assert_allclose(out[~dilate(SCALP, 8)], made[~dilate(SCALP, 8)], rtol=1e-4)
    return out


def test_a_greenish_scalp_is_drawn_towards_the_persons_own_tint_and_the_rest_left_alone() -> None:
    photo = lit_skin(gain_u=0.3) + np.random.default_rng(0).normal(0, 3, (SIZE, SIZE, 3)).astype(np.float32)
    before = photo.copy()
    before[SCALP] = (200, 175, 120)

    def off(picture: NDArray[np.float32]) -> float:
        tints = np.log(picture[SCALP].mean(0) / picture[FOREHEAD].mean(0))
        return float(np.abs(tints - tints.mean()).max())

    out = evened(photo, before)
    assert off(out) < 0.4 * off(before)
    assert out[SCALP].mean() == pytest.approx(before[SCALP].mean(), rel=0.03)


def test_of_a_glaring_tint_no_more_is_taken_away_than_the_limit() -> None:
    glaring = lit_skin()
    glaring[SCALP] = (120, 235, 190)
    out = evened(lit_skin(), glaring)
    change = np.log((out[SCALP] + LOG_OFFSET) / (glaring[SCALP] + LOG_OFFSET))
    assert np.abs(change).max() == pytest.approx(EvenSettings().limit, rel=0.01)


def test_without_skin_to_tell_it_the_tint_is_left_alone() -> None:
    nothing = np.zeros((SIZE, SIZE), bool)
    assert not even_colour(lit_skin(), lit_skin(), SkinSample(FACE, nothing, nothing), SCALP).any()


def test_a_scalp_duller_than_the_bright_forehead_is_lifted_upwards_and_never_darkened() -> None:
    photo, nothing = lit_skin(), np.zeros((SIZE, SIZE), bool)
    sample = SkinSample(FACE, FACE, FACE & (V > 0))
    assert not scalp_lift(photo * np.float32(1.3), photo, sample, BARE).any()
    lift = scalp_lift(photo * np.float32(0.6), photo, sample, BARE)[..., 0]
    assert 0.1 < lift[SCALP].max() < 0.4
    column = np.abs(U) < 0.05
    assert lift[column & SCALP & (V > 0.4)].mean() > lift[column & SCALP & (V < 0.3)].mean()
    assert not scalp_lift(photo * np.float32(0.6), photo, sample, BareSkin(nothing, U, V)).any()


def test_a_scalp_duller_than_a_face_whose_forehead_is_hidden_is_lifted_too() -> None:
    photo, nothing = lit_skin(), np.zeros((SIZE, SIZE), bool)
    lift = scalp_lift(photo * np.float32(0.6), photo, SkinSample(FACE, FACE & (V < 0), nothing), BARE)
    assert lift[SCALP].max() > 0.1
    assert not scalp_lift(photo * np.float32(0.6), photo, SkinSample(FACE, nothing, nothing), BARE).any()


def test_a_dull_strip_below_a_hairline_is_lifted_without_a_glow_on_the_forehead_beneath() -> None:
    photo = lit_skin()
    made = photo * np.where(V > 0.28, np.float32(0.6), np.float32(1))[..., None]
    bare = BareSkin(SCALP | FOREHEAD, U, V, pixel_px=2)
    gain = scalp_lift(made, photo, SkinSample(FACE, FACE, FOREHEAD), bare)[..., 0]
    middle = np.abs(U) < 0.15
    strip, beneath = SCALP & middle & (V > 0.4), FOREHEAD & middle & (V > 0.1) & (V < 0.2)
    assert gain[strip].mean() > 0.2
    assert gain[beneath].mean() < 0.35 * gain[strip].mean()


def shiny(level: float, shine: float) -> NDArray[np.float32]:
    """Skin that is brighter in a spot on the forehead and in one on the scalp, by so much (natural logarithm)."""
    spots = np.maximum(
        np.exp(-((U / 0.15) ** 2 + ((V - 0.1) / 0.06) ** 2)), np.exp(-((U / 0.2) ** 2 + ((V - 0.45) / 0.1) ** 2))
    )
    return np.asarray(lit_skin(level=level) * np.exp(shine * spots)[..., None], np.float32)


def test_a_matt_scalp_gets_the_shine_of_the_face_in_white_where_it_is_bright_already() -> None:
    photo, render = shiny(1.0, 0.3), shiny(1.0, 0.08)
    sample, spot, beside = SkinSample(FACE, FACE, FOREHEAD), SCALP & (np.hypot(U, V - 0.45) < 0.05), SCALP & (U > 0.4)
    gain = shine(render, photo, sample, BARE)
    added = with_gain(render, gain) - render
    assert added[spot].mean() > 8
    assert added[beside].mean() < 1
    assert np.ptp(added[spot].mean(0)) < 1


def test_no_scalp_shines_much_more_than_the_face_does() -> None:
    photo, sample = shiny(1.0, 0.05), SkinSample(FACE, FACE, FOREHEAD)
    assert not shine(shiny(1.0, 0.3), photo, sample, BARE)[SCALP & (np.abs(U) < 0.05) & (np.abs(V - 0.45) < 0.02)].any()
    assert not shine(lit_skin(), photo, sample, BareSkin(np.zeros_like(SCALP), U, V)).any()


def test_a_scalp_shines_a_little_more_than_the_face_but_is_never_burnt_out() -> None:
    sample, spot = SkinSample(FACE, FACE, FOREHEAD), SCALP & (np.hypot(U, V - 0.45) < 0.03)
    for level, shining in ((0.8, True), (1.33, False)):
        photo, render = shiny(level, 0.1), shiny(level, 0.08)
        lit = luminance(with_gain(render, shine(render, photo, sample, BARE)))[spot].mean()
        face = luminance(photo)[FACE].max()
        assert (1.005 * face < lit < 1.2 * face) if shining else (lit < 1.02 * max(face, 238.0))


def test_a_steep_edge_of_a_scalp_s_light_gets_hardly_steeper() -> None:
    """Stretched with the shine it was a step across the forehead."""
    photo, sample = shiny(1.0, 0.3), SkinSample(FACE, FACE, FOREHEAD)
    render = lit_skin() * np.exp(0.08 * (V > 0.45))[..., None].astype(np.float32)
    gain = shine(render, photo, sample, BARE).mean(-1)
    column, above, below = np.abs(U) < 0.1, (V > 0.46) & (V < 0.48), (V > 0.42) & (V < 0.44)
    assert gain[SCALP & column].max() > 0.05
    assert gain[column & above].mean() - gain[column & below].mean() < 0.05


def test_a_shine_that_is_nearly_the_face_s_gets_no_wider() -> None:
    """Where it was stretched up to the face's it became a flat white spot."""
    photo, render, sample = lit_skin(), shiny(1.2, 0.3), SkinSample(FACE, FACE, FOREHEAD)
    photo[FACE & (V > 0)] *= np.float32(np.exp(0.35))
    top, flank = (SCALP & (np.hypot(U, V - 0.45) < radius) for radius in (0.03, 0.16))
    lit = np.log(luminance(with_gain(render, shine(render, photo, sample, BARE))) / luminance(render))
    # A fiftieth is not seen.
    assert lit[flank & ~top].max() <= lit[top].max() + 0.02
