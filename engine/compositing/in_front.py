"""What was drawn over a photo: captions, stickers, painted bands. It stays where it is, whatever becomes of the hair.

Nothing that a camera sees is of one colour. Drawn shapes are, to within what a JPEG adds, and end sharply.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.lettering import lettering
from engine.imaging.ops import Mask, Picture, channel_max, convex_hull, dilate, filled
from engine.imaging.parts import Part, connected_parts, parts_at

Colour = NDArray[np.float64]
# Of a channel's eight bits, so many tell one colour's bin from another's.
BIN_BITS = 5


@dataclass(frozen=True)
class DrawnOverSettings:
    """How what was drawn over a photo is told, set by eye but where a measurement is named. Lengths and areas are
    canvas pixels, levels and deviations of 0..255."""

    # Levels within which the pixels of a square of this side around one are flat, and by which a pixel may miss its
    # shape's colour.
    flat_side_px: int = 5
    flat_levels: int = 12
    same_levels: int = 7
    # So much a shape's pixels deviate from its colour; so far inside, where no ringing of its edge reaches, less. In
    # 28 test photos, flat patches of dark hair have 2.3 and more, drawn shapes in JPEGs 0.7 to 1.7 inside.
    shape_deviation: float = 3.0
    core_deviation: float = 1.9
    core_px: int = 5
    # Of a colour's pixels within `same_levels`, a drawn shape's are close to its middle, those of a gradient are not.
    gradient_deviation: float = 3.2
    # Beyond a shape's outline, in a ring between these distances, there is an edge of so many levels along this share
    # of it; small shapes end wholly sharp, and a large one that does may be less even.
    ring_px: tuple[int, int] = (1, 4)
    edge_levels: int = 24
    large_sharp: float = 0.35
    small_sharp: float = 0.8
    # A large shape has at least so many pixels, a letter or a line so many, all letters of a colour together so many
    # (in 55 faces, as they are and as small JPEGs, such specks have 366 at most). What is larger than this share of
    # the picture is its background.
    large_px: int = 2500
    small_px: int = 30
    letters_px: int = 800
    max_share: float = 0.08
    # A colour is looked for while so many of its pixels (a part of a large shape's: they fall into several bins) are
    # flat, and so many colours at most.
    large_bins: int = 8
    max_colours: int = 24
    # Lighter than this in all channels may be light that a sensor could not hold, hair against the sun: such a shape
    # counts only where it ends wholly sharp.
    clipped: int = 249
    # Blacker than this may be hair without light: such shapes count only as the outline of others, this close to them.
    black: int = 20
    outline_reach_px: int = 6
    # Shapes are seen without their rim, whose pixels mix with what is beside it; gaps of letters are closed.
    rim_px: int = 3
    gap_px: int = 4
    # Right beside a shape that is sure, pixels that miss its colour by so little belong to it; of a thin line, whose
    # pixels mix with what is beside it, by so much. Lettering is of one colour to within so much, and black all around,
    # but for the first pixels, to this share.
    reach_px: int = 10
    rim_levels: int = 12
    # Hair beside a shape may be as dark as this shape: of one that has no channel above so much only half as far.
    dark: int = 64
    line_levels: int = 30
    letter_levels: int = 60
    letter_edge_px: int = 2
    outlined_share: float = 0.6
    # What a shape of so many pixels holds is its own, as a phone's lens, where that is no more than this share of it
    # and the whole fills this share of its convex hull: letters are smaller, and what frames a head is mostly hole.
    holds_px: int = 25_000
    held_share: float = 0.25
    solid_share: float = 0.8
    # What a smaller one holds, from `large_px` on, is its own where it was drawn as well, as the eyes of a smiley and
    # the middle of a flower: from this share of its depth inwards it deviates by no more than this from one colour.
    # Eyes and a mouth in a JPEG have 2.5 to 6.2 there, hair that shows through an O or an A 18 to 40.
    held_depth: float = 0.6
    held_deviation: float = 8.0
    # Whoever learns the person sees in its place what lies within so much around.
    painted_out_px: float = 6.0
    # Less of it on the hair does not matter: a sign behind a head has 421 there, drawn captions have thousands.
    least_on_hair_px: int = 700


def drawn_over(
    picture: Picture, hair: Mask, real: Mask | None = None, settings: DrawnOverSettings = DrawnOverSettings()
) -> Mask:
    """Where (H,W) a picture (H,W,3 in 0..255) was drawn over, with the rims of what was drawn; nowhere, unless some of
    it lies on the hair. real: H,W, where it is a photo: how it is carried on beyond is flat, too; None for everywhere.
    """
    levels = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    window = np.ones((settings.flat_side_px, settings.flat_side_px), np.uint8)
    contrast = channel_max(np.asarray(cv2.subtract(cv2.dilate(levels, window), cv2.erode(levels, window)), np.uint8))
    real = np.ones(contrast.shape, bool) if real is None else real
    shapes = np.zeros(contrast.shape, bool)
    sure: list[tuple[Colour, float]] = []
    unsure: list[tuple[Colour, Mask]] = []
    for colour, where in _colours(levels, (contrast <= settings.flat_levels) & real, settings):
        large, small = _shapes(levels, contrast, where, real, settings)
        if colour.max() > settings.black and (large.any() or small.sum() >= settings.letters_px):
            shapes |= large | small
            sure.append((colour, settings.rim_levels))
        elif small.any() or large.any():
            unsure.append((colour, large | small))
    shapes |= lettering(levels) & real
    if (shapes & hair).sum() < settings.least_on_hair_px:
        return np.zeros_like(shapes)
    for colour, mask in unsure:  # lines and outlines of what is sure
        touched = parts_at(mask, dilate(shapes, settings.outline_reach_px))
        if touched.any():
            shapes |= touched
            sure.append((colour, settings.line_levels))
    grown = _grown(levels, shapes, sure, settings) & real
    return dilate(_with_what_they_hold(levels, grown, settings), settings.rim_px)


def painted_out(
    picture: NDArray[np.uint8], in_front: Mask, settings: DrawnOverSettings = DrawnOverSettings()
) -> NDArray[np.uint8]:
    """A picture (H,W,3) with what lies around what was drawn over it (H,W) in its place: for who learns the person."""
    if not in_front.any():
        return picture
    return np.asarray(cv2.inpaint(picture, in_front.astype(np.uint8), settings.painted_out_px, cv2.INPAINT_TELEA))


def _grown(
    levels: NDArray[np.uint8], shapes: Mask, colours: list[tuple[Colour, float]], settings: DrawnOverSettings
) -> Mask:
    """Shapes with what is of their colours right beside them, and with all letters of outlined lettering."""
    beside, close = dilate(shapes, settings.reach_px), dilate(shapes, settings.reach_px // 2)
    grown = shapes.copy()
    for colour, distance in colours:
        like = _within(levels, colour, distance if colour.max() > settings.black else settings.rim_levels)
        grown |= like & (close if colour.max() <= settings.dark else beside)
    black = channel_max(levels) <= settings.black + settings.rim_levels
    if any(colour.max() <= settings.black for colour, _ in colours):
        for colour, _ in colours:
            if colour.max() > settings.black:
                grown |= _outlined(_within(levels, colour, settings.letter_levels), black, settings)
        grown |= black & dilate(grown & ~black, settings.outline_reach_px)
    window = np.ones((2 * settings.gap_px + 1,) * 2, np.uint8)
    closed = cv2.morphologyEx(grown.astype(np.uint8), cv2.MORPH_CLOSE, window)
    return closed.astype(bool)


def _with_what_they_hold(levels: NDArray[np.uint8], shapes: Mask, settings: DrawnOverSettings) -> Mask:
    """Shapes with the small holes of those that are large and solid, and those of one colour of the others."""
    out = shapes.copy()
    for found in connected_parts(shapes, 1, settings.large_px):
        whole = filled(found.mask)
        held = whole & ~found.mask
        solid = whole.sum() >= settings.solid_share * convex_hull(found.mask).sum()
        if found.area_px >= settings.holds_px and held.sum() <= settings.held_share * found.area_px and solid:
            out[found.box] |= held
        else:
            out[found.box] |= _of_one_colour(levels[found.box], held, settings)
    return out


def _of_one_colour(levels: NDArray[np.uint8], holes: Mask, settings: DrawnOverSettings) -> Mask:
    """Those of a shape's holes (H,W) that were drawn in one colour, whole."""
    out = np.zeros_like(holes)
    for hole in connected_parts(holes, 0, settings.small_px):
        depth = cv2.distanceTransform(np.pad(hole.mask, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
        core = depth >= settings.held_depth * depth.max()
        if float(levels[hole.box][core].std(axis=0).max()) <= settings.held_deviation:
            out[hole.box] |= hole.mask
    return out


def _outlined(where: Mask, black: Mask, settings: DrawnOverSettings) -> Mask:
    """The parts of `where` that have black almost all around them, as letters of captions have."""
    out = np.zeros_like(where)
    for found in _parts(where, settings.outline_reach_px, settings):
        box, part = found.box, found.mask
        ring = dilate(part, settings.outline_reach_px) & ~dilate(part, settings.letter_edge_px)
        if float(black[box][ring].mean()) >= settings.outlined_share:
            out[box] |= part
    return out


def _within(levels: NDArray[np.uint8], colour: Colour, distance: float) -> Mask:
    low, high = np.clip(colour - distance, 0, 255), np.clip(colour + distance, 0, 255)
    return cv2.inRange(levels, low, high).astype(bool)


def _colours(levels: NDArray[np.uint8], flat: Mask, settings: DrawnOverSettings) -> list[tuple[Colour, Mask]]:
    """Colours that many flat pixels have exactly, with those pixels."""
    places = np.flatnonzero(flat)
    pixels = levels.reshape(-1, 3).take(places, 0)
    key = _bins(pixels >> (8 - BIN_BITS))
    # Sorted by bin, which short integers are in one pass: a colour is then looked for in the bins around it alone.
    order = np.argsort(key, kind="stable")
    places, pixels, key = places.take(order), pixels.take(order, 0), key.take(order)
    counts = np.bincount(key, minlength=1 << 3 * BIN_BITS)
    ends = np.cumsum(counts)
    begins, open_, found = ends - counts, np.ones(len(key), bool), []
    for _ in range(settings.max_colours):
        fullest = int(counts.argmax())
        if counts[fullest] < settings.large_px // settings.large_bins:
            break
        its = slice(begins[fullest], ends[fullest])
        colour = np.median(pixels[its][open_[its]], axis=0)
        runs = [np.arange(begins[first], ends[last]) for first, last in _bins_around(colour, settings.same_levels)]
        like = np.concatenate(runs)
        like = like[_within(pixels.take(like, 0)[None], colour, settings.same_levels)[0] & open_.take(like)]
        if like.size:
            _, deviation = cv2.meanStdDev(pixels.take(like, 0)[None])
            if float(deviation.max()) <= settings.gradient_deviation:
                where = np.zeros(flat.shape, bool)
                np.put(where, places.take(like), True)
                found.append((colour, where))
        counts -= np.bincount(key.take(like), minlength=len(counts))
        counts[fullest] = 0
        open_[like] = False
    return found


def _bins(shades: NDArray[np.integer]) -> NDArray[np.uint16]:
    """The bins (N) of colours (N,3) in shades of BIN_BITS bits."""
    red, green, blue = shades.astype(np.uint16).T
    return np.asarray((red << 2 * BIN_BITS) | (green << BIN_BITS) | blue, np.uint16)


def _bins_around(colour: Colour, distance: float) -> list[list[int]]:
    """Between which bins, both counted in, colours so near may be: of each shade of red and green, whose bins lie in a
    row."""
    nearest = np.floor(np.maximum(colour - distance, 0)), np.ceil(np.minimum(colour + distance, 255))
    low, high = (levels.astype(int) >> (8 - BIN_BITS) for levels in nearest)
    shades = product(range(low[0], high[0] + 1), range(low[1], high[1] + 1))
    ends = [[(red, green, low[2]), (red, green, high[2])] for red, green in shades]
    return [_bins(np.array(pair)).tolist() for pair in ends]


def _parts(where: Mask, around_px: int, settings: DrawnOverSettings) -> Iterator[Part]:
    """Parts of a mask that may be letters or shapes, each with so much around it."""
    return connected_parts(where, around_px + 2, settings.small_px, settings.max_share * where.size)


def _shapes(
    levels: NDArray[np.uint8], contrast: NDArray[np.uint8], where: Mask, real: Mask, settings: DrawnOverSettings
) -> tuple[Mask, Mask]:
    """Of pixels of one colour, those in large and those in small shapes. real: where there is a photo around them."""
    large, small = np.zeros(where.shape, bool), np.zeros(where.shape, bool)
    nearest_px, furthest_px = settings.ring_px
    for found in _parts(where, furthest_px, settings):
        box, shape = found.box, found.mask
        ring = dilate(shape, furthest_px) & ~dilate(shape, nearest_px) & real[box]
        if not ring.any():
            continue
        sharp = float((contrast[box][ring] > settings.edge_levels).mean())
        if sharp < settings.large_sharp or float(levels[box][shape].std(axis=0).max()) > settings.shape_deviation:
            continue
        if found.area_px >= settings.large_px:
            core = cv2.erode(shape.astype(np.uint8), np.ones((2 * settings.core_px + 1,) * 2, np.uint8)).astype(bool)
            core = core if core.sum() >= settings.small_px else shape
            even = float(levels[box][core].std(axis=0).max()) <= settings.core_deviation
            clipped = float(np.median(levels[box][shape].min(1))) > settings.clipped
            if sharp >= settings.small_sharp or (even and not clipped):
                large[box] |= shape
        elif sharp >= settings.small_sharp:
            small[box] |= shape
    return large, small
