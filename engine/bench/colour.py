"""A judge of hair that was never part of the optimisation: colour and texture of this photo's own hair and skin.

The face parser both drives the edit and counts what is left, so its verdict alone would be partial. Here the parser
only says, on the untouched photo, where hair and skin are. A pixel of a later year is then hair if it is nearer to the
photo's hair than to its facial skin, among samples of both in L*a*b* and local contrast.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from engine.bench.measures import CROWN_HALF_WIDTH
from engine.face.head_axes import head_axes, skull_radius
from engine.imaging.lab import to_lab

SAMPLES = 4000  # of each kind
NEIGHBOUR = 8  # the distance to the 8th nearest sample: a stray mislabelled one decides nothing
CONTRAST_SIDE_PX = 7  # at 512 px, about as wide as a strand
CONTRAST_WEIGHT = 1.0
# Inside this part of the skull a bald head shows skin and nothing else, so that background cannot pass for hair.
SKULL_SHARE = 0.9
# Facial skin is sampled between eyes' and nose's height: the parser calls beards skin too.
SKIN_BELOW_BROWS = 0.30
SKIN_HALF_WIDTH = 0.40


@dataclass(frozen=True)
class ColourJudge:
    """Samples of one photo's hair and facial skin, as search trees over features."""

    hair: cKDTree
    skin: cKDTree


def features(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """L*, a*, b* and local contrast of L* of every pixel: (H, W, 3) uint8 to (H, W, 4), about -128..128."""
    lab = to_lab(crop.astype(np.float32))
    lightness = lab[..., 0]
    side = (CONTRAST_SIDE_PX, CONTRAST_SIDE_PX)
    mean, square = cv2.blur(lightness, side), cv2.blur(lightness * lightness, side)
    contrast = np.sqrt(np.maximum(square - mean * mean, 0)) * CONTRAST_WEIGHT
    return np.dstack([lab, contrast]).astype(np.float32)


def scalp_region(landmarks: NDArray[np.float64], size_px: int) -> NDArray[np.bool_]:
    """Pixels (size, size) that are scalp on every bald head: the crown within the inner part of the skull."""
    u, v = head_axes(landmarks).coordinates(size_px)
    return (np.abs(u) <= CROWN_HALF_WIDTH) & (v > 0) & (skull_radius(u, v) <= SKULL_SHARE)


def facial_skin(skin: NDArray[np.bool_], landmarks: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The part of a skin mask (size, size) that is free of beard: forehead, nose and upper cheeks."""
    u, v = head_axes(landmarks).coordinates(skin.shape[0])
    return skin & (np.abs(u) <= SKIN_HALF_WIDTH) & (v >= -SKIN_BELOW_BROWS)


def learn(
    crop: NDArray[np.uint8], hair: NDArray[np.bool_], skin: NDArray[np.bool_], rng: np.random.Generator
) -> ColourJudge:
    """Learn from the untouched crop (H, W, 3) and its masks (H, W). Both must hold a few pixels."""
    every = features(crop)
    # The masks' rims are mixed colours of both.
    kernel = np.ones((5, 5), np.uint8)

    def tree(mask: NDArray[np.bool_]) -> cKDTree:
        inner = cv2.erode(mask.astype(np.uint8), kernel).astype(bool)
        pixels = every[inner if inner.sum() >= NEIGHBOUR else mask]
        return cKDTree(pixels[rng.permutation(len(pixels))[:SAMPLES]])

    return ColourJudge(tree(hair), tree(skin))


def looks_like_hair(judge: ColourJudge, crop: NDArray[np.uint8], region: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """For every pixel of the region, in row order: is it nearer to the photo's hair than to its skin?"""
    pixels = features(crop)[region]
    to_hair, _ = judge.hair.query(pixels, k=[NEIGHBOUR])
    to_skin, _ = judge.skin.query(pixels, k=[NEIGHBOUR])
    return (np.asarray(to_hair) < np.asarray(to_skin))[:, 0]
