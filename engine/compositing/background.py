"""What stood behind the hair: pieces of the photo's own background, laid into the hole."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.matte import MEDIAN_OF_NORMAL
from engine.compositing.offsets import Pieces, pieces_for
from engine.imaging.membrane import membrane
from engine.imaging.ops import Mask, Picture, Plane, blur, channel_mean, distance_to, nearby_colour, smoothstep

# The longer side of the small picture in which pieces are chosen.
CHOICE_CELLS = 128
MIN_KNOWN_SHARE = 0.03
# Shares of a cell that make it part of the hole, and known.
HOLE_SHARE, KNOWN_SHARE = 0.02, 0.98
# How much detail counts beside colour, so that what is sharp is not joined to what is blurred; what is finer than the
# first is detail, told over the second.
DETAIL_WEIGHT, DETAIL_SIGMA_PX, DETAIL_OVER_PX = 2.0, 2.2, 4.0
# Seams are rounded over so many cells, and pieces fade into each other between these shares.
ROUND_CELLS, FADE_SHARES = 0.8, (0.2, 0.6)
# Above this sum of fading pieces a pixel is theirs alone.
FULL_WEIGHT = 0.125
# To meet what lies beside it, a piece's colour is moved by so many levels of each channel at most, beside all channels.
MOST_TINT = 12.0
# What is missed at the rim is told over so many pixels, with so little to rest on at least, and believed up to so many
# levels, beyond which it is an edge; it is lost over about a twentieth of the picture (see `membrane`).
RIM_SIGMA_PX, RIM_TRUST, RIM_LEVELS, RIM_PULL = 4.0, 0.02, 20.0, 0.03
# A wall has nothing between these sizes (shares of the picture's longer side) beyond so many levels: at the first of
# them the smoothest surface fills the hole better than pieces, which bring their own light; at the second not at all.
# So far from the hole this is told, leaving out the most striking part.
CALM_SIZES, CALM_LEVELS, CALM_WITHIN, CALM_PERCENTILE = (0.003, 0.025), (3.5, 7.0), 0.15, 95.0
# Of pieces on such a wall only the grain is used: what is finer than this, within so many deviations.
GRAIN_PX, GRAIN_DEVIATIONS = 5.0, 2.5


def fill_background(photo: Picture, known: Mask, need: Mask, rng: np.random.Generator) -> Picture:
    """A picture (H,W,3) that is the photo where `known`, and a plausible background where `need`.

    Whole pieces of what is known (`pieces_for`), with its structure, sharpness and grain. What none reaches, and before
    a wall all, is the smoothest surface through the known pixels.
    """
    longest = max(known.shape)
    smooth = membrane(photo, known, np.ones_like(known), tuple(s for s in (16, 32, 64, 128, 256) if s <= longest))
    filled = np.where(known[..., None], photo, smooth)
    hole = need & ~known
    if not hole.any() or known.mean() <= MIN_KNOWN_SHARE:
        return filled
    cell_px = max(1, round(longest / CHOICE_CELLS))
    calm = _calm(photo, known, hole)
    pieces = _chosen(photo, known, hole, cell_px, rng, any_fits=calm >= 1)
    if pieces is None:
        return filled
    if calm >= 1:
        fine = _finest(photo, known)
        grain, share = _laid(_grain(fine, fine, known), known, pieces, cell_px)
        return np.where(known[..., None], photo, smooth + share[..., None] * grain).astype(np.float32)
    copied, share = _laid(photo, known, pieces, cell_px)
    laid = smooth + (copied - smooth) * share[..., None]
    # Pieces reach a little over the known rim.
    laid += _missed(photo, laid, known & (share > 0.5), hole)
    if calm > 0:
        grain = _grain(copied - blur(copied, GRAIN_PX), _finest(photo, known), known)
        wall = smooth + share[..., None] * grain
        laid += calm * (wall - laid)
    return np.where(known[..., None], photo, laid).astype(np.float32)


def _calm(photo: Picture, known: Mask, hole: Mask) -> float:
    """How much (0..1) what is known around the hole is like a wall."""
    longest = max(known.shape)
    near = known & (distance_to(hole) < CALM_WITHIN * longest)
    if not near.any():
        return 0.0
    fine, coarse = (nearby_colour(photo, known, size * longest)[0] for size in CALM_SIZES)
    detail = float(np.percentile(np.abs(fine - coarse)[near].max(1), CALM_PERCENTILE))
    low, high = CALM_LEVELS
    return float(np.clip((high - detail) / (high - low), 0, 1))


def _finest(photo: Picture, known: Mask) -> Picture:
    """What of a photo is finer than GRAIN_PX (H,W,3, around 0), where it is known."""
    return photo - nearby_colour(photo, known, GRAIN_PX)[0]


def _grain(fine: Picture, own: Picture, known: Mask) -> Picture:
    """What is finest in a picture (H,W,3, around 0), without the hairs and specks in it. own: the same of the photo,
    which says how much of it is grain."""
    most = np.float32(GRAIN_DEVIATIONS / MEDIAN_OF_NORMAL * max(float(np.median(np.abs(own[known]))), 0.5))
    return np.asarray(np.clip(fine, -most, most), np.float32)


def _chosen(
    photo: Picture, known: Mask, hole: Mask, cell_px: int, rng: np.random.Generator, *, any_fits: bool
) -> Pieces | None:
    """Which pieces fill the hole, told on cells of so many pixels. any_fits: only their grain is wanted."""
    rows, columns = -(-known.shape[0] // cell_px), -(-known.shape[1] // cell_px)

    def in_cells(values: NDArray[np.generic]) -> NDArray[np.float32]:
        planes = np.asarray(values, np.float32)
        below, beside = rows * cell_px - planes.shape[0], columns * cell_px - planes.shape[1]
        padded = cv2.copyMakeBorder(planes, 0, below, 0, beside, cv2.BORDER_CONSTANT)
        return np.asarray(cv2.resize(padded, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)

    shown = in_cells(known)
    detail = np.sqrt(blur(channel_mean((photo - blur(photo, DETAIL_SIGMA_PX)) ** 2), DETAIL_OVER_PX))
    planes = np.concatenate([photo, DETAIL_WEIGHT * detail[..., None]], 2) * known[..., None]
    features = np.asarray(in_cells(planes) / np.maximum(shown, KNOWN_SHARE / 2)[..., None], np.float32)
    in_hole = in_cells(hole) > HOLE_SHARE
    return pieces_for(features, in_hole, (shown > KNOWN_SHARE) & ~in_hole, rng, any_fits=any_fits)


def _missed(photo: Picture, laid: Picture, rim: Mask, hole: Mask) -> Picture:
    """What a filled picture misses at the known rim, spread over the hole (H,W,3), so that no line is left."""
    if not rim.any():
        return np.zeros_like(photo)
    near = np.maximum(blur(rim, RIM_SIGMA_PX), RIM_TRUST)[..., None]
    miss = np.clip(blur((photo - laid) * rim[..., None], RIM_SIGMA_PX) / near, -RIM_LEVELS, RIM_LEVELS)
    return membrane(np.asarray(miss, np.float32), rim, hole | rim, pull=RIM_PULL)


def _laid(photo: Picture, known: Mask, pieces: Pieces, cell_px: int) -> tuple[Picture, Plane]:
    """The pieces at full size (H,W,3), faded into each other, and how much of each pixel they fill (H,W, 0..1)."""
    height, width = known.shape
    light = pieces.change[..., :3].mean(2, keepdims=True)
    # Another light moves all channels; a large step in colour at a seam is another thing beside it.
    wanted = light + np.clip(pieces.change[..., :3] - light, -MOST_TINT, MOST_TINT)
    total = np.zeros_like(photo)
    weight = np.zeros((height, width), np.float32)
    margin = 2
    for index in np.unique(pieces.label[pieces.label >= 0]):
        there = pieces.label == index
        cell_rows, cell_columns = np.nonzero(there.any(1))[0], np.nonzero(there.any(0))[0]
        dy, dx = (int(step) * cell_px for step in pieces.offsets[index])
        # With a margin for the fade, and no further than the picture and its source go.
        top = max((int(cell_rows[0]) - margin) * cell_px, 0, -dy)
        left = max((int(cell_columns[0]) - margin) * cell_px, 0, -dx)
        bottom = min((int(cell_rows[-1]) + 1 + margin) * cell_px, height, height - dy)
        right = min((int(cell_columns[-1]) + 1 + margin) * cell_px, width, width - dx)
        here = np.s_[top:bottom, left:right]
        source = np.s_[top + dy : bottom + dy, left + dx : right + dx]
        # Pixels of the cells around, so that the fade and the change of colour reach over the seam.
        share = _at_full_size(there.astype(np.float32), cell_px, here)
        change = wanted * there[..., None]
        near = np.maximum(blur(there, 1.0), 1e-3)[..., None]
        spread = np.where(there[..., None], wanted, blur(change, 1.0) / near).astype(np.float32)
        piece = photo[source] + _at_full_size(spread, cell_px, here, cv2.INTER_LINEAR)
        part = smoothstep(blur(share, ROUND_CELLS * cell_px), *FADE_SHARES) * known[source]
        total[here] += piece * part[..., None]
        weight[here] += part
    filled = np.asarray(total / np.maximum(weight, 1e-3)[..., None], np.float32)
    return filled, np.asarray(np.clip(weight / FULL_WEIGHT, 0, 1), np.float32)


def _at_full_size(
    cells: NDArray[np.float32], cell_px: int, part: tuple[slice, slice], interpolation: int = cv2.INTER_NEAREST
) -> NDArray[np.float32]:
    """Planes of cells, enlarged, where the part lies."""
    rows, columns = part
    first_row, first_column = rows.start // cell_px, columns.start // cell_px
    first = (max(first_row - 1, 0), max(first_column - 1, 0))
    few = cells[first[0] : -(-rows.stop // cell_px) + 1, first[1] : -(-columns.stop // cell_px) + 1]
    size = (few.shape[1] * cell_px, few.shape[0] * cell_px)
    large = cv2.resize(few, size, interpolation=interpolation)
    down, aside = rows.start - first[0] * cell_px, columns.start - first[1] * cell_px
    return np.asarray(large[down : down + rows.stop - rows.start, aside : aside + columns.stop - columns.start])
