"""Captions: letters of one colour, each with black or white all around it, be that an outline or a bar.

Thin letters have too few pixels that nothing beside them has touched for their own colour to tell them
(`in_front.py`); that so many closed shapes have the same one does.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.imaging.ops import Mask, channel_max, channel_min, dilate
from engine.imaging.parts import connected_parts

Colour = NDArray[np.float64]


@dataclass(frozen=True)
class LetteringSettings:
    """What is an outlined letter. Lengths and areas are canvas pixels, levels of 0..255. In 55 faces without any, as
    they are and as small JPEGs, nothing is; eight captions have 3 letters of 9,600 pixels at least."""

    # An outline is this dark or this light; letters differ from it by so much.
    dark: int = 32
    light: int = 235
    contrast: int = 90
    # So large is a letter, and so much of the ring between these distances from it is outline.
    least_px: int = 60
    most_px: int = 20_000
    ring_px: tuple[int, int] = (1, 3)
    outlined_share: float = 0.8
    # So far inside, a letter's pixels are half of them within so many levels of its colour, and that within so many of
    # the other letters'.
    core_px: int = 1
    deviation: int = 16
    same_levels: int = 30
    # So many letters and pixels at least.
    letters: int = 3
    together_px: int = 1000
    # The outline reaches so far. Of a box around all that is black or white and touches letters, a bar fills this share
    # together with its letters, and it is no higher than this share of the picture.
    outline_px: int = 6
    bar_filled: float = 0.85
    bar_height: float = 0.4


def lettering(levels: NDArray[np.uint8], settings: LetteringSettings = LetteringSettings()) -> Mask:
    """Where (H,W) lettering lies in a picture (H,W,3), with its outlines and bars."""
    out = np.zeros(levels.shape[:2], bool)
    for outline in (channel_max(levels) <= settings.dark, channel_min(levels) >= settings.light):
        letters = _letters(levels, outline, settings)
        if letters.any():
            out |= letters | (outline & dilate(letters, settings.outline_px)) | _bars(outline, letters, settings)
    return out


def _bars(outline: Mask, letters: Mask, settings: LetteringSettings) -> Mask:
    """The parts of the outline that are bars behind letters."""
    out = np.zeros_like(outline)
    near = dilate(letters, settings.outline_px)
    for part in connected_parts(outline, 0, settings.most_px):
        filled = float((part.mask | letters[part.box]).mean())
        height_px = part.mask.shape[0]
        if filled >= settings.bar_filled and height_px <= settings.bar_height * len(outline) and near[part.box].any():
            out[part.box] |= part.mask
    return out


def _letters(levels: NDArray[np.uint8], outline: Mask, settings: LetteringSettings) -> Mask:
    """The largest group of letters of one colour that have that outline."""
    out = np.zeros_like(outline)
    nearest_px, furthest_px = settings.ring_px
    found: list[tuple[Colour, tuple[slice, slice], Mask]] = []
    window = np.ones((2 * settings.core_px + 1,) * 2, np.uint8)
    for part in connected_parts(~outline, furthest_px + 2, settings.least_px, settings.most_px):
        ring = dilate(part.mask, furthest_px) & ~dilate(part.mask, nearest_px)
        if float(outline[part.box][ring].mean()) < settings.outlined_share:
            continue
        core = cv2.erode(part.mask.astype(np.uint8), window).astype(bool)
        pixels = levels[part.box][core if core.any() else part.mask]
        colour = np.median(pixels, axis=0)
        contrast = np.abs(colour - np.median(levels[part.box][ring & outline[part.box]], axis=0)).max()
        deviation = np.median(np.abs(pixels - colour).max(1))
        if contrast >= settings.contrast and deviation <= settings.deviation:
            found.append((colour, part.box, part.mask))
    groups = [[one for one in found if np.abs(one[0] - colour).max() <= settings.same_levels] for colour, _, _ in found]
    largest = max(groups, key=_pixels, default=[])
    if len(largest) >= settings.letters and _pixels(largest) >= settings.together_px:
        for _, box, mask in largest:
            out[box] |= mask
    return out


def _pixels(group: list[tuple[Colour, tuple[slice, slice], Mask]]) -> int:
    return sum(int(mask.sum()) for _, _, mask in group)
