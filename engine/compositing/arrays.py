"""Small operations on masks and pictures that the composite is built from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]
Picture = NDArray[np.float32]  # H,W,3 in 0..255


@lru_cache(maxsize=64)
def _disk(radius_px: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius_px + 1, 2 * radius_px + 1)), np.uint8)


def distance_to(mask: Mask) -> Plane:
    """How many pixels each pixel lies away from a mask; 0 on it."""
    return np.asarray(cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, 5), np.float32)


def dilate(mask: Mask, radius_px: float) -> Mask:
    """Grow a mask by a disk. Large disks go through a distance transform, whose cost does not grow with the radius."""
    radius = round(radius_px)
    if radius < 1:
        return mask
    if radius > 6:
        return distance_to(mask) <= radius
    return np.asarray(cv2.dilate(mask.astype(np.uint8), _disk(radius)) > 0, bool)


def erode(mask: Mask, radius_px: float) -> Mask:
    """Shrink a mask by a disk; the picture's edge does not count as outside."""
    return ~dilate(~mask, radius_px)


def blur(values: NDArray[np.generic], sigma_px: float) -> NDArray[np.float32]:
    """Gaussian blur of a plane or a picture. Wide ones are computed on a reduced copy, where nothing is lost."""
    source = np.asarray(values, np.float32)
    shrink = int(sigma_px // 3)
    if shrink < 2:
        return np.asarray(cv2.GaussianBlur(source, (0, 0), sigma_px), np.float32)
    height, width = source.shape[:2]
    small = cv2.resize(source, (max(1, width // shrink), max(1, height // shrink)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma_px / shrink)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def smoothstep(values: Plane, low: float, high: float) -> Plane:
    """0 below low, 1 above high, smooth between."""
    t = np.asarray((values - np.float32(low)) * np.float32(1 / (high - low)), np.float32)
    np.clip(t, 0, 1, out=t)
    slope = 3 - 2 * t
    slope *= t
    slope *= t
    return slope


def soft(mask: Mask, sigma_px: float, low: float = 0.05, high: float = 0.95) -> Plane:
    """A mask with a soft edge; low and high say where on the blurred edge it starts and ends."""
    return smoothstep(blur(mask.astype(np.float32), sigma_px), low, high)


def guided_filter(guide: Plane, values: Plane, radius_px: int, epsilon: float) -> Plane:
    """Edge-preserving smoothing of `values` along `guide` in 0..1 (He et al., 2010, equations 5 and 6)."""
    size = (2 * radius_px + 1, 2 * radius_px + 1)

    def box(plane: Plane) -> Plane:
        return np.asarray(cv2.boxFilter(plane, -1, size), np.float32)

    mean_guide, mean_values = box(guide), box(values)
    slope = (box(guide * values) - mean_guide * mean_values) / (box(guide * guide) - mean_guide**2 + epsilon)
    return np.asarray(np.clip(box(slope) * guide + box(mean_values - slope * mean_guide), 0, 1), np.float32)


def luminance(picture: Picture) -> Plane:
    """Rec. 601 luma in 0..255."""
    return np.asarray(cv2.transform(picture, np.array([[0.299, 0.587, 0.114]], np.float32)), np.float32)


def channel_mean(picture: Picture) -> Plane:
    """Mean of the three channels; NumPy's own takes ten times as long over so short an axis."""
    return np.asarray(cv2.transform(picture, np.full((1, 3), 1 / 3, np.float32)), np.float32)


def drop_small_components(mask: Mask, min_area_px: float) -> Mask:
    """Remove connected parts below an area."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    keep = stats[:, cv2.CC_STAT_AREA] >= min_area_px
    keep[0] = False
    return np.asarray(keep[labels], bool) if count > 1 else np.zeros_like(mask)


def membrane(
    values: NDArray[np.float32],
    known: Mask,
    domain: Mask,
    sizes_px: Sequence[int] = (16, 32, 64, 128),
    pull: float = 0.0,
    iterations: int = 60,
) -> NDArray[np.float32]:
    """Fill unknown values with the smoothest surface through the known ones (Laplace, coarse to fine).

    values: H,W,C; outside `domain` nothing flows (Neumann boundary). pull: how strongly the surface returns to zero
    away from what is known; 0 carries the known values as far as the domain goes.
    """
    height, width = known.shape
    channels = values.shape[2]
    cross = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32)
    known_plane = known.astype(np.float32)
    domain_plane = np.maximum(domain.astype(np.float32), known_plane)
    mean = values[known].mean(0) if known.any() and not pull else np.zeros(channels, np.float32)
    # Every level is a reduction of these, which are a quarter of the whole.
    planes = [_halved(plane) for plane in (known_plane, values * known_plane[..., None], domain_plane)]
    surface: NDArray[np.float32] | None = None
    for size in sizes_px:
        view = (max(4, round(size * width / max(width, height))), max(4, round(size * height / max(width, height))))

        def reduced(array: NDArray[np.float32], view: tuple[int, int] = view) -> NDArray[np.float32]:
            return np.asarray(cv2.resize(array, view, interpolation=cv2.INTER_AREA), np.float32).reshape(
                view[1], view[0], -1
            )

        weight, sums, inside = (reduced(plane) for plane in planes)
        fixed = weight > 0.25
        here = ((inside > 0.25) | fixed).astype(np.float32)
        if surface is None:
            surface = np.asarray(np.tile(mean, (view[1], view[0], 1)), np.float32)
        else:
            enlarged = np.asarray(cv2.resize(surface, view, interpolation=cv2.INTER_LINEAR), np.float32)
            surface = enlarged.reshape(view[1], view[0], -1)
        surface = np.asarray(np.where(fixed, sums / np.maximum(weight, 1e-3), surface), np.float32)
        strength = pull * (sizes_px[-1] / size) ** 2
        neighbours = cv2.filter2D(here[..., 0], -1, cross, borderType=cv2.BORDER_CONSTANT)[..., None]
        free = ~fixed & (neighbours > 0)
        # The steady part and the factors, spread over the channels once: a pass is then four plain operations.
        share = np.repeat(np.where(free, 1 / np.maximum(neighbours + strength, 1e-3), 0), channels, 2)
        steady = np.where(free, 0, surface).astype(np.float32)
        share, spread = share.astype(np.float32), np.repeat(here, channels, 2)
        for _ in range(iterations):
            np.multiply(surface, spread, out=surface)
            flow = np.asarray(cv2.filter2D(surface, -1, cross, borderType=cv2.BORDER_CONSTANT), np.float32)
            np.multiply(flow.reshape(surface.shape), share, out=surface)
            np.add(surface, steady, out=surface)
    assert surface is not None
    full = cv2.resize(surface, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(full, np.float32).reshape(height, width, channels)


def _halved(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = plane.shape[:2]
    if min(height, width) < 512:
        return plane
    return np.asarray(cv2.resize(plane, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.float32)


def random_phase_texture(
    patch: Picture, shape: tuple[int, int], rng: np.random.Generator
) -> Picture:
    """Grain with the radial spectrum and the deviation of a patch, no structure of its own (Galerne et al., 2011).

    Averaged over directions: a patch from a wrinkled forehead would draw streaks otherwise.
    """
    height, width = shape
    patch_height, patch_width = patch.shape[:2]
    window = np.outer(np.hanning(patch_height), np.hanning(patch_width))[..., None]
    deviation = patch.std((0, 1))
    padded = np.zeros((height, width, 3), np.float32)
    padded[:patch_height, :patch_width] = (patch - patch.mean((0, 1))) * window
    white = np.fft.rfft2(rng.standard_normal((height, width), np.float32))
    phase = white / np.maximum(np.abs(white), 1e-9)
    ring, counts = _rings(height, width)
    channels = []
    for channel in range(3):
        amplitude = np.abs(np.fft.rfft2(padded[..., channel]))
        mean = np.bincount(ring.ravel(), amplitude.ravel(), height) / counts
        grain = np.fft.irfft2(mean.astype(np.float32)[ring] * phase, s=(height, width))
        channels.append(grain / max(float(grain.std()), 1e-6) * deviation[channel])
    return np.stack(channels, -1).astype(np.float32)


@lru_cache(maxsize=8)
def _rings(height: int, width: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which ring of equal frequency each coefficient of an rfft2 lies on, and how many lie on each."""
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    ring = np.minimum((radius * height).astype(np.int64), height - 1)
    return ring, np.maximum(np.bincount(ring.ravel(), minlength=height), 1)


def tiled(texture: Picture, shape: tuple[int, int]) -> Picture:
    """A periodic texture repeated over a shape."""
    rows, columns = -(-shape[0] // texture.shape[0]), -(-shape[1] // texture.shape[1])
    return np.tile(texture, (rows, columns, 1))[: shape[0], : shape[1]]
