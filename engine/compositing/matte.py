"""How much of each pixel is hair, down to stray strands."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.fine_strays import FineSettings, fine_strays
from engine.compositing.view import SKIN, View
from engine.imaging.ops import (
    Mask,
    Plane,
    channel_mean,
    dilate,
    distance_to,
    drop_small_components,
    erode,
    reduced,
    soft,
)
from engine.imaging.parts import parts_at
from engine.imaging.scale import at_scale
from engine.parsing.classes import FaceClass
from engine.runtime.cached_property import cached_property

# Median of the absolute values of a normal distribution of deviation 1.
MEDIAN_OF_NORMAL = 0.6745


@dataclass(frozen=True)
class StraySettings:
    """Which thin hair over the background is seen. Lengths in `_px` are pixels of a face 500 wide, counts and lengths
    in `_canvas_px` the canvas's. Ways go from the surroundings' colour (0) to the hair's (1)."""

    # Surroundings are a median over so many pixels at half the size; a way shorter than this (squared levels of 0..255,
    # mean of the channels) tells nothing.
    median_canvas_px: int = 15
    least_way: float = 400 / 3
    # A stray strand shows so many deviations of the background's noise, within these limits (shares of the way), up to
    # so far from the hair where the background is calm and where it is not.
    deviations: float = 6.0
    limits: tuple[float, float] = (0.03, 0.16)
    within_px: float = 220.0
    busy_within_px: float = 120.0
    # Before a background whose noise is less than this share of the way, whatever shows is hair, however short.
    calm_noise: float = 0.01
    # A strand that was found goes on while it shows this share of that, and so much further.
    faint_share: float = 0.5
    faint_further_px: float = 60.0
    # Not connected with the hair (set by eye): patches of so many pixels so near to it, and thin ones of this length
    # that cover less than this share of their box.
    min_patch_canvas_area: int = 60
    patch_within_px: float = 28
    min_thin_px: float = 22
    thin_share: float = 0.4
    # Lines of the background itself: so long, and so straight (deviation across) or going on further than any strand
    # is looked for. Strands bend more: stripes, poles, shelves and frames do not. Their edges reach a little further.
    line_px: float = 70.0
    line_across_canvas_px: float = 2.2
    line_edge_canvas_px: int = 3
    # Off the hair a strand has the same on both sides: where the surroundings change by this share of the way within so
    # many pixels at half the size, the edge of something else is seen (a leaf, a hand, somebody's hair).
    edge_canvas_px: int = 9
    edge_share: float = 0.35
    edges_beyond_px: float = 40.0
    # What is not connected with the hair is a strand up to so far from it.
    loose_within_px: float = 120.0


@dataclass(frozen=True)
class FallenSettings:
    """Which strands before the forehead are seen, set by eye. Lengths in `_px` are pixels of a face 500 wide, counts
    and lengths in `_canvas_px` the canvas's."""

    # So far on the way from the surroundings' colour to the hair's.
    share: float = 0.28
    # Between these heights over the brows (face widths), so far off brows and glasses, no further off the hair.
    heights: tuple[float, float] = (0.05, 0.6)
    brows_px: float = 9
    within_px: float = 110
    # They have so many pixels and this length; a part of a mask is thin where it covers less than this share of its
    # box, so many pixels aside.
    min_canvas_area: int = 40
    min_length_px: float = 14
    thin_share: float = 0.5
    thin_canvas_area: int = 400
    # As a soft mask they are so much wider, so soft, between these shares.
    wider_canvas_px: int = 7
    edge_canvas_px: float = 3
    edge: tuple[float, float] = (0.15, 0.7)


@dataclass(frozen=True)
class MatteSettings:
    """How hair is told from the rest, set by eye. Lengths and areas are canvas pixels: the parser sees it at half its
    size whatever the face's."""

    # The parser's hair is told where it is likelier than this, in parts of so many pixels; more faintly before skin.
    solid: float = 0.5
    min_canvas_area: int = 400
    faint: float = 0.4
    # Its edge is moved to the picture's edges within this radius, with this regularisation (guided filter), no further
    # off.
    snap_canvas_px: int = 8
    snap_epsilon: float = 2e-4
    snap_within_canvas_px: int = 30
    # What is mostly hair counts as hair.
    hard: float = 0.5
    # The hair's colour is told so far inside of it, where there are so many pixels.
    inside_canvas_px: int = 6
    min_inside_canvas_area: int = 200
    strays: StraySettings = StraySettings()
    fallen: FallenSettings = FallenSettings()
    fine: FineSettings = field(default_factory=FineSettings)


@dataclass(frozen=True)
class HoleSettings:
    """What has to be seen through once hair is gone, set by eye."""

    # So far around strays (canvas pixels), and where hair has this share (0..1) of a pixel.
    stray_halo_canvas_px: int = 7
    shows_through: float = 0.08


@dataclass(frozen=True)
class HairMatte:
    """alpha: hair's share of each pixel; solid: the parser's hair; away: how many pixels off `solid`; hard: solid or
    mostly hair; strays: thin hair before the background; fallen: strands before the forehead; colour: the hair's median
    RGB."""

    alpha: Plane
    solid: Mask
    away: Plane
    hard: Mask
    strays: Mask
    fallen: Mask
    colour: NDArray[np.float32]

    @cached_property
    def off_hard(self) -> Plane:
        """How many pixels off `hard`."""
        return distance_to(self.hard)

    def near_solid(self, radius_px: float) -> Mask:
        """`solid`, grown by a disk; any number of radii cost one distance transform."""
        return self.away <= round(radius_px)

    def near_hard(self, radius_px: float) -> Mask:
        """`hard`, grown likewise."""
        return self.off_hard <= round(radius_px)

    def hole(self, halo_px: float, settings: HoleSettings = HoleSettings()) -> Mask:
        """Where, before the background, something else must be seen once the hair is gone. halo_px: how far the hair's
        edge is blurred."""
        around_strays = dilate(self.strays, settings.stray_halo_canvas_px)
        return self.near_solid(halo_px) | around_strays | (self.alpha > settings.shows_through)


def hair_matte(view: View, v: Plane, unit_px: float, settings: MatteSettings = MatteSettings()) -> HairMatte:
    """Matte of a photo. unit_px: pixels per 1/500 of the face's width."""
    settings = at_scale(settings, view.scale)
    probability = view.probability(FaceClass.HAIR)
    solid = drop_small_components(probability > settings.solid, settings.min_canvas_area)
    away = distance_to(solid)
    alpha = view.snapped(settings.snap_canvas_px, settings.snap_epsilon, FaceClass.HAIR)
    alpha = alpha * (away <= settings.snap_within_canvas_px)
    hard = solid | (alpha > settings.hard)
    inside = erode(solid, settings.inside_canvas_px)
    pixels = view.picture[inside if inside.sum() > settings.min_inside_canvas_area else solid]
    colour = np.median(pixels, 0).astype(np.float32) if len(pixels) else np.zeros(3, np.float32)

    towards_hair, edges = _towards(view, colour, settings.strays)
    before_skin = view.is_any(*SKIN)
    before_background = view.is_any(FaceClass.BACKGROUND)
    edges &= away > settings.strays.edges_beyond_px * unit_px
    strays = _strays(towards_hair, before_background & ~edges, solid, away, unit_px, settings.strays)
    strays |= fine_strays(view, before_background, edges, away, unit_px, settings.fine)
    limits = settings.fallen
    brows = view.is_any(FaceClass.LEFT_BROW, FaceClass.RIGHT_BROW, FaceClass.GLASSES)
    lowest, highest = limits.heights
    strands = (towards_hair > limits.share) & before_skin & (v > lowest) & (v < highest)
    strands &= ~dilate(brows, limits.brows_px * unit_px)
    strands &= (away <= round(limits.within_px * unit_px)) & ~solid
    fallen = _thin_parts(strands, unit_px, limits)
    faint = (probability > settings.faint) & ~solid & before_skin
    return HairMatte(alpha, solid, away, hard, strays, fallen | (faint & (v > 0)), colour)


def strand_plane(matte: HairMatte, settings: FallenSettings = FallenSettings()) -> Plane:
    """Soft mask (H,W, 0..1) of strands that lie on the forehead."""
    return soft(dilate(matte.fallen, settings.wider_canvas_px), settings.edge_canvas_px, *settings.edge)


def _towards(view: View, colour: NDArray[np.float32], settings: StraySettings) -> tuple[Plane, Mask]:
    """How far each pixel (H,W) lies from its surroundings' median on the way to the hair's colour: 0 not at all, 1
    there; and where those surroundings end in others."""
    photo = np.clip(view.picture, 0, 255)
    # A wide median holds no detail: half the size shows the same.
    height, width = photo.shape[:2]
    half = reduced(photo, width // 2, height // 2).astype(np.uint8)
    calm = cv2.medianBlur(half, settings.median_canvas_px | 1)
    median = cv2.resize(calm, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    way = colour - median
    length = channel_mean(way * way) + np.float32(settings.least_way)
    square = np.ones((settings.edge_canvas_px | 1,) * 2, np.uint8)
    change = cv2.morphologyEx(calm, cv2.MORPH_GRADIENT, square).astype(np.float32)
    change = np.asarray(cv2.resize(channel_mean(change * change), (width, height), interpolation=cv2.INTER_LINEAR))
    towards = channel_mean((photo - median) * way) / length
    return towards, change > np.float32(settings.edge_share**2) * length


def _strays(
    towards_hair: Plane, background: Mask, solid: Mask, away: Plane, unit_px: float, settings: StraySettings
) -> Mask:
    """Thin hair over the background: connected with the hair, close to it, or long and thin."""
    around = background & (away <= round((settings.within_px + settings.faint_further_px) * unit_px))
    if not around.any():
        return np.zeros_like(solid)
    # A calm background shows the faintest strand; a busy one is full of what looks like strands.
    noise = float(np.median(np.abs(towards_hair[around]))) / MEDIAN_OF_NORMAL
    faintest = float(np.clip(settings.deviations * noise, *settings.limits))
    within_px = np.interp(faintest, settings.limits, (settings.within_px, settings.busy_within_px))
    lines = _lines((towards_hair > faintest) & background & ~solid, away, float(within_px) * unit_px, unit_px, settings)
    lines = dilate(lines, settings.line_edge_canvas_px) & (away > round(settings.patch_within_px * unit_px))
    around &= ~lines
    candidates = (towards_hair > faintest) & (away <= round(float(within_px) * unit_px)) & background & ~lines
    count, labels, stats, _ = cv2.connectedComponentsWithStats((candidates | solid).astype(np.uint8))
    if count <= 1:
        return np.zeros_like(solid)
    area = stats[:, cv2.CC_STAT_AREA]
    box_width, box_height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    large = area > settings.min_patch_canvas_area
    thin = (
        large
        & (np.maximum(box_width, box_height) > settings.min_thin_px * unit_px)
        & (area < settings.thin_share * box_width * box_height)
    )
    touching = _parts_at(solid, np.asarray(labels, np.int32), count)
    large[0] = thin[0] = False
    near = away <= round(settings.patch_within_px * unit_px)
    sure = candidates & (touching[labels] | (large[labels] & near) | thin[labels])
    loose = away <= round(settings.loose_within_px * unit_px)
    sure = (candidates if noise < settings.calm_noise else sure) & (touching[labels] | loose)
    # A strand does not end where it gets fainter.
    faint = around & (towards_hair > settings.faint_share * faintest)
    return parts_at(sure | faint, sure) & background


def _lines(mask: Mask, away: Plane, within_px: float, unit_px: float, settings: StraySettings) -> Mask:
    """The long parts of a mask (H,W) that are straight, or go on further than that from the hair."""
    count, labels, stats, middle = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    long = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) > settings.line_px * unit_px
    long[0] = False
    rows, columns = np.nonzero(long[labels])
    of = np.asarray(labels[rows, columns], np.intp)
    x, y = columns - middle[of, 0], rows - middle[of, 1]
    pixels = np.maximum(np.bincount(of, minlength=count), 1)
    xx, yy, xy = (np.bincount(of, values, count) / pixels for values in (x * x, y * y, x * y))
    across = np.sqrt(np.maximum((xx + yy) / 2 - np.hypot((xx - yy) / 2, xy), 0))
    furthest = np.zeros(count)
    np.maximum.at(furthest, of, away[rows, columns])
    return np.asarray((long & ((across < settings.line_across_canvas_px) | (furthest > within_px)))[labels], bool)


def _parts_at(where: Mask, labels: NDArray[np.int32], count: int) -> NDArray[np.bool_]:
    """Which of the connected parts of a mask, the background not among them, show anything there."""
    parts = np.zeros(count, bool)
    parts[np.unique(labels[where])] = True
    parts[0] = False
    return parts


def _thin_parts(mask: Mask, unit_px: float, settings: FallenSettings) -> Mask:
    """The parts of a mask (H,W) that are as long and thin as strands."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    area = stats[:, cv2.CC_STAT_AREA]
    box_width, box_height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    length = np.maximum(box_width, box_height)
    keep = (area > settings.min_canvas_area) & (length > settings.min_length_px * unit_px)
    keep &= area < settings.thin_share * box_width * box_height + settings.thin_canvas_area
    keep[0] = False
    return np.asarray(keep[labels], bool) if count > 1 else np.zeros_like(mask)
