"""What hair hid of the person's body: pieces of their own clothes, neck and shoulders, as far as these are seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from engine.compositing.background import FillSettings, fill_background
from engine.compositing.background_kind import KindSettings
from engine.compositing.setting import Setting
from engine.compositing.torso import chin_height
from engine.compositing.view import CLOTHES, SKIN, View
from engine.imaging.ops import Mask, Picture, Plane, blur, dilate, mixed, smoothstep
from engine.imaging.scale import at_scale
from engine.parsing.classes import FaceClass

# What nothing is, told to be a wall or blurred.
NO_WALL = KindSettings(calm_levels=(0.0, 0.1), blurred_shares=(0.0, 0.001))
# More than so much of a pixel counts as all of it.
HALF = 0.5


@dataclass(frozen=True)
class OwnBodySettings:
    """Where a body goes on in its own pieces, set by eye. Lengths in `_px` are pixels of a face 500 wide, heights face
    widths below the chin."""

    # From the first of these to the second more and more: right below the chin a neck is drawn better.
    below_chin: tuple[float, float] = (0.02, 0.10)
    # What is seen of it counts so far off hair, whose shadow and colour lie on it.
    off_hair_px: float = 12.0
    # It is filled so far around hair, so softly.
    around_px: float = 12.0
    edge_px: float = 4.0
    # Where cloth and shoulders are seen on less than this share of what is wanted, a neck would go on to all of it.
    least_seen: float = 0.15
    # What hangs around a neck is not copied, nor so much around it: it hangs there once.
    jewels_px: float = 6.0
    fill: FillSettings = field(default_factory=FillSettings)
    # Drawn cloth is filled from own cloth alone, if only a little is seen, and never with bands: a fog would lie on it.
    cloth_fill: FillSettings = field(default_factory=partial(FillSettings, min_known_share=0.005, kind=NO_WALL))


def with_own_body(
    setting: Setting,
    person: Picture,
    head: Plane,
    render: View,
    rng: np.random.Generator,
    settings: OwnBodySettings = OwnBodySettings(),
) -> Picture:
    """A drawn person without hair (H,W,3) whose body goes on in pieces of the photo's where hair lay before it.
    head: H,W, 0..1, how much of each pixel they are; render: their classes, without hair."""
    photo, matte, unit_px = setting.photo, setting.matte, setting.unit_px
    highest = chin_height(setting) - settings.below_chin[0]
    low = setting.v < highest
    hidden = matte.near_hard(settings.around_px * unit_px) & low & (head > HALF)
    clear = low & ~matte.near_hard(settings.off_hair_px * unit_px) & ~hidden
    clear &= ~dilate(photo.is_any(FaceClass.NECKLACE), settings.jewels_px * unit_px)
    known, fill = clear & (photo.seen(*SKIN, *CLOTHES) | setting.bare_body), settings.fill
    shoulders = known & (photo.is_any(*CLOTHES) | setting.bare_body)
    cloth, own_cloth = hidden & render.is_any(*CLOTHES), clear & photo.seen(*CLOTHES)
    clothed = own_cloth.sum() >= setting.bare_body.sum()
    if clothed and cloth.any() and _is_enough(own_cloth, cloth, settings.cloth_fill, settings):
        hidden, known, shoulders, fill = cloth, own_cloth, own_cloth, settings.cloth_fill
    if not hidden.any() or not _is_enough(shoulders, hidden, fill, settings):
        return person
    filled = fill_background(photo.picture, known, hidden, rng, at_scale(fill, photo.scale))
    share = blur(hidden, settings.edge_px * unit_px) * smoothstep(
        np.asarray(chin_height(setting) - setting.v, np.float32), *settings.below_chin
    )
    return mixed(person, filled, np.asarray(share, np.float32))


def _is_enough(seen: Mask, hidden: Mask, fill: FillSettings, settings: OwnBodySettings) -> bool:
    """Whether as much of a body is seen (H,W) as what is hidden (H,W) is filled from."""
    return bool(seen.sum() >= max(settings.least_seen * hidden.sum(), fill.min_known_share * hidden.size))
