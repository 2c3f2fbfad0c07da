"""Where a parser takes a render's background for hair: between curls and around them, told by its colour."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.view import SKIN, likeliest
from engine.imaging.guided import guided_filter
from engine.imaging.ops import (
    Mask,
    Plane,
    apart,
    dilate,
    distance_to,
    erode,
    luminance,
    nearby_colour,
    nearby_deviation,
    reduced,
    smoothstep,
)
from engine.parsing.classes import HAIR_CLASSES, FaceClass


@dataclass(frozen=True)
class DrawnEdgeSettings:
    """How a render's hair is told from its background, set by eye. Lengths are pixels of the probabilities, the crop at
    half its size; contrasts are levels of 0..255 over all channels."""

    # Up to so far inside of a parser's hair its background may be seen, but not so near to skin, where hair is thin and
    # what shows through it is skin.
    inside_parsed_px: float = 45.0
    off_skin_parsed_px: float = 22.0
    # The background's colour is read so far off the head, the hair's so deep inside, around each pixel over so much (a
    # Gaussian's sigma), on a copy reduced by this factor, from so many of its pixels at least.
    off_parsed_px: float = 5.0
    deep_parsed_px: float = 10.0
    around_parsed_px: float = 22.0
    reduced: int = 2
    min_sample_parsed_area: int = 60
    # A pixel of that copy shows what covers this share of it.
    sure: float = 0.95
    # A pixel is background up to so many of its deviations off its colour, with so many levels each at least, and
    # surely none from this share of the way to the hair's on.
    deviations: float = 2.0
    least_deviation: float = 4.0
    surely_hair: float = 0.6
    # Where what is background by its deviation alone reaches between these shares of that way nothing is told: leaves
    # in the sun have all colours.
    too_varied: tuple[float, float] = (0.8, 1.1)
    # It must be nearer to the background's colour than to the skin's, read over so many times more, between these
    # shares of what both differ by, which has to be within the next two: a scalp under thin hair may be as light as a
    # wall.
    skin_around: float = 3.0
    nearer: tuple[float, float] = (0.2, 0.6)
    skin_contrasts: tuple[float, float] = (25.0, 50.0)
    # Where both colours differ by less than the first of these nothing is told, from the second on all.
    contrasts: tuple[float, float] = (40.0, 80.0)
    # Gaps are where it is likelier than this; those that do not open to the background, where what is light may shine,
    # from so many pixels on.
    gap: float = 0.5
    min_closed_parsed_area: int = 12
    # What comes out follows the picture's edges within this radius, with this regularisation (guided filter).
    snap_parsed_px: int = 3
    snap_epsilon: float = 1e-3


def without_background_in_hair(
    render: NDArray[np.uint8], probabilities: NDArray[np.float32], settings: DrawnEdgeSettings = DrawnEdgeSettings()
) -> NDArray[np.float32]:
    """A render's class probabilities (19,H,W) without hair where the render, H,W,3 or twice as large, shows the colour
    of its background, open to it."""
    size = (probabilities.shape[2], probabilities.shape[1])
    picture = cv2.resize(render, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    labels = likeliest(probabilities)
    hair, outside = np.isin(labels, HAIR_CLASSES), labels == FaceClass.BACKGROUND
    skin = np.isin(labels, SKIN)
    off_skin = distance_to(skin) > settings.off_skin_parsed_px
    band = hair & off_skin & (distance_to(outside) <= settings.inside_parsed_px)
    share = _background_share(picture, hair, skin, outside, settings)
    if share is None or not band.any():
        return probabilities
    gaps = _gaps(share, band, outside, settings)
    gone = share * dilate(gaps, 2 * settings.snap_parsed_px) * band
    gone = guided_filter(luminance(picture) / np.float32(255), gone, settings.snap_parsed_px, settings.snap_epsilon)
    refined = probabilities.copy()
    for kind in HAIR_CLASSES:
        refined[FaceClass.BACKGROUND] += refined[kind] * gone
        refined[kind] *= 1 - gone
    return refined


def _background_share(
    picture: NDArray[np.float32], hair: Mask, skin: Mask, outside: Mask, settings: DrawnEdgeSettings
) -> Plane | None:
    """How surely (H,W, 0..1) each pixel has the background's colour; None where too little is seen to tell."""
    pixel_px = settings.reduced
    fewer = partial(reduced, width_px=picture.shape[1] // pixel_px, height_px=picture.shape[0] // pixel_px)
    small = fewer(picture)

    def covered(mask: Mask) -> Mask:
        return np.asarray(fewer(mask) > settings.sure, bool)

    def full(planes: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(
            cv2.resize(planes, (picture.shape[1], picture.shape[0]), interpolation=cv2.INTER_LINEAR), np.float32
        )

    deep, behind = covered(erode(hair, settings.deep_parsed_px)), covered(erode(outside, settings.off_parsed_px))
    if min(int(deep.sum()), int(behind.sum())) < settings.min_sample_parsed_area:
        return None
    around = settings.around_parsed_px / pixel_px
    its, others = nearby_colour(small, deep, around)[0], nearby_colour(small, behind, around)[0]
    deviation = nearby_deviation(small, others, behind, around)
    contrast = full(apart(its, others))
    least = settings.deviations * np.maximum(full(deviation), settings.least_deviation)
    hair_from = settings.surely_hair * contrast
    varied = np.asarray(least / np.maximum(hair_from, 1), np.float32)
    surely_hair = np.maximum(hair_from, least + 1)
    differs = apart(picture, full(others))
    like = 1 - smoothstep(np.asarray((differs - least) / (surely_hair - least), np.float32), 0, 1)
    like = np.asarray(like * smoothstep(contrast, *settings.contrasts), np.float32)
    like *= 1 - smoothstep(varied, *settings.too_varied)
    face = covered(erode(skin, settings.off_parsed_px))
    if int(face.sum()) < settings.min_sample_parsed_area:
        return like
    its_skin = nearby_colour(small, face, settings.skin_around * around)[0]
    between = full(apart(its_skin, others))
    nearer = (apart(picture, full(its_skin)) - differs) / np.maximum(between, 1)
    like *= smoothstep(np.asarray(nearer, np.float32), *settings.nearer)
    return np.asarray(like * smoothstep(between, *settings.skin_contrasts), np.float32)


def _gaps(share: Plane, band: Mask, outside: Mask, settings: DrawnEdgeSettings) -> Mask:
    """Where the background is seen within a band of hair. share: H,W, how much each pixel has its colour."""
    gaps = (share > settings.gap) & band
    _, labels, stats, _ = cv2.connectedComponentsWithStats((gaps | outside).astype(np.uint8))
    kept = stats[:, cv2.CC_STAT_AREA] >= settings.min_closed_parsed_area
    kept[np.unique(labels[outside])] = True
    kept[0] = False
    return np.asarray(kept[labels] & gaps, bool)
