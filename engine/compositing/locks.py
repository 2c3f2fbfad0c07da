"""Gaps between the locks at a drawn head's edge, where its own background shows through."""

from __future__ import annotations

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

# Between locks at the hair's edge, up to so far inside, a parser sees hair where the picture shows its background: what
# lies beyond this share of the way from the hair's colour, read so deep inside (pixels of a face 500 wide), to that of
# the background, read as deep in it, on a reduced copy; over how much more it becomes sure.
LOCKS_PX, DEEP_PX, LOCKS_FROM, LOCKS_OVER, COLOUR_STEP_PX = 45.0, 16.0, 0.45, 0.3, 4
# The hair's own streaks, but for the most striking, come less far by a margin; hair that comes further than this is too
# like its background. What the gaps cut off stays from this share of the head on.
STREAKS_PERCENTILE, STREAKS_MARGIN, LOCKS_AT_MOST, LEAST_PART = 90.0, 0.05, 0.6, 0.1
# Gaps open to the background where they are surer than this.
OPEN_SHARE = 0.3
# No gaps are told so close below the upper edge of a render (pixels of a face 500 wide).
LID_PX = 60.0
# Colours are read slightly blurred (pixels), from this share of a reduced pixel and so many of the canvas's at least;
# they say something where they differ by so many levels (over all channels).
READ_BLUR_PX, SURE, MIN_SAMPLE_PX, MIN_CONTRAST = 1.5, 0.95, 500, 50.0


def with_locks(setting: Setting, render: View, head: Plane) -> Plane:
    """A head's share (H,W, 0..1) with the gaps between the locks at its hair's edge, but without loose bits."""
    gaps = _between_locks(setting, render, head < 0.5)
    # What is carried on above the render has no gaps, and would stay on top of them like a lid.
    gaps[: setting.above_px + round(LID_PX * setting.unit_px)] = 0
    if not gaps.any():
        return head
    head = head * (1 - gaps)
    solid = head > 0.5
    whole = drop_small_components(solid, LEAST_PART * float(solid.sum()))
    return np.asarray(head * soft(dilate(whole, 3), 1.0), np.float32)


def _between_locks(setting: Setting, render: View, background: Mask) -> Plane:
    """How much (H,W, 0..1) a pixel of the drawn hair's edge is the render's own background, by its colour. background:
    H,W, beyond the head."""
    unit_px, step_px = setting.unit_px, COLOUR_STEP_PX
    hair = render.is_any(*HAIR_CLASSES)
    height, width = hair.shape
    small = cv2.resize(render.picture, (width // step_px, height // step_px), interpolation=cv2.INTER_AREA)

    def colour_of(mask: Mask) -> Picture | None:
        """Around each pixel."""
        where = cv2.resize(mask.astype(np.float32), small.shape[1::-1], interpolation=cv2.INTER_AREA) > SURE
        if int(where.sum()) < MIN_SAMPLE_PX / step_px**2:
            return None
        colour, _ = nearby_colour(np.asarray(small, np.float32), where, LOCKS_PX * unit_px / step_px)
        return np.asarray(cv2.resize(colour, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)

    deep = erode(hair, DEEP_PX * unit_px)
    inner = colour_of(deep)
    outer = colour_of(erode(background, DEEP_PX * unit_px))
    nowhere = np.zeros((height, width), np.float32)
    if inner is None or outer is None or not deep.any():
        return nowhere
    picture = blur(render.picture, READ_BLUR_PX)

    def towards(where: Mask) -> NDArray[np.float32]:
        way = outer[where] - inner[where]
        length = np.maximum((way * way).sum(1), MIN_CONTRAST**2)
        return np.asarray(((picture[where] - inner[where]) * way).sum(1) / length, np.float32)

    # The hair's own streaks are not its background.
    low = max(LOCKS_FROM, float(np.percentile(towards(deep), STREAKS_PERCENTILE)) + STREAKS_MARGIN)
    if low > LOCKS_AT_MOST:
        return nowhere
    # Beside skin hair is thin, and what is seen through it is skin.
    off_skin = distance_to(render.is_any(*SKIN)) > LOCKS_PX * unit_px
    rim = hair & off_skin & (distance_to(background) < LOCKS_PX * unit_px)
    if not rim.any():
        return nowhere
    share = nowhere
    share[rim] = towards(rim)
    gaps = smoothstep(share, low, low + LOCKS_OVER)
    # A gap opens to the background; what is light within the hair shines.
    count, labels = cv2.connectedComponents(((gaps > OPEN_SHARE) | background).astype(np.uint8))
    opens = np.zeros(count, bool)
    opens[labels[background]] = True
    return np.asarray(gaps * soft(dilate(opens[labels], 2), 1.0), np.float32)
