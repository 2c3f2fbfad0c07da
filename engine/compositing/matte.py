"""How much of each pixel is hair, down to stray strands."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.fine_strays import FineSettings, fine_strays
from engine.compositing.strays import StraySettings, strays, towards
from engine.compositing.view import SKIN, View
from engine.imaging.ops import (
    Mask,
    Plane,
    dilate,
    distance_to,
    drop_small_components,
    erode,
    soft,
)
from engine.imaging.scale import at_scale
from engine.parsing.classes import FaceClass
from engine.runtime.cached_property import cached_property


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
    strays: StraySettings = field(default_factory=StraySettings)
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


def hair_matte(
    view: View, v: Plane, unit_px: float, settings: MatteSettings = MatteSettings(), *, pixel_px: float = 1.0
) -> HairMatte:
    """Matte of a photo. unit_px: pixels per 1/500 of the face's width; pixel_px: pixels per pixel of the photo."""
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

    towards_hair, edges = towards(view, colour, settings.strays)
    before_skin = view.is_any(*SKIN)
    before_background = view.is_any(FaceClass.BACKGROUND)
    edges &= away > settings.strays.edges_beyond_px * unit_px
    thickest_px = max(settings.strays.thickest_px * unit_px, settings.strays.thickest_photo_px * pixel_px)
    found = strays(towards_hair, before_background & ~edges, solid, away, unit_px, thickest_px, settings.strays)
    found |= fine_strays(view, before_background, edges, away, unit_px, settings.fine)
    limits = settings.fallen
    brows = view.is_any(FaceClass.LEFT_BROW, FaceClass.RIGHT_BROW, FaceClass.GLASSES)
    lowest, highest = limits.heights
    strands = (towards_hair > limits.share) & before_skin & (v > lowest) & (v < highest)
    strands &= ~dilate(brows, limits.brows_px * unit_px)
    strands &= (away <= round(limits.within_px * unit_px)) & ~solid
    fallen = _thin_parts(strands, unit_px, limits)
    faint = (probability > settings.faint) & ~solid & before_skin
    return HairMatte(alpha, solid, away, hard, found, fallen | (faint & (v > 0)), colour)


def strand_plane(matte: HairMatte, settings: FallenSettings = FallenSettings()) -> Plane:
    """Soft mask (H,W, 0..1) of strands that lie on the forehead."""
    return soft(dilate(matte.fallen, settings.wider_canvas_px), settings.edge_canvas_px, *settings.edge)


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
