"""How much softer a photo is than its render."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.softness import softness
from engine.imaging.ops import blur
from engine.parsing.classes import FEATURES
from tests.support.schematic_head import SchematicHead


def features_of(head: SchematicHead) -> NDArray[np.bool_]:
    return head.photo.is_any(*FEATURES[:6])


@pytest.mark.parametrize("sigma_px", [1.8, 3.5])
def test_the_blur_that_was_put_on_a_photo_is_found(head: SchematicHead, sigma_px: float) -> None:
    sharp = head.render.picture
    features = features_of(head)
    found = softness(blur(sharp, sigma_px), sharp, features, 1.0)
    assert 0.6 * sigma_px < found < 1.3 * sigma_px


@pytest.mark.parametrize("made_px", [0.0, 12.0])
def test_a_blurred_photo_is_as_soft_as_it_is_whatever_a_render_has_learnt(head: SchematicHead, made_px: float) -> None:
    sharp = head.render.picture
    made = blur(sharp, made_px) if made_px else sharp
    # What is thinner than its blur looks a little sharper than it is.
    assert 0.6 * 14 < softness(blur(sharp, 14), made, features_of(head), 1.0) < 1.1 * 14


def test_a_photo_as_sharp_as_the_render_or_sharper_is_not_softer(head: SchematicHead) -> None:
    sharp = head.render.picture
    assert softness(sharp, sharp, features_of(head), 1.0) == 0
    assert softness(sharp, blur(sharp, 2), features_of(head), 1.0) == 0


def test_where_no_feature_is_seen_nothing_is_known_about_sharpness(head: SchematicHead) -> None:
    sharp = head.render.picture
    assert softness(blur(sharp, 3), sharp, np.zeros(sharp.shape[:2], bool), 1.0) == 0


def test_a_small_face_is_not_blurred_by_its_own_large_pixels(head: SchematicHead) -> None:
    sharp = head.render.picture
    soft = blur(sharp, 9)
    enlarged = softness(soft, soft, features_of(head), 8.0)
    assert enlarged == 0  # as soft as the render, and less than a pixel of the photo
    assert softness(soft, soft, features_of(head), 2.0) > 4
