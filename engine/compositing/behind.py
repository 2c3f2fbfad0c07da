"""A photo's canvas as it could be without the person's hair, wherever a head may leave it open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.compositing.background import FillSettings, fill_background
from engine.compositing.setting import Setting
from engine.compositing.view import SKIN
from engine.imaging.ops import Picture, dilate
from engine.imaging.scale import at_scale
from engine.parsing.classes import FaceClass


@dataclass(frozen=True)
class BehindSettings:
    """What is filled behind hair, set by eye. Lengths in `_px` are pixels of a face 500 wide, those in `_canvas_px` the
    canvas's."""

    # What is not background colours it so far around.
    mixed_px: float = 3
    # It is needed so far around hair, for heads that are larger than the photo's, and this much further for their edge.
    margin_px: float = 20.0
    edge_canvas_px: int = 4


def behind_hair(setting: Setting, rng: np.random.Generator, settings: BehindSettings = BehindSettings()) -> Picture:
    """The photo with what could stand behind the hair in its place (H,W,3), wherever a head may leave it open."""
    photo, matte, unit_px = setting.photo, setting.matte, setting.unit_px
    background = photo.is_any(FaceClass.BACKGROUND)
    hair = setting.hole
    known = ~dilate(~background | hair | setting.people, settings.mixed_px * unit_px) & photo.real
    visible_skin = photo.is_any(*SKIN) & ~matte.hard
    need = (matte.near_solid(settings.margin_px * unit_px) & ~visible_skin) | hair
    need = dilate(need, settings.edge_canvas_px) & ~known
    filled = fill_background(photo.picture, known, need, rng, at_scale(FillSettings(), photo.scale))
    # Nothing is copied from people, but they stay where they are.
    return np.where((setting.people & ~need)[..., None], photo.picture, filled)
