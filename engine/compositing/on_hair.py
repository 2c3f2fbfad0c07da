"""Whether something lies on the hair, told from what the parser's trunk saw there (engine/parsing/on_hair.py)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.compositing.worn_parts import hair_or_hat
from engine.face.head_axes import HeadAxes
from engine.imaging.ops import Mask, Plane, closed, dilate
from engine.imaging.parts import connected_parts


@dataclass(frozen=True)
class OnHairSettings:
    """When something lies on the hair, set on 75 faces of photos without anything and 91 drawn things. Lengths are face
    widths, areas their squares."""

    # So far above the brows and no farther aside.
    above: float = 0.1
    within: float = 1.0
    # Gaps of the hair that are closed: what lies on it is hair to the parser, or none.
    gap: float = 0.05
    # The probability from which on a place counts, and the least area of what hangs together; less is enough where this
    # share of what is so far around is hair. Bare hair has 0.0013 at most, but for 0.0043 at the edge of a picture in a
    # collage; a headband that was worn has 0.022.
    probability: float = 0.9
    least_area: float = 0.005
    least_inside_area: float = 0.003
    inside_share: float = 0.7
    around: float = 0.04
    # What stays in place anyway is no reason, nor is what is so close around it; if less than this share of a thing
    # stays, as of glasses whose lenses look drawn, it would go in half.
    around_kept: float = 0.03
    kept_share: float = 0.9


def lies_on_hair(
    things: Plane,
    probabilities: NDArray[np.float32],
    axes: HeadAxes,
    kept: Mask,
    settings: OnHairSettings = OnHairSettings(),
) -> bool:
    """Whether a part of the hair shows something else.

    things: H,W, 0..1, how probably something lies there; probabilities: 19,H,W, of classes; axes: the head's, in those
    pixels; kept (H,W): what stays in place whatever becomes of the hair.
    """
    unit_px = axes.width_px
    u, v = axes.coordinates(kept.shape)
    hair = hair_or_hat(probabilities)
    # Beyond the picture there is no hair, or a frame around it would be a gap.
    room = round(2 * settings.gap * unit_px) + 1
    inner = slice(room, -room)
    where = closed(np.pad(hair, room), settings.gap * unit_px)[inner, inner]
    where = where & (v > settings.above) & (np.abs(u) < settings.within)
    stays = dilate(kept, settings.around_kept * unit_px) if kept.any() else kept
    found = where & (things > settings.probability)
    around_px = settings.around * unit_px
    for part in connected_parts(found, round(2 * around_px), settings.least_inside_area * unit_px**2):
        if float(stays[part.box][part.mask].mean()) >= settings.kept_share:
            continue
        ring = dilate(part.mask, around_px) & ~part.mask
        inside = float(hair[part.box][ring].mean()) if ring.any() else 0.0
        if part.area_px >= settings.least_area * unit_px**2 or inside >= settings.inside_share:
            return True
    return False
