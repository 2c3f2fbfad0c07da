"""The generator's heads laid into the photo: own face, clothes and background, the head as it was drawn."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.background import fill_background
from engine.compositing.body import lit_body
from engine.compositing.brows import without_other_brows
from engine.compositing.crown import Crown, with_crown
from engine.compositing.fit import lowered
from engine.compositing.grain import MOTTLE, NOISE, grain_of
from engine.compositing.light import HairTone, hair_tone, softness
from engine.compositing.locks import with_locks
from engine.compositing.setting import Setting
from engine.compositing.view import CLOTHES, EARS, SKIN, View
from engine.imaging.ops import Mask, Picture, Plane, blur, dilate, erode, smoothstep, soft
from engine.parsing.classes import FEATURES, HAIR_CLASSES, FaceClass

# A pixel of the render counts as head and as hair between these shares of the snapped probability. A wider edge of the
# head shows the background that was drawn between loose curls, as smoke.
HEAD_EDGE, HAIR_EDGE = (0.45, 0.65), (0.15, 0.85)
# A head that hides less than this shows what is behind it.
SOLID_HEAD = 0.95
# Holes in it that are smaller than this, for a face 500 px wide, are none, and within this half width and these heights
# (face widths from the middle of the brows) none is, however large.
MAX_HOLE_PX = 3000.0
HEAD_HALF_WIDTH, HEAD_HEIGHTS = 0.42, (-0.85, 0.6)
# Within these, an ellipse in the same lengths, every render shows a face, whichever way it is turned.
FACE_HALF_WIDTH, FACE_HEIGHTS, FACE_FADE_PX = 0.27, (-0.55, 0.33), 4.0
# Heads with hair have no holes so far inside of the bald one (pixels of a face 500 wide), with so soft an edge.
CORE_PX, CORE_EDGE_PX = 18.0, 4.0
# Drawn hair lies no further than this off the person's own, with so soft an edge (pixels of a face 500 wide).
OWN_HAIR_PX, OWN_HAIR_EDGE_PX = 16.0, 5.0
# Clothes lie below this height over the brows (face widths), at the chin.
CLOTH_BELOW = -0.55
HOLE_MARGIN_PX = 20.0
# Before a face, in that ellipse made larger by a factor, what a parser calls hair must look like it: shares of the way
# from the median colour of sure skin to that of sure hair, if these differ by so much (levels, over all channels); read
# on slightly blurred pixels.
FRINGE_SCALE = 1.45
FRINGE_SHARES, MIN_CONTRAST, FRINGE_BLUR_PX = (0.15, 0.4), 50.0, 1.5
SURE, MIN_SAMPLE_PX = 0.95, 500
THREADS = 2


@dataclass(frozen=True)
class DrawnHead:
    """picture: H,W,3 uint8, the photo's canvas with this head in place of the photo's; hair, head: H,W, 0..1, how much
    of each pixel is drawn hair, and the drawn person at all."""

    picture: NDArray[np.uint8]
    hair: Plane
    head: Plane


@dataclass(frozen=True)
class DrawnHeads:
    """heads: in the order of their renders, each with no more hair than the one before; change: H,W, 0..1, where they
    may replace the photo; behind: H,W,3, what is seen where none is."""

    heads: tuple[DrawnHead, ...]
    change: Plane
    behind: Picture


def draw_heads(
    setting: Setting,
    renders: Sequence[View],
    rng: np.random.Generator,
    *,
    bald: int | None = None,
    behind: Picture | None = None,
) -> DrawnHeads:
    """Lay each render into the photo.

    renders: on the canvas, the first as the person is, each later one with less hair; bald: index of the first without
    hair on the crown; behind: of heads that were drawn before in the same setting.
    """
    renders = lowered(setting, renders)
    bald = len(renders) if bald is None else bald
    behind_rng, grain_rng = rng.spawn(2)
    shown = 1 - blur(setting.hidden_ears(renders[-1]), 2)
    outlined = partial(_outlined, setting, _face(setting), shown, bald)
    own = erode(setting.matte.solid, 4) & setting.photo.real
    # NumPy and OpenCV let go of the interpreter's lock while they compute.
    with ThreadPoolExecutor(THREADS) as pool:
        filling = None if behind is not None else pool.submit(_background, setting, behind_rng)
        crowns = list(pool.map(outlined, range(len(renders)), renders))
        renders, heads = [crown.render for crown in crowns], [crown.head for crown in crowns]
        if bald < len(renders):
            # A bald head lies within those with more hair, whatever a parser saw in them.
            core = blur(erode(heads[bald] > 0.5, CORE_PX * setting.unit_px), CORE_EDGE_PX * setting.unit_px)
            heads[:bald] = [np.maximum(head, core) for head in heads[:bald]]
        softer_px = _softer_px(setting, renders[0])
        haired = partial(_hair, setting, own, _face(setting, FRINGE_SCALE), softer_px)
        toned = list(pool.map(haired, renders, heads, [crown.scalp for crown in crowns]))
        tones = list(accumulate((tone for _, tone in toned), _or_before))
        made = list(accumulate((hair for hair, _ in toned), np.minimum))
        near_own = _near_own_hair(setting)
        hairs = [hair * near_own for hair in made]
        if softer_px:
            heads = [blur(head, softer_px) for head in heads]
        # One grain for all heads: noise that changed from year to year would flicker.
        photo = setting.photo.picture
        grains = [grain_of(photo, setting.calm_skin, grain_rng, band) for band in (NOISE, MOTTLE)]
        bodies = [
            pool.submit(lit_body, setting, render, head, hair, tone, softer_px, grains)
            for render, head, hair, tone in zip(renders, heads, hairs, tones, strict=True)
        ]
        change = setting.change(renders[-1])
        behind = filling.result() if filling is not None else behind
        assert behind is not None
        drawn = []
        for body, head, more, hair in zip(bodies, heads, made, hairs, strict=True):
            picture = behind + (body.result() - behind) * head[..., None]
            # Nobody gets hair on the way where they had none: there it is the photo's place.
            given = more > hair
            picture[given] += (photo[given] - picture[given]) * (more - hair)[given, None]
            drawn.append(DrawnHead(np.clip(np.rint(picture), 0, 255).astype(np.uint8), hair, head))
    return DrawnHeads(tuple(drawn), change, behind)


def _outlined(setting: Setting, face: Plane, shown: Plane, bald: int, index: int, render: View) -> Crown:
    """A render with how much of each pixel is its head. face: where every render shows one; shown: H,W, 0..1, all but
    ears that the photo hides; bald: index of the first without hair on the crown."""
    head = _head_share(setting, render, face) * shown
    if index < bald:
        head = with_locks(setting, render, head)
    render = without_other_brows(setting, render)
    if index < bald:
        return Crown(render, head, np.zeros_like(head))
    return with_crown(setting, render, head)


def _near_own_hair(setting: Setting) -> Plane:
    """Where the photo has hair, and a little around (H,W, 0..1)."""
    return blur(setting.matte.near_hard(OWN_HAIR_PX * setting.unit_px), OWN_HAIR_EDGE_PX * setting.unit_px)


def _or_before(before: HairTone | None, tone: HairTone | None) -> HairTone | None:
    return before if tone is None else tone


def _softer_px(setting: Setting, render: View) -> float:
    """How much softer the photo is than a render of it, as a Gaussian's sigma."""
    features = setting.photo.seen(*FEATURES[:6]) & ~setting.matte.near_hard(4)
    return softness(setting.photo.picture, render.picture, features)


def _hair(
    setting: Setting, own: Mask, forehead: Plane, softer_px: float, render: View, head: Plane, scalp: Plane
) -> tuple[Plane, HairTone | None]:
    """A render's hair (H,W, 0..1), and what carries it to the person's own tone: each by what is left on that head,
    which lies over the own hair of the same place. own: H,W, sure hair of the photo; forehead: H,W, 0..1, where what a
    parser calls hair must look like it."""
    tone = hair_tone(setting.photo.picture, own, render.picture, erode(render.is_any(*HAIR_CLASSES), 4))
    hair = smoothstep(render.snapped(6, 1e-4, *HAIR_CLASSES), *HAIR_EDGE)
    hair = np.minimum(np.minimum(hair, head), 1 - scalp)
    hair = hair * (1 - forehead * (1 - _dark_as_hair(render, hair, forehead)))
    return (blur(hair, softer_px) if softer_px else hair), tone


def _head_share(setting: Setting, render: View, face: Plane) -> Plane:
    """How much of each pixel is the drawn person, without jewellery that hangs from nothing the photo has.

    face: where every render shows one.
    """
    share = smoothstep(1 - render.snapped(6, 1e-4, FaceClass.BACKGROUND), *HEAD_EDGE)
    # A render that fails beside a turned face is taken for cloth there.
    cloth = dilate(render.is_any(*CLOTHES) & (setting.v > CLOTH_BELOW), 4)
    if cloth.any():
        share = share * (1 - blur(cloth, 2))
    body = render.is_any(*EARS, FaceClass.SKIN, FaceClass.NECK, FaceClass.HAIR)
    dangling = dilate(render.is_any(FaceClass.EARRING), 6) & ~body
    share = np.asarray(share * (1 - blur(dangling, 2)), np.float32)
    return _without_holes(setting, np.maximum(share, face))


def _face(setting: Setting, scale: float = 1.0) -> Plane:
    """Where every render shows a face (H,W, 0..1), by an ellipse that many times as large."""
    low, high = FACE_HEIGHTS
    aside, upwards = setting.u / FACE_HALF_WIDTH, (setting.v - (low + high) / 2) / ((high - low) / 2)
    return blur(aside**2 + upwards**2 < scale**2, FACE_FADE_PX * setting.unit_px)


def _dark_as_hair(render: View, hair: Plane, face: Plane) -> Plane:
    """How far on the way from the face's colour to the hair's each pixel is: where a parser wavers on a forehead, the
    colour tells skin from a fringe (H,W, 0..1; 1 everywhere where the two hardly differ)."""
    sure, skin = hair > SURE, (face > SURE) & render.is_any(FaceClass.SKIN)
    if min(int(sure.sum()), int(skin.sum())) < MIN_SAMPLE_PX:
        return np.ones_like(hair)
    its_hair, its_skin = (np.median(render.picture[mask], 0) for mask in (sure, skin))
    way = (its_hair - its_skin).astype(np.float32)
    if float(np.linalg.norm(way)) < MIN_CONTRAST:
        return np.ones_like(hair)
    share = (blur(render.picture, FRINGE_BLUR_PX) - its_skin.astype(np.float32)) @ way / float(way @ way)
    return smoothstep(np.asarray(share, np.float32), *FRINGE_SHARES)


def _without_holes(setting: Setting, share: Plane) -> Plane:
    """Without holes that the parser saw at its small size: nobody has any, and a background would shine through."""
    count, labels, stats, middles = cv2.connectedComponentsWithStats((share < SOLID_HEAD).astype(np.uint8))
    if count <= 1:
        return share
    columns, rows = np.clip(np.rint(middles).astype(int), 0, np.array(share.shape[::-1]) - 1).T
    u, v = setting.u[rows, columns], setting.v[rows, columns]
    within = (np.abs(u) < HEAD_HALF_WIDTH) & (v > HEAD_HEIGHTS[0]) & (v < HEAD_HEIGHTS[1])
    edges = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    hole = (stats[:, cv2.CC_STAT_AREA] < MAX_HOLE_PX * setting.unit_px**2) | within
    hole[np.unique(edges)] = hole[0] = False
    return np.maximum(share, soft(dilate(hole[labels], 5), 1.5)) if hole.any() else share


def _background(setting: Setting, rng: np.random.Generator) -> Picture:
    """The photo with what could stand behind the hair in its place (H,W,3), wherever a head may leave it open."""
    photo, matte, unit_px = setting.photo, setting.matte, setting.unit_px
    background = photo.is_any(FaceClass.BACKGROUND)
    hair = setting.hole
    known = ~dilate(~background | hair | setting.people, 3 * unit_px) & photo.real
    visible_skin = photo.is_any(*SKIN) & ~matte.hard
    need = (matte.near_solid(HOLE_MARGIN_PX * unit_px) & ~visible_skin) | hair
    need = dilate(need, 4) & ~known
    filled = fill_background(photo.picture, known, need, rng)
    # Nothing is copied from people, but they stay where they are.
    return np.where((setting.people & ~need)[..., None], photo.picture, filled)
