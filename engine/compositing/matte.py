"""How much of each pixel is hair, down to stray strands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.view import SKIN, View
from engine.imaging.ops import Mask, Plane, channel_mean, dilate, distance_to, drop_small_components, erode, soft
from engine.parsing.classes import FaceClass

MIN_HAIR_AREA_PX = 400
# A stray strand shows so many deviations of the background's noise towards the hair's colour, within these limits
# (shares of the way to it), up to so far from the hair where the background is calm and where it is not (pixels of a
# face 500 wide).
STRAY_DEVIATIONS, STRAY_LIMITS = 6.0, (0.05, 0.16)
STRAYS_WITHIN_PX, BUSY_STRAYS_WITHIN_PX = 220.0, 120.0
# A strand that was found goes on while it shows this share of that, and so much further.
FAINT_SHARE, FAINT_FURTHER_PX = 0.5, 60.0
# All below set by eye. Lengths with UNIT in their comment are pixels of a face 500 wide, others canvas pixels.
# The parser's hair is told where it is likelier than this; more faintly where it lies before skin.
SOLID, FAINT_HAIR = 0.5, 0.4
# Its edge is moved to the picture's edges within this radius, with this regularisation (guided filter), no further off.
SNAP_PX, SNAP_EPSILON, SNAP_WITHIN_PX = 8, 2e-4, 30
# What is mostly hair counts as hair.
HARD = 0.5
# The hair's colour is told so far inside of it, where there are so many pixels.
INSIDE_PX, MIN_INSIDE_PX = 6, 200
# What has to be seen through once hair is gone: around strays so far, and where hair has this share of a pixel.
STRAY_HALO_PX, SHOWS_THROUGH = 7, 0.08
# Strands before the forehead: so far on the way to the hair's colour, between these heights over the brows (face
# widths), so far off brows and glasses and no further off the hair (UNIT); they have so many pixels and this length
# (UNIT). A part of a mask is thin where it covers less than this share of its box, so many pixels aside.
STRAND, STRAND_HEIGHTS, BROWS_PX, STRAND_WITHIN_PX = 0.28, (0.05, 0.6), 9, 110
MIN_STRAND_AREA_PX, MIN_STRAND_PX, THIN_SHARE, THIN_AREA_PX = 40, 14, 0.5, 400
# As a soft mask they are so much wider, so soft, between these shares.
STRAND_WIDER_PX, STRAND_EDGE_PX, STRAND_EDGE = 7, 3, (0.15, 0.7)
# Surroundings are a median over so many pixels at half the size; a colour way shorter than this (squared grey levels,
# mean of the channels) tells nothing.
MEDIAN_PX, LEAST_WAY = 15, 400 / 3
# Stray hair over the background not connected with the hair: patches of so many pixels so near to it (UNIT), and thin
# ones of this length (UNIT) that cover less than this share of their box.
MIN_PATCH_PX, PATCH_WITHIN_PX, MIN_THIN_PX, THIN_PATCH_SHARE = 60, 28, 22, 0.4
# Median of the absolute values of a normal distribution of deviation 1.
MEDIAN_OF_NORMAL = 0.6745


@dataclass(frozen=True)
class HairMatte:
    """alpha: hair's share of each pixel; solid: the parser's hair; away: how many pixels off `solid`; hard: solid or
    mostly hair; strays: thin hair before the background; fallen: strands before the forehead; colour: the hair's median
    RGB."""

    alpha: Plane
    solid: Mask
    away: Plane
    hard: Mask
    strays: Mask
    fallen: Mask
    colour: NDArray[np.float32]

    @cached_property
    def off_hard(self) -> Plane:
        """How many pixels off `hard`."""
        return distance_to(self.hard)

    def near_solid(self, radius_px: float) -> Mask:
        """`solid`, grown by a disk; any number of radii cost one distance transform."""
        return self.away <= round(radius_px)

    def near_hard(self, radius_px: float) -> Mask:
        """`hard`, grown likewise."""
        return self.off_hard <= round(radius_px)

    def hole(self, halo_px: float) -> Mask:
        """Where, before the background, something else must be seen once the hair is gone. halo_px: how far the hair's
        edge is blurred."""
        return self.near_solid(halo_px) | dilate(self.strays, STRAY_HALO_PX) | (self.alpha > SHOWS_THROUGH)


def hair_matte(view: View, v: Plane, unit_px: float) -> HairMatte:
    """Matte of a photo. unit_px: pixels per 1/500 of the face's width."""
    probability = view.probability(FaceClass.HAIR)
    solid = drop_small_components(probability > SOLID, MIN_HAIR_AREA_PX)
    away = distance_to(solid)
    alpha = view.snapped(SNAP_PX, SNAP_EPSILON, FaceClass.HAIR) * (away <= SNAP_WITHIN_PX)
    hard = solid | (alpha > HARD)
    inside = erode(solid, INSIDE_PX)
    pixels = view.picture[inside if inside.sum() > MIN_INSIDE_PX else solid]
    colour = np.median(pixels, 0).astype(np.float32) if len(pixels) else np.zeros(3, np.float32)

    towards_hair = _towards(view, colour)
    before_skin = view.is_any(*SKIN)
    before_background = view.is_any(FaceClass.BACKGROUND)
    strays = _strays(towards_hair, before_background, solid, away, unit_px)
    brows = dilate(view.is_any(FaceClass.LEFT_BROW, FaceClass.RIGHT_BROW, FaceClass.GLASSES), BROWS_PX * unit_px)
    lowest, highest = STRAND_HEIGHTS
    strands = (towards_hair > STRAND) & before_skin & (v > lowest) & (v < highest) & ~brows
    strands &= (away <= round(STRAND_WITHIN_PX * unit_px)) & ~solid
    fallen = _thin_parts(strands, MIN_STRAND_AREA_PX, MIN_STRAND_PX * unit_px)
    faint = (probability > FAINT_HAIR) & ~solid & before_skin
    return HairMatte(alpha, solid, away, hard, strays, fallen | (faint & (v > 0)), colour)


def strand_plane(matte: HairMatte) -> Plane:
    """Soft mask of strands that lie on the forehead."""
    return soft(dilate(matte.fallen, STRAND_WIDER_PX), STRAND_EDGE_PX, *STRAND_EDGE)


def _towards(view: View, colour: NDArray[np.float32]) -> Plane:
    """How far each pixel lies from its surroundings' median on the way to the hair's colour: 0 not at all, 1 there."""
    photo = np.clip(view.picture, 0, 255)
    # A wide median holds no detail: half the size shows the same.
    height, width = photo.shape[:2]
    half = cv2.resize(photo, (width // 2, height // 2), interpolation=cv2.INTER_AREA).astype(np.uint8)
    median = cv2.resize(cv2.medianBlur(half, MEDIAN_PX), (width, height), interpolation=cv2.INTER_LINEAR).astype(
        np.float32
    )
    way = colour - median
    return channel_mean((photo - median) * way) / (channel_mean(way * way) + np.float32(LEAST_WAY))


def _strays(towards_hair: Plane, background: Mask, solid: Mask, away: Plane, unit_px: float) -> Mask:
    """Thin hair over the background: connected with the hair, close to it, or long and thin."""
    around = background & (away <= round((STRAYS_WITHIN_PX + FAINT_FURTHER_PX) * unit_px))
    if not around.any():
        return np.zeros_like(solid)
    # A calm background shows the faintest strand; a busy one is full of what looks like strands.
    noise = float(np.median(np.abs(towards_hair[around]))) / MEDIAN_OF_NORMAL
    faintest = float(np.clip(STRAY_DEVIATIONS * noise, *STRAY_LIMITS))
    within_px = np.interp(faintest, STRAY_LIMITS, (STRAYS_WITHIN_PX, BUSY_STRAYS_WITHIN_PX))
    candidates = (towards_hair > faintest) & (away <= round(float(within_px) * unit_px)) & background
    count, labels, stats, _ = cv2.connectedComponentsWithStats((candidates | solid).astype(np.uint8))
    if count <= 1:
        return np.zeros_like(solid)
    area = stats[:, cv2.CC_STAT_AREA]
    box_width, box_height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    large = area > MIN_PATCH_PX
    thin = (
        large
        & (np.maximum(box_width, box_height) > MIN_THIN_PX * unit_px)
        & (area < THIN_PATCH_SHARE * box_width * box_height)
    )
    touching = _parts_at(solid, np.asarray(labels, np.int32), count)
    large[0] = thin[0] = False
    near = away <= round(PATCH_WITHIN_PX * unit_px)
    sure = candidates & (touching[labels] | (large[labels] & near) | thin[labels])
    # A strand does not end where it gets fainter.
    faint = around & (towards_hair > FAINT_SHARE * faintest)
    count, labels = cv2.connectedComponents((sure | faint).astype(np.uint8))
    return np.asarray(_parts_at(sure, np.asarray(labels, np.int32), count)[labels] & background, bool)


def _parts_at(where: Mask, labels: NDArray[np.int32], count: int) -> NDArray[np.bool_]:
    """Which of the connected parts of a mask, the background not among them, show anything there."""
    parts = np.zeros(count, bool)
    parts[np.unique(labels[where])] = True
    parts[0] = False
    return parts


def _thin_parts(mask: Mask, min_area_px: float, min_length_px: float) -> Mask:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    area = stats[:, cv2.CC_STAT_AREA]
    box_width, box_height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    keep = (area > min_area_px) & (np.maximum(box_width, box_height) > min_length_px)
    keep &= area < THIN_SHARE * box_width * box_height + THIN_AREA_PX
    keep[0] = False
    return np.asarray(keep[labels], bool) if count > 1 else np.zeros_like(mask)
