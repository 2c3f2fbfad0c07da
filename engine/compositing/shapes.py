"""How much of each pixel is the drawn person, and how much their hair, on each head of a way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np

from engine.compositing.crown import Crown
from engine.compositing.nested import nested, with_bald_core
from engine.compositing.overhang import overhang
from engine.compositing.own_tone import OwnTone, own_tone
from engine.compositing.person import HeadSettings, face_share, hair_share
from engine.compositing.setting import Setting
from engine.compositing.view import SKIN, View
from engine.imaging.ops import Mask, Plane, blur, dilate, erode, smoothstep
from engine.parsing.classes import HAIR_CLASSES, FaceClass


@dataclass(frozen=True)
class Shape:
    """Of one head. render: as it is to be lit; drawn, head: H,W, 0..1, how much of each pixel its render shows the
    person, and how much is one; made, hair: H,W, 0..1, hair that its render has, and that is shown, near the person's
    own alone; grown: H,W, 0..1, hair that it has on the photo's skin and a head before it had not; tone: what carries
    hair to the person's own, None where nothing tells it."""

    render: View
    drawn: Plane
    head: Plane
    made: Plane
    hair: Plane
    grown: Plane
    tone: OwnTone | None


def shapes_of(
    setting: Setting,
    crowns: Iterable[Crown],
    each: Callable[..., Iterator[Any]],
    bald: int,
    softer_px: float,
    settings: HeadSettings,
) -> list[Shape]:
    """Of heads as they were drawn (crowns), each with no more hair than the one before.

    each: `map`, or what does its work at once; bald: index of the first without hair on the crown; softer_px: by how
    much the photo is softer than what was drawn of it (a Gaussian's sigma).
    """
    crowns = list(crowns)
    renders, heads = [crown.render for crown in crowns], [crown.head for crown in crowns]
    if bald < len(renders):
        heads = with_bald_core(heads, renders[bald].is_any(*HAIR_CLASSES), bald, setting.unit_px, settings)
    haired = partial(hair_share, setting, settings, face_share(setting, settings, settings.fringe.scale), softer_px)
    hairs = list(each(haired, renders, heads, [crown.scalp for crown in crowns]))
    del crowns
    sure = erode(setting.matte.solid, settings.sure_hair_canvas_px) & setting.photo.real
    tones = (own_tone(setting, sure, render, _sure_hair(render, settings)) for render in renders)
    tone = next((told for told in tones if told is not None), None)
    own_sides = smoothstep(np.abs(setting.u), *settings.sides) * (setting.matte.alpha > 0.5)
    whole, hairs = nested(heads, hairs, bald, own_sides)
    made = list(accumulate(hairs, np.minimum))
    own_skin = blur(setting.photo.seen(*SKIN) & ~setting.matte.hard, settings.own_skin_edge_px * setting.unit_px)
    near_own, withins = _near_own_hair(setting, settings), _within_own_outline(setting, len(renders), settings)

    def ended(head: Plane, within: Plane) -> Plane:
        return blur(head * within, softer_px) if softer_px else head * within

    grown = [(more - kept) * own_skin for more, kept in zip(hairs, made, strict=True)]
    parts = zip(renders, map(ended, heads, withins), map(ended, whole, withins), made, grown, strict=True)
    return [Shape(render, drawn, head, hair, hair * near_own, more, tone) for render, drawn, head, hair, more in parts]


def _sure_hair(render: View, settings: HeadSettings) -> Mask:
    return erode(render.is_any(*HAIR_CLASSES), settings.sure_hair_canvas_px)


def _near_own_hair(setting: Setting, settings: HeadSettings) -> Plane:
    """Where the photo has hair, and a little around (H,W, 0..1)."""
    near = setting.matte.near_hard(settings.own_hair_px * setting.unit_px)
    return blur(near, settings.own_hair_edge_px * setting.unit_px)


def _within_own_outline(setting: Setting, count: int, settings: HeadSettings) -> list[Plane]:
    """Where each of so many drawn heads may be (H,W, 0..1): not before the photo's background off the person, or the
    outline of a head that is drawn higher than theirs would move through what is seen there; nor, the later the less,
    wider than the person is below."""
    own = ~setting.photo.seen(FaceClass.BACKGROUND)
    closed = dilate(own, settings.own_hair_px * setting.unit_px)
    near = erode(closed, (settings.own_hair_px - settings.own_outline_px) * setting.unit_px)
    wider, last = overhang(setting, own), max(count - 1, 1)
    allowed = [settings.first_overhang * (1 - index / last) ** 2 for index in range(count)]
    return [blur(near & (wider < least), settings.own_hair_edge_px * setting.unit_px) for least in allowed]
