"""How much softer a photo is than its render."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing import Setting
from engine.compositing.softness import blurred_px, clear_features, softness
from engine.imaging.ops import blur
from engine.parsing.classes import FEATURES, FaceClass
from tests.support.schematic_head import SchematicHead


def features_of(head: SchematicHead) -> NDArray[np.bool_]:
    return head.photo.is_any(*FEATURES[:6])


@pytest.mark.parametrize("sigma_px", [1.8, 3.5])
def test_the_blur_that_was_put_on_a_photo_is_found(head: SchematicHead, sigma_px: float) -> None:
    sharp = head.render.picture
    features = features_of(head)
    found = softness(blur(sharp, sigma_px), sharp, features)
    assert 0.6 * sigma_px < found < 1.3 * sigma_px


def test_a_blurred_photo_is_as_blurred_as_it_is(head: SchematicHead) -> None:
    # What is thinner than its blur looks a little sharper than it is.
    assert 0.6 * 14 < blurred_px(blur(head.render.picture, 14), features_of(head), 1.0) < 1.1 * 14
    assert blurred_px(head.render.picture, features_of(head), 1.0) == 0


def test_a_photo_as_sharp_as_the_render_or_sharper_is_not_softer(head: SchematicHead) -> None:
    sharp = head.render.picture
    assert softness(sharp, sharp, features_of(head)) == 0
    assert softness(sharp, blur(sharp, 2), features_of(head)) == 0


def test_where_no_feature_is_seen_nothing_is_known_about_sharpness(head: SchematicHead) -> None:
    sharp = head.render.picture
    assert softness(blur(sharp, 3), sharp, np.zeros(sharp.shape[:2], bool)) == 0


def test_a_small_face_is_not_blurred_by_its_own_large_pixels(head: SchematicHead) -> None:
    soft = blur(head.render.picture, 9)
    assert blurred_px(soft, features_of(head), 8.0) == 0
    assert blurred_px(soft, features_of(head), 2.0) > 4


def test_where_the_parser_sees_no_eyes_the_landmarks_tell_where_they_are(head: SchematicHead, setting: Setting) -> None:
    blind = head.photo.probabilities.copy()
    blind[FaceClass.SKIN] += blind[list(FEATURES)].sum(0)
    blind[list(FEATURES)] = 0
    blurred = replace(head.photo, picture=blur(head.photo.picture, 14), probabilities=blind)
    features = clear_features(blurred, setting.matte, setting.landmarks)
    eyes = setting.landmarks[36:48].mean(0).round().astype(int)
    assert features[eyes[1], eyes[0]]
    assert blurred_px(blurred.picture, features, 1.0) > 7
