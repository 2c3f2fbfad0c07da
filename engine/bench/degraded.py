"""What cameras and chats do to a picture of a face: blur, enlargement, compression, noise, bad light, wrong colour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Crop = NDArray[np.uint8]
# Warm and cold light: factors of red, green and blue.
TINTS = {"warm": (1.25, 1.0, 0.55), "cold": (0.65, 0.95, 1.3), "magenta": (1.25, 0.6, 1.2)}


@dataclass(frozen=True)
class Degradation:
    """kind and strength: as the table names them; apply: from a crop (1024,1024,3) and a random source to another."""

    kind: str
    strength: str
    apply: Callable[[Crop, np.random.Generator], Crop]

    @property
    def name(self) -> str:
        """Both in one."""
        return f"{self.kind} {self.strength}".rstrip()


def blurred(crop: Crop, sigma_px: float) -> Crop:
    """Out of focus."""
    return np.asarray(cv2.GaussianBlur(crop, (0, 0), sigma_px), np.uint8)


def enlarged(crop: Crop, side_px: int) -> Crop:
    """Enlarged again from so few pixels."""
    small = cv2.resize(crop, (side_px, side_px), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, crop.shape[1::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


def compressed(crop: Crop, quality: int, side_px: int = 320) -> Crop:
    """A JPEG of the size that a chat shows, enlarged again."""
    small = cv2.resize(crop, (side_px, side_px), interpolation=cv2.INTER_AREA)
    _, file = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(file, cv2.IMREAD_COLOR)
    assert decoded is not None  # just encoded
    return np.asarray(cv2.resize(decoded, crop.shape[1::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


def noisy(crop: Crop, sigma: float, rng: np.random.Generator) -> Crop:
    """The noise of a small sensor, whose pixels are twice as large as the crop's."""
    grain = rng.normal(0, sigma, (crop.shape[0] // 2, crop.shape[1] // 2, 3)).astype(np.float32)
    return _levels(crop + cv2.resize(grain, crop.shape[1::-1], interpolation=cv2.INTER_LINEAR))


def exposed(crop: Crop, stops: float) -> Crop:
    """Under- or over-exposed by so many stops of light, clipped as a sensor clips."""
    linear = (crop.astype(np.float32) / 255) ** 2.2 * 2.0**stops
    return _levels(255 * np.clip(linear, 0, 1) ** (1 / 2.2))


def grey(crop: Crop) -> Crop:
    """Without colour."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)


def tinted(crop: Crop, factors: tuple[float, float, float]) -> Crop:
    """In light of a colour."""
    return _levels(crop * np.array(factors, np.float32))


def _levels(values: NDArray[np.generic]) -> Crop:
    return np.clip(np.rint(np.asarray(values, np.float32)), 0, 255).astype(np.uint8)


def _by_strength(
    kind: str, unit: str, make: Callable[[Crop, float, np.random.Generator], Crop], *strengths: float
) -> list[Degradation]:
    return [
        Degradation(kind, f"{value:g}{unit}", lambda crop, rng, value=value: make(crop, value, rng))  # type: ignore[misc]
        for value in strengths
    ]


DEGRADATIONS: tuple[Degradation, ...] = (
    *_by_strength("blur", " px", lambda crop, value, rng: blurred(crop, value), 6, 12, 18),
    *_by_strength("enlarged from", " px", lambda crop, value, rng: enlarged(crop, int(value)), 128, 64, 40),
    *_by_strength("JPEG", "", lambda crop, value, rng: compressed(crop, int(value)), 30, 12, 5),
    *_by_strength("noise", "", lambda crop, value, rng: noisy(crop, value, rng), 20, 40, 70),
    *_by_strength("exposure", " stops", lambda crop, value, rng: exposed(crop, value), -5, -3.5, -2, 1, 2),
    Degradation("grey", "", lambda crop, rng: grey(crop)),
    *(Degradation("light", name, lambda crop, rng, of=of: tinted(crop, of)) for name, of in TINTS.items()),  # type: ignore[misc]
    Degradation("small and blurred", "", lambda crop, rng: blurred(compressed(enlarged(crop, 96), 60, 96), 6)),
)
