"""What hair hid of the person's body: pieces of their own clothes, neck and shoulders, as far as these are seen."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engine.compositing.background import FillSettings, fill_background
from engine.compositing.setting import Setting
from engine.compositing.torso import chin_height
from engine.compositing.view import CLOTHES, SKIN
from engine.imaging.ops import Picture, Plane, blur, dilate, mixed, smoothstep
from engine.imaging.scale import at_scale
from engine.parsing.classes import FaceClass

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


def with_own_body(
    setting: Setting,
    person: Picture,
    head: Plane,
    rng: np.random.Generator,
    settings: OwnBodySettings = OwnBodySettings(),
) -> Picture:
    """A drawn person without hair (H,W,3) whose body goes on in pieces of the photo's where hair lay before it.
    head: H,W, 0..1, how much of each pixel they are."""
    photo, matte, unit_px = setting.photo, setting.matte, setting.unit_px
    highest = chin_height(setting) - settings.below_chin[0]
    low = setting.v < highest
    body = (photo.seen(*SKIN, *CLOTHES) | setting.bare_body) & low
    hidden = matte.near_hard(settings.around_px * unit_px) & low & (head > HALF)
    known = body & ~matte.near_hard(settings.off_hair_px * unit_px) & ~hidden
    known &= ~dilate(photo.is_any(FaceClass.NECKLACE), settings.jewels_px * unit_px)
    shoulders = known & (photo.is_any(*CLOTHES) | setting.bare_body)
    enough = max(settings.least_seen * hidden.sum(), settings.fill.min_known_share * hidden.size)
    if not hidden.any() or shoulders.sum() < enough:
        return person
    filled = fill_background(photo.picture, known, hidden, rng, at_scale(settings.fill, photo.scale))
    share = blur(hidden, settings.edge_px * unit_px) * smoothstep(
        np.asarray(chin_height(setting) - setting.v, np.float32), *settings.below_chin
    )
    return mixed(person, filled, np.asarray(share, np.float32))
