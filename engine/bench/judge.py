"""One frame's verdict: hair by the face parser, hair by colour, and whether it is still the same person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.bench import colour
from engine.bench.identity import describe, distance
from engine.bench.measures import crown_region
from engine.face.alignment import CROP_SIZE_PX, crop_face, crop_matrix, inside_photo
from engine.parsing import BiSeNet, FaceClass, parse

PARSED_PX = CROP_SIZE_PX // 2


@dataclass(frozen=True)
class FrameVerdict:
    """One frame in numbers: pixels of hair in the 512 px crop and in its crown, the distance from the photo's face,
    and what the parser sees (512, 512)."""

    hair_px: int
    crown_hair_px: int
    crown_hair_colour_px: int
    identity: float
    classes: NDArray[np.uint8]


class FrameJudge:
    """Judges frames against the photo (H, W, 3) that they came from.

    quad (4, 2) and landmarks (68, 2) are the photo's own and hold for all its frames. What the crop shows beyond the
    photo's edge is a mirror image and never counted.
    """

    def __init__(
        self,
        parser: BiSeNet,
        descriptor: Any,
        photo: NDArray[np.uint8],
        quad: NDArray[np.float64],
        landmarks: NDArray[np.float64],
    ) -> None:
        self.parser = parser
        self.descriptor = descriptor
        self.quad = quad
        self.landmarks = in_crop(landmarks, quad, CROP_SIZE_PX)
        self.inside = inside_photo(photo.shape, quad, PARSED_PX)
        landmarks = self.parsed_landmarks = in_crop(landmarks, quad, PARSED_PX)
        self.crown = crown_region(landmarks, PARSED_PX) & self.inside

        crop = crop_face(photo, quad, CROP_SIZE_PX)
        classes = parse(self.parser, crop, PARSED_PX).argmax(axis=0)
        hair = (classes == FaceClass.HAIR) & self.inside
        skin = colour.facial_skin(np.isin(classes, (FaceClass.SKIN, FaceClass.NOSE)) & self.inside, landmarks)
        self.face = describe(descriptor, crop, self.landmarks)
        self.scalp = colour.scalp_region(landmarks, PARSED_PX) & hair
        enough = min(int(hair.sum()), int(skin.sum())) >= colour.NEIGHBOUR
        rng = np.random.default_rng(0)
        self.colours = colour.learn(halved(crop), hair, skin, rng) if enough else None

    def __call__(self, frame: NDArray[np.uint8]) -> FrameVerdict:
        crop = crop_face(frame, self.quad, CROP_SIZE_PX)
        classes = parse(self.parser, crop, PARSED_PX).argmax(axis=0).astype(np.uint8)
        hair = (classes == FaceClass.HAIR) & self.inside
        by_colour = 0
        if self.colours is not None and self.scalp.any():
            by_colour = int(colour.looks_like_hair(self.colours, halved(crop), self.scalp).sum())
        identity = distance(self.face, describe(self.descriptor, crop, self.landmarks))
        return FrameVerdict(int(hair.sum()), int((hair & self.crown).sum()), by_colour, identity, classes)


def in_crop(points: NDArray[np.float64], quad: NDArray[np.float64], size_px: int) -> NDArray[np.float64]:
    """Photo points (N, 2) in the pixels of an aligned crop of that size."""
    inverse = cv2.invertAffineTransform(crop_matrix(quad, size_px))
    return np.asarray(points @ inverse[:, :2].T + inverse[:, 2], dtype=np.float64)


def halved(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The crop (1024,1024,3) at half its size (512,512,3), averaged."""
    return np.asarray(cv2.resize(crop, (PARSED_PX, PARSED_PX), interpolation=cv2.INTER_AREA), dtype=np.uint8)
