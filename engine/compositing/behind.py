"""A photo's canvas as it could be without the person's hair, wherever a head may leave it open."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engine.compositing.background import FillSettings, fill_background
from engine.compositing.bands import bands
from engine.compositing.others import heads_and_shoulders
from engine.compositing.setting import Setting
from engine.compositing.view import SKIN
from engine.imaging.membrane import membrane
from engine.imaging.ops import Mask, Picture, dilate, distance_to, luminance, mixed, smoothstep
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
    # Where somebody else is nearer than the background, they go on, over so much to both sides of the middle between
    # the two; up to so far off them at all, fading over the second of these.
    between_px: float = 12.0
    people_within_px: tuple[float, float] = (70.0, 130.0)
    # What a parser takes for hair with more than this probability, off the person's own, is never copied: a stranger's
    # hair has .3 to .45 of it. In 21 photos other backgrounds have it on a hundredth at most.
    maybe_hair: float = 0.3
    # Where no background is seen at all, a grey wall stands behind the head, with so much of the face's light.
    wall_light: float = 0.7
    # How their smoothest surface is told.
    fill: FillSettings = field(default_factory=FillSettings)


def behind_hair(setting: Setting, rng: np.random.Generator, settings: BehindSettings = BehindSettings()) -> Picture:
    """The photo with what could stand behind the hair in its place (H,W,3), wherever a head may leave it open."""
    photo, matte, unit_px = setting.photo, setting.matte, setting.unit_px
    background = photo.is_any(FaceClass.BACKGROUND)
    hair = setting.hole
    seen = ~dilate(~background | hair, settings.mixed_px * unit_px) & photo.real
    somebody = setting.people | (background & ~hair & (photo.probability(FaceClass.HAIR) > settings.maybe_hair))
    known = ~dilate(~background | hair | somebody, settings.mixed_px * unit_px) & photo.real
    visible_skin = photo.is_any(*SKIN) & ~matte.hard
    need = (matte.near_solid(settings.margin_px * unit_px) & ~visible_skin) | hair
    if not known.any():
        # Hair and head fill the photo but for slivers, if that: mixed with hair, these still have the wall's colour.
        known = background & photo.real & ~setting.people
    need = dilate(need, settings.edge_canvas_px) & ~known
    if known.any():
        filled = fill_background(photo.picture, known, need, rng, at_scale(settings.fill, photo.scale))
    else:
        filled = _wall(photo.picture, visible_skin & photo.real, settings.wall_light)
    # What only may be somebody does not go on: where they end nobody knows.
    people = seen & heads_and_shoulders(setting.others, known.shape)
    if people.any():
        filled = _with_people(setting, filled, known, people, need, settings)
    # Nothing is copied from people, but they stay where they are.
    return np.where((somebody & ~need)[..., None], photo.picture, filled)


def _wall(picture: Picture, skin: Mask, light: float) -> Picture:
    """A plain grey wall in a share of the light that falls on the skin (H,W) of a picture (H,W,3); on everything, where
    there is none."""
    level = luminance(picture)
    return np.full_like(picture, light * float(np.median(level[skin] if skin.any() else level)))


def _with_people(
    setting: Setting, filled: Picture, known: Mask, people: Mask, need: Mask, settings: BehindSettings
) -> Picture:
    """A filled background (H,W,3) before which other people (H,W) go on where they are nearer than what is known."""
    unit_px = setting.unit_px
    off_people, off_known = distance_to(people), distance_to(known)
    between = settings.between_px * unit_px
    share = smoothstep(off_known - off_people, -between, between)
    nearest, furthest = settings.people_within_px
    share *= 1 - smoothstep(off_people, nearest * unit_px, furthest * unit_px)
    share *= need
    if not share.any():
        return filled
    photo = setting.photo.picture
    sides = tuple(side for side in settings.fill.pyramid_px if side <= max(known.shape))
    own = bands(photo, people, membrane(photo, people, np.ones_like(people), sides))
    return mixed(filled, own, share)
