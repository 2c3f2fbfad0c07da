"""Whether the parser sees the face that the detector saw: its mask of a face that it misses means nothing."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import FaceBlurred
from engine.face.alignment import CROP_SIZE_PX
from engine.parsing.bisenet import BiSeNet, TrunkFeatures
from engine.parsing.classes import FEATURES, FaceClass
from engine.parsing.parse import PARSE_SIZE_PX, parse, parse_with_features

# What a face's area consists of, whatever is worn in it.
FACE_CLASSES = (FaceClass.SKIN, *FEATURES)
# The least share of the area within the landmarks that must be face. Of 39 photos, 34 clear ones have .74 to .92, small
# or soft ones whose hair is still seen .52 to .58, and three too blurred for a mask of the hair .05 to .16. Below the
# middle, because a hand, a mask or a microphone may hide much of a face.
MIN_FACE_SHARE = 0.3
# Blurred, enlarged and strongly compressed faces are seen better at this size, where their pixels are small again;
# clear ones are not (`recede bench parser`).
SOFT_PARSE_PX = 320
# A face of which less is seen is looked at again in that size: the second look counts alone where it sees so much more,
# else both do.
CLEAR_SHARE, DOUBTFUL_SHARE, CLEARLY_MORE = 0.86, 0.8, 0.05


def parse_face(
    parser: BiSeNet, crop: NDArray[np.uint8], landmarks: NDArray[np.float64], *, mirrored: bool = True
) -> NDArray[np.float32]:
    """Class probabilities (19,512,512) of a crop (1024,1024,3) with a face, as `parse`, also where it is small or soft.

    landmarks: 68,2 in the crop's pixels.
    """
    return parse_face_with_features(parser, crop, landmarks, mirrored=mirrored)[0]


def parse_face_with_features(
    parser: BiSeNet, crop: NDArray[np.uint8], landmarks: NDArray[np.float64], *, mirrored: bool = True
) -> tuple[NDArray[np.float32], TrunkFeatures]:
    """As `parse_face`, and what the parser's trunk saw in the crop at 512 px."""
    close, features = parse_with_features(parser, crop, mirrored=mirrored)
    share = seen_share(close, landmarks)
    if share >= CLEAR_SHARE:
        return close, features
    soft = parse(parser, crop, SOFT_PARSE_PX, mirrored=mirrored)
    size = (PARSE_SIZE_PX, PARSE_SIZE_PX)
    soft = np.stack([cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in soft])
    if share < DOUBTFUL_SHARE and seen_share(soft, landmarks) > share + CLEARLY_MORE:
        return soft, features
    return np.asarray((close + soft) / 2, np.float32), features


def seen_share(probabilities: NDArray[np.float32], landmarks: NDArray[np.float64]) -> float:
    """How much (0..1) of the area within the landmarks (68,2 in pixels of the crop of 1024) the class probabilities
    (19,S,S) call face."""
    size_px = probabilities.shape[1]
    area = np.zeros((size_px, size_px), np.uint8)
    outline = cv2.convexHull((landmarks * size_px / CROP_SIZE_PX).astype(np.float32))
    cv2.fillConvexPoly(area, np.rint(outline).astype(np.int32), 1)
    face = probabilities[list(FACE_CLASSES)].sum(0)
    return float(face[area > 0].mean()) if area.any() else 0.0


def check_seen(probabilities: NDArray[np.float32], landmarks: NDArray[np.float64]) -> None:
    """Raise FaceBlurred where the parser saw no face inside the landmarks; arguments as in `seen_share`."""
    if seen_share(probabilities, landmarks) < MIN_FACE_SHARE:
        raise blurred()


def blurred() -> FaceBlurred:
    """Of a face whose hair cannot be told."""
    return FaceBlurred("The face is too blurred or too small to see the hair: send a sharper or larger photo.")
