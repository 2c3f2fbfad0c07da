"""Pictures that are not made of tones: printed in dots, hatched, drawn with a pencil. Seen from afar they look like a
photo, and no hair can be told in them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.face.polygon import face_area

Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]


@dataclass(frozen=True)
class DotsSettings:
    """What dots look like in a face. Of eleven photos, as they are, at JPEG 12 and with much noise, none has more than
    one of the two; of four printed in dots, two hatched and two of a screen all have both."""

    # Looked at is a square of this side in the middle of a face, on a crop of 1024 px.
    window_px: int = 256
    # A dot with what lies around it is no larger than this (pixels of the crop), and no smaller.
    dot_px: tuple[float, float] = (2.1, 30.0)
    # The mean of what is finer than this (a Gaussian's sigma, pixels of the crop), in the face's own range of
    # brightness. Photos have 0.014 to 0.084, with noise of 60 levels to 0.147; those in dots 0.099 to 0.231.
    fine_px: float = 8.0
    least_fine: float = 0.09
    # So many of the window's waves of a dot's length hold so much of what all of them do, since dots come again at one
    # distance. Photos that are so fine have 0.014 to 0.147, those in dots 0.406 to 0.71.
    waves: int = 24
    least_in_waves: float = 0.33
    # Dots that are scattered, as where a picture was reduced to black and white, have no distance, but are so fine that
    # nothing else is: five portraits in three sizes have 0.243 to 0.276, at JPEG 60 0.235 and more; with noise of 90
    # levels photos have 0.185 at most.
    scattered_fine: float = 0.21
    # The face's range of brightness is told between these quantiles.
    range_quantiles: tuple[float, float] = (0.03, 0.97)


@dataclass(frozen=True)
class LinesSettings:
    """What lines on paper look like where hair is. Of 27 pencilled faces whose paper was seen 26 are told. Of 46 faces
    of photos made grey, as they are, hard, and over-exposed by 1 and 1.5 stops, none is; by 2 stops two are, which look
    pencilled."""

    # Side of the crop as it is looked at, and how much hair there must be (pixels of that).
    side_px: int = 256
    least_hair_px: int = 50
    # So far from the hair's edge (those pixels).
    inside_px: int = 2
    # The mean of what is finer than the first (a Gaussian's sigma, those pixels) is this much of the face's range of
    # brightness, and this much of what remains darker than the paper where it is softened by the second: pencilled hair
    # is dark by its lines alone. They have 0.13 to 0.35 and 0.44 to 1.0 (one 0.37); photos with so much of the first
    # have 0.39 of the other at most.
    fine_px: float = 3.0
    soft_px: float = 6.0
    least_fine: float = 0.122
    least_of_dark: float = 0.42
    range_quantiles: tuple[float, float] = (0.03, 0.97)


def in_dots(crop: NDArray[np.uint8], landmarks: NDArray[np.float64], settings: DotsSettings = DotsSettings()) -> bool:
    """Whether a face is made of dots or hatches. crop: 1024,1024,3; landmarks: 68,2 in its pixels."""
    level = _brightness(crop)
    area = face_area(landmarks, crop.shape[:2])
    if not area.any():
        return False
    rows, columns = np.nonzero(area)
    half = settings.window_px // 2
    row = int(np.clip(rows.mean(), half, area.shape[0] - half))
    column = int(np.clip(columns.mean(), half, area.shape[1] - half))
    window = level[row - half : row + half, column - half : column + half]
    fine = window - cv2.GaussianBlur(window, (0, 0), settings.fine_px)
    share = float(np.abs(fine).mean()) / _range(level[area], settings.range_quantiles)
    if share < settings.least_fine or share >= settings.scattered_fine:
        return share >= settings.scattered_fine
    fade = np.hanning(settings.window_px)
    power = np.abs(np.fft.fft2(fine * np.outer(fade, fade))) ** 2
    waves = np.fft.fftfreq(settings.window_px)
    frequency = np.hypot(*np.meshgrid(waves, waves))
    shortest_px, longest_px = settings.dot_px
    power = np.sort(power[(frequency > 1 / longest_px) & (frequency < 1 / shortest_px)])
    return bool(power[-settings.waves :].sum() >= settings.least_in_waves * power.sum())


def lines_in_hair(
    crop: NDArray[np.uint8],
    landmarks: NDArray[np.float64],
    hair: Mask,
    paper: float,
    settings: LinesSettings = LinesSettings(),
) -> bool:
    """Whether hair is lines on paper. crop, landmarks: as in `in_dots`; hair: a mask of any size; paper: how bright the
    face is where nothing was drawn (0..255)."""
    size = (settings.side_px, settings.side_px)
    level = _brightness(np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8))
    window = np.ones((2 * settings.inside_px + 1,) * 2, np.uint8)
    inside = cv2.erode(cv2.resize(hair.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST), window) > 0
    face = face_area(landmarks * settings.side_px / len(crop), size)
    if inside.sum() < settings.least_hair_px or not face.any():
        return False
    fine = float(np.abs(level - cv2.GaussianBlur(level, (0, 0), settings.fine_px))[inside].mean())
    dark = float((paper - cv2.GaussianBlur(level, (0, 0), settings.soft_px))[inside].mean())
    enough = fine >= settings.least_fine * _range(level[face], settings.range_quantiles)
    return enough and fine >= settings.least_of_dark * dark


def _brightness(picture: NDArray[np.uint8]) -> Plane:
    return np.asarray(picture.astype(np.float32).mean(-1), np.float32)


def _range(levels: NDArray[np.float32], quantiles: tuple[float, float]) -> float:
    low, high = np.quantile(levels, quantiles)
    return max(float(high - low), 1.0)
