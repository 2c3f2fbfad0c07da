"""Drawn skin and clothes in the photo's light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.compositing.light import (
    SkinSample,
    real_skin_sample,
    retone_clothes,
    skin_gain,
    with_gain,
)
from engine.compositing.matte import HairMatte
from engine.imaging.ops import distance_to
from tests.support.lit_skin import FACE, FOREHEAD, SCALP, SIZE, SKIN_COLOUR, U, V, lit_skin


def relit(photo: NDArray[np.float32], render: NDArray[np.float32]) -> NDArray[np.float32]:
    return with_gain(render, skin_gain(photo, render, SkinSample(FACE, FACE, FOREHEAD), FACE | SCALP, V))


def test_no_gain_changes_nothing() -> None:
    np.testing.assert_allclose(with_gain(lit_skin(), np.zeros((SIZE, SIZE, 3), np.float32)), lit_skin(), rtol=1e-5)


def test_a_darker_render_is_brought_to_the_photos_level_on_scalp_that_nobody_has_seen() -> None:
    out = relit(lit_skin(), lit_skin(level=0.7))
    np.testing.assert_allclose(out[SCALP].mean(0), SKIN_COLOUR, rtol=0.05)
    np.testing.assert_allclose(out[FACE].mean(0), SKIN_COLOUR, rtol=0.05)


def test_beside_the_face_drawn_skin_meets_the_visible_skin_and_away_from_it_the_render_s_own_light_stays() -> None:
    """The light on the photo comes a little from one side; the render's is even."""
    photo = lit_skin(gain_u=0.15)
    out = relit(photo, lit_skin())
    seam, top = FACE & (V < -0.1), SCALP & (V > 0.5)
    assert np.abs(out - photo)[seam].mean() < 0.35 * np.abs(lit_skin() - photo)[seam].mean()
    np.testing.assert_allclose(out[top & (U < -0.3)].mean(0), out[top & (U > 0.3)].mean(0), rtol=0.04)


def test_the_renders_own_shading_is_kept_on_the_scalp() -> None:
    render = lit_skin()
    render[SCALP & (V > 0.45)] *= 1.2
    out = relit(lit_skin(level=0.8), render)
    above, below = out[SCALP & (V > 0.5)].mean(), out[SCALP & (V < 0.4)].mean()
    assert 1.15 < above / below < 1.25


def test_a_hair_s_shadow_on_the_forehead_does_not_darken_the_drawn_scalp() -> None:
    photo = lit_skin()
    photo[FACE & (V > 0.18)] *= 0.5
    out = relit(photo, lit_skin())
    assert out[SCALP].mean(1).min() > 0.97 * SKIN_COLOUR.mean()
    assert out[SCALP & (V > 0.5)].mean() > 0.97 * SKIN_COLOUR.mean()


def test_on_a_tinted_photo_drawn_skin_has_the_photos_tint() -> None:
    grey = np.asarray(np.repeat(lit_skin().mean(2, keepdims=True), 3, 2), np.float32)
    out = relit(grey, lit_skin())
    assert float(np.ptp(out[SCALP].mean(0))) < 6


def test_too_little_visible_skin_leaves_the_render_as_it_is() -> None:
    nothing = np.zeros((SIZE, SIZE), bool)
    gain = skin_gain(lit_skin(), lit_skin(level=0.5), SkinSample(nothing, nothing, nothing), SCALP, V)
    assert not gain.any()


def test_without_a_forehead_light_is_read_from_the_rest_of_the_face() -> None:
    nothing = np.zeros((SIZE, SIZE), bool)
    photo, render = lit_skin(), lit_skin(level=0.7)
    out = with_gain(render, skin_gain(photo, render, SkinSample(FACE, FACE, nothing), FACE | SCALP, V))
    np.testing.assert_allclose(out[SCALP].mean(0), SKIN_COLOUR, rtol=0.05)


def test_clothes_take_the_photos_colour_where_some_are_seen() -> None:
    photo = np.full((SIZE, SIZE, 3), (60, 90, 160), np.float32)
    render = np.full((SIZE, SIZE, 3), (90, 90, 90), np.float32)
    cloth = np.zeros((SIZE, SIZE), bool)
    cloth[180:] = True
    seen = cloth & (U > 0)
    gain = retone_clothes(photo, render, seen, cloth)
    assert gain is not None
    np.testing.assert_allclose(with_gain(render, gain)[cloth].mean(0), (60, 90, 160), rtol=0.1)
    assert retone_clothes(photo, render, np.zeros_like(cloth), cloth) is None


def test_light_is_read_from_skin_that_neither_hair_nor_beard_nor_features_touch() -> None:
    hair = (V > 0.45) & (np.abs(U) < 0.6)
    features, beard = (np.abs(V) < 0.05) & (np.abs(U) < 0.4), V < -0.4
    nothing = np.zeros_like(hair)
    matte = HairMatte(hair.astype(np.float32), hair, distance_to(hair), hair, nothing, nothing, np.zeros(3, np.float32))
    sample = real_skin_sample(FACE, features, matte, beard, V, 160 / 500)
    for chosen in (sample.near, sample.far, sample.forehead):
        assert chosen.any()
        assert not (chosen & (hair | features | beard | ~FACE)).any()
    assert V[sample.far].min() > -0.3
    assert V[sample.forehead].min() > 0


def test_where_bangs_hide_the_forehead_light_is_read_from_lower_cheeks_too() -> None:
    hair, nothing = V > 0.02, np.zeros_like(FACE)
    matte = HairMatte(hair.astype(np.float32), hair, distance_to(hair), hair, nothing, nothing, np.zeros(3, np.float32))
    assert V[real_skin_sample(FACE, nothing, matte, nothing, V, 160 / 500).far].min() < -0.35
