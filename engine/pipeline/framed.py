"""Photos cut out in a simple shape, as round avatars are: what lies beyond is no background of the head's."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.imaging.ops import convex_hull

Opacity = NDArray[np.uint8]  # (H, W), 0 transparent

OPAQUE = 255


@dataclass(frozen=True)
class FrameSettings:
    """Which cut-outs are frames around a photo, set by eye."""

    # A disc, an ellipse and a rectangle fill this share of their convex hull, a person cut out along the hair does not:
    # there is a neck between head and shoulders.
    least_solidity: float = 0.98
    # What is less opaque than half is outside.
    outside_below: int = 128


def is_framed(opacity: Opacity, settings: FrameSettings = FrameSettings()) -> bool:
    """Whether what is opaque (H,W) has the shape of a frame instead of somebody's."""
    shape = opacity >= settings.outside_below
    return bool(shape.any() and shape.sum() >= settings.least_solidity * convex_hull(shape).sum())


def beyond_frame(photo: NDArray[np.uint8], opacity: Opacity) -> NDArray[np.uint8]:
    """The photo (H,W,3) going on where it is not opaque: softly, from coarse to fine, in the colours nearest to it."""
    return _filled(photo, opacity == OPAQUE)


def _filled(picture: NDArray[np.uint8], known: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """By a pyramid: each level knows the mean of what is known below it, and what is not comes from the level above."""
    if known.all() or not known.any():
        return picture
    levels = [(picture.astype(np.float32) * known[..., None], known.astype(np.float32))]
    while min(levels[-1][1].shape) > 1 and not (levels[-1][1] > 0).all():
        colours, weight = levels[-1]
        height, width = (-(-side // 2) for side in weight.shape)
        size = (width, height)
        levels.append(
            (
                np.asarray(cv2.resize(colours, size, interpolation=cv2.INTER_AREA), np.float32),
                np.asarray(cv2.resize(weight, size, interpolation=cv2.INTER_AREA), np.float32),
            )
        )
    colours, weight = levels.pop()
    whole = colours / np.maximum(weight, 1e-6)[..., None]
    while levels:
        colours, weight = levels.pop()
        coarse = cv2.resize(whole, weight.shape[::-1], interpolation=cv2.INTER_LINEAR)
        here = np.clip(weight, 0, 1)[..., None]
        own = colours / np.maximum(weight, 1e-6)[..., None]
        whole = np.where(here > 0, own * here + coarse * (1 - here), coarse)
    return np.clip(np.rint(whole), 0, 255).astype(np.uint8)
