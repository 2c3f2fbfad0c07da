"""The generator's heads laid into the photo: own face, clothes and background, the head as it was drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.behind import BehindSettings, behind_hair
from engine.compositing.body import lit_body
from engine.compositing.brows import without_other_brows
from engine.compositing.crown import Crown, with_crown
from engine.compositing.cutout import cut_out
from engine.compositing.fit import lowered
from engine.compositing.fringe import with_fringe
from engine.compositing.grain import MOTTLE, NOISE, grain_of
from engine.compositing.hair_tone import HairTone, HairToneSettings, hair_tone
from engine.compositing.setting import Setting
from engine.compositing.softness import SoftnessSettings, softness
from engine.compositing.view import CLOTHES, EARS, SKIN, View
from engine.imaging.ops import (
    LEAST_SEEN,
    Mask,
    Picture,
    Plane,
    blur,
    dilate,
    distance_to,
    erode,
    share_of_way,
    smoothstep,
    soft,
)
from engine.imaging.scale import at_scale
from engine.parsing.classes import FEATURES, HAIR_CLASSES, FaceClass

THREADS = 2
# Brows, eyes, glasses and nose: what of a face has edges in any light.
SHARP_FEATURES = FEATURES[:6]


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
    hole_wider_canvas_px: int = 5
    # So far off skin it may have gaps between locks.
    gaps_off_skin_canvas_px: float = 44.0
    hole_edge_canvas_px: float = 1.5
    # Within these, an ellipse, every render shows a face, whichever way it is turned; so softly.
    face_half_width: float = 0.27
    face_heights: tuple[float, float] = (-0.55, 0.33)
    face_fade_px: float = 4.0
    # Clothes lie below this height, at the chin; cloth above it, and jewellery, go with so much around, so softly.
    cloth_below: float = -0.55
    cloth_wider_canvas_px: int = 4
    dangling_wider_canvas_px: int = 6
    gone_edge_canvas_px: float = 2
    # Heads with hair have no holes so far inside of the bald one, with so soft an edge; those with less hair have none
    # so far inside of its skin.
    core_px: float = 18.0
    core_edge_px: float = 4.0
    # Drawn hair lies no further than this off the person's own, with so soft an edge.
    own_hair_px: float = 16.0
    own_hair_edge_px: float = 5.0
    # Hair is sure so far inside of a parser's, and features are clear so far off it.
    sure_hair_canvas_px: int = 4
    clear_features_canvas_px: float = 4
    fringe: FringeSettings = FringeSettings()
    # Beyond the outline, which moves, the person goes on mirrored at a line that is so smooth (a Gaussian's sigma).
    beyond_px: float = 5.0


@dataclass(frozen=True)
class DrawnHead:
    """picture: H,W,3 uint8, the photo's canvas with this head in place of the photo's; person: H,W,3 uint8, what of it
    is the drawn person, whose colours go on a little beyond their outline; hair, head: H,W, 0..1, how much of each
    pixel is drawn hair, and the drawn person at all."""

    picture: NDArray[np.uint8]
    person: NDArray[np.uint8]
    hair: Plane
    head: Plane


@dataclass(frozen=True)
class DrawnHeads:
    """heads: in the order of their renders, each with no more hair than the one before; change: H,W, 0..1, where they
    may replace the photo; behind: H,W,3, what is seen where none is; softer_px: how much softer the photo is than what
    was drawn of it, which they are already (a Gaussian's sigma)."""

    heads: tuple[DrawnHead, ...]
    change: Plane
    behind: Picture
    softer_px: float = 0.0


def draw_heads(
    setting: Setting,
    renders: Sequence[View],
    rng: np.random.Generator,
    *,
    bald: int | None = None,
    behind: Picture | None = None,
    settings: HeadSettings = HeadSettings(),
    behind_settings: BehindSettings = BehindSettings(),
) -> DrawnHeads:
    """Lay each render into the photo.

    renders: on the canvas, the first as the person is, each later one with less hair; bald: index of the first without
    hair on the crown; behind: of heads that were drawn before in the same setting.
    """
    scale = setting.photo.scale
    settings, behind_settings = at_scale(settings, scale), at_scale(behind_settings, scale)
    renders = lowered(setting, renders)
    bald = len(renders) if bald is None else bald
    behind_rng, grain_rng, fringe_rng = rng.spawn(3)
    shown = 1 - blur(setting.hidden_ears(renders[-1]), settings.gone_edge_canvas_px)
    outlined = partial(_outlined, setting, settings, _face(setting, settings), shown, bald)
    own = erode(setting.matte.solid, settings.sure_hair_canvas_px) & setting.photo.real
    # NumPy and OpenCV let go of the interpreter's lock while they compute.
    with ThreadPoolExecutor(THREADS) as pool:
        filling = _filling(pool, behind, partial(behind_hair, setting, behind_rng, behind_settings))
        crowns = list(pool.map(outlined, range(len(renders)), renders))
        renders, heads = [crown.render for crown in crowns], [crown.head for crown in crowns]
        if bald < len(renders):
            # A bald head lies within those with more hair, whatever a parser saw in them.
            core = erode(heads[bald] > 0.5, settings.core_px * setting.unit_px)
            core_share = blur(core, settings.core_edge_px * setting.unit_px)
            heads[:bald] = [np.maximum(head, core_share) for head in heads[:bald]]
            # And its skin within those with less.
            bare = erode(core & ~renders[bald].is_any(*HAIR_CLASSES), settings.core_px * setting.unit_px)
            bare_share = blur(bare, settings.core_edge_px * setting.unit_px)
            heads[bald + 1 :] = [np.maximum(head, bare_share) for head in heads[bald + 1 :]]
        softer_px = _softer_px(setting, renders[0], settings.clear_features_canvas_px)
        forehead = _face(setting, settings, settings.fringe.scale)
        haired = partial(_hair, setting, settings, own, forehead, softer_px)
        toned = list(pool.map(haired, renders, heads, [crown.scalp for crown in crowns]))
        tones = list(accumulate((tone for _, tone in toned), _or_before))
        made = list(accumulate((hair for hair, _ in toned), np.minimum))
        near_own = _near_own_hair(setting, settings)
        hairs = [hair * near_own for hair in made]
        if softer_px:
            heads = [blur(head, softer_px) for head in heads]
        # One grain for all heads: noise that changed from year to year would flicker.
        photo = setting.photo.picture
        grains = [grain_of(photo, setting.calm_skin, grain_rng, at_scale(band, scale)) for band in (NOISE, MOTTLE)]

        def laid(
            index: int,
            render: View,
            head: Plane,
            more: Plane,
            hair: Plane,
            tone: HairTone | None,
            rng: np.random.Generator,
        ) -> DrawnHead:
            person = lit_body(setting, render, head, hair, tone, softer_px, grains)
            if index >= bald:
                person = with_fringe(setting, person, hair, head, softer_px, rng)
            # Nobody gets hair on the way where they had none: there it is the photo's place.
            given = more > hair
            person[given] += (photo[given] - person[given]) * (more - hair)[given, None]
            person = _beyond_outline(person, head, settings.beyond_px * setting.unit_px)
            # The filling came first to the pool, so that nobody waits for what has not begun.
            behind = filling()
            return DrawnHead(_rounded(behind + (person - behind) * head[..., None]), _rounded(person), hair, head)

        rngs = fringe_rng.spawn(len(renders))
        bodies = pool.map(laid, range(len(renders)), renders, heads, made, hairs, tones, rngs)
        change = setting.change(renders[-1])
        return DrawnHeads(tuple(bodies), change, filling(), softer_px)


def _filling(pool: ThreadPoolExecutor, behind: Picture | None, fill: Callable[[], Picture]) -> Callable[[], Picture]:
    """What waits for the picture behind the hair: the one that is known, or else one that the pool begins to fill."""
    return pool.submit(fill).result if behind is None else lambda: behind


def _rounded(picture: Picture) -> NDArray[np.uint8]:
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _beyond_outline(person: Picture, head: Plane, smooth_px: float) -> Picture:
    """A drawn person (H,W,3) who goes on, mirrored, where the head (H,W, 0..1) has ended."""
    inside = blur(head, smooth_px) > 0.5
    if not inside.any():
        return person
    _, labels = cv2.distanceTransformWithLabels(
        (~inside).view(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    rows, columns = np.nonzero(inside)
    nearest = np.zeros((int(labels.max()) + 1, 2), np.float32)
    nearest[labels[inside]] = np.stack([columns, rows], 1)
    there_y, there_x = np.mgrid[: head.shape[0], : head.shape[1]].astype(np.float32)
    edge = nearest[labels]
    mirrored = cv2.remap(
        person, 2 * edge[..., 0] - there_x, 2 * edge[..., 1] - there_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    return np.where((head < LEAST_SEEN)[..., None], mirrored, person)


def _outlined(
    setting: Setting, settings: HeadSettings, face: Plane, shown: Plane, bald: int, index: int, render: View
) -> Crown:
    """A render with how much of each pixel is its head. face: where every render shows one; shown: H,W, 0..1, all but
    ears that the photo hides; bald: index of the first without hair on the crown."""
    head = _head_share(setting, render, face, settings) * shown
    render, head = cut_out(setting, render, head)
    render = without_other_brows(setting, render)
    if index < bald:
        return Crown(render, head, np.zeros_like(head))
    return with_crown(setting, render, head)


def _near_own_hair(setting: Setting, settings: HeadSettings) -> Plane:
    """Where the photo has hair, and a little around (H,W, 0..1)."""
    near = setting.matte.near_hard(settings.own_hair_px * setting.unit_px)
    return blur(near, settings.own_hair_edge_px * setting.unit_px)


def _or_before(before: HairTone | None, tone: HairTone | None) -> HairTone | None:
    return before if tone is None else tone


def _softer_px(setting: Setting, render: View, clear_px: float) -> float:
    """How much softer the photo is than a render of it, as a Gaussian's sigma; told so far off hair."""
    features = setting.photo.seen(*SHARP_FEATURES) & ~setting.matte.near_hard(clear_px)
    return softness(setting.photo.picture, render.picture, features, at_scale(SoftnessSettings(), setting.photo.scale))


def _hair(
    setting: Setting,
    settings: HeadSettings,
    own: Mask,
    forehead: Plane,
    softer_px: float,
    render: View,
    head: Plane,
    scalp: Plane,
) -> tuple[Plane, HairTone | None]:
    """A render's hair (H,W, 0..1), and what carries it to the person's own tone: each by what is left on that head,
    which lies over the own hair of the same place. own: H,W, sure hair of the photo; forehead: H,W, 0..1, where what a
    parser calls hair must look like it."""
    drawn = erode(render.is_any(*HAIR_CLASSES), settings.sure_hair_canvas_px)
    tone = hair_tone(
        setting.photo.picture, own, render.picture, drawn, at_scale(HairToneSettings(), setting.photo.scale)
    )
    hair = smoothstep(_snapped(render, settings, *HAIR_CLASSES), *settings.hair_edge)
    hair = np.minimum(np.minimum(hair, head), 1 - scalp)
    hair = hair * (1 - forehead * (1 - _dark_as_hair(render, hair, forehead, settings.fringe)))
    return (blur(hair, softer_px) if softer_px else hair), tone


def _snapped(render: View, settings: HeadSettings, *classes: int) -> Plane:
    return render.snapped(settings.snap_canvas_px, settings.snap_epsilon, *classes)


def _head_share(setting: Setting, render: View, face: Plane, settings: HeadSettings) -> Plane:
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


def _face(setting: Setting, settings: HeadSettings, scale: float = 1.0) -> Plane:
    """Where every render shows a face (H,W, 0..1), by an ellipse that many times as large."""
    low, high = settings.face_heights
    aside, upwards = setting.u / settings.face_half_width, (setting.v - (low + high) / 2) / ((high - low) / 2)
    return blur(aside**2 + upwards**2 < scale**2, settings.face_fade_px * setting.unit_px)


def _dark_as_hair(render: View, hair: Plane, face: Plane, settings: FringeSettings) -> Plane:
    """How far on the way from the face's colour to the hair's each pixel is: where a parser wavers on a forehead, the
    colour tells skin from a fringe (H,W, 0..1; 1 everywhere where the two hardly differ)."""
    sure, skin = hair > settings.sure, (face > settings.sure) & render.is_any(FaceClass.SKIN)
    if min(int(sure.sum()), int(skin.sum())) < settings.min_sample_canvas_area:
        return np.ones_like(hair)
    its_hair, its_skin = (np.median(render.picture[mask], 0) for mask in (sure, skin))
    way = (its_hair - its_skin).astype(np.float32)
    length = np.linalg.norm(way)
    if length < settings.min_contrast:
        return np.ones_like(hair)
    blurred = blur(render.picture, settings.blur_canvas_px)
    share = share_of_way(blurred, its_skin.astype(np.float32), way, length)
    return smoothstep(share, *settings.shares)


def _without_holes(setting: Setting, share: Plane, off_skin: Mask, settings: HeadSettings) -> Plane:
    """Without holes that the parser saw at its small size: nobody has any, and a background would shine through.
    off_skin: H,W, where gaps between locks are told by their colour."""
    count, labels, stats, middles = cv2.connectedComponentsWithStats((share < settings.solid).astype(np.uint8))
    if count <= 1:
        return share
    columns, rows = np.clip(np.rint(middles).astype(int), 0, np.array(share.shape[::-1]) - 1).T
    u, v = setting.u[rows, columns], setting.v[rows, columns]
    low, high = settings.heights
    within = (np.abs(u) < settings.half_width) & (v > low) & (v < high)
    edges = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    small = stats[:, cv2.CC_STAT_AREA] < settings.max_hole_px * setting.unit_px**2
    hole = (small & ~off_skin[rows, columns]) | within
    hole[np.unique(edges)] = hole[0] = False
    if not hole.any():
        return share
    filled = dilate(hole[labels], settings.hole_wider_canvas_px)
    return np.maximum(share, soft(filled, settings.hole_edge_canvas_px))
