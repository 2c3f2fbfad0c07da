"""A drawn person in the photo's look."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.compositing import Setting
from engine.compositing.body import BodySettings, PhotoTexture, lit_body
from engine.compositing.view import View
from engine.imaging.ops import Plane, blur, dilate, erode, luminance
from engine.parsing import FaceClass
from tests.support.schematic_head import SKIN, SchematicHead, with_class

NO_TEXTURE = PhotoTexture(0.0, ())


def share(render: View) -> Plane:
    """All that is somebody."""
    return np.asarray(~render.is_any(FaceClass.BACKGROUND), np.float32)


def test_a_darker_render_comes_into_the_photo_s_light(setting: Setting, head: SchematicHead) -> None:
    dark = replace(head.render, picture=head.render.picture * np.float32(0.7))
    hair = np.zeros_like(setting.v)
    body = lit_body(setting, dark, share(dark), hair, None, NO_TEXTURE)
    scalp = (np.abs(setting.u) < 0.2) & (setting.v > 0.1) & (setting.v < 0.4)
    np.testing.assert_allclose(body[scalp].mean(0), SKIN, rtol=0.08)


def test_what_the_parser_misses_on_a_dull_scalp_gets_its_light_too(setting: Setting, head: SchematicHead) -> None:
    """The scalp alone is dull; in its middle the parser sees glasses."""
    spot = np.hypot(setting.u, setting.v - 0.35) < 0.04
    scalp = setting.v > 0.25
    picture = head.render.picture.copy()
    picture[scalp] *= 0.8
    probabilities = head.render.probabilities.copy()
    small = spot[:: spot.shape[0] // probabilities.shape[1], :: spot.shape[1] // probabilities.shape[2]]
    probabilities[:, small] = 0
    probabilities[FaceClass.GLASSES, small] = 1
    hair = np.zeros_like(setting.v)
    render = replace(head.render, picture=picture, probabilities=probabilities)
    body = luminance(lit_body(setting, render, share(render), hair, None, NO_TEXTURE))
    around = dilate(spot, 12) & ~dilate(spot, 4)
    assert abs(body[spot].mean() / body[around].mean() - 1) < 0.02
    assert body[spot].mean() > 1.05 * luminance(picture)[spot].mean()


def test_whatever_a_parser_sees_on_a_scalp_gets_its_light(setting: Setting, head: SchematicHead) -> None:
    """Glasses as wide as a forehead are far too large for a hole."""
    spot = np.hypot(setting.u, setting.v - 0.35) < 0.15
    dull = replace(
        head.render, picture=np.where(setting.v[..., None] > 0.2, 0.8, 1).astype(np.float32) * head.render.picture
    )
    probabilities = head.render.probabilities.copy()
    small = spot[:: spot.shape[0] // probabilities.shape[1], :: spot.shape[1] // probabilities.shape[2]]
    probabilities[:, small] = 0
    probabilities[FaceClass.GLASSES, small] = 1
    hair = np.zeros_like(setting.v)
    plain, seen = (
        lit_body(setting, render, share(render), hair, None, NO_TEXTURE)
        for render in (dull, replace(dull, probabilities=probabilities))
    )
    np.testing.assert_allclose(seen[spot], plain[spot], atol=3)


def test_parts_of_a_dull_scalp_beside_the_own_forehead_are_not_lifted(setting: Setting, head: SchematicHead) -> None:
    scalp = (setting.v > 0.3) & (np.abs(setting.u) < 0.2)
    picture = head.render.picture.copy()
    picture[setting.v > 0.25] *= 0.8
    hair, render = np.zeros_like(setting.v), replace(head.render, picture=picture)
    lifted, as_drawn = (
        luminance(lit_body(setting, render, share(render), hair, None, NO_TEXTURE, settings))[scalp].mean()
        for settings in (BodySettings(), BodySettings(lit_from_above=False))
    )
    assert lifted > 1.05 * as_drawn
    assert abs(as_drawn / luminance(picture)[scalp].mean() - 1) < 0.12


def test_a_soft_photo_s_person_is_as_soft(setting: Setting, head: SchematicHead) -> None:
    hair = np.zeros_like(setting.v)
    sharp, soft = (
        lit_body(setting, head.render, share(head.render), hair, None, PhotoTexture(sigma_px, ()))
        for sigma_px in (0.0, 3.0)
    )
    face = (np.abs(setting.u) < 0.3) & (setting.v < 0) & (setting.v > -0.5)
    detail = [float(np.abs(body - blur(body, 2.0))[face].mean()) for body in (sharp, soft)]
    assert detail[1] < 0.7 * detail[0]


def test_a_bare_crown_s_rim_has_the_skin_s_colour_where_its_labels_still_say_hair(
    setting: Setting, head: SchematicHead
) -> None:
    """A render's rim mixes with what is behind it; in one half of it the parser sees hair."""
    somebody = share(head.render)
    rim = (somebody > 0) & ~erode(somebody > 0, 4) & (setting.v > 0.3) & (np.abs(setting.u) < 0.3)
    assert rim.sum() > 100
    picture = head.render.picture.copy()
    picture[rim] = (90, 90, 110)
    hair_there = dilate(rim, 6) & (somebody > 0) & (setting.u > 0)
    render = with_class(head.render, hair_there, FaceClass.HAIR).with_picture(picture)
    body = lit_body(setting, render, somebody, np.zeros_like(setting.v), None, NO_TEXTURE)
    plain, labelled = (luminance(body)[rim & half].mean() for half in (setting.u < 0, setting.u > 0))
    assert abs(labelled / plain - 1) < 0.05


def test_an_ear_s_rim_keeps_its_fold(setting: Setting, head: SchematicHead) -> None:
    """Of skin elsewhere the outermost pixels, which mix in the render's background, take the colour further inside."""
    ear = np.asarray((np.abs(setting.u - 0.62) < 0.08) & (np.abs(setting.v + 0.1) < 0.12), bool)
    probabilities = head.render.probabilities.copy()
    probabilities[:, ear[::2, ::2]] = 0
    small = ear[::2, ::2]
    picture = head.render.picture.copy()
    fold = ear & ~erode(ear, 4) & erode(ear, 1)
    picture[ear], picture[fold] = SKIN, np.multiply(SKIN, 0.5)
    told = []
    for kind in (FaceClass.LEFT_EAR, FaceClass.NECK):
        probabilities[:, small] = 0
        probabilities[kind, small] = 1
        render = replace(head.render, picture=picture, probabilities=probabilities.copy())
        body = lit_body(setting, render, share(render), np.zeros_like(setting.v), None, NO_TEXTURE)
        out = fold & (setting.u > 0.66)
        told.append(float(luminance(body)[out].mean()))
    assert told[0] < 0.9 * told[1]
