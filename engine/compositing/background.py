"""What stood behind the hair: pieces of the photo's own background, laid into the hole."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.background_kind import KindSettings, calm_and_blurred
from engine.compositing.bands import bands
from engine.compositing.candidates import Hints
from engine.compositing.likeness import likeness
from engine.compositing.lines import offsets_along
from engine.compositing.offsets import Pieces, PieceSettings, pieces_for
from engine.compositing.strays import MEDIAN_OF_NORMAL
from engine.imaging.membrane import membrane
from engine.imaging.ops import (
    LEAST_WEIGHT,
    Mask,
    Picture,
    Plane,
    blur,
    channel_mean,
    distance_to,
    mixed,
    nearby_colour,
    reduced,
    smooth_over,
    smoothstep,
    weighted,
)


@dataclass(frozen=True)
class FillSettings:
    """How a background goes on behind the hair, set by eye. Lengths in `_px` are canvas pixels, on whose grid pieces
    are copied; those in `_cells` are cells of the small picture in which they are chosen. Levels are of 0..255."""

    # The longer side of that small picture.
    choice_cells: int = 128
    # Where less than this share of the canvas is known there is nothing to copy.
    min_known_share: float = 0.03
    # The smoothest surface is told on pyramids of these sides, as far as the canvas has them.
    pyramid_px: tuple[int, ...] = (16, 32, 64, 128, 256)
    # Shares of a cell that make it part of the hole, and known.
    hole_share: float = 0.02
    known_share: float = 0.98
    # What lies so close to the hole (a share of the picture's longer side) tells how far off the picture comes again.
    like_within: float = 0.25
    # How much detail counts beside colour, so that what is sharp is not joined to what is blurred; what is finer than
    # the first is detail, told over the second.
    detail_weight: float = 2.0
    detail_sigma_canvas_px: float = 2.2
    detail_over_canvas_px: float = 4.0
    # Seams are rounded over so many cells, and pieces fade into each other between these shares, in so many cells
    # around each; a change of colour is spread over so many.
    round_cells: float = 0.8
    fade_shares: tuple[float, float] = (0.2, 0.6)
    margin_cells: int = 2
    # Where its source ends a piece fades over so many.
    source_edge_cells: float = 0.75
    change_sigma_cells: float = 1.0
    # Above this sum of fading pieces a pixel is theirs alone; from this share on it belongs to the known rim.
    full_weight: float = 0.125
    rim_share: float = 0.5
    # To meet what lies beside it, a piece's colour is moved by so many levels of each channel at most, beside all
    # channels: a large jump in colour at a seam is another thing.
    most_tint: float = 12.0
    # All channels together are moved by so many levels at most: more is no other light, but a piece that does not fit.
    most_light: float = 40.0
    # Where pieces differ by more than so many levels, their colours meet less (see `PieceSettings`).
    edge_levels: float = 60.0
    # What is missed at the rim is told over so many pixels, with so little to rest on at least, and believed up to so
    # many levels, beyond which it is an edge; it is lost over about a twentieth of the picture (see `membrane`).
    rim_sigma_canvas_px: float = 4.0
    rim_trust: float = 0.02
    rim_levels: float = 20.0
    rim_pull: float = 0.03
    # How much a wall it is, and how blurred.
    kind: KindSettings = field(default_factory=KindSettings)
    # In what is blurred a jump in colour at a seam is never an edge of what is shown: colours meet up to so many times
    # as far there, tints up to its root.
    blurred_further: float = 4.0
    # And where a piece's colours had to change by so many levels it is another thing, recoloured: bands go on there.
    recoloured_levels: tuple[float, float] = (18.0, 40.0)
    # Of pieces on such a wall only the grain is used: what is finer than this, within so many deviations, of which
    # there are at least so many levels. Before a piece ends for none its grain is lost over so much, or its end would
    # count as a line.
    grain_canvas_px: float = 5.0
    grain_deviations: float = 2.5
    grain_end_canvas_px: float = 12.0
    least_grain: float = 0.5


def fill_background(
    photo: Picture, known: Mask, need: Mask, rng: np.random.Generator, settings: FillSettings = FillSettings()
) -> Picture:
    """A picture (H,W,3) that is the photo where `known`, and a plausible background where `need`.

    Whole pieces of what is known (`pieces_for`), with its structure, sharpness and grain. What none reaches is the
    smoothest surface through them; before a wall all is one through the known pixels.
    """
    longest = max(known.shape)
    sides = tuple(side for side in settings.pyramid_px if side <= longest)
    smooth = membrane(photo, known, np.ones_like(known), sides)
    filled = _with_known(photo, known, smooth)
    hole = need & ~known
    if not hole.any() or known.mean() <= settings.min_known_share:
        return filled
    cell_px = max(1, round(longest / settings.choice_cells))
    calm, blurred = calm_and_blurred(photo, known, hole, settings.kind)
    settings = _further(settings, blurred)
    pieces = _chosen(filled, known, hole, cell_px, rng, settings, calm=calm)
    if pieces is None:
        return filled
    if calm >= 1:
        fine = _finest(photo, known, settings.grain_canvas_px)
        grain, share = _laid(_grain(fine, fine, known, settings), known, pieces, cell_px, settings)
        wall = bands(photo, known, smooth)
        return _with_known(photo, known, wall + weighted(grain, share))
    copied, share = _laid(photo, known, pieces, cell_px, settings)
    shown = known | (share > settings.rim_share)
    # What no piece reaches lies among pieces: in the colours of what is known further off, it would stand out of them.
    among = membrane(_with_known(photo, known, copied), shown, np.ones_like(known), sides)
    laid = pieced = mixed(among, copied, share)
    # Pieces reach a little over the known rim.
    missed = _missed(photo, laid, known & (share > settings.rim_share), hole, settings)
    laid = laid + missed
    bands_share = np.maximum(calm, blurred * _recoloured(pieces, missed, cell_px, settings))
    if bands_share.any():
        own = _finest(photo, known, settings.grain_canvas_px)
        # Where a piece ends there is another's grain or none, and no edge.
        grain = _grain(pieced - blur(pieced, settings.grain_canvas_px), own, known, settings)
        off_ends = distance_to((share < settings.rim_share) & ~known)
        wall = bands(photo, known, smooth) + weighted(
            grain, share * smoothstep(off_ends, 0, settings.grain_end_canvas_px)
        )
        laid = mixed(laid, wall, bands_share)
    return _with_known(photo, known, laid)


def _with_known(photo: Picture, known: Mask, rest: Picture) -> Picture:
    """A photo where it is known, and the rest beside it (H,W,3 each)."""
    return np.asarray(cv2.copyTo(photo, known.view(np.uint8), rest.copy()), np.float32)


def _further(settings: FillSettings, blurred: float) -> FillSettings:
    """The settings with the limits of what meets at a seam so far that a blurred (0..1) background has none."""
    times = settings.blurred_further**blurred
    return replace(
        settings,
        most_tint=times**0.5 * settings.most_tint,
        most_light=times * settings.most_light,
        rim_levels=times * settings.rim_levels,
        edge_levels=times * settings.edge_levels,
    )


def _finest(photo: Picture, known: Mask, sigma_px: float) -> Picture:
    """What of a photo is finer than that (H,W,3, around 0), where it is known."""
    return photo - nearby_colour(photo, known, sigma_px)[0]


def _grain(fine: Picture, own: Picture, known: Mask, settings: FillSettings) -> Picture:
    """What is finest in a picture (H,W,3, around 0), without the hairs and specks in it. own: the same of the photo,
    which says how much of it is grain."""
    usual = max(float(np.median(np.abs(own[known]))), settings.least_grain)
    most = np.float32(settings.grain_deviations / MEDIAN_OF_NORMAL * usual)
    return np.asarray(np.clip(fine, -most, most), np.float32)


def _chosen(
    photo: Picture,
    known: Mask,
    hole: Mask,
    cell_px: int,
    rng: np.random.Generator,
    settings: FillSettings,
    *,
    calm: float,
) -> Pieces | None:
    """Which pieces fill the hole, told on cells of so many pixels, of a photo that is smooth where it is not known.
    calm: 0..1, how much of them is not wanted, but bands; at 1 only their grain is."""
    rows, columns = -(-known.shape[0] // cell_px), -(-known.shape[1] // cell_px)

    def in_cells(values: NDArray[np.generic]) -> NDArray[np.float32]:
        planes = np.asarray(values, np.float32)
        below, beside = rows * cell_px - planes.shape[0], columns * cell_px - planes.shape[1]
        padded = cv2.copyMakeBorder(planes, 0, below, 0, beside, cv2.BORDER_CONSTANT)
        return reduced(padded, columns, rows)

    shown = in_cells(known)
    fine = _finest(photo, known, settings.detail_sigma_canvas_px)
    detail = np.sqrt(smooth_over(channel_mean(fine**2), known, settings.detail_over_canvas_px))
    planes = np.concatenate([photo, settings.detail_weight * detail[..., None]], 2) * known[..., None]
    features = np.asarray(in_cells(planes) / np.maximum(shown, settings.known_share / 2)[..., None], np.float32)
    in_hole = in_cells(hole) > settings.hole_share
    hints = Hints(any_fits=True)
    if calm < 1:
        near = known & (distance_to(hole) < settings.like_within * max(known.shape))
        told = likeness(photo, near, known)
        # Where nothing comes again, what is most alike by chance would be an object that stands there twice.
        hints = Hints(told if told.comes_again() else None, offsets_along(photo, known, hole))
    in_known = (shown > settings.known_share) & ~in_hole
    joins = PieceSettings(edge_levels=settings.edge_levels)
    if calm > 0:
        joins = replace(joins, candidates=replace(joins.candidates, remaining=0))
    return pieces_for(features, in_hole, in_known, rng, cell_px=cell_px, hints=hints, settings=joins)


def _missed(photo: Picture, laid: Picture, rim: Mask, hole: Mask, settings: FillSettings) -> Picture:
    """What a filled picture misses at the known rim, spread over the hole (H,W,3), so that no line is left."""
    if not rim.any():
        return np.zeros_like(photo)
    near = np.maximum(blur(rim, settings.rim_sigma_canvas_px), settings.rim_trust)[..., None]
    miss = blur((photo - laid) * rim[..., None], settings.rim_sigma_canvas_px) / near
    miss = np.clip(miss, -settings.rim_levels, settings.rim_levels)
    return membrane(np.asarray(miss, np.float32), rim, hole | rim, pull=settings.rim_pull)


def _laid(photo: Picture, known: Mask, pieces: Pieces, cell_px: int, settings: FillSettings) -> tuple[Picture, Plane]:
    """The pieces at full size (H,W,3), faded into each other, and how much of each pixel they fill (H,W, 0..1)."""
    height, width = known.shape
    change = pieces.change[..., :3]
    light = change.mean(2, keepdims=True)
    tint = np.clip(change - light, -settings.most_tint, settings.most_tint)
    wanted = np.clip(light, -settings.most_light, settings.most_light) + tint
    total = np.zeros_like(photo)
    weight = np.zeros((height, width), np.float32)
    margin = settings.margin_cells
    inside = smoothstep(distance_to(~known), 0, settings.source_edge_cells * cell_px)
    for index in np.unique(pieces.label[pieces.label >= 0]):
        there = pieces.label == index
        cell_rows, cell_columns = np.nonzero(there.any(1))[0], np.nonzero(there.any(0))[0]
        dy, dx = (int(value) for value in pieces.offsets[index])
        # With a margin for the fade, and no further than the picture and its source go.
        top = max((int(cell_rows[0]) - margin) * cell_px, 0, -dy)
        left = max((int(cell_columns[0]) - margin) * cell_px, 0, -dx)
        bottom = min((int(cell_rows[-1]) + 1 + margin) * cell_px, height, height - dy)
        right = min((int(cell_columns[-1]) + 1 + margin) * cell_px, width, width - dx)
        here = np.s_[top:bottom, left:right]
        source = np.s_[top + dy : bottom + dy, left + dx : right + dx]
        # Pixels of the cells around, so that the fade and the change of colour reach over the seam.
        share = _at_full_size(there.astype(np.float32), cell_px, here)
        around = smooth_over(wanted, there, settings.change_sigma_cells)
        spread = np.where(there[..., None], wanted, around).astype(np.float32)
        piece = photo[source] + _at_full_size(spread, cell_px, here, cv2.INTER_LINEAR)
        part = smoothstep(blur(share, settings.round_cells * cell_px), *settings.fade_shares) * inside[source]
        total[here] += weighted(piece, part)
        weight[here] += part
    filled = np.asarray(total / np.maximum(weight, LEAST_WEIGHT)[..., None], np.float32)
    return filled, np.asarray(np.clip(weight / settings.full_weight, 0, 1), np.float32)


def _recoloured(pieces: Pieces, missed: Picture, cell_px: int, settings: FillSettings) -> Plane:
    """How surely each pixel (H,W, 0..1) shows a piece whose colours had to change so much that it is another thing.
    missed: H,W,3, what was added to the pieces so that they meet the rim."""
    there = pieces.label >= 0
    change = np.abs(pieces.change[..., :3]).mean(2)
    change = smooth_over(change, there, settings.change_sigma_cells)
    rows, columns = missed.shape[:2]
    changed = _at_full_size(change, cell_px, np.s_[0:rows, 0:columns], cv2.INTER_LINEAR)
    return smoothstep(changed + channel_mean(np.abs(missed)), *settings.recoloured_levels)


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
