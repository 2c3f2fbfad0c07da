"""Generated skin in the photo's light, tone and grain."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.arrays import blur, distance_to
from engine.compositing.matte import HairMatte
from engine.compositing.scalp import (
    SkinSample,
    grain_like,
    real_skin_sample,
    relight,
    retone_clothes,
    toned_like,
    with_gain,
)
from engine.head import head_frame
from tests.support.schematic_face import face_points

SIZE = 256
U, V = head_frame(face_points((128, 150), 160)).coordinates(SIZE)
FACE = (np.abs(U) < 0.5) & (V < 0.25) & (V > -0.6)
SCALP = (np.abs(U) < 0.5) & (V >= 0.25) & (V < 0.6)
SKIN_COLOUR = np.array([200, 150, 125], np.float32)


def lit_skin(gain_u: float = 0.0, level: float = 1.0) -> NDArray[np.float32]:
    """Skin under a light that changes across the face."""
    light = level * np.exp(gain_u * U)
    return np.asarray(SKIN_COLOUR * light[..., None], np.float32)


def relit(photo: NDArray[np.float32], render: NDArray[np.float32]) -> NDArray[np.float32]:
    sample = SkinSample(FACE, FACE)
    gain = relight(photo, render, sample, FACE | SCALP, SCALP, U, V, np.random.default_rng(0))
    return with_gain(render, gain)


def test_no_gain_changes_nothing() -> None:
    np.testing.assert_allclose(with_gain(lit_skin(), np.zeros((SIZE, SIZE, 3), np.float32)), lit_skin(), rtol=1e-5)


def test_a_darker_render_is_brought_to_the_photos_level_on_scalp_that_nobody_has_seen() -> None:
    out = relit(lit_skin(), lit_skin(level=0.7))
    np.testing.assert_allclose(out[SCALP].mean(0), SKIN_COLOUR, rtol=0.05)
    np.testing.assert_allclose(out[FACE].mean(0), SKIN_COLOUR, rtol=0.05)


def test_light_from_one_side_goes_on_over_the_scalp() -> None:
    photo = lit_skin(gain_u=0.35)
    out = relit(photo, lit_skin())
    left, right = out[SCALP & (U < -0.2)].mean(), out[SCALP & (U > 0.2)].mean()
    assert 1.05 < right / left < 1.5
    assert np.abs(out - photo)[FACE].mean() < 0.3 * np.abs(lit_skin() - photo)[FACE].mean()


def test_too_little_visible_skin_leaves_the_render_as_it_is() -> None:
    nothing = np.zeros((SIZE, SIZE), bool)
    gain = relight(
        lit_skin(), lit_skin(level=0.5), SkinSample(nothing, nothing), SCALP, SCALP, U, V, np.random.default_rng(0)
    )
    assert not gain.any()


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


def test_a_greenish_glaring_scalp_is_drawn_towards_the_persons_own_tones_and_the_rest_left_alone() -> None:
    rng = np.random.default_rng(0)
    photo = np.clip(lit_skin(0.3) + rng.normal(0, 3, (SIZE, SIZE, 3)), 0, 255).astype(np.float32)
    made = photo.copy()
    made[SCALP] = (215, 235, 190)
    out = toned_like(photo, made, FACE, SCALP.astype(np.float32))

    def distance(picture: NDArray[np.float32]) -> float:
        return float(np.abs(picture[SCALP].mean(0) - photo[SCALP].mean(0)).mean())

    assert distance(out) < 0.7 * distance(made)
    np.testing.assert_allclose(out[~SCALP], made[~SCALP], atol=1)


def test_grain_is_as_strong_as_on_the_persons_skin_where_the_render_has_none() -> None:
    rng = np.random.default_rng(3)
    noise = blur(rng.normal(0, 6, (SIZE, SIZE, 3)), 0.8)
    photo, smooth = lit_skin() + noise, lit_skin()
    domain = (FACE | SCALP).astype(np.float32)
    grain = grain_like(photo, smooth, FACE, smooth, domain, np.random.default_rng(0))
    wanted = (photo - blur(photo, 3))[FACE].std()
    assert 0.4 * wanted < grain[SCALP].std() < 1.3 * wanted
    assert not grain[domain == 0].any()


def test_a_render_with_grain_of_its_own_gets_less() -> None:
    rng = np.random.default_rng(3)
    noise = blur(rng.normal(0, 6, (SIZE, SIZE, 3)), 0.8)
    photo, smooth = lit_skin() + noise, lit_skin()
    whole = np.ones((SIZE, SIZE), np.float32)
    strengths = [
        float(grain_like(photo, render, FACE, smooth, whole, np.random.default_rng(0)).std())
        for render in (smooth, smooth + 0.7 * noise, photo)
    ]
    assert strengths[0] > strengths[1] > strengths[2]
    assert strengths[2] == pytest.approx(0, abs=0.1)


def test_light_is_read_from_skin_that_neither_hair_nor_beard_nor_features_touch() -> None:
    hair = (V > 0.45) & (np.abs(U) < 0.6)
    features, beard = (np.abs(V) < 0.05) & (np.abs(U) < 0.4), V < -0.4
    nothing = np.zeros_like(hair)
    matte = HairMatte(hair.astype(np.float32), hair, distance_to(hair), hair, nothing, nothing, np.zeros(3, np.float32))
    sample = real_skin_sample(FACE, features, matte, beard, V, 160 / 500)
    for chosen in (sample.near, sample.far):
        assert chosen.any()
        assert not (chosen & (hair | features | beard | ~FACE)).any()
    assert V[sample.far].min() > -0.3
