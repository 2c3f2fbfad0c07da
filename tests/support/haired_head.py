"""A drawn head with strands, seen from the front."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE_PX = 1024
BROWN, BLOND, BLACK = (96, 66, 44), (190, 160, 112), (28, 24, 23)

Pixels = NDArray[np.float32]
Flags = NDArray[np.bool_]


def head(colour: tuple[int, int, int], seed: int = 0) -> tuple[Pixels, Flags, Flags]:
    """A head before a wall: the picture, where its hair is, where its skin is. Strands run outwards from the face."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:SIDE_PX, :SIDE_PX].astype(np.float32)
    angle, distance = np.arctan2(rows - 560, columns - 512), np.hypot(rows - 560, columns - 512)
    skin = np.hypot((columns - 512) / 225, (rows - 600) / 270) < 1
    hair = (np.hypot((columns - 512) / 310, (rows - 560) / 390) < 1) & ~skin & (rows < 800)
    noise = cv2.GaussianBlur(rng.normal(0, 1, (600, 1500)).astype(np.float32), (0, 0), sigmaX=1.5, sigmaY=40)
    noise = np.asarray(noise / noise.std(), np.float32)
    waves = angle + 0.08 * np.sin(distance / 60)
    strands = cv2.remap(noise, (waves + np.pi) * 230, distance, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    light = 1 + 0.18 * strands + 0.12 * np.cos((distance - 320) / 40)
    picture = np.where(skin[..., None], (205, 160, 135), (120, 130, 140)).astype(np.float32)
    picture = np.where(hair[..., None], np.array(colour) * light[..., None], picture)
    picture += rng.normal(0, 2, picture.shape)
    return seen(picture), hair, skin


def seen(picture: NDArray[np.floating]) -> Pixels:
    """As a camera sees it: a little soft."""
    return np.asarray(np.clip(cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 1.2), 0, 255), np.float32)
