"""The connected parts of a mask, one by one."""

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
    """The parts of a mask (H,W) with at least and at most so many pixels."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(where.astype(np.uint8))
    for index in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[index])
        if least_px <= area <= most_px:
            box = (
                slice(max(top - margin_px, 0), top + height + margin_px),
                slice(max(left - margin_px, 0), left + width + margin_px),
            )
            yield Part(area, box, np.asarray(labels[box] == index, bool))
