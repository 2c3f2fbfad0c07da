"""A picture together with what its pixels are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.imaging.guided import guided_filter
from engine.imaging.ops import Mask, Picture, Plane, luminance
from engine.parsing.classes import FaceClass
from engine.runtime.cached_property import cached_property

SKIN = (FaceClass.SKIN, FaceClass.NOSE, FaceClass.LEFT_EAR, FaceClass.RIGHT_EAR, FaceClass.NECK)
EARS = (FaceClass.LEFT_EAR, FaceClass.RIGHT_EAR)
CLOTHES = (FaceClass.NECKLACE, FaceClass.CLOTH)


def likeliest(probabilities: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The likeliest class (h,w) by probabilities (19,h,w), the first of equals: NumPy's own way takes five times as
    long."""
    best = probabilities[0].copy()
    labels = np.zeros(best.shape, np.uint8)
    for kind, plane in enumerate(probabilities[1:], 1):
        likelier = cv2.compare(plane, best, cv2.CMP_GT)
        cv2.copyTo(plane, likelier, best)
        labels[likelier > 0] = kind
    return labels


@dataclass(frozen=True)
class View:
    """picture: H,W,3 in 0..255; probabilities: 19,h,w of the same area, usually at half the size; real: H,W, false
    where the picture is padding beyond a photo's edge, from which nothing may be learnt; scale: its pixels per pixel of
    a crop at full size, for which settings in canvas pixels are told.
    """

    picture: Picture
    probabilities: NDArray[np.float32]
    real: Mask
    scale: float = 1.0

    @cached_property
    def labels(self) -> NDArray[np.uint8]:
        """The likeliest class of each pixel (H,W)."""
        height, width = self.picture.shape[:2]
        small = likeliest(self.probabilities)
        return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)

    @cached_property
    def guide(self) -> Plane:
        """Luminance in 0..1, what the masks' edges snap to."""
        return luminance(self.picture) / np.float32(255)

    def with_picture(self, picture: Picture) -> View:
        """Another picture (H,W,3) of the same classes, which are not told again."""
        other = replace(self, picture=picture)
        if "labels" in vars(self):
            vars(other)["labels"] = self.labels
        return other

    def is_any(self, *classes: int) -> Mask:
        """Where the likeliest class is one of these."""
        wanted = np.zeros(256, np.uint8)
        wanted[list(classes)] = 1
        return np.asarray(cv2.LUT(self.labels, wanted)).view(bool)

    def seen(self, *classes: int) -> Mask:
        """The same, without padding."""
        return self.is_any(*classes) & self.real

    def probability(self, *classes: int) -> Plane:
        """Summed probability of some classes at full size (H,W), with soft parser edges."""
        height, width = self.picture.shape[:2]
        summed = self.probabilities[list(classes)].sum(0)
        return np.asarray(cv2.resize(summed, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)

    def snapped(self, radius_px: int, epsilon: float, *classes: int) -> Plane:
        """The same, with its edges moved to the picture's own."""
        return guided_filter(self.guide, self.probability(*classes), radius_px, epsilon)
