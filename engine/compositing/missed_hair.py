"""Hair at the sides of a render that a parser takes for background: short and grey it looks like a wall."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.view import EARS, likeliest
from engine.imaging.ops import (
    apart,
    blur,
    closed,
    distance_to,
    drop_small_components,
    nearby_colour,
    nearby_deviation,
)
from engine.parsing.classes import HAIR_CLASSES, FaceClass


@dataclass(frozen=True)
class MissedHairSettings:
    """What of a render's background is hair, set by eye. Lengths are pixels of the probabilities, the crop at half its
    size; colours levels of 0..255 over all channels."""

    # It lies in dents of the head's outline up to twice so wide, of so many pixels at least.
    dent_parsed_px: float = 44.0
    min_dent_parsed_area: int = 150
    # The background's colour is read so far off the head, around each pixel over so much (a Gaussian's sigma).
    off_parsed_px: float = 30.0
    around_parsed_px: float = 40.0
    # What is so many of its deviations off that colour, and so many levels, is none of it.
    deviations: float = 3.0
    least_apart: float = 60.0
    # Its edge is so soft.
    edge_parsed_px: float = 1.0


def with_missed_hair(
    render: NDArray[np.uint8], probabilities: NDArray[np.float32], settings: MissedHairSettings = MissedHairSettings()
) -> NDArray[np.float32]:
    """A render's class probabilities (19,H,W), with hair in the dents of its head where the render, H,W,3 or twice as
    large, does not have its background's colour."""
    labels = likeliest(probabilities)
    outside = labels == FaceClass.BACKGROUND
    head = np.isin(labels, (*HAIR_CLASSES, *EARS, FaceClass.SKIN))
    dents = drop_small_components(closed(head, settings.dent_parsed_px) & outside, settings.min_dent_parsed_area)
    behind = outside & (distance_to(head) > settings.off_parsed_px)
    if not dents.any() or not behind.any():
        return probabilities
    size = (probabilities.shape[2], probabilities.shape[1])
    picture = cv2.resize(render, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    colour, _ = nearby_colour(picture, behind, settings.around_parsed_px)
    deviation = nearby_deviation(picture, colour, behind, settings.around_parsed_px)
    differs = apart(picture, colour) > np.maximum(settings.deviations * deviation, settings.least_apart)
    missed = drop_small_components(dents & differs, settings.min_dent_parsed_area)
    if not missed.any():
        return probabilities
    share = blur(missed, settings.edge_parsed_px)
    refined = probabilities.copy()
    refined[FaceClass.HAIR] += refined[FaceClass.BACKGROUND] * share
    refined[FaceClass.BACKGROUND] *= 1 - share
    return refined
