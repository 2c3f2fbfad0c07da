"""Drawn skin and hair in the photo's light, tone, sharpness and grain."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.light import (
    EVEN_LIMIT,
    HAIR_CONTRAST_LIMITS,
    LOG_OFFSET,
    SEAM_LOG_LIMITS,
    SkinSample,
    even_colour,
    hair_tone,
    real_skin_sample,
    retone_clothes,
    scalp_lift,
    shine,
    skin_gain,
    softness,
    with_gain,
)
from engine.compositing.matte import HairMatte
from engine.face.head_axes import head_axes
from engine.imaging.ops import blur, dilate, distance_to
from engine.parsing.classes import FEATURES
from tests.support.schematic_face import face_points
from tests.support.schematic_head import HAIR, SchematicHead

SIZE = 256
U, V = head_axes(face_points((128, 150), 160)).coordinates(SIZE)
FACE = (np.abs(U) < 0.5) & (V < 0.25) & (V > -0.6)
SCALP = (np.abs(U) < 0.5) & (V >= 0.25) & (V < 0.6)
FOREHEAD = FACE & (V > 0.0)
SKIN_COLOUR = np.array([200, 150, 125], np.float32)


def lit_skin(gain_u: float = 0.0, level: float = 1.0) -> NDArray[np.float32]:
    """Skin under a light that changes across the face."""
    light = level * np.exp(gain_u * U)
    return np.asarray(SKIN_COLOUR * light[..., None], np.float32)


def relit(photo: NDArray[np.float32], render: NDArray[np.float32]) -> NDArray[np.float32]:
    return with_gain(render, skin_gain(photo, render, SkinSample(FACE, FACE, FOREHEAD), FACE | SCALP))


def test_no_gain_changes_nothing() -> None:
    np.testing.assert_allclose(with_gain(lit_skin(), np.zeros((SIZE, SIZE, 3), np.float32)), lit_skin(), rtol=1e-5)


def test_a_darker_render_is_brought_to_the_photos_level_on_scalp_that_nobody_has_seen() -> None:
    out = relit(lit_skin(), lit_skin(level=0.7))
    np.testing.assert_allclose(out[SCALP].mean(0), SKIN_COLOUR, rtol=0.05)
    np.testing.assert_allclose(out[FACE].mean(0), SKIN_COLOUR, rtol=0.05)


def test_at_the_seam_drawn_skin_meets_the_visible_skin_and_away_from_it_the_render_s_own_light_stays() -> None:
    """The light on the photo comes a little from one side; the render's is even."""
    photo = lit_skin(gain_u=0.15)
    out = relit(photo, lit_skin())
    seam, top = FACE & (V > 0.1), SCALP & (V > 0.5)
    assert np.abs(out - photo)[seam].mean() < 0.35 * np.abs(lit_skin() - photo)[seam].mean()
    np.testing.assert_allclose(out[top & (U < -0.3)].mean(0), out[top & (U > 0.3)].mean(0), rtol=0.04)


def test_the_renders_own_shading_is_kept_on_the_scalp() -> None:
    render = lit_skin()
    render[SCALP & (V > 0.45)] *= 1.2
    out = relit(lit_skin(level=0.8), render)
    above, below = out[SCALP & (V > 0.5)].mean(), out[SCALP & (V < 0.4)].mean()
    assert 1.15 < above / below < 1.25


def test_a_hair_s_shadow_on_the_forehead_darkens_the_drawn_skin_by_no_more_than_its_limit() -> None:
    photo = lit_skin()
    photo[FACE & (V > 0.18)] *= 0.5
    out = relit(photo, lit_skin())
    least = SKIN_COLOUR.mean() * np.exp(SEAM_LOG_LIMITS[0])
    assert out[SCALP].mean(1).min() > 0.97 * least
    assert out[SCALP & (V > 0.5)].mean() > 0.97 * SKIN_COLOUR.mean()


def test_on_a_tinted_photo_drawn_skin_has_the_photos_tint() -> None:
    grey = np.asarray(np.repeat(lit_skin().mean(2, keepdims=True), 3, 2), np.float32)
    out = relit(grey, lit_skin())
    assert float(np.ptp(out[SCALP].mean(0))) < 6


def test_too_little_visible_skin_leaves_the_render_as_it_is() -> None:
    nothing = np.zeros((SIZE, SIZE), bool)
    gain = skin_gain(lit_skin(), lit_skin(level=0.5), SkinSample(nothing, nothing, nothing), SCALP)
    assert not gain.any()


def test_without_a_forehead_light_is_read_from_the_rest_of_the_face() -> None:
    nothing = np.zeros((SIZE, SIZE), bool)
    photo, render = lit_skin(), lit_skin(level=0.7)
    out = with_gain(render, skin_gain(photo, render, SkinSample(FACE, FACE, nothing), FACE | SCALP))
    np.testing.assert_allclose(out[SCALP].mean(0), SKIN_COLOUR, rtol=0.05)


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
    assert np.abs(change).max() == pytest.approx(EVEN_LIMIT, rel=0.01)


def test_without_skin_to_tell_it_the_tint_is_left_alone() -> None:
    nothing = np.zeros((SIZE, SIZE), bool)
    assert not even_colour(lit_skin(), lit_skin(), SkinSample(FACE, nothing, nothing), SCALP).any()


def features_of(head: SchematicHead) -> NDArray[np.bool_]:
    return head.photo.is_any(*FEATURES[:6])


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
    least, most = HAIR_CONTRAST_LIMITS
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


@pytest.mark.parametrize("sigma_px", [1.8, 3.5])
def test_the_blur_that_was_put_on_a_photo_is_found(head: SchematicHead, sigma_px: float) -> None:
    sharp = head.render.picture
    features = features_of(head)
    found = softness(blur(sharp, sigma_px), sharp, features)
    assert 0.6 * sigma_px < found < 1.3 * sigma_px


def test_a_photo_as_sharp_as_the_render_or_sharper_is_not_softer(head: SchematicHead) -> None:
    sharp = head.render.picture
    assert softness(sharp, sharp, features_of(head)) == 0
    assert softness(sharp, blur(sharp, 2), features_of(head)) == 0


def test_where_no_feature_is_seen_nothing_is_known_about_sharpness(head: SchematicHead) -> None:
    sharp = head.render.picture
    assert softness(blur(sharp, 3), sharp, np.zeros(sharp.shape[:2], bool)) == 0


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


def test_a_scalp_duller_than_the_bright_forehead_is_lifted_upwards_and_never_darkened() -> None:
    photo, nothing = lit_skin(), np.zeros((SIZE, SIZE), bool)
    sample = SkinSample(FACE, FACE, FACE & (V > 0))
    assert not scalp_lift(photo * np.float32(1.3), photo, sample, SCALP, U, V).any()
    lift = scalp_lift(photo * np.float32(0.6), photo, sample, SCALP, U, V)[..., 0]
    assert 0.1 < lift[SCALP].max() < 0.4
    column = np.abs(U) < 0.05
    assert lift[column & SCALP & (V > 0.4)].mean() > lift[column & SCALP & (V < 0.3)].mean()
    assert not scalp_lift(photo * np.float32(0.6), photo, sample, nothing, U, V).any()


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


def shiny(level: float, shine: float) -> NDArray[np.float32]:
    """Skin that is brighter in a spot on the forehead and in one on the scalp, by so much (natural logarithm)."""
    spots = np.maximum(
        np.exp(-((U / 0.15) ** 2 + ((V - 0.1) / 0.06) ** 2)), np.exp(-((U / 0.2) ** 2 + ((V - 0.45) / 0.1) ** 2))
    )
    return np.asarray(lit_skin(level=level) * np.exp(shine * spots)[..., None], np.float32)


def test_a_matt_scalp_gets_the_shine_of_the_face_in_white_where_it_is_bright_already() -> None:
    photo, render = shiny(1.0, 0.3), shiny(1.0, 0.08)
    sample, spot, beside = SkinSample(FACE, FACE, FOREHEAD), SCALP & (np.hypot(U, V - 0.45) < 0.05), SCALP & (U > 0.4)
    gain = shine(render, photo, sample, SCALP, V)
    added = with_gain(render, gain) - render
    assert added[spot].mean() > 8
    assert added[beside].mean() < 1
    assert np.ptp(added[spot].mean(0)) < 1


def test_no_scalp_shines_more_than_the_face_does() -> None:
    photo, sample = shiny(1.0, 0.05), SkinSample(FACE, FACE, FOREHEAD)
    assert not shine(shiny(1.0, 0.2), photo, sample, SCALP, V)[
        SCALP & (np.abs(U) < 0.05) & (np.abs(V - 0.45) < 0.02)
    ].any()
    assert not shine(lit_skin(), photo, sample, np.zeros_like(SCALP), V).any()
