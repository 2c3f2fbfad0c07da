"""A drawn head with strands, seen from the front, and things to put on it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.face.head_axes import HeadAxes

SIDE_PX, FACE_PX = 1024, 500
AXES = HeadAxes(np.array([512.0, 560.0]), np.array([1.0, 0.0]), np.array([0.0, -1.0]), float(FACE_PX))
BROWN, BLOND, GREY, BLACK = (96, 66, 44), (190, 160, 112), (150, 150, 152), (28, 24, 23)

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


def painted(picture: Pixels, shape: NDArray[np.uint8], colour: tuple[int, int, int]) -> Pixels:
    """A thing with light along it, its edge as soft as a camera's."""
    depth = cv2.distanceTransform((shape > 127).astype(np.uint8), cv2.DIST_L2, 5)
    shade = 0.75 + 0.25 * np.sqrt(depth / max(float(depth.max()), 1))
    cover = (shape / 255)[..., None]
    return seen(picture * (1 - cover) + np.array(colour) * shade[..., None] * cover)


def band(width_px: int) -> NDArray[np.uint8]:
    """How much (0..255) of each pixel a band from ear to ear covers."""
    shape = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    cv2.ellipse(shape, (512, 540), (265, 300), 0, 190, 350, 255, width_px, cv2.LINE_AA)
    return shape
