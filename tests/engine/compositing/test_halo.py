"""How far hair's colour is seen beyond it."""

from __future__ import annotations

import numpy as np
import pytest

from engine.compositing import Setting
from engine.compositing.halo import HaloSettings, halo_px
from engine.compositing.matte import HairMatte
from engine.compositing.view import View
from engine.imaging.ops import Mask, blur
from engine.parsing import FaceClass
from tests.support.schematic_head import HAIR, SchematicHead

PLAIN = (150.0, 170.0, 160.0)


@pytest.fixture(scope="module")
def behind(setting: Setting) -> Mask:
    """Background beside and above the head."""
    return np.asarray(setting.photo.is_any(FaceClass.BACKGROUND) & (setting.v > -0.3), bool)


def measured(setting: Setting, behind: Mask, sigma_px: float, stripes: float = 0.0) -> float:
    """Of the head before a plain wall, or a striped one, blurred; in pixels of a face 500 wide."""
    columns = np.arange(behind.shape[1])
    tone = np.where(columns // 24 % 2 == 0, stripes, -stripes)[None, :, None]
    everywhere = setting.photo.is_any(FaceClass.BACKGROUND)[..., None]
    picture = np.where(everywhere, np.array(PLAIN) + tone, np.array(HAIR)).astype(np.float32)
    picture = blur(picture, sigma_px) if sigma_px else picture
    matte: HairMatte = Setting(
        View(picture, setting.photo.probabilities, setting.photo.real), setting.landmarks, setting.axes, setting.fade
    ).matte
    return halo_px(picture, matte, behind, setting.unit_px) / setting.unit_px


def test_a_sharp_photo_has_hardly_any(setting: Setting, behind: Mask) -> None:
    assert measured(setting, behind, 0) <= 2 * HaloSettings().ring_px


def test_the_more_a_photo_is_blurred_the_wider_it_is(setting: Setting, behind: Mask) -> None:
    widths = [measured(setting, behind, sigma_px) for sigma_px in (0, 4, 9)]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1] <= HaloSettings().furthest_px


def test_what_gets_no_more_of_the_backgrounds_colour_is_no_halo(setting: Setting, behind: Mask) -> None:
    """Beside the head the wall itself is darker, up to well beyond where hair is ever seen."""
    hair = setting.photo.is_any(FaceClass.HAIR)
    away = setting.matte.away / setting.unit_px
    share = np.where(away < 70, 0.8, 1.0).astype(np.float32)[..., None]
    picture = np.where(hair[..., None], np.array(HAIR), np.array(HAIR) + share * (np.array(PLAIN) - np.array(HAIR)))
    picture = picture.astype(np.float32)
    assert halo_px(picture, setting.matte, behind, setting.unit_px) <= HaloSettings().ring_px * setting.unit_px


def test_a_busy_background_says_nothing(setting: Setting, behind: Mask) -> None:
    assert measured(setting, behind, 4, stripes=90.0) == 0


def test_without_any_background_far_from_the_hair_there_is_none(head: SchematicHead, setting: Setting) -> None:
    nowhere = np.zeros_like(setting.matte.solid)
    assert halo_px(head.photo.picture, setting.matte, nowhere, setting.unit_px) == 0
