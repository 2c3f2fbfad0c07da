"""Stray hair: thin strands before the background, told by their colour, length and width."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.view import View
from engine.imaging.ops import Mask, Plane, channel_mean, dilate, opened, reduced
from engine.imaging.parts import parts_at

# Median of the absolute values of a normal distribution of deviation 1.
MEDIAN_OF_NORMAL = 0.6745


@dataclass(frozen=True)
class StraySettings:
    """Which thin hair over the background is seen. Lengths in `_px` are pixels of a face 500 wide, counts and lengths
    in `_canvas_px` the canvas's. Ways go from the surroundings' colour (0) to the hair's (1)."""

    # Surroundings are a median over so many pixels at half the size; a way shorter than this (squared levels of 0..255,
    # mean of the channels) tells nothing.
    median_canvas_px: int = 15
    least_way: float = 400 / 3
    # A stray strand shows so many deviations of the background's noise, within these limits (shares of the way), up to
    # so far from the hair where the background is calm and where it is not.
    deviations: float = 6.0
    limits: tuple[float, float] = (0.03, 0.16)
    within_px: float = 220.0
    busy_within_px: float = 120.0
    # Before a background whose noise is less than this share of the way, whatever shows is hair, however short.
    calm_noise: float = 0.01
    # A strand that was found goes on while it shows this share of that, and so much further.
    faint_share: float = 0.5
    faint_further_px: float = 60.0
    # Not connected with the hair (set by eye): patches of so many pixels so near to it, and thin ones of this length
    # that cover less than this share of their box.
    min_patch_canvas_area: int = 60
    patch_within_px: float = 28
    min_thin_px: float = 22
    thin_share: float = 0.4
    # Lines of the background itself: so long, and so straight (deviation across) or going on further than any strand
    # is looked for. Strands bend more: stripes, poles, shelves and frames do not. Their edges reach a little further.
    line_px: float = 70.0
    line_across_canvas_px: float = 2.2
    line_edge_canvas_px: int = 3
    # Nor is what is so long and, on this share of it, thicker than this and than so many pixels of the photo: gaps
    # between letters, posts, boughs. A lock that is as thick a parser sees.
    thickest_px: float = 7.0
    thickest_photo_px: float = 4.0
    thick_share: float = 0.35
    thick_length_px: float = 50.0
    # Off the hair a strand has the same on both sides: where the surroundings change by this share of the way within so
    # many pixels at half the size, the edge of something else is seen (a leaf, a hand, somebody's hair).
    edge_canvas_px: int = 9
    edge_share: float = 0.35
    edges_beyond_px: float = 40.0
    # What is not connected with the hair is a strand up to so far from it.
    loose_within_px: float = 120.0


def towards(view: View, colour: NDArray[np.float32], settings: StraySettings) -> tuple[Plane, Mask]:
    """How far each pixel (H,W) lies from its surroundings' median on the way to the hair's colour: 0 not at all, 1
    there; and where those surroundings end in others."""
    photo = np.clip(view.picture, 0, 255)
    # A wide median holds no detail: half the size shows the same.
    height, width = photo.shape[:2]
    half = reduced(photo, width // 2, height // 2).astype(np.uint8)
    calm = cv2.medianBlur(half, settings.median_canvas_px | 1)
    median = cv2.resize(calm, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    way = colour - median
    length = channel_mean(way * way) + np.float32(settings.least_way)
    square = np.ones((settings.edge_canvas_px | 1,) * 2, np.uint8)
    change = cv2.morphologyEx(calm, cv2.MORPH_GRADIENT, square).astype(np.float32)
    change = np.asarray(cv2.resize(channel_mean(change * change), (width, height), interpolation=cv2.INTER_LINEAR))
    towards = channel_mean((photo - median) * way) / length
    return towards, change > np.float32(settings.edge_share**2) * length


def strays(
    towards_hair: Plane,
    background: Mask,
    solid: Mask,
    away: Plane,
    unit_px: float,
    thickest_px: float,
    settings: StraySettings,
) -> Mask:
    """Thin hair over the background: connected with the hair, close to it, or long and thin."""
    around = background & (away <= round((settings.within_px + settings.faint_further_px) * unit_px))
    if not around.any():
        return np.zeros_like(solid)
    # A calm background shows the faintest strand; a busy one is full of what looks like strands.
    noise = float(np.median(np.abs(towards_hair[around]))) / MEDIAN_OF_NORMAL
    faintest = float(np.clip(settings.deviations * noise, *settings.limits))
    within_px = np.interp(faintest, settings.limits, (settings.within_px, settings.busy_within_px))
    shown = (towards_hair > faintest) & background & ~solid
    things = _lines(shown, away, float(within_px) * unit_px, unit_px, settings)
    off = away > round(settings.patch_within_px * unit_px)
    things = dilate(things, settings.line_edge_canvas_px) & off
    around &= ~things
    candidates = (towards_hair > faintest) & (away <= round(float(within_px) * unit_px)) & background & ~things
    count, labels, stats, _ = cv2.connectedComponentsWithStats((candidates | solid).astype(np.uint8))
    if count <= 1:
        return np.zeros_like(solid)
    area = stats[:, cv2.CC_STAT_AREA]
    box_width, box_height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    large = area > settings.min_patch_canvas_area
    thin = (
        large
        & (np.maximum(box_width, box_height) > settings.min_thin_px * unit_px)
        & (area < settings.thin_share * box_width * box_height)
    )
    touching = _parts_at(solid, np.asarray(labels, np.int32), count)
    large[0] = thin[0] = False
    near = away <= round(settings.patch_within_px * unit_px)
    sure = candidates & (touching[labels] | (large[labels] & near) | thin[labels])
    loose = away <= round(settings.loose_within_px * unit_px)
    sure = (candidates if noise < settings.calm_noise else sure) & (touching[labels] | loose)
    # A strand does not end where it gets fainter.
    faint = around & (towards_hair > settings.faint_share * faintest)
    found = parts_at(sure | faint, sure) & background
    return found & ~_thick(found & ~solid & off, thickest_px, unit_px, settings)


def _lines(mask: Mask, away: Plane, within_px: float, unit_px: float, settings: StraySettings) -> Mask:
    """The long parts of a mask (H,W) that are straight, or go on further than that from the hair."""
    count, labels, stats, middle = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    long = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) > settings.line_px * unit_px
    long[0] = False
    rows, columns = np.nonzero(long[labels])
    of = np.asarray(labels[rows, columns], np.intp)
    x, y = columns - middle[of, 0], rows - middle[of, 1]
    pixels = np.maximum(np.bincount(of, minlength=count), 1)
    xx, yy, xy = (np.bincount(of, values, count) / pixels for values in (x * x, y * y, x * y))
    across = np.sqrt(np.maximum((xx + yy) / 2 - np.hypot((xx - yy) / 2, xy), 0))
    furthest = np.zeros(count)
    np.maximum.at(furthest, of, away[rows, columns])
    return np.asarray((long & ((across < settings.line_across_canvas_px) | (furthest > within_px)))[labels], bool)


def _thick(mask: Mask, thickest_px: float, unit_px: float, settings: StraySettings) -> Mask:
    """The long parts of a mask (H,W) that are thicker than a strand."""
    core = opened(mask, thickest_px / 2)
    if not core.any():
        return core
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    width, height, area = (stats[:, key] for key in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA))
    thick = np.bincount(labels[core], minlength=count) > settings.thick_share * area
    thick &= np.hypot(width, height) > settings.thick_length_px * unit_px
    thick[0] = False
    return np.asarray(thick[labels], bool)


def _parts_at(where: Mask, labels: NDArray[np.int32], count: int) -> NDArray[np.bool_]:
    """Which of the connected parts of a mask, the background not among them, show anything there."""
    parts = np.zeros(count, bool)
    parts[np.unique(labels[where])] = True
    parts[0] = False
    return parts
