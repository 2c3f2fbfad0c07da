"""The far temple of a turned head: one smooth edge from the brow up, where a parser sees steps in a drawn one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.compositing.setting import Setting
from engine.compositing.view import EARS, View
from engine.face.head_axes import midline_aside
from engine.imaging.mirrored import mirrored_beyond
from engine.imaging.ops import Mask, Plane, blur, bounding_box, convex_hull, dilate, distance_to, erode, mixed, opened
from engine.imaging.parts import parts_at
from engine.imaging.scale import at_scale
from engine.parsing.classes import HAIR_CLASSES, FaceClass


@dataclass(frozen=True)
class FarTempleSettings:
    """What is a far temple, and how its edge is drawn, set by eye on ten turned heads. Lengths in `_px` are pixels of a
    face 500 wide, those in `_canvas_px` the canvas's."""

    # A head is turned where its midline is seen so far aside (face widths).
    least_aside: float = 0.10
    # The temple lies between these heights over the brows, from so far off the midline on (face widths).
    heights: tuple[float, float] = (-0.06, 0.75)
    beside: float = 0.10
    # Its skin hangs together with what lies so close to the midline: a cheek beside it may be a neighbour's.
    of_the_face: float = 0.20
    # Skin begins so far off hair and ears, whose own edge stays as it is with so much around; what is narrower than
    # twice the third is a sliver, or a step.
    off_hair_px: float = 3.0
    hair_edge_px: float = 16.0
    sliver_px: float = 5.0
    # Its edge is round: what lies inside of the line around it belongs to it, up to so far off. It is so soft.
    within_px: float = 30.0
    edge_canvas_px: float = 1.2
    # Below the hair the photo shows where it ends: a head is round, so that above nothing of it lies beyond the line in
    # which that goes on. The line is told from the last so many face widths of height, in such steps, off hair by so
    # much, and from no fewer steps than that, and where at least such a share of what is so close beside it is
    # background: somebody may hide the rest of a head. It may lie so far beyond, and so much further for each part
    # upwards: cut along the line, it would have a corner there.
    told_height: float = 0.16
    step: float = 0.01
    off_own_hair_px: float = 14.0
    least_steps: int = 6
    beside_edge: float = 0.04
    least_background: float = 0.8
    beyond: float = 0.006
    bulges: float = 0.3
    # What is added, or was drawn as background, shows the skin that is so far inside of what was drawn as skin.
    inside_px: float = 5.0


@dataclass(frozen=True)
class FarTemple:
    """What a photo tells of it, H,W each. out: head coordinate away from the midline; far: where it may be; ears: the
    own ones; skin: the own forehead's; beyond: where no head is, by its edge."""

    out: Plane
    far: Mask
    ears: Mask
    skin: Mask
    beyond: Mask


def far_temple(setting: Setting, settings: FarTempleSettings = FarTempleSettings()) -> FarTemple | None:
    """The far temple of a head; None where it is not turned, or where another head is beside it."""
    aside = midline_aside(setting.landmarks, setting.axes)
    if abs(aside) < settings.least_aside:
        return None
    settings = at_scale(settings, setting.photo.scale)
    out, v = setting.u * np.float32(np.sign(aside)), setting.v
    far = (out > settings.beside) & (v > settings.heights[0]) & (v < settings.heights[1])
    # Whose cheek or hair ends a temple that somebody hides cannot be told.
    if (setting.other_people & far).any():
        return None
    own = setting.photo.seen(FaceClass.SKIN) & ~setting.matte.near_hard(settings.off_hair_px * setting.unit_px)
    own = parts_at(own, own & (out > 0) & (out < settings.of_the_face))
    beyond = _beyond_own_edge(setting, out, own & far, own, settings)
    return FarTemple(out, far, setting.photo.is_any(*EARS), own, beyond)


def with_far_temple(
    setting: Setting,
    temple: FarTemple | None,
    render: View,
    head: Plane,
    settings: FarTempleSettings = FarTempleSettings(),
) -> tuple[View, Plane]:
    """A drawn head (H,W, 0..1) whose far temple has no steps and no slivers, and its render with skin as far; both as
    they are where it has none."""
    if temple is None:
        return render, head
    settings, unit_px = at_scale(settings, setting.photo.scale), setting.unit_px
    far, beyond = temple.far, temple.beyond
    # Ears stand off a head, as hair does.
    other = render.is_any(*HAIR_CLASSES, *EARS) | temple.ears
    solid, drawn = head > 0.5, ~render.is_any(FaceClass.BACKGROUND)
    bare = solid & ~dilate(other, settings.off_hair_px * unit_px)
    # Where the temple begins on the head nothing is narrow: opened in there alone, its upper corner was a sliver.
    wide = opened(bare | temple.skin, settings.sliver_px * unit_px) & far
    skin = parts_at(wide, wide & (temple.out < settings.of_the_face))
    if not skin.any():
        return render, head
    around = convex_hull(skin)
    free = far & ~dilate(other, settings.hair_edge_px * unit_px)
    added = around & ~beyond & free & ~solid & (distance_to(skin) < settings.within_px * unit_px)
    # Skin that hair parts from the rest of the forehead is no sliver.
    taken = solid & free & (beyond | ~(around | wide))
    after = (solid | added) & ~taken
    inside_px = settings.inside_px * unit_px
    lacking = after & free & ~erode(drawn, inside_px / 2)
    inside = skin & erode(solid & drawn, inside_px)
    if not (inside.any() and (added | taken | lacking).any()):
        return render, head
    changed = dilate(added | taken, inside_px)
    here = bounding_box(changed | lacking, round(settings.within_px * unit_px + inside_px))
    moved = blur(changed, settings.edge_canvas_px)
    smooth = blur(after, settings.edge_canvas_px)
    picture = render.picture.copy()
    if inside[here].any():
        shown = blur(dilate(added | lacking, inside_px / 2), settings.edge_canvas_px)[here]
        picture[here] = mixed(picture[here], mirrored_beyond(picture[here], inside[here]), shown)
    return render.with_picture(picture), np.asarray(head + (smooth - head) * moved, np.float32)


def _beyond_own_edge(setting: Setting, out: Plane, temple: Mask, own: Mask, settings: FarTempleSettings) -> Mask:
    """What lies (H,W) beyond the line in which the edge of own skin (H,W), of which so much is the temple's, goes on
    above where hair begins."""
    v, nothing = setting.v, np.zeros_like(own)
    clear = temple & ~setting.matte.near_hard(settings.off_own_hair_px * setting.unit_px)
    if not clear.any():
        return nothing
    level = np.rint(v / np.float32(settings.step)).astype(np.int32)
    lowest, highest = int(level[clear].min()), int(level[clear].max())
    reach, everywhere = np.zeros(highest - lowest + 1, np.float32), np.zeros(highest - lowest + 1, np.float32)
    skin = own & (level >= lowest) & (level <= highest)
    np.maximum.at(reach, level[clear] - lowest, out[clear])
    np.maximum.at(everywhere, level[skin] - lowest, out[skin])
    # Where hair lies over the edge, what is clear of it ends further in.
    ends = (reach > 0) & (reach == everywhere)
    off_edge = out - reach[np.clip(level - lowest, 0, highest - lowest)]
    beside = (level >= lowest) & (level <= highest) & (off_edge > 0) & (off_edge < settings.beside_edge)
    background = setting.photo.seen(FaceClass.BACKGROUND)
    count, seen = (np.bincount(level[mask] - lowest, minlength=len(reach)) for mask in (beside, beside & background))
    told = np.flatnonzero(ends & (seen >= settings.least_background * np.maximum(count, 1)))
    told = told[told > told.max(initial=0) - settings.told_height / settings.step]
    if len(told) < settings.least_steps:
        return nothing
    heights = (told + lowest) * settings.step
    slope, middle = np.polyfit(heights, reach[told], 1)
    line = np.float32(middle + settings.beyond) + np.float32(slope) * v
    line = line + np.float32(settings.bulges) * np.maximum(v - np.float32(heights[-1]), 0)
    return np.asarray((out > line) & (v > np.float32(heights[0])), bool)
