"""The generator's heads laid into the photo: own face, clothes and background, the head as it was drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.agreed_hair import with_agreed_hair
from engine.compositing.bare_end import with_hair_on_shoulders, without_any_hair
from engine.compositing.behind import BehindSettings, behind_hair
from engine.compositing.body import BodySettings, PhotoTexture, lit_body
from engine.compositing.brows import without_other_brows
from engine.compositing.crown import Crown, is_bare_on_top, with_crown
from engine.compositing.cutout import cut_out
from engine.compositing.far_temple import FarTemple, far_temple, with_far_temple
from engine.compositing.fit import is_cut_bare, lowered
from engine.compositing.forehead import ForeheadLight, forehead_light, with_own_forehead
from engine.compositing.grain import MOTTLE, NOISE, Grain, SkinTexture, grain_of
from engine.compositing.hair_on_skin import strands_on_skin
from engine.compositing.kept_skin import with_kept_skin
from engine.compositing.light import SEAM_ALL_OVER
from engine.compositing.others import without_others_hair
from engine.compositing.own_body import with_own_body
from engine.compositing.own_ears import with_drawn_ears, with_own_ears
from engine.compositing.person import HeadSettings, head_share, solid_face
from engine.compositing.setting import Setting
from engine.compositing.shapes import Shape, shapes_of
from engine.compositing.softness import SoftnessSettings, softness
from engine.compositing.strand_order import strand_order
from engine.compositing.view import View
from engine.imaging.mirrored import mirrored_beyond
from engine.imaging.ops import (
    LEAST_SEEN,
    Picture,
    Plane,
    blur,
    mixed,
    rounded,
)
from engine.imaging.scale import at_scale
from engine.runtime.handed_over import handed_over

THREADS = 2
# So many heads before the bald one may have no hair on top any more.
NEARLY_BALD = 2
# How drawn heads are shown.
Shown = Literal["years", "first look", "parts"]


@dataclass(frozen=True)
class DrawnHead:
    """person: H,W,3 uint8, the drawn person, whose colours go on a little beyond their outline; hair, head: H,W, 0..1,
    how much of each pixel is drawn hair, and the drawn person at all; behind: H,W,3, what is seen where they are not.
    """

    person: NDArray[np.uint8]
    hair: Plane
    head: Plane
    behind: Picture

    @property
    def picture(self) -> NDArray[np.uint8]:
        """H,W,3: the photo's canvas with this head in place of the photo's. Who draws years asks for none."""
        return rounded(mixed(self.behind, self.person.astype(np.float32), self.head))


@dataclass(frozen=True)
class DrawnHeads:
    """heads: in the order of their renders, each with no more hair than the one before; change: H,W, 0..1, where they
    may replace the photo; behind: H,W,3, what is seen where none is; strands: H,W, -1..1, which single hairs fall
    first, none but for years; softer_px: how much softer the photo is than what was drawn of it, which they are already
    (a Gaussian's sigma)."""

    heads: tuple[DrawnHead, ...]
    change: Plane
    behind: Picture
    strands: Plane
    softer_px: float = 0.0


def draw_heads(
    setting: Setting,
    renders: Iterable[View],
    rng: np.random.Generator,
    *,
    bald: int | None = None,
    behind: Picture | None = None,
    shown: Shown = "years",
    hairless: bool = False,
    settings: HeadSettings = HeadSettings(),
) -> DrawnHeads:
    """Lay each render into the photo.

    renders: on the canvas, the first as the person is, each later one with less hair, let go of as soon as they are
    laid, where nobody else holds them; bald: index of the first without
    hair on the crown; behind: what `behind_heads` has filled, or earlier heads had in the same setting; shown: as
    the years; as a first look, without what only a second one sees and grain, and without what only heads
    between two others need; or in parts, by an edit, so that the own forehead keeps its light; hairless: whether the
    last one has no hair at all, whatever its render shows.
    """
    scale = setting.photo.scale
    settings, renders = at_scale(settings, scale), list(renders)
    bald = len(renders) if bald is None else bald
    # The heads before the bald one may be bare on top already; with hair there they are no bald heads yet.
    nearly = range(max(bald - NEARLY_BALD, 1), bald) if bald < len(renders) else ()
    crowned = next((index for index in nearly if _is_bare(setting, renders[index])), bald)
    filling_rng, grain_rng, body_rng, order_rng = rng.spawn(4)
    rough, has_lines = shown == "first look", not setting.blurred_px
    # NumPy and OpenCV let go of the interpreter's lock while they compute.
    with ThreadPoolExecutor(THREADS) as pool:
        filling = _filling(pool, behind, partial(_filled, setting, filling_rng, BehindSettings()))
        # One grain for all heads: noise that changed from year to year would flicker.
        grained = pool.submit(_grains, setting, () if rough else (NOISE, MOTTLE), has_lines, grain_rng)
        # A generator draws somebody's hair beside the head as well.
        renders = [without_others_hair(render, setting.axes, setting.others, setting.glimpsed) for render in renders]
        renders = with_agreed_hair(with_kept_skin(setting, renders))
        renders = lowered(setting, renders, pool.map)
        lit = pool.submit(_change_and_light, setting, renders[-1], shown != "parts" and has_lines, hairless)
        uncovered = 1 - blur(setting.hidden_ears(renders[-1]), settings.gone_edge_canvas_px)
        face, temple = solid_face(setting, settings), far_temple(setting)
        outlined = partial(_outlined, setting, settings, face, uncovered, crowned, temple)
        softer_px = _softer_px(setting, renders[0])
        found = pool.map(outlined, range(len(renders)), renders)
        # Behind those, so that it does not keep one of the pool's threads waiting for the light.
        ordered = pool.submit(_ordered, setting, order_rng, lit if shown == "years" else None)
        crowns = list(found)
        del renders  # so many pictures are not wanted any more
        if hairless:
            crowns[-1] = without_any_hair(setting, crowns[-1])
        shapes = shapes_of(setting, handed_over(crowns), pool.map, bald, softer_px, settings)
        last, (change, light) = len(shapes) - 1, lit.result()
        body = BodySettings(seam=SEAM_ALL_OVER, lit_from_above=False) if shown == "parts" else BodySettings()
        photo = setting.photo.picture
        texture = PhotoTexture(softer_px, grained.result())

        def laid(index: int, shape: Shape) -> DrawnHead:
            has_none = hairless and index == last
            head, hair = shape.drawn, shape.hair
            person = lit_body(setting, shape.render, head, shape.made, shape.tone, texture, body)
            if shown == "years":
                order = blur(ordered.result(), softer_px) if softer_px else ordered.result()
                person = strands_on_skin(setting, shape.render, person, shape.made, head, order)
            # Nobody gets hair on the way where they had none: there it is the photo's place.
            person = mixed(person, photo, np.maximum(shape.made - hair, shape.grown))
            if light is not None:
                person = with_own_forehead(setting, person, hair, change, light)
            if has_none:
                person = with_own_body(setting, person, head, shape.render, body_rng)
            if not rough:
                person = _beyond_outline(person, head, settings.beyond_px * setting.unit_px)
            # The filling came first to the pool, so that nobody waits for what has not begun.
            return DrawnHead(rounded(person), hair, shape.head, filling())

        heads = tuple(pool.map(laid, range(len(shapes)), handed_over(shapes)))
        changed = change if light is None else light.changed
        return DrawnHeads(heads, changed, filling(), ordered.result(), softer_px)


def behind_heads(setting: Setting, rng: np.random.Generator, settings: BehindSettings = BehindSettings()) -> Picture:
    """What `draw_heads` fills behind the hair (H,W,3) with random numbers of the same seed, for who begins early."""
    return _filled(setting, rng.spawn(1)[0], settings)


def _filled(setting: Setting, rng: np.random.Generator, settings: BehindSettings) -> Picture:
    return behind_hair(setting, rng, at_scale(settings, setting.photo.scale))


def _is_bare(setting: Setting, render: View) -> bool:
    """Whether a drawn head is bare on top: in its render, or where the crop's edge cuts it, which leaves a step."""
    return is_cut_bare(setting, render) or is_bare_on_top(setting, render)


def _filling(pool: ThreadPoolExecutor, behind: Picture | None, fill: Callable[[], Picture]) -> Callable[[], Picture]:
    """What waits for the picture behind the hair: the one that is known, or else one that the pool begins to fill."""
    return pool.submit(fill).result if behind is None else lambda: behind


def _ordered(
    setting: Setting, rng: np.random.Generator, lit: Future[tuple[Plane, ForeheadLight | None]] | None
) -> Plane:
    """Which single hairs fall first (H,W, -1..1), wherever anything may change; none does where nobody asks when."""
    if lit is None:
        return np.zeros_like(setting.v)
    change, light = lit.result()
    return strand_order(setting, rng, where=(change if light is None else light.changed) > 0)


def _grains(setting: Setting, bands: Sequence[SkinTexture], has_lines: bool, rng: np.random.Generator) -> list[Grain]:
    """What the photo has of each kind of texture; its noise alone where it is too blurred to have lines."""
    bands = bands if has_lines else [replace(band, piece_canvas_px=0) for band in bands]
    photo, skin, scale = setting.photo.picture, setting.calm_skin, setting.photo.scale
    return [grain_of(photo, skin, rng, band, scale, setting.v > 0) for band in bands]


def _change_and_light(
    setting: Setting, render: View, goes_on: bool, hairless: bool
) -> tuple[Plane, ForeheadLight | None]:
    """Where heads may replace the photo (H,W, 0..1), and where their light goes on. render: the last one; goes_on:
    whether it does at all: in a blurred photo the own forehead's edge is full of the hair beside it; hairless: whether
    that one has no hair at all."""
    change = setting.change(render)
    if hairless:
        change = with_drawn_ears(setting, render, with_hair_on_shoulders(setting, change))
    else:
        # The hair around them would stay with them, where in the end there is none.
        change = with_own_ears(setting, render, change)
    return change, forehead_light(setting, change) if goes_on else None


def _beyond_outline(person: Picture, head: Plane, smooth_px: float) -> Picture:
    """A drawn person (H,W,3) who goes on, mirrored, where the head (H,W, 0..1) has ended."""
    inside = blur(head, smooth_px) > 0.5
    if not inside.any():
        return person
    mirrored = mirrored_beyond(person, inside)
    return np.asarray(cv2.copyTo(mirrored, (head < LEAST_SEEN).view(np.uint8), person), np.float32)


def _outlined(
    setting: Setting,
    settings: HeadSettings,
    face: Plane,
    shown: Plane,
    crowned: int,
    temple: FarTemple | None,
    index: int,
    render: View,
) -> Crown:
    """A render with how much of each pixel is its head. face: where every render shows one; shown: H,W, 0..1, all but
    ears that the photo hides; crowned: index of the first that gets a crown."""
    head = head_share(setting, render, face, settings) * shown
    render, head = cut_out(setting, render, head)
    render = without_other_brows(setting, render)
    crown = Crown(render, head, np.zeros_like(head)) if index < crowned else with_crown(setting, render, head)
    return Crown(*with_far_temple(setting, temple, crown.render, crown.head), crown.scalp)


def _softer_px(setting: Setting, render: View) -> float:
    """How much softer the photo is than a render of it, as a Gaussian's sigma: a blurred one as much as it is blurred,
    because a generator can learn blurred eyes, but ends the hair as sharply as ever."""
    settings = at_scale(SoftnessSettings(), setting.photo.scale)
    return setting.blurred_px or softness(setting.photo.picture, render.picture, setting.clear_features, settings)
