"""Straight lines that end at a hole: a frame, a shelf or a letter goes on behind the hair in the line that is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.imaging.ops import Mask, Picture, channel_mean, distance_to, reduced


@dataclass(frozen=True)
class LineSettings:
    """Which lines count, set by eye. Lengths are shares of the picture's longer side."""

    # They are looked for on a picture with so many pixels along its longer side at most, where this share of a pixel is
    # known, or open.
    most_px: int = 512
    known_share: float = 0.5
    # A line is so long at least, ends so near to the hole, and goes on into it for so much at least and at most.
    length: float = 0.04
    ends_within: float = 0.035
    depths: tuple[float, float] = (0.03, 0.4)
    # So many of them at most, the longest first; of two ways that end so near to each other one is enough.
    count: int = 8
    alike: float = 0.01
    # Pieces are taken from so far along the line, as shares of how far it goes on behind the hair.
    shares: tuple[float, ...] = (1.0, 0.5)


def offsets_along(
    picture: Picture, known: Mask, hole: Mask, settings: LineSettings = LineSettings()
) -> NDArray[np.float64]:
    """Offsets (K,2: rows and columns in pixels) by which a picture (H,W,3) is moved along its own lines into a hole
    (H,W), from where it is known (H,W). What it shows in the hole has to be smooth: lines would end there, or go on."""
    pixel_px = max(1.0, max(known.shape) / settings.most_px)
    height, width = (round(side / pixel_px) for side in known.shape)
    longest = max(height, width)
    there = reduced(known, width, height) > settings.known_share
    behind = reduced(hole, width, height) > settings.known_share
    grey = np.clip(channel_mean(reduced(picture, width, height)), 0, 255).astype(np.uint8)
    detector = cv2.createLineSegmentDetector(cv2.LSD_REFINE_NONE)
    found = cast(NDArray[np.float32] | None, detector.detect(grey)[0])
    if found is None:
        return np.zeros((0, 2))
    off_hole = distance_to(behind)
    ends = np.asarray(found, np.float64).reshape(-1, 2, 2)[..., ::-1]
    ends = np.concatenate([ends, ends[:, ::-1]])
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    inner, outer, middle = (
        tuple(np.clip(np.rint(at).astype(int), 0, [height - 1, width - 1]).T)
        for at in (ends[:, 0], ends[:, 1], ends.mean(1))
    )
    ends_at = off_hole[inner]
    near, inwards = ends_at < settings.ends_within * longest, ends_at < off_hole[outer]
    seen = there[outer] & there[middle]
    wanted = np.nonzero((length > settings.length * longest) & near & seen & inwards)[0]
    offsets: list[NDArray[np.float64]] = []
    least, most = settings.depths
    for index in wanted[np.argsort(-length[wanted], kind="stable")]:
        if len(offsets) >= settings.count * len(settings.shares):
            break
        way = (ends[index, 0] - ends[index, 1]) / length[index]
        reach = min(_depth(behind, ends[index, 0], way, most * longest), float(length[index]))
        if reach < least * longest:
            continue
        for share in settings.shares:
            offset = -way * share * reach
            if all(np.linalg.norm(offset - one) > settings.alike * longest for one in offsets):
                offsets.append(offset)
    return np.asarray(np.reshape(offsets, (-1, 2)) * pixel_px, np.float64)


def _depth(hole: Mask, start: NDArray[np.float64], way: NDArray[np.float64], most: float) -> float:
    """How far from a start the last pixel of the hole on a way lies, up to so much."""
    steps = np.arange(int(most) + 1)
    places = np.rint(start + steps[:, None] * way).astype(int)
    inside = ((places >= 0) & (places < hole.shape)).all(1)
    rows, columns = np.clip(places, 0, np.array(hole.shape) - 1).T
    met = np.nonzero(inside & hole[rows, columns])[0]
    return float(met[-1]) if len(met) else 0.0
