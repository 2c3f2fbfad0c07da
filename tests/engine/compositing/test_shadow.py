"""How far hair's shadow reaches over a forehead: as far as the skin gets lighter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.compositing import Setting
from engine.compositing.shadow import OwnShadowSettings, shadow_px
from tests.support.schematic_head import SchematicHead

SETTINGS = OwnShadowSettings()


def reach_px(setting: Setting, head: SchematicHead, shadow_to_px: float, *, seen: bool = True) -> float:
    """Told of a forehead that is darker up to so far (pixels of a face 500 wide) below its hair."""
    away_px = setting.matte.off_hard / setting.unit_px
    picture = head.photo.picture * np.where(away_px < shadow_to_px, 0.8, 1.0)[..., None].astype(np.float32)
    forehead = seen & (setting.v > SETTINGS.forehead_above) & ~setting.matte.hard & (np.abs(setting.u) < 0.4)
    return shadow_px(picture, setting.matte, np.asarray(forehead, bool), setting.unit_px)


@pytest.mark.parametrize("shadow_to_px", [50.0, 65.0])
def test_it_reaches_as_far_as_the_skin_is_darker(setting: Setting, head: SchematicHead, shadow_to_px: float) -> None:
    assert reach_px(setting, head, shadow_to_px) == pytest.approx(shadow_to_px + SETTINGS.fade_px / 2, abs=9)


def test_it_is_never_told_shorter_or_longer_than_shadows_are(setting: Setting, head: SchematicHead) -> None:
    assert reach_px(setting, head, 0.0) == SETTINGS.limits_px[0]
    assert SETTINGS.limits_px[0] <= reach_px(setting, head, 400.0) <= SETTINGS.limits_px[1]


def test_where_no_forehead_is_seen_it_is_as_short_as_shadows_are(setting: Setting, head: SchematicHead) -> None:
    assert reach_px(setting, head, 65.0, seen=False) == SETTINGS.limits_px[0]


def test_the_change_reaches_as_far_as_the_shadow(setting: Setting, head: SchematicHead) -> None:
    away_px = setting.matte.off_hard / setting.unit_px
    dark = head.photo.picture * np.where(away_px < 70, 0.8, 1.0)[..., None].astype(np.float32)
    shaded = replace(setting, photo=replace(head.photo, picture=dark))
    ring = (away_px > 55) & (away_px < 65) & (setting.v > 0.1) & (np.abs(setting.u) < 0.2)
    assert ring.any()
    assert shaded.change(head.render)[ring].mean() > setting.change(head.render)[ring].mean() + 0.2
