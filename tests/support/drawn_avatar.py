"""A cartoon's face as an avatar: areas of one colour, and lines."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SKIN, HAIR, SHIRT, WALL = (241, 194, 150), (90, 50, 25), (70, 140, 185), (180, 225, 240)
LINE = (20, 15, 20)
# Drawn so much larger, then averaged: lines become as soft as a picture program's.
FINER = 4


def drawn_avatar(side_px: int) -> NDArray[np.uint8]:
    """(side,side,3): a man with short hair, from the front, that a detector of real faces takes for one."""
    unit = side_px * FINER / 1024

    def at(*lengths: float) -> tuple[int, ...]:
        return tuple(round(length * unit) for length in lengths)

    picture = np.full((side_px * FINER, side_px * FINER, 3), WALL, np.uint8)
    cv2.ellipse(picture, at(512, 1020), at(370, 240), 0, 0, 360, SHIRT, -1)
    cv2.rectangle(picture, at(430, 700), at(594, 860), tuple(0.85 * part for part in SKIN), -1)
    cv2.ellipse(picture, at(512, 400), at(262, 270), 0, 0, 360, HAIR, -1)
    cv2.ellipse(picture, at(512, 520), at(230, 300), 0, 0, 360, SKIN, -1)
    cv2.ellipse(picture, at(512, 520), at(230, 300), 0, 0, 360, LINE, *at(6))
    cv2.ellipse(picture, at(512, 300), at(225, 105), 0, 0, 360, HAIR, -1)
    for side in (-1, 1):
        x = 512 + side * 98
        cv2.ellipse(picture, at(x, 500), at(42, 24), 0, 0, 360, (255, 255, 255), -1)
        cv2.ellipse(picture, at(x, 500), at(42, 24), 0, 0, 360, LINE, *at(6))
        cv2.ellipse(picture, at(x, 500), at(19, 22), 0, 0, 360, (60, 90, 120), -1)
        cv2.ellipse(picture, at(x, 500), at(9, 10), 0, 0, 360, LINE, -1)
        cv2.line(picture, at(x - 46, 446), at(x + 46, 440), HAIR, *at(14))
    cv2.polylines(picture, [np.array([at(512, 520), at(482, 605), at(524, 612)])], False, (150, 105, 75), *at(8))
    cv2.ellipse(picture, at(512, 680), at(78, 34), 0, 0, 180, (150, 40, 50), -1)
    cv2.ellipse(picture, at(512, 680), at(78, 34), 0, 0, 180, LINE, *at(6))
    return np.asarray(cv2.resize(picture, (side_px, side_px), interpolation=cv2.INTER_AREA), np.uint8)
