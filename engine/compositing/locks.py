"""Gaps between the locks at a drawn head's edge, where its own background shows through."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.setting import Setting
from engine.compositing.view import SKIN, View
from engine.imaging.ops import (
    Mask,
    Picture,
    Plane,
    blur,
    dilate,
    distance_to,
    drop_small_components,
    erode,
    nearby_colour,
    smoothstep,
    soft,
)
from engine.parsing.classes import HAIR_CLASSES


@dataclass(frozen=True)
class LockSettings:
    """How gaps between locks are told, set by eye. Lengths in `_px` are pixels of a face 500 wide, those in
    `_canvas_px` pixels of the canvas. Ways go from the hair's colour (0) to the background's (1)."""

    # Up to so far inside of the hair's edge a parser sees hair where the picture shows its background.
    within_px: float = 45.0
    # Both colours are read so deep inside, on a copy reduced by this factor, and slightly blurred.
    deep_px: float = 16.0
    reduced: int = 4
    blur_canvas_px: float = 1.5
    # From this share of a reduced pixel on, and so many of the canvas's at least; and they say something where they
    # differ by so many levels of 0..255 (over all channels).
    sure: float = 0.95
    min_sample_px: int = 500
    min_contrast: float = 50.0
    # What lies beyond this share of the way is a gap, and over how much more it becomes sure.
    from_share: float = 0.45
    over_share: float = 0.3
    # The hair's own streaks, but for the most striking, come less far by a margin; hair that comes further than the
    # last is too like its background.
    streaks_percentile: float = 90.0
    streaks_margin: float = 0.05
    most_from: float = 0.6
    # Gaps open to the background where they are surer than this; what is light within the hair shines.
    open_share: float = 0.3
    # What the gaps cut off stays from this share of the head on; it and they are so much wider, so soft.
    least_part: float = 0.1
    part_wider_canvas_px: int = 3
    gaps_wider_canvas_px: int = 2
    edge_canvas_px: float = 1.0
    # No gaps are told so close below the upper edge of a render: what is carried on above it has none, and would stay
    # on top of them like a lid.
    lid_px: float = 60.0


def with_locks(setting: Setting, render: View, head: Plane, settings: LockSettings = LockSettings()) -> Plane:
    """A head's share (H,W, 0..1) with the gaps between the locks at its hair's edge, but without loose bits."""
    gaps = _between_locks(setting, render, head < 0.5, settings)
    gaps[: setting.above_px + round(settings.lid_px * setting.unit_px)] = 0
    if not gaps.any():
        return head
    head = head * (1 - gaps)
    solid = head > 0.5
    whole = drop_small_components(solid, settings.least_part * float(solid.sum()))
    return np.asarray(head * soft(dilate(whole, settings.part_wider_canvas_px), settings.edge_canvas_px), np.float32)


def _between_locks(setting: Setting, render: View, background: Mask, settings: LockSettings) -> Plane:
    """How much (H,W, 0..1) a pixel of the drawn hair's edge is the render's own background, by its colour. background:
    H,W, beyond the head."""
    unit_px, pixel_px = setting.unit_px, settings.reduced
    hair = render.is_any(*HAIR_CLASSES)
    height, width = hair.shape
    small = cv2.resize(render.picture, (width // pixel_px, height // pixel_px), interpolation=cv2.INTER_AREA)

    def colour_of(mask: Mask) -> Picture | None:
        """Around each pixel."""
        where = cv2.resize(mask.astype(np.float32), small.shape[1::-1], interpolation=cv2.INTER_AREA) > settings.sure
        if int(where.sum()) < settings.min_sample_px / pixel_px**2:
            return None
        colour, _ = nearby_colour(np.asarray(small, np.float32), where, settings.within_px * unit_px / pixel_px)
        return np.asarray(cv2.resize(colour, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)

    deep = erode(hair, settings.deep_px * unit_px)
    inner = colour_of(deep)
    outer = colour_of(erode(background, settings.deep_px * unit_px))
    share = np.zeros((height, width), np.float32)
    if inner is None or outer is None or not deep.any():
        return share
    picture = blur(render.picture, settings.blur_canvas_px)

    def towards(where: Mask) -> NDArray[np.float32]:
        way = outer[where] - inner[where]
        length = np.maximum((way * way).sum(1), settings.min_contrast**2)
        return np.asarray(((picture[where] - inner[where]) * way).sum(1) / length, np.float32)

    # The hair's own streaks are not its background.
    streaks = float(np.percentile(towards(deep), settings.streaks_percentile)) + settings.streaks_margin
    low = max(settings.from_share, streaks)
    if low > settings.most_from:
        return share
    # Beside skin hair is thin, and what is seen through it is skin.
    off_skin = distance_to(render.is_any(*SKIN)) > settings.within_px * unit_px
    rim = hair & off_skin & (distance_to(background) < settings.within_px * unit_px)
    if not rim.any():
        return share
    share[rim] = towards(rim)
    gaps = smoothstep(share, low, low + settings.over_share)
    count, labels = cv2.connectedComponents(((gaps > settings.open_share) | background).astype(np.uint8))
    opens = np.zeros(count, bool)
    opens[labels[background]] = True
    wider = dilate(opens[labels], settings.gaps_wider_canvas_px)
    return np.asarray(gaps * soft(wider, settings.edge_canvas_px), np.float32)
