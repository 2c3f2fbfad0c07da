"""The connected parts of a mask: one by one, and those that meet another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from engine.imaging.ops import Mask


@dataclass(frozen=True)
class Part:
    """area_px: its pixels; box: rows and columns around it with a margin, as far as the mask goes; mask: it, there."""

    area_px: int
    box: tuple[slice, slice]
    mask: Mask


def connected_parts(where: Mask, margin_px: int, least_px: float = 1, most_px: float = float("inf")) -> Iterator[Part]:
    """The parts of a mask (H,W) with at least and at most so many pixels, told from its own pixels alone: statistics of
    all parts take OpenCV ten times as long as their labels, most of it for what is no part."""
    count, labels = cv2.connectedComponents(where.astype(np.uint8))
    places = np.flatnonzero(where)
    part_of = labels.ravel()[places]
    areas = np.bincount(part_of, minlength=count)
    kept = (areas >= max(least_px, 1)) & (areas <= most_px)
    if not kept.any():
        return
    inside = kept[part_of]
    places, part_of = places[inside], part_of[inside]
    rows, columns = np.divmod(places[np.argsort(part_of, kind="stable")], where.shape[1])
    first = np.cumsum(areas[kept]) - areas[kept]  # where each part's pixels begin
    tops, lefts = (np.maximum(np.minimum.reduceat(values, first) - margin_px, 0) for values in (rows, columns))
    bottoms, rights = (np.maximum.reduceat(values, first) + 1 + margin_px for values in (rows, columns))
    for at, index in enumerate(np.flatnonzero(kept)):
        box = slice(int(tops[at]), int(bottoms[at])), slice(int(lefts[at]), int(rights[at]))
        yield Part(int(areas[index]), box, np.asarray(labels[box] == index, bool))


def parts_at(mask: Mask, where: Mask) -> Mask:
    """The connected parts of a mask (H,W) that have a pixel there (H,W), whole."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8))
    meets = np.zeros(count, bool)
    meets[np.unique(labels[where])] = True
    meets[0] = False
    return np.asarray(meets[labels], bool)
