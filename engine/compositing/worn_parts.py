"""Parts of the hair that are of another colour, or too even, to be hair: bows, flowers, clips."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.face.head_axes import HeadAxes
from engine.imaging.ops import Mask, Picture, closed, dilate, distance_to, erode, nearby_colour, opened
from engine.imaging.parts import connected_parts
from engine.parsing import FaceClass


@dataclass(frozen=True)
class PartSettings:
    """Which coloured things lie in the hair, set by eye. Lengths are face widths, chroma is CIE Lab's (a*, b*)."""

    # So far above the brows and no farther aside.
    above: float = 0.1
    within: float = 1.0
    # Chroma so far from the hair's and from the skin's, in parts of so many face widths squared.
    other_chroma: float = 18.0
    least_area: float = 0.006
    # What is skin or background for sure; and every so many pixels are enough for a median.
    clearly: float = 0.7
    sampled: int = 5
    # Gaps of the hair that are closed, openings that end strands, and how far from a part its surroundings are.
    gap: float = 0.05
    strand: float = 0.0125
    around: float = 0.02
    # A part's outline lies on the hair to this share, differs by so much from what is around there, and this share of
    # the difference comes within so much.
    on_hair: float = 0.6
    clear_chroma: float = 20.0
    sharp_share: float = 0.5
    sharp_within: float = 0.01
    # A slope is told within a square of so many pixels around each: an outline may lie beside its edge.
    slope_px: int = 5
    # Of the background (a dyed wall between curls) hardly anything, this share at most, is as near as this to it.
    like_background: float = 12.0
    max_background_share: float = 0.05


@dataclass(frozen=True)
class EvenPartSettings:
    """Which things in the hair have its chroma, or none, and are told by being even: black, white and pale bows. Set by
    eye on 36 faces and 40 drawn bows. Lengths are face widths, differences CIE Lab's."""

    # So far above the brows and no farther aside.
    above: float = 0.1
    within: float = 1.0
    # They differ so much from the hair around, told over so much (a Gaussian's sigma), and have so many face widths
    # squared.
    other: float = 20.0
    around: float = 0.12
    least_area: float = 0.006
    # They are compact: so many times as long as wide at most, and so many times the largest disk in them. Partings,
    # gaps and locks are longer.
    most_lengths: float = 3.2
    most_disks: float = 8.5
    # Gaps of the hair that are closed, and openings that end strands.
    gap: float = 0.05
    strand: float = 0.0125
    # A part's outline lies on the hair to this share, told in a ring so far off it; it differs so much from the hair
    # there, and this share of the difference comes within so much.
    on_hair: float = 0.6
    ring: tuple[float, float] = (0.02, 0.04)
    clear: float = 30.0
    sharp_share: float = 0.6
    sharp_within: float = 0.01
    slope_px: int = 5
    # Inside, so far off the outline, half of it changes by no more within as much: 0.4 to 2.4 in bows, 3.8 and more in
    # what ends as sharply and is none, gaps between curls and light on strands.
    inside: float = 0.012
    even: float = 2.5
    # Of the background hardly anything, this share at most, is as near as this to it.
    clearly: float = 0.7
    sampled: int = 5
    like_background: float = 12.0
    max_background_share: float = 0.2


def coloured_part(
    lab: Picture,
    probabilities: NDArray[np.float32],
    axes: HeadAxes,
    kept: Mask,
    settings: PartSettings = PartSettings(),
) -> bool:
    """Whether something of a colour that is neither the hair's nor the skin's lies in the hair, and ends sharply.

    lab: H,W,3 in CIE Lab.
    """
    unit_px = axes.width_px
    u, v = axes.coordinates(kept.shape)
    above = (v > settings.above) & (np.abs(u) < settings.within)
    chroma = np.ascontiguousarray(lab[..., 1:])
    hair = hair_or_hat(probabilities)
    skin = probabilities[FaceClass.SKIN] > settings.clearly
    background = chroma[probabilities[FaceClass.BACKGROUND] > settings.clearly][:: settings.sampled]
    if not (above & hair).any() or not skin.any():
        return False
    others = above & ~kept & (probabilities[FaceClass.SKIN] < 0.5)
    for known in (hair, skin):
        colour = np.median(chroma[known][:: settings.sampled], axis=0)
        others[others] = _distance(chroma[others], colour) > settings.other_chroma
    if not others.any():
        return False
    others = opened(others & closed(hair, settings.gap * unit_px), settings.strand * unit_px)
    # Twice as far as what is looked at around a part.
    margin_px = round(2 * 2 * settings.around * unit_px)
    for found in connected_parts(others, margin_px, settings.least_area * unit_px**2):
        box, part = found.box, found.mask
        around = _ring(part, settings.around * unit_px, 2 * settings.around * unit_px)
        if not around.any() or float(hair[box][around].mean()) < settings.on_hair:
            continue
        colour = np.median(chroma[box][part], axis=0)
        difference = float(np.hypot(*(colour - np.median(chroma[box][around], axis=0))))
        steepest = cv2.dilate(_slope(chroma[box]), np.ones((settings.slope_px, settings.slope_px)))
        edge = float(np.median(steepest[part & ~erode(part, 1)]))
        like = _share_like(background, colour, settings.like_background)
        if (
            difference > settings.clear_chroma
            and edge * settings.sharp_within * unit_px > settings.sharp_share * difference
            and like < settings.max_background_share
        ):
            return True
    return False


def even_part(
    lab: Picture,
    probabilities: NDArray[np.float32],
    axes: HeadAxes,
    kept: Mask,
    settings: EvenPartSettings = EvenPartSettings(),
) -> bool:
    """Whether something that is even, as no hair is, lies in the hair and ends sharply. lab: H,W,3 in CIE Lab."""
    unit_px = axes.width_px
    u, v = axes.coordinates(kept.shape)
    hair = hair_or_hat(probabilities)
    where = closed(hair, settings.gap * unit_px) & ~kept
    where &= (v > settings.above) & (np.abs(u) < settings.within)
    if not where.any():
        return False
    around, _ = nearby_colour(lab, where, settings.around * unit_px)
    others = where & (_distance(lab, around) > settings.other) & (probabilities[FaceClass.SKIN] < 0.5)
    others = opened(others, settings.strand * unit_px)
    background = lab[probabilities[FaceClass.BACKGROUND] > settings.clearly][:: settings.sampled]
    nearest, furthest = (distance * unit_px for distance in settings.ring)
    for found in connected_parts(others, round(2 * furthest), settings.least_area * unit_px**2):
        box, part = found.box, found.mask
        ring = _ring(part, nearest, furthest)
        inside = erode(part, settings.inside * unit_px)
        if not inside.any() or not ring.any() or float(hair[box][ring].mean()) < settings.on_hair:
            continue
        sides = sorted(cv2.minAreaRect(np.argwhere(part).astype(np.float32))[1])
        disk = np.pi * float(distance_to(~np.pad(part, 1)).max()) ** 2
        if sides[1] > settings.most_lengths * sides[0] or found.area_px > settings.most_disks * disk:
            continue
        colour = np.median(lab[box][part], axis=0)
        difference = float(np.linalg.norm(colour - np.median(lab[box][ring & hair[box]], axis=0)))
        slope = _slope(np.ascontiguousarray(lab[box])) * np.float32(settings.sharp_within * unit_px)
        steepest = cv2.dilate(slope, np.ones((settings.slope_px, settings.slope_px)))
        like = _share_like(background, colour, settings.like_background)
        if (
            difference > settings.clear
            and float(np.median(steepest[part & ~erode(part, 1)])) > settings.sharp_share * difference
            and float(np.median(slope[inside])) < settings.even
            and like < settings.max_background_share
        ):
            return True
    return False


def hair_or_hat(probabilities: NDArray[np.float32]) -> Mask:
    """Hair and what is worn over it, which a parser takes for a hat or for hair."""
    return np.asarray(probabilities[FaceClass.HAIR] + probabilities[FaceClass.HAT] > 0.5, bool)


def _ring(part: Mask, nearest_px: float, furthest_px: float) -> Mask:
    """What lies around a part, from the nearest to the furthest of these distances."""
    return dilate(part, furthest_px) & ~dilate(part, nearest_px)


def _share_like(colours: NDArray[np.float32], colour: NDArray[np.float32], within: float) -> float:
    """The share (0..1) of colours (N,C) that differ from one by less than that; 0 of none."""
    return float((_distance(colours, colour) < within).mean()) if len(colours) else 0.0


def _distance(chroma: NDArray[np.float32], colour: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.sqrt(((chroma - colour) ** 2).sum(-1)), np.float32)


def _slope(chroma: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much the colour changes from pixel to pixel."""
    across, down = (cv2.Sobel(chroma, cv2.CV_32F, x, 1 - x, ksize=3, scale=1 / 8) for x in (1, 0))
    return np.asarray(np.sqrt((across**2 + down**2).sum(2)), np.float32)
