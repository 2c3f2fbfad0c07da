"""The head's outline above the ears, degree by degree: horns, notches and mid-air ends are jumps in it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes

from engine.face.head_axes import head_axes
from engine.parsing import FaceClass

NO_HEAD = (FaceClass.BACKGROUND, FaceClass.CLOTH, FaceClass.NECK, FaceClass.NECKLACE)
EARS = (FaceClass.LEFT_EAR, FaceClass.RIGHT_EAR, FaceClass.EARRING)
# Degrees above the line through the brows, on either side. Ears end below HIGHEST_EAR; above FIRST there is skull.
FIRST, HIGHEST_EAR = 10, 60
EAR_MARGIN = 2
# A median over so many degrees: strands and gaps of up to two (.02 face widths) vanish, steps keep their full height.
MEDIAN_DEGREES = 5
# Rays closer than the degree that a jump is measured over: one may run along the jump's own edge.
PER_DEGREE = 4
RAYS = 180 * PER_DEGREE + 1
# All lengths in face widths.
LONGEST = 1.6
BEYOND = 0.03  # how far outside of the outline cloth hides it
SAMPLES_PER_PX = 4


def outline(
    classes: NDArray[np.uint8], inside: NDArray[np.bool_], landmarks: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distance of the head's outline from the midline at brow height, in face widths: (721,), each quarter of
    a degree from the right over the top to the left.

    classes (S, S), hair counts as head; inside (S, S): what is photo; landmarks (68, 2) in the same pixels. nan at and
    below the ears, and where cloth or the photo's edge hides the outline.
    """
    axes = head_axes(landmarks)
    unit = axes.width_px
    head = ~np.isin(classes, NO_HEAD)
    _, parts = cv2.connectedComponents(head.astype(np.uint8))
    x, y = (round(float(value)) for value in axes.origin)
    if not (0 <= y < head.shape[0] and 0 <= x < head.shape[1]) or not head[y, x]:
        return np.full(RAYS, np.nan)
    head = np.asarray(binary_fill_holes(parts == parts[y, x]), dtype=bool)

    angles = np.radians(np.arange(RAYS) / PER_DEGREE)[:, None, None]
    distance_px = np.arange(0, LONGEST * unit, 1 / SAMPLES_PER_PX)
    rays = axes.origin + distance_px[None, :, None] * (np.cos(angles) * axes.right + np.sin(angles) * axes.up)
    on_head = _along(head, rays)
    photo = _along(inside, rays) > 0.99
    out = on_head < 0.5
    leaves = out.argmax(axis=1)
    rows = np.arange(RAYS)
    last, first = on_head[rows, leaves - 1], on_head[rows, leaves]
    radii = np.asarray(distance_px[leaves] - (0.5 - first) / np.maximum(last - first, 1e-6) / SAMPLES_PER_PX) / unit

    beyond = np.minimum(leaves + round(BEYOND * unit * SAMPLES_PER_PX), len(distance_px) - 1)
    cloth = _along(classes == FaceClass.CLOTH, rays)[rows, beyond] > 0.5
    seen = np.array([bool(photo[row, : leaves[row] + 1].all()) for row in rows])
    radii[~out.any(axis=1) | cloth | ~seen] = np.nan
    ears = np.asarray(np.any(_along(np.isin(classes, EARS), rays) > 0.5, axis=1), bool)
    right, left = _first_above(ears), _first_above(ears[::-1])
    radii[:right] = radii[RAYS - left :] = np.nan
    return _without_strands(np.asarray(radii, dtype=np.float64))


def outline_step(radii: NDArray[np.float64]) -> float:
    """The largest difference between two rays a degree apart; nan where no two are known."""
    steps = np.abs(radii[PER_DEGREE:] - radii[:-PER_DEGREE])
    return float(np.nanmax(steps)) if np.isfinite(steps).any() else float("nan")


def _first_above(ears: NDArray[np.bool_]) -> int:
    """Index of the first ray on this side (RAYS,) that is surely above the ear."""
    on_ear = np.flatnonzero(ears[: HIGHEST_EAR * PER_DEGREE])
    above = int(on_ear[-1]) + EAR_MARGIN * PER_DEGREE if len(on_ear) else 0
    return max(FIRST * PER_DEGREE, above)


def _without_strands(radii: NDArray[np.float64]) -> NDArray[np.float64]:
    half = MEDIAN_DEGREES * PER_DEGREE // 2
    known = np.isfinite(radii)
    calm = radii.copy()
    for ray in np.flatnonzero(known):
        window = slice(max(ray - half, 0), ray + half + 1)
        calm[ray] = np.median(radii[window][known[window]])
    return calm


def _along(mask: NDArray[np.bool_], rays: NDArray[np.float64]) -> NDArray[np.float32]:
    """The mask (S, S) between pixels at points (A, R, 2): (A, R), 0..1, 0 beyond the picture."""
    x, y = (np.ascontiguousarray(rays[..., axis], dtype=np.float32) for axis in (0, 1))
    return np.asarray(cv2.remap(mask.astype(np.float32), x, y, cv2.INTER_LINEAR), dtype=np.float32)
