"""What stood behind the hair: the photo's own background carried on into the hole."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.arrays import (
    Mask,
    Picture,
    blur,
    channel_mean,
    dilate,
    fullest_square,
    membrane,
    random_phase_texture,
    tiled,
)

PATCH_PX = 7
LEVELS_PX = (64, 128, 256)
ITERATIONS = (5, 3, 2)
KEPT_DIRECTIONS = 32
MAX_SOURCES = 4000
MIN_KNOWN_SHARE = 0.03
GRAIN_PATCH_PX = 96
DRIFT_SIGMA_PX = 28.0
MEMBRANE_TRUST = 0.8


def fill_background(photo: Picture, known: Mask, need: Mask, rng: np.random.Generator) -> Picture:
    """A picture (H,W,3) that is the photo where `known`, and a plausible background where `need`.

    Colour first (a membrane through the known pixels), then structure (patches of the known part, after Wexler et al.
    2004), then grain where patches came out smoother than the rest.
    """
    longest = max(known.shape)
    smooth = membrane(photo, known, np.ones_like(known), tuple(s for s in (16, 32, 64, 128, 256) if s <= longest))
    filled = np.where(known[..., None], photo, smooth)
    hole = need & ~known
    if not hole.any():
        return filled
    if known.mean() > MIN_KNOWN_SHARE:
        structured = _exemplar_fill(filled, hole, known, rng)
        if structured is not None:
            # Patches bring structure but may drift into a colour that stands elsewhere: the membrane knows better what
            # colours surround the hole.
            drift = blur(smooth, DRIFT_SIGMA_PX) - blur(structured, DRIFT_SIGMA_PX)
            filled = np.where(hole[..., None], structured + MEMBRANE_TRUST * drift, structured).astype(np.float32)
        elif not known.any():
            return filled
    return _with_grain(filled, photo, known, rng)


def _with_grain(filled: Picture, photo: Picture, known: Mask, rng: np.random.Generator) -> Picture:
    row, column, share = fullest_square(known, GRAIN_PATCH_PX)
    if share < 0.9:
        return filled
    fine = photo - blur(photo, 2.2)
    patch = fine[row : row + GRAIN_PATCH_PX, column : column + GRAIN_PATCH_PX]
    grain = tiled(random_phase_texture(patch, (512, 512), rng), (known.shape[0], known.shape[1]))
    there = np.sqrt(blur(channel_mean((filled - blur(filled, 2.2)) ** 2), 12))[..., None]
    lacking = np.clip(1 - (there / max(float(grain.std()), 0.3)) ** 2, 0, 1) ** 0.5
    return np.where(known[..., None], filled, filled + grain * lacking).astype(np.float32)


def _exemplar_fill(
    picture: Picture, hole: Mask, known: Mask, rng: np.random.Generator
) -> Picture | None:
    """Coarse-to-fine patch voting; None where too little is known to copy from. H and W are multiples of 64."""
    height, width = hole.shape
    half = PATCH_PX // 2
    current: Picture | None = None
    last: tuple[int, NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]] | None = None
    for level_px, iterations in zip(LEVELS_PX, ITERATIONS, strict=True):
        shrink = max(height, width) // level_px
        view = (width // shrink, height // shrink)

        def reduced(array: NDArray[np.generic], view: tuple[int, int] = view) -> NDArray[np.float32]:
            return np.asarray(cv2.resize(np.asarray(array, np.float32), view, interpolation=cv2.INTER_AREA), np.float32)

        base, missing, valid = reduced(picture), reduced(hole) > 0.05, reduced(known) > 0.98
        estimate = base
        if current is not None:
            enlarged = cv2.resize(current, view, interpolation=cv2.INTER_LINEAR)
            estimate = np.where(missing[..., None], enlarged, base)
        source_y, source_x = np.nonzero(_without_border(_eroded_by_patch(valid), half))
        if len(source_y) < 60:
            break
        if len(source_y) > MAX_SOURCES:
            chosen = rng.permutation(len(source_y))[:MAX_SOURCES]
            source_y, source_x = source_y[chosen], source_x[chosen]
        stride = 1 if level_px < 256 else 2
        grid = np.zeros_like(missing)
        grid[::stride, ::stride] = True
        target = _without_border(dilate(missing, 1) & grid, half)
        target_y, target_x = np.nonzero(target)
        if len(target_y) == 0:
            break
        sources = _patches(base, source_y, source_x) / np.float32(64)
        basis, table = _search_table(sources)
        nearest = np.zeros(len(target_y), np.intp)
        for _ in range(iterations):
            nearest = _nearest(_patches(estimate, target_y, target_x) / np.float32(64), basis, table)
            total, weight = _vote(estimate.shape, target_y, target_x, sources[nearest] * np.float32(64))
            mean = total / np.maximum(weight, 1e-6)[..., None]
            estimate = np.where((missing & (weight > 0))[..., None], mean, estimate)
        current = estimate.astype(np.float32)
        last = (shrink, target_y, target_x, source_y[nearest], source_x[nearest])
    if current is None or last is None:
        return None
    coarse = np.asarray(cv2.resize(current, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    full, voted = _vote_full_size(picture, coarse, last)
    # Patches overlap the known rim: what they miss there is spread over the hole, and no seam is left.
    rim = known & voted
    if rim.any():
        weight = np.maximum(blur(rim, 4), np.float32(0.02))[..., None]
        miss = blur((picture - full) * rim[..., None], 4) / weight
        full = np.add(full, membrane(np.asarray(miss, np.float32), rim, hole | rim))
    return np.where(hole[..., None], full, picture).astype(np.float32)


def _vote_full_size(
    picture: Picture,
    coarse: Picture,
    match: tuple[int, NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]],
) -> tuple[Picture, Mask]:
    """Paste full-size patches where the last level matched them; also where any landed."""
    shrink, target_y, target_x, source_y, source_x = match
    side = PATCH_PX * shrink
    ramp = (np.arange(side) - side / 2 + 0.5) / (side / 4)
    bell = np.exp(-(ramp[:, None] ** 2 + ramp[None] ** 2)).astype(np.float32)[..., None]
    total = np.zeros_like(picture)
    weight = np.zeros((*picture.shape[:2], 1), np.float32)
    corner = PATCH_PX // 2
    for ty, tx, sy, sx in zip(
        (target_y - corner) * shrink,
        (target_x - corner) * shrink,
        (source_y - corner) * shrink,
        (source_x - corner) * shrink,
        strict=True,
    ):
        patch = picture[sy : sy + side, sx : sx + side]
        height = min(side, picture.shape[0] - ty, patch.shape[0])
        width = min(side, picture.shape[1] - tx, patch.shape[1])
        total[ty : ty + height, tx : tx + width] += patch[:height, :width] * bell[:height, :width]
        weight[ty : ty + height, tx : tx + width] += bell[:height, :width]
    landed = weight > 0.02
    return np.where(landed, total / np.maximum(weight, 1e-6), coarse), landed[..., 0]


def _eroded_by_patch(mask: Mask) -> Mask:
    return np.asarray(cv2.erode(mask.astype(np.uint8), np.ones((PATCH_PX, PATCH_PX), np.uint8)) > 0, bool)


def _without_border(mask: Mask, border_px: int) -> Mask:
    inner = np.zeros_like(mask)
    inner[border_px:-border_px, border_px:-border_px] = mask[border_px:-border_px, border_px:-border_px]
    return inner


def _patches(picture: Picture, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float32]:
    """Flattened patches (N, 3*49) centred at rows and columns."""
    half = PATCH_PX // 2
    windows = np.lib.stride_tricks.sliding_window_view(picture, (PATCH_PX, PATCH_PX), axis=(0, 1))
    return np.asarray(windows[rows - half, columns - half].reshape(len(rows), -1), np.float32)


def _search_table(sources: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What patches (N,147) are searched with: a basis (147,K) and a table (N,K+1).

    K principal directions hold what tells patches apart, and distances cost that much less. The norms ride along as one
    more column, so that a product with the table alone is what is compared.
    """
    _, vectors = np.linalg.eigh(sources.T @ sources)
    basis = np.ascontiguousarray(vectors[:, -KEPT_DIRECTIONS:], np.float32)
    seen = sources @ basis
    return basis, np.concatenate([seen * np.float32(-2), (seen * seen).sum(1, keepdims=True)], 1)


def _nearest(
    targets: NDArray[np.float32], basis: NDArray[np.float32], table: NDArray[np.float32]
) -> NDArray[np.intp]:
    """Index of each target's nearest source; the target's own norm does not change which is smallest."""
    probes = np.concatenate([targets @ basis, np.ones((len(targets), 1), np.float32)], 1)
    parts = [(probes[i : i + 1000] @ table.T).argmin(1) for i in range(0, len(targets), 1000)]
    return np.concatenate(parts)


def _vote(
    shape: tuple[int, ...], rows: NDArray[np.intp], columns: NDArray[np.intp], patches: NDArray[np.float32]
) -> tuple[Picture, NDArray[np.float32]]:
    """Bell-weighted sum of overlapping patches, and the weights."""
    half = PATCH_PX // 2
    total, weight = np.zeros(shape, np.float32), np.zeros(shape[:2], np.float32)
    by_offset = patches.reshape(-1, 3, PATCH_PX, PATCH_PX).transpose(2, 3, 0, 1)
    for dy in range(PATCH_PX):
        for dx in range(PATCH_PX):
            bell = np.float32(np.exp(-((dy - half) ** 2 + (dx - half) ** 2) / 6))
            # Targets are distinct, so for one offset no pixel is met twice and plain indexing adds up.
            total[rows + dy - half, columns + dx - half] += by_offset[dy, dx] * bell
            weight[rows + dy - half, columns + dx - half] += bell
    return total, weight
