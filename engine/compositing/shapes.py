"""How much of each pixel is the drawn person, and how much their hair, on each head of a way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np

from engine.compositing.crown import Crown
from engine.compositing.hair_tone import HairTone
from engine.compositing.nested import nested, with_bald_core
from engine.compositing.person import HeadSettings, OwnPlaces, face_share, hair_share
from engine.compositing.setting import Setting
from engine.compositing.view import SKIN, View
from engine.imaging.ops import Plane, blur, dilate, erode, smoothstep
from engine.parsing.classes import HAIR_CLASSES, FaceClass


@dataclass(frozen=True)
class Shape:
    """Of one head. render: as it is to be lit; drawn, head: H,W, 0..1, how much of each pixel its render shows the
    person, and how much is one; made, hair: H,W, 0..1, hair that its render has, and that is shown, near the person's
    own alone; grown: H,W, 0..1, hair that it has on the photo's skin and a head before it had not; tone: what carries
    hair to the person's own, None where nothing tells it; lighter: by how much (L*) its render draws hair lighter than
    they have it, 0 or more."""

    render: View
    drawn: Plane
    head: Plane
    made: Plane
    hair: Plane
    grown: Plane
    tone: HairTone | None
    lighter: float


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
    sure = erode(setting.matte.solid, settings.sure_hair_canvas_px) & setting.photo.real
    own = OwnPlaces(sure, face_share(setting, settings, settings.fringe.scale))
    haired = partial(hair_share, setting, settings, own, softer_px)
    toned = list(each(haired, renders, heads, [crown.scalp for crown in crowns]))
    del crowns
    hairs, tones = [hair for hair, _ in toned], list(accumulate((tone for _, tone in toned), _or_before))
    own_sides = smoothstep(np.abs(setting.u), *settings.sides) * (setting.matte.alpha > 0.5)
    whole, hairs = nested(heads, hairs, bald, own_sides)
    made = list(accumulate(hairs, np.minimum))
    own_skin = blur(setting.photo.seen(*SKIN) & ~setting.matte.hard, settings.own_skin_edge_px * setting.unit_px)
    near_own, within = _near_own_hair(setting, settings), _within_own_outline(setting, settings)

    def ended(head: Plane) -> Plane:
        return blur(head * within, softer_px) if softer_px else head * within

    grown = [(more - kept) * own_skin for more, kept in zip(hairs, made, strict=True)]
    parts = zip(renders, map(ended, heads), map(ended, whole), made, grown, tones, _lighter(tones), strict=True)
    return [
        Shape(render, drawn, head, hair, hair * near_own, more, tone, lighter)
        for render, drawn, head, hair, more, tone, lighter in parts
    ]


def _lighter(tones: Sequence[HairTone | None]) -> list[float]:
    """By how much (L*) hair is drawn lighter on each head than on the first that tells it, as far as it stays so: hair
    that gets darker again did not get thinner."""
    first = next((tone for tone in tones if tone is not None), None)
    lighter = [0.0 if tone is None or first is None else max(tone.lighter_than(first), 0.0) for tone in tones]
    return list(accumulate(reversed(lighter), min))[::-1]


def _near_own_hair(setting: Setting, settings: HeadSettings) -> Plane:
    """Where the photo has hair, and a little around (H,W, 0..1)."""
    near = setting.matte.near_hard(settings.own_hair_px * setting.unit_px)
    return blur(near, settings.own_hair_edge_px * setting.unit_px)


def _within_own_outline(setting: Setting, settings: HeadSettings) -> Plane:
    """Where a drawn head may be (H,W, 0..1): not before the photo's background off the person, or the outline of a head
    that is drawn higher than theirs would move through what is seen there."""
    own = ~setting.photo.seen(FaceClass.BACKGROUND)
    closed = dilate(own, settings.own_hair_px * setting.unit_px)
    near = erode(closed, (settings.own_hair_px - settings.own_outline_px) * setting.unit_px)
    return blur(near, settings.own_hair_edge_px * setting.unit_px)


def _or_before(before: HairTone | None, tone: HairTone | None) -> HairTone | None:
    return before if tone is None else tone
