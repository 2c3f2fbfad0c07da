"""What was drawn over a photo: captions, stickers, painted bands. It stays where it is, whatever becomes of the hair.

Nothing that a camera sees is of one colour. Drawn shapes are, to within what a JPEG adds, and end sharply.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.imaging.ops import Mask, Picture, dilate

# Levels of 255 within which the 5 by 5 pixels around one are flat, and by which a pixel may miss its shape's colour.
FLAT_LEVELS, SAME_LEVELS = 12, 7
# So much a shape's pixels deviate from its colour; deeper inside, where no ringing of its edge reaches, less. In 28
# test photos, flat patches of dark hair have 2.3 and more, drawn shapes in JPEGs 0.7 to 1.7 inside.
SHAPE_DEVIATION, CORE_DEVIATION = 3.0, 1.9
CORE_PX = 5
# Beyond a shape's outline there is an edge of so many levels along this share of it; small shapes end wholly sharp,
# and a large one that does may be less even.
EDGE_LEVELS = 24
LARGE_SHARP, SMALL_SHARP = 0.35, 0.8
# A large shape has at least so many pixels, a letter or a line so many, and all letters of a colour together as many as
# one large shape. What is larger than this share of the picture is its background.
LARGE_PX, SMALL_PX = 2500, 30
MAX_SHARE = 0.08
# Blacker than this may be hair without light: such shapes count only as the outline of others, this close to them.
BLACK = 20
OUTLINE_REACH_PX = 6
# Shapes are seen without their rim, whose pixels mix with what is beside it; gaps of letters are closed.
RIM_PX, GAP_PX = 3, 4
# Right beside a shape that is sure, pixels that miss its colour by so little belong to it. Lettering is of one colour
# to within so much, and black all around to this share.
REACH_PX, RIM_LEVELS, LETTER_LEVELS, OUTLINED_SHARE = 10, 12, 60, 0.6
LINE_LEVELS = 30  # likewise of a thin line, whose pixels mix with what is beside it
LEAST_ON_HAIR_PX = 1500
MAX_COLOURS = 24
# Of a colour's pixels within SAME_LEVELS, a drawn shape's are close to its middle, those of a gradient are not.
GRADIENT_DEVIATION = 3.2

Colour = NDArray[np.float64]


def drawn_over(picture: Picture, hair: Mask) -> Mask:
    """Where (H,W) a picture (H,W,3 in 0..255) was drawn over, with the rims of what was drawn; nowhere, unless some of
    it lies on the hair."""
    levels = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    window = np.ones((5, 5), np.uint8)
    contrast = cv2.subtract(cv2.dilate(levels, window), cv2.erode(levels, window)).max(2)
    shapes = np.zeros(contrast.shape, bool)
    sure: list[tuple[Colour, float]] = []
    unsure: list[tuple[Colour, Mask]] = []
    for colour, where in _colours(levels, contrast <= FLAT_LEVELS):
        large, small = _shapes(levels, contrast, where)
        if colour.max() > BLACK and (large.any() or small.sum() >= LARGE_PX):
            shapes |= large | small
            sure.append((colour, RIM_LEVELS))
        elif small.any() or large.any():
            unsure.append((colour, large | small))
    if (shapes & hair).sum() < LEAST_ON_HAIR_PX:
        return np.zeros_like(shapes)
    for colour, mask in unsure:  # lines and outlines of what is sure
        count, labels = cv2.connectedComponents(mask.astype(np.uint8))
        touched = np.zeros(count, bool)
        touched[np.unique(labels[dilate(shapes, OUTLINE_REACH_PX)])] = True
        touched[0] = False
        if touched.any():
            shapes |= touched[labels]
            sure.append((colour, LINE_LEVELS))
    return dilate(_grown(levels, shapes, sure), RIM_PX)


def _grown(levels: NDArray[np.uint8], shapes: Mask, colours: list[tuple[Colour, float]]) -> Mask:
    """Shapes with what is of their colours right beside them, and with all letters of outlined lettering."""
    like = np.zeros_like(shapes)
    for colour, distance in colours:
        like |= _within(levels, colour, distance if colour.max() > BLACK else RIM_LEVELS)
    grown = shapes | (like & dilate(shapes, REACH_PX))
    black = levels.max(2) <= BLACK + RIM_LEVELS
    if any(colour.max() <= BLACK for colour, _ in colours):
        for colour, _ in colours:
            if colour.max() > BLACK:
                grown |= _outlined(_within(levels, colour, LETTER_LEVELS), black)
        grown |= black & dilate(grown & ~black, OUTLINE_REACH_PX)
    closed = cv2.morphologyEx(grown.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((2 * GAP_PX + 1,) * 2, np.uint8))
    return closed.astype(bool)


def _outlined(where: Mask, black: Mask) -> Mask:
    """The parts of `where` that have black almost all around them, as letters of captions have."""
    out = np.zeros_like(where)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(where.astype(np.uint8))
    for index in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[index])
        if not SMALL_PX <= area <= MAX_SHARE * where.size:
            continue
        box = (slice(max(top - 8, 0), top + height + 8), slice(max(left - 8, 0), left + width + 8))
        part = labels[box] == index
        ring = dilate(part, OUTLINE_REACH_PX) & ~dilate(part, 2)
        if float(black[box][ring].mean()) >= OUTLINED_SHARE:
            out[box] |= part
    return out


def _within(levels: NDArray[np.uint8], colour: Colour, distance: float) -> Mask:
    low, high = np.clip(colour - distance, 0, 255), np.clip(colour + distance, 0, 255)
    return cv2.inRange(levels, low, high).astype(bool)


def _colours(levels: NDArray[np.uint8], flat: Mask) -> list[tuple[Colour, Mask]]:
    """Colours that many flat pixels have exactly, with those pixels."""
    bins = (levels >> 3).astype(np.int32)
    key = (bins[..., 0] << 10) | (bins[..., 1] << 5) | bins[..., 2]
    open_, found = flat.copy(), []
    counts = np.bincount(key[open_], minlength=1 << 15)
    for _ in range(MAX_COLOURS):
        fullest = int(counts.argmax())
        if counts[fullest] < LARGE_PX // 8:
            break
        colour = np.median(levels[open_ & (key == fullest)], axis=0)
        where = _within(levels, colour, SAME_LEVELS) & open_
        pixels = levels[where]
        if len(pixels) and float(pixels.std(axis=0).max()) <= GRADIENT_DEVIATION:
            found.append((colour, where))
        counts -= np.bincount(key[where], minlength=1 << 15)
        counts[fullest] = 0
        open_ &= ~where
    return found


def _shapes(levels: NDArray[np.uint8], contrast: NDArray[np.uint8], where: Mask) -> tuple[Mask, Mask]:
    """Of pixels of one colour, those in large and those in small shapes."""
    large, small = np.zeros(where.shape, bool), np.zeros(where.shape, bool)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(where.astype(np.uint8))
    margin = 6
    for index in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[index])
        if not SMALL_PX <= area <= MAX_SHARE * where.size:
            continue
        box = (
            slice(max(top - margin, 0), top + height + margin),
            slice(max(left - margin, 0), left + width + margin),
        )
        shape = labels[box] == index
        ring = dilate(shape, 4) & ~dilate(shape, 1)
        sharp = float((contrast[box][ring] > EDGE_LEVELS).mean())
        if sharp < LARGE_SHARP or float(levels[box][shape].std(axis=0).max()) > SHAPE_DEVIATION:
            continue
        if area >= LARGE_PX:
            core = cv2.erode(shape.astype(np.uint8), np.ones((2 * CORE_PX + 1,) * 2, np.uint8)).astype(bool)
            core = core if core.sum() >= SMALL_PX else shape
            if sharp >= SMALL_SHARP or float(levels[box][core].std(axis=0).max()) <= CORE_DEVIATION:
                large[box] |= shape
        elif sharp >= SMALL_SHARP:
            small[box] |= shape
    return large, small
