"""Small operations on masks and pictures that everything else is built from."""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.imaging.reduction import whole_squares

Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]
Picture = NDArray[np.float32]  # H,W,3 in 0..255

# Share (0..1) of a change that is seen at all: of black and white it is two of 255 levels. Below it the photo's pixels
# stay its own, or a Gaussian's tail would reach across the whole picture.
LEAST_SEEN = 1 / 128
# Disks above this radius (px) are grown through a distance transform, which costs less than so large a kernel.
LARGE_DISK_PX = 6
# A blur is computed on a copy reduced until its deviation is about this (px): at least so much is needed to enlarge it
# again without a trace. Beyond the second a half as large one shows what the full size does, within a tenth of a level
# on the mean of a picture; up to it how soft a photo's edges are is told, which needs each pixel.
REDUCED_SIGMA_PX, HALVED_SIGMA_PX = 3, 4
# Reducing by a factor and enlarging again widens a blur: so much of the factor's square, less one, is its variance (a
# box's twelfth, and a linear interpolation's sixth).
WIDENED = 1 / 12 + 1 / 6
# Far from all pixels of a mask, the weight of their common mean beside that of the nearby ones (share of the
# surroundings).
COMMON_WEIGHT = 1e-3
# Weighted means are divided by this share of the surroundings at least: less says nothing.
LEAST_WEIGHT = 1e-3
# Rec. 601: the shares of red, green and blue in luma.
LUMA = (0.299, 0.587, 0.114)


@lru_cache(maxsize=64)
def _disk(radius_px: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius_px + 1, 2 * radius_px + 1)), np.uint8)


def distance_to(mask: Mask) -> Plane:
    """How many pixels each pixel lies away from a mask (H,W); 0 on it."""
    return np.asarray(cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, 5), np.float32)


def dilate(mask: Mask, radius_px: float) -> Mask:
    """A mask (H,W), grown by a disk. Large ones go through a distance transform, whose cost does not grow with them."""
    radius = round(radius_px)
    if radius < 1:
        return mask
    if radius > LARGE_DISK_PX:
        if not mask.any():
            return mask.copy()
        # Nothing reaches further, and no way to the mask leads out of its box.
        box, grown = bounding_box(mask, radius), np.zeros_like(mask)
        grown[box] = distance_to(mask[box]) <= radius
        return grown
    return np.asarray(cv2.dilate(mask.astype(np.uint8), _disk(radius)) > 0, bool)


def erode(mask: Mask, radius_px: float) -> Mask:
    """A mask (H,W), shrunk by a disk; the picture's edge does not count as outside."""
    radius = round(radius_px)
    if radius <= LARGE_DISK_PX or not mask.any():
        return ~dilate(~mask, radius_px)
    # What is nearest outside lies right beside the mask.
    box, shrunk = bounding_box(mask, 1), np.zeros_like(mask)
    shrunk[box] = distance_to(~mask[box]) > radius
    return shrunk


def filled(mask: Mask) -> Mask:
    """A mask (H,W) with its holes."""
    whole = mask.astype(np.uint8)
    outlines, _ = cv2.findContours(whole, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(whole, outlines, -1, (1,), cv2.FILLED) > 0, bool)


def convex_hull(mask: Mask) -> Mask:
    """The smallest convex area around a mask (H,W, not empty)."""
    hull = np.zeros(mask.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(cv2.findNonZero(mask.astype(np.uint8))), (1,))
    return np.asarray(hull > 0, bool)


def opened(mask: Mask, radius_px: float) -> Mask:
    """A mask (H,W) without what is thinner than a disk."""
    return dilate(erode(mask, radius_px), radius_px)


def closed(mask: Mask, radius_px: float) -> Mask:
    """A mask (H,W) with its gaps that are thinner than a disk."""
    return erode(dilate(mask, radius_px), radius_px)


def blur(values: NDArray[np.generic], sigma_px: float) -> NDArray[np.float32]:
    """Gaussian blur of a plane (H,W) or a picture (H,W,C). A wide one is told on a reduced copy; nothing is lost."""
    source = np.asarray(values, np.float32)
    if sigma_px <= HALVED_SIGMA_PX:
        return np.asarray(cv2.GaussianBlur(source, (0, 0), sigma_px), np.float32)
    shrink = max(2, int(sigma_px // REDUCED_SIGMA_PX))
    height, width = source.shape[:2]
    small = whole_squares(source, shrink)
    narrower_px = math.sqrt(sigma_px**2 - WIDENED * (shrink**2 - 1))
    blurred = cv2.GaussianBlur(small, (0, 0), narrower_px / shrink)
    wide = cv2.resize(blurred, (shrink * small.shape[1], shrink * small.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(wide[:height, :width], np.float32)


def reduced(values: NDArray[np.generic], width_px: int, height_px: int) -> NDArray[np.float32]:
    """A plane (H,W) or a picture (H,W,C) on fewer pixels, each the mean of those that it stands for."""
    source = np.asarray(values, np.float32)
    return np.asarray(cv2.resize(source, (width_px, height_px), interpolation=cv2.INTER_AREA), np.float32)


def enlarged(values: NDArray[np.float32], width_px: int, height_px: int) -> NDArray[np.float32]:
    """A plane (H,W) or a picture (H,W,C) on more pixels, linear between those that it has; itself on as many."""
    if values.shape[:2] == (height_px, width_px):
        return values
    return np.asarray(cv2.resize(values, (width_px, height_px), interpolation=cv2.INTER_LINEAR), np.float32)


def share_of_way(
    colours: NDArray[np.float32],
    start: NDArray[np.float32],
    way: NDArray[np.float32],
    length: NDArray[np.float32] | np.float32,
) -> NDArray[np.float32]:
    """How far colours (...,3) lie on the way from a start (0) to its end (1), whatever they differ by aside of it.

    way: the end less the start; length: of it, in levels over all channels, or more where it is too short to be told.
    """
    towards = (colours - start) * way
    summed = channel_sum(towards) if towards.ndim == 3 else towards.sum(-1)
    return np.asarray(summed / (length * length), np.float32)


def nearby_colour(picture: Picture, where: Mask, sigma_px: float) -> tuple[Picture, Plane]:
    """The mean colour (H,W,3) of a mask's pixels around each pixel, far from all of them that of all; and how much of
    the surroundings they are (H,W, 0..1)."""
    share = where.astype(np.float32)
    weight = blur(share, sigma_px)
    colour = blur(weighted(picture, share), sigma_px)
    colour += np.float32(COMMON_WEIGHT) * np.array(cv2.mean(picture, where.view(np.uint8))[:3], np.float32)
    colour /= cv2.merge([weight + np.float32(COMMON_WEIGHT)] * 3)
    return colour, weight


def colour_near_or_further(
    picture: Picture, where: Mask, sigma_px: float, further_px: float, least_weight: float
) -> tuple[Picture, Plane]:
    """As `nearby_colour`; where the surroundings are less than the least weight (0..1) of the mask's, more and more of
    what is told over the wider sigma."""
    near, weight = nearby_colour(picture, where, sigma_px)
    further, _ = nearby_colour(picture, where, further_px)
    return mixed(further, near, smoothstep(weight, 0, least_weight)), weight


def nearby_deviation(picture: Picture, colour: Picture, where: Mask, sigma_px: float) -> Plane:
    """How far (H,W, levels over all channels) a mask's pixels around each pixel are off a colour (H,W,3): a root mean
    square."""
    off = channel_sum((picture - colour) ** 2)
    mean, _ = nearby_colour(np.repeat(off[..., None], 3, 2), where, sigma_px)
    return np.asarray(np.sqrt(mean[..., 0]), np.float32)


def smooth_over(
    values: NDArray[np.floating], where: Mask | Plane, sigma_px: float, least_weight: float = LEAST_WEIGHT
) -> NDArray[np.float32]:
    """Values (H,W or H,W,C) of a mask's pixels alone, or of each by its share (0..1), averaged around each pixel; near
    0 where less than the least weight (0..1) of its surroundings is of them."""
    share = np.asarray(where, np.float32)
    weight = np.maximum(blur(share, sigma_px), np.float32(least_weight))
    if values.ndim == 2:
        return np.asarray(blur(values * share, sigma_px) / weight, np.float32)
    smooth = blur(weighted(np.asarray(values, np.float32), share), sigma_px)
    smooth /= cv2.merge([weight] * smooth.shape[2])
    return smooth


def smoothstep(values: Plane, low: float, high: float) -> Plane:
    """0 below low, 1 above high, smooth between, for each value of a plane (H,W)."""
    t = values - np.float32(low)
    t *= np.float32(1 / (high - low))
    t = np.asarray(t, np.float32)
    np.clip(t, 0, 1, out=t)
    slope = np.float32(-2) * t
    slope += 3
    slope *= t
    slope *= t
    return slope


def soft(mask: Mask, sigma_px: float, low: float = 0.05, high: float = 0.95) -> Plane:
    """A mask (H,W) with a soft edge (0..1); low and high say where on the blurred edge it starts and ends."""
    return smoothstep(blur(mask.astype(np.float32), sigma_px), low, high)


def luminance(picture: Picture) -> Plane:
    """Rec. 601 luma (H,W) in 0..255 of a picture (H,W,3)."""
    return np.asarray(cv2.transform(picture, np.array([LUMA], np.float32)), np.float32)


def channel_mean(picture: Picture) -> Plane:
    """Mean (H,W) of the three channels; NumPy's own takes ten times as long over so short an axis."""
    return np.asarray(cv2.transform(picture, np.full((1, 3), 1 / 3, np.float32)), np.float32)


def channel_sum(picture: Picture) -> Plane:
    """Sum (H,W) of the three channels, likewise."""
    return np.asarray(cv2.transform(picture, np.ones((1, 3), np.float32)), np.float32)


def channel_max(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The largest (H,W) of the three channels, likewise."""
    red, green, blue = cv2.split(picture)
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)


def channel_min(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The smallest (H,W) of the three channels, likewise."""
    red, green, blue = cv2.split(picture)
    return np.asarray(cv2.min(cv2.min(red, green), blue), np.uint8)


def apart(one: Picture, other: Picture) -> Plane:
    """How far the colours (H,W,3) of each pixel lie apart, over all channels (H,W)."""
    difference = np.asarray(one - other, np.float32)
    return np.sqrt(channel_sum(difference * difference))


def weighted(picture: NDArray[np.float32], share: Plane) -> NDArray[np.float32]:
    """A picture (H,W,C) times a plane (H,W): four times as fast as spreading it over so short an axis."""
    return picture * cv2.merge([share] * picture.shape[2])


def mixed(below: Picture, above: Picture, share: Plane) -> Picture:
    """A picture (H,W,3) with so much (H,W, 0..1) of another one over it."""
    change = np.asarray(above - below, np.float32)
    change *= cv2.merge([share] * 3)
    change += below
    return change


def rounded(picture: Picture) -> NDArray[np.uint8]:
    """A picture (H,W,3) in whole levels of 0..255."""
    return np.asarray(cv2.convertScaleAbs(np.maximum(picture, 0)), np.uint8)


def bounding_box(mask: Mask, margin_px: int = 0) -> tuple[slice, slice]:
    """The rows and columns of the smallest box around all that is set in a mask (H,W), which must be some, and so many
    more on each side, as far as the mask goes."""
    rows, columns = (
        slice(max(int(places[0]) - margin_px, 0), min(int(places[-1]) + 1 + margin_px, side))
        for places, side in zip((np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]), mask.shape, strict=True)
    )
    return rows, columns


def drop_small_components(mask: Mask, min_area_px: float) -> Mask:
    """A mask (H,W) without connected parts below an area."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8))
    keep = np.bincount(labels.ravel(), minlength=count) >= min_area_px  # half of what OpenCV's statistics take
    keep[0] = False
    return np.asarray(keep[labels], bool) if keep.any() else np.zeros_like(mask)
