"""What of a render is the person, and what of it is hair, where a parser alone does not tell."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.compositing.hair_on_skin import thinning_on_skin
from engine.compositing.setting import Setting
from engine.compositing.view import CLOTHES, EARS, SKIN, View
from engine.face import ibug
from engine.face.polygon import filled
from engine.imaging.ops import (
    Mask,
    Plane,
    blur,
    dilate,
    distance_to,
    drop_small_components,
    erode,
    share_of_way,
    smooth_over,
    smoothstep,
    soft,
)
from engine.imaging.parts import parts_at
from engine.imaging.quantiles import median_colour
from engine.parsing.classes import HAIR_CLASSES, FaceClass

# More than so much of a pixel counts as all of it.
HALF = 0.5


@dataclass(frozen=True)
class FringeSettings:
    """What of a parser's hair before a face is hair, set by eye: there it must look like it."""

    # The face is the ellipse of `HeadSettings`, so many times as large: down over the forehead's sides.
    scale: float = 1.75
    # Hair lies between these shares of the way from the median colour of sure skin to that of sure hair, if these
    # differ by so much (levels of 0..255, over all channels); read on slightly blurred canvas pixels.
    shares: tuple[float, float] = (0.12, 0.75)
    min_contrast: float = 50.0
    blur_canvas_px: float = 1.5
    # Bright locks are hair all the same: so far off skin (pixels of a face 500 wide, from none to all) whatever lies in
    # what is hair by these shares, told over so much (a Gaussian's sigma).
    off_skin_px: tuple[float, float] = (6.0, 20.0)
    locks: tuple[float, float] = (0.1, 0.25)
    locks_px: float = 20.0
    least_hair: float = 0.05
    # And a spot of skin's colour which hair is around on all sides, so close, with so much around (canvas pixels).
    beside_canvas_px: int = 3
    spot_wider_canvas_px: int = 12
    # And what a parser calls something else in less than so many pixels of a face 500 wide, further than this off all
    # larger ones, which hold the gaps of a hairline.
    max_gap_px: float = 1500.0
    off_gaps_px: float = 15.0
    # What is sure, and the canvas pixels of either that tell a colour.
    sure: float = 0.95
    min_sample_canvas_area: int = 500


@dataclass(frozen=True)
class HeadSettings:
    """What of a render is the person, set by eye. Lengths in `_px` are pixels of a face 500 wide, those in `_canvas_px`
    the canvas's, at half of whose size a parser sees. Heights and widths are face widths from between the brows."""

    # A pixel counts as head and as hair between these shares of the snapped probability. A wider edge of the head shows
    # the background that was drawn between loose curls, as smoke.
    head_edge: tuple[float, float] = (0.45, 0.65)
    hair_edge: tuple[float, float] = (0.15, 0.85)
    # Snapped to the picture's edges within this radius, with this regularisation (guided filter).
    snap_canvas_px: int = 6
    snap_epsilon: float = 1e-4
    # A head that hides less than this shows what is behind it.
    solid: float = 0.95
    # Holes in it that are smaller than this (pixels of a face 500 wide) are filled, and however large within this half
    # width and these heights; so much wider, so softly.
    max_hole_px: float = 3000.0
    half_width: float = 0.42
    heights: tuple[float, float] = (-0.85, 0.6)
    # Above the first of these heights those are holes too that a channel up to so wide (pixels of a face 500 wide)
    # joins to what is beside the head.
    above: float = -0.05
    channel_px: float = 45.0
    # All that is narrower goes with them, up to so many times half of that off.
    corners: float = 8.0
    hole_wider_canvas_px: int = 5
    # So far off skin it may have gaps between locks.
    gaps_off_skin_canvas_px: float = 44.0
    hole_edge_canvas_px: float = 1.5
    # Within these, an ellipse, every render shows a face, whichever way it is turned; so softly.
    face_half_width: float = 0.27
    face_heights: tuple[float, float] = (-0.55, 0.33)
    face_fade_px: float = 4.0
    # Nor do holes lie so far inside of the photo's own face, up to so high above its brows, there so much (0..1)
    # narrower than they are.
    face_inside_px: float = 16.0
    forehead_height: float = 0.30
    forehead_narrower: float = 0.15
    # Clothes lie below this height, at the chin; cloth above it, and jewellery, go with so much around, so softly.
    cloth_below: float = -0.55
    cloth_wider_canvas_px: int = 4
    dangling_wider_canvas_px: int = 6
    gone_edge_canvas_px: float = 2
    # Heads with hair have no holes so far inside of the bald one, with so soft an edge; those with less hair have none
    # so far inside of its skin.
    core_px: float = 18.0
    core_edge_px: float = 4.0
    # From none to all of the way between these distances from the midline (face widths) are a head's sides, at which
    # none is narrower than the next. On top it gets lower, and ledges would be left.
    sides: tuple[float, float] = (0.25, 0.40)
    # Drawn hair lies no further than this off the person's own, with so soft an edge. No head is wider than so much
    # beyond what the photo shows of the person, gaps up to twice that distance closed: below a lock that stands off it
    # would end as another.
    own_hair_px: float = 16.0
    own_hair_edge_px: float = 5.0
    own_outline_px: float = 6.0
    # The first head may overhang the person below by so much more than the last one (face widths), those between ever
    # less, the last ones by hardly more.
    first_overhang: float = 0.3
    # Where the photo shows skin a drawn head with hair shows it too, as softly.
    own_skin_edge_px: float = 3.0
    # Hair is sure so far inside of a parser's.
    sure_hair_canvas_px: int = 4
    fringe: FringeSettings = FringeSettings()
    # Beyond the outline, which moves, the person goes on mirrored at a line that is so smooth (a Gaussian's sigma).
    beyond_px: float = 5.0


def hair_share(
    setting: Setting,
    settings: HeadSettings,
    forehead: Plane,
    softer_px: float,
    render: View,
    head: Plane,
    scalp: Plane,
) -> Plane:
    """A render's hair (H,W, 0..1). forehead: H,W, 0..1, where what a parser calls hair must look like it; softer_px: a
    Gaussian's sigma, by which the photo is softer than the render; head: H,W, 0..1, how much of each pixel is the
    render's person; scalp: H,W, 0..1, what is bare."""
    hair = smoothstep(_snapped(render, settings, *HAIR_CLASSES), *settings.hair_edge)
    hair = np.minimum(np.minimum(hair, head), 1 - scalp)
    told = hair * (1 - forehead * (1 - _dark_as_hair(render, hair, forehead, setting.unit_px, settings.fringe)))
    bare = (hair <= HALF) & (head > settings.solid)
    hair = np.where(_amid_hair(hair, told, bare, settings.fringe), hair, told)
    gaps = (hair <= HALF) & (head > HALF) & ~render.is_any(*EARS)
    hair = np.maximum(hair, _closed_gaps(gaps, hair <= HALF, setting.unit_px, settings.fringe))
    hair = thinning_on_skin(setting, render, hair, np.minimum(head, 1 - scalp))
    return blur(hair, softer_px) if softer_px else hair


def _snapped(render: View, settings: HeadSettings, *classes: int) -> Plane:
    return render.snapped(settings.snap_canvas_px, settings.snap_epsilon, *classes)


def head_share(setting: Setting, render: View, face: Plane, settings: HeadSettings) -> Plane:
    """How much of each pixel is the drawn person, without jewellery that hangs from nothing the photo has.

    face: where every render shows one.
    """
    share = smoothstep(1 - _snapped(render, settings, FaceClass.BACKGROUND), *settings.head_edge)
    # A render that fails beside a turned face is taken for cloth there.
    cloth = render.is_any(*CLOTHES) & (setting.v > settings.cloth_below)
    cloth = dilate(cloth, settings.cloth_wider_canvas_px)
    if cloth.any():
        share = share * (1 - blur(cloth, settings.gone_edge_canvas_px))
    body = render.is_any(*EARS, FaceClass.SKIN, FaceClass.NECK, FaceClass.HAIR)
    dangling = dilate(render.is_any(FaceClass.EARRING), settings.dangling_wider_canvas_px) & ~body
    share = np.asarray(share * (1 - blur(dangling, settings.gone_edge_canvas_px)), np.float32)
    off_skin = distance_to(render.is_any(*SKIN)) > settings.gaps_off_skin_canvas_px
    return _without_holes(setting, np.maximum(share, face), off_skin, settings)


def face_share(setting: Setting, settings: HeadSettings, scale: float = 1.0) -> Plane:
    """Where every render shows a face (H,W, 0..1), by an ellipse that many times as large."""
    low, high = settings.face_heights
    aside, upwards = setting.u / settings.face_half_width, (setting.v - (low + high) / 2) / ((high - low) / 2)
    return blur(aside**2 + upwards**2 < scale**2, settings.face_fade_px * setting.unit_px)


def solid_face(setting: Setting, settings: HeadSettings) -> Plane:
    """Where no render may have a hole (H,W, 0..1): in that ellipse, and between the person's own jaw and forehead, in
    whichever way they are turned."""
    axes, landmarks = setting.axes, setting.landmarks
    brows = landmarks[ibug.BROWS]
    forehead = brows + axes.up * settings.forehead_height * axes.width_px
    forehead = forehead + (forehead.mean(0) - forehead) * settings.forehead_narrower
    outline = np.concatenate([landmarks[ibug.JAW], forehead[::-1]])
    face = erode(filled(outline, setting.v.shape), settings.face_inside_px * setting.unit_px)
    return np.maximum(face_share(setting, settings), blur(face, settings.face_fade_px * setting.unit_px))


def _dark_as_hair(render: View, hair: Plane, face: Plane, unit_px: float, settings: FringeSettings) -> Plane:
    """How far on the way from the face's colour to the hair's each pixel is: where a parser wavers on a forehead, the
    colour tells skin from a fringe (H,W, 0..1; 1 everywhere where the two hardly differ)."""
    sure, skin = hair > settings.sure, (face > settings.sure) & render.is_any(FaceClass.SKIN)
    if min(int(sure.sum()), int(skin.sum())) < settings.min_sample_canvas_area:
        return np.ones_like(hair)
    its_hair, its_skin = (median_colour(render.picture[mask]) for mask in (sure, skin))
    way = (its_hair - its_skin).astype(np.float32)
    length = np.linalg.norm(way)
    if length < settings.min_contrast:
        return np.ones_like(hair)
    blurred = blur(render.picture, settings.blur_canvas_px)
    dark = smoothstep(share_of_way(blurred, its_skin.astype(np.float32), way, length), *settings.shares)
    among = smooth_over(dark, hair, settings.locks_px * unit_px, settings.least_hair)
    off_skin = distance_to(render.is_any(FaceClass.SKIN)) / np.float32(unit_px)
    locks = smoothstep(among, *settings.locks) * smoothstep(off_skin, *settings.off_skin_px)
    return np.asarray(np.maximum(dark, locks), np.float32)


def _amid_hair(hair: Plane, told: Plane, bare: Mask, settings: FringeSettings) -> Mask:
    """Where hair (H,W, 0..1) that was told to be skin (told: what is left) hangs together with no skin (bare: H,W): a
    bright lock that has its colour, which may reach to the head's outline."""
    lost = (hair > HALF) & (told <= HALF)
    if not lost.any():
        return lost
    beside_skin = dilate(bare, settings.beside_canvas_px)
    return dilate(lost & ~parts_at(lost, beside_skin), settings.spot_wider_canvas_px)


def _closed_gaps(gaps: Mask, bare: Mask, unit_px: float, settings: FringeSettings) -> Plane:
    """How much of each pixel (H,W, 0..1) is a small gap with hair all around. bare: H,W, wherever none is."""
    wide = drop_small_components(bare, settings.max_gap_px * unit_px**2)
    closed = gaps & ~wide
    if not closed.any():
        return np.zeros(gaps.shape, np.float32)
    closed &= ~parts_at(closed, dilate(wide, settings.off_gaps_px * unit_px))
    return soft(dilate(closed, settings.beside_canvas_px), settings.blur_canvas_px)


def _without_holes(setting: Setting, share: Plane, off_skin: Mask, settings: HeadSettings) -> Plane:
    """Without holes that the parser saw at its small size: nobody has any, and a background would shine through.
    off_skin: H,W, where gaps between locks are told by their colour."""
    gaps, inside_px = share < settings.solid, settings.channel_px * setting.unit_px / 2
    above = (settings.above, settings.heights[1])
    wide = _enclosed(setting, distance_to(~gaps) > inside_px, above, settings)
    holes = dilate(wide, inside_px) & gaps
    if wide.any():
        # With its corners, and the channel.
        wider = dilate(distance_to(holes | ~gaps) > inside_px, inside_px)
        holes |= dilate(wide, settings.corners * inside_px) & gaps & ~wider
    small_px = settings.max_hole_px * setting.unit_px**2
    holes |= _enclosed(setting, gaps & ~holes, settings.heights, settings, small_px, ~off_skin)
    if not holes.any():
        return share
    filled = dilate(holes, settings.hole_wider_canvas_px)
    return np.maximum(share, soft(filled, settings.hole_edge_canvas_px))


def _enclosed(
    setting: Setting,
    gaps: Mask,
    heights: tuple[float, float],
    settings: HeadSettings,
    small_px: float = 0.0,
    small_ones: Mask | None = None,
) -> Mask:
    """The parts of gaps (H,W) that do not reach the picture's edge and whose middle lies within the half width and
    these heights, or that have less than so many pixels and their middle in `small_ones` (H,W)."""
    count, labels = cv2.connectedComponents(gaps.astype(np.uint8))
    hole = np.ones(count, bool)
    edges = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    hole[np.unique(edges)] = hole[0] = False
    if not hole.any():
        return np.zeros_like(gaps)
    # Told from the pixels of these alone: most of what OpenCV's statistics take is for the large ones.
    places = np.flatnonzero(hole[labels])
    part_of = labels.ravel()[places]
    areas = np.bincount(part_of, minlength=count)
    rows, columns = (
        np.rint(np.bincount(part_of, at, count) / np.maximum(areas, 1)).astype(int)
        for at in np.divmod(places, gaps.shape[1])
    )
    u, v = setting.u[rows, columns], setting.v[rows, columns]
    counts = (np.abs(u) < settings.half_width) & (v > heights[0]) & (v < heights[1])
    if small_ones is not None:
        counts |= (areas < small_px) & small_ones[rows, columns]
    return np.asarray((hole & counts)[labels], bool)
