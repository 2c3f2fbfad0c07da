"""Stray hair of whatever colour before a blurred background, which has nothing so fine."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.compositing.view import View
from engine.imaging.ops import Mask, Plane, blur, closed, dilate, distance_to, erode, luminance
from engine.parsing.classes import FaceClass


@dataclass(frozen=True)
class FineSettings:
    """Which fine lines beside the hair are hair, set by eye. Lengths in `_px` are pixels of a face 500 wide, counts and
    lengths in `_canvas_px` the canvas's; levels are of 0..255."""

    # What is finer than this (a Gaussian's sigma) is told, where light hair shines and dark hair is dark alike.
    sigma_canvas_px: float = 2.5
    # What the background has of it is told so far off the hair and off everything else, on so many pixels at least: all
    # but the strongest part.
    far_px: float = 100.0
    off_others_canvas_px: int = 6
    min_far_canvas_area: int = 5000
    background_percentile: float = 99.0
    # Hair shows so many times that and so many levels at least; a background with more than the second has lines of its
    # own, or grain that hides hair.
    times: float = 1.25
    levels: tuple[float, float] = (3.0, 8.0)
    # And this share of the most within so much: beside a strand what is finer than it swings back.
    ridge_share: float = 0.35
    ridge_canvas_px: int = 4
    # It lies no further off the parser's hair, and so far off its edge and off skin, clothes and what else is worn,
    # which are as fine.
    within_px: float = 150.0
    off_hair_canvas_px: int = 7
    off_skin_canvas_px: int = 15
    # Gaps of so much are closed. It is so long, and covers less than this share of its box, or of so few pixels.
    gap_canvas_px: int = 1
    min_length_px: float = 20.0
    thin_share: float = 0.4
    few_canvas_area: int = 60
    # Where something else may end a line is its edge, but for one that is a strand's on this share of its way.
    off_edges: float = 0.5


def fine_strays(
    view: View, background: Mask, edges: Mask, away: Plane, unit_px: float, settings: FineSettings = FineSettings()
) -> Mask:
    """Thin hair (H,W) before a background (H,W). edges: H,W, where something else than hair may end in it; away: H,W,
    pixels off the parser's hair; unit_px: pixels per 1/500 of the face's width."""
    light = luminance(np.clip(view.picture, 0, 255))
    fine = np.abs(light - blur(light, settings.sigma_canvas_px))
    alone = erode(view.seen(FaceClass.BACKGROUND), settings.off_others_canvas_px)
    far = alone & (away > settings.far_px * unit_px)
    if int(far.sum()) < settings.min_far_canvas_area:
        return np.zeros_like(background)
    least, most = settings.levels
    finest = max(settings.times * float(np.percentile(fine[far], settings.background_percentile)), least)
    if finest > most:
        return np.zeros_like(background)
    others = ~view.is_any(FaceClass.BACKGROUND, FaceClass.HAIR)
    here = background & view.real & (away > settings.off_hair_canvas_px) & (away < settings.within_px * unit_px)
    here &= distance_to(others) > settings.off_skin_canvas_px
    square = np.ones((2 * settings.ridge_canvas_px + 1,) * 2, np.uint8)
    ridge = fine > np.float32(settings.ridge_share) * cv2.dilate(fine, square)
    candidates = here & ridge & (fine > finest)
    found = _strands(candidates & ~edges, unit_px, settings)
    # Before soft changes of light a strand goes on.
    whole = _strands(candidates, unit_px, settings)
    count, labels = cv2.connectedComponents(dilate(whole, settings.gap_canvas_px).view(np.uint8))
    of, off = (np.bincount(labels[where], minlength=count) for where in (whole, whole & ~edges))
    return np.asarray(found | (whole & (off > settings.off_edges * of)[labels]), bool)


def _strands(candidates: Mask, unit_px: float, settings: FineSettings) -> Mask:
    """Those of the candidates (H,W) that are long and thin."""
    joined = closed(candidates, settings.gap_canvas_px) | candidates
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined.view(np.uint8))
    width, height, area = (stats[:, key] for key in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA))
    strands = np.hypot(width, height) > settings.min_length_px * unit_px
    strands &= area < settings.thin_share * width * height + settings.few_canvas_area
    strands[0] = False
    return np.asarray(strands[labels], bool)
