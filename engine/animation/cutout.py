"""Cut-outs: what of an edited frame is see-through, when the photo was laid on a flat backdrop to be worked on."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.animation.sizing import Frame
from engine.photo import NEUTRAL_GREY

Opacity = NDArray[np.uint8]  # (H, W), 0 transparent

# A changed pixel that is as near to the backdrop as this (levels of 255), and connected to where nothing was, shows it.
BACKDROP_LEVELS = 4
# A new outline is as soft as it was drawn: its pixels are compared with the most solid one so near.
OUTLINE_PX = 5
# What is less transparent than this is the photo's own rounding.
CLEAR = 8


def opacity_of(frame: Frame, photo: Frame, opacity: Opacity) -> Opacity:
    """How opaque an edited frame (H,W,3) is, for a photo of that size on NEUTRAL_GREY and its own opacity.

    Untouched pixels keep theirs. What the edit took off the backdrop is transparent, what it put there is not.
    """
    changed = (frame != photo).any(axis=2)
    away = np.abs(frame.astype(np.int16) - np.array(NEUTRAL_GREY, np.int16)).max(axis=2)
    clear = np.where(changed, away <= BACKDROP_LEVELS, opacity < CLEAR)
    _, labels = cv2.connectedComponents(clear.astype(np.uint8), connectivity=8)
    reached = np.zeros(int(labels.max()) + 1, bool)
    reached[np.unique(labels[clear & (opacity < CLEAR)])] = True
    see_through = clear & reached[labels]
    near = np.ones((OUTLINE_PX, OUTLINE_PX), np.uint8)
    solid = cv2.dilate(away.astype(np.float32), near)
    soft = np.clip(np.rint(255 * away / np.maximum(solid, 1)), 0, 255).astype(np.uint8)
    outline = cv2.dilate(see_through.astype(np.uint8), near).astype(bool)
    drawn = np.where(outline, soft, np.uint8(255))
    return np.where(changed, np.where(see_through, np.uint8(0), drawn), opacity)


def cut_out(frame: Frame, opacity: Opacity) -> Frame:
    """A frame (H,W,3) that lies on NEUTRAL_GREY as (H,W,4), its colours without the grey."""
    share = opacity.astype(np.float32)[..., None] / 255
    backdrop = np.array(NEUTRAL_GREY, np.float32)
    colour = backdrop + (frame - backdrop) / np.maximum(share, 1 / 255)
    rgb = np.where(share > 0, np.clip(np.rint(colour), 0, 255), 0).astype(np.uint8)
    return np.dstack([rgb, opacity])


def laid_down(frame: Frame) -> Frame:
    """A frame on NEUTRAL_GREY where it is transparent, as (H,W,3); an opaque one as it is."""
    if frame.shape[2] == 3:
        return frame
    share = frame[..., 3:].astype(np.float32) / 255
    backdrop = np.array(NEUTRAL_GREY, np.float32)
    return np.rint(backdrop + (frame[..., :3] - backdrop) * share).astype(np.uint8)
