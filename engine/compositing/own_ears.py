"""Ears that the photo shows beside those of a drawn head without hair: each side of a head has one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.compositing.setting import Setting
from engine.compositing.view import EARS, View
from engine.imaging.ops import Mask, Plane, blur, dilate
from engine.parsing.classes import FaceClass


@dataclass(frozen=True)
class OwnEarSettings:
    """Whose ear is seen on a side, set by eye on 38 faces, of which 12 show a part of one. Lengths in `_px` are pixels
    of a face 500 wide."""

    # Hair hid an ear where more than this share (0..1) of the drawn one lies on it, and left a part of it where less
    # than this share of the drawn one's area is seen, with more than this share of that part in the drawn one.
    on_hair: float = 0.5
    in_part: float = 0.65
    in_place: float = 0.6
    # The rest stands elsewhere, as on a turned head: where more than this share is seen the own ear is the only one.
    elsewhere: float = 0.25
    # A part goes with so much around, so softly; jewels on it stay with so much around.
    wider_px: float = 5.0
    edge_px: float = 2.5
    jewels_px: float = 2.0
    # The own ear has so much of the drawn head around.
    beside_px: float = 8.0
    # What is seen of an own ear stays, with so much around, so softly.
    own_wider_px: float = 9.0
    own_edge_px: float = 3.0


@dataclass(frozen=True)
class EarsSeen:
    """part: H,W, what the photo shows of ears that hair hid, whose place the drawn ones take; second: H,W, drawn ears
    beside own ones, which no head has."""

    part: Mask
    second: Mask


def ears_seen(setting: Setting, render: View, settings: OwnEarSettings = OwnEarSettings()) -> EarsSeen:
    """Which ears of the photo, and which of a head that was drawn without hair, are not to be seen in the end."""
    own, drawn = setting.photo.seen(*EARS) & ~setting.matte.hard, render.is_any(*EARS) & setting.photo.real
    part, second = np.zeros_like(own), np.zeros_like(own)
    for side in (-1, 1):
        here = setting.u * np.float32(side) > 0
        seen, made = own & here, drawn & here
        if not seen.any() or (made & setting.matte.hard).sum() <= settings.on_hair * made.sum():
            continue
        if (seen & made).sum() <= settings.in_place * seen.sum():
            if seen.sum() > settings.elsewhere * made.sum():
                second |= made & ~dilate(seen, settings.beside_px * setting.unit_px)
        elif seen.sum() < settings.in_part * made.sum():
            part |= seen
    return EarsSeen(part, second)


def with_own_ears(setting: Setting, render: View, change: Plane, settings: OwnEarSettings = OwnEarSettings()) -> Plane:
    """Where heads with hair at the sides may replace the photo (H,W, 0..1), without what that shows of ears: where a
    drawn one ends lower, the tip would be the background's. render: the last of these heads; hair around the ears that
    stood off it would be a wisp in the air."""
    ears, unit_px = setting.photo.seen(*EARS), setting.unit_px
    stays = ears & ~setting.matte.hard
    if not stays.any():
        return change
    edge_px = settings.own_edge_px * unit_px
    off_head = setting.matte.hard & ~dilate(ears, edge_px) & render.is_any(FaceClass.BACKGROUND)
    wider = dilate(stays, settings.own_wider_px * unit_px) & ~off_head
    return change * (1 - blur(wider, edge_px))


def with_drawn_ears(
    setting: Setting, render: View, change: Plane, settings: OwnEarSettings = OwnEarSettings()
) -> Plane:
    """Where heads may replace the photo (H,W, 0..1), with what it shows of an ear that hair hid: a lobe of another ear
    on the drawn one is seen at once."""
    part, unit_px = ears_seen(setting, render, settings).part, setting.unit_px
    if not part.any():
        return change
    jewels = dilate(setting.photo.is_any(FaceClass.EARRING) & ~setting.matte.hard, settings.jewels_px * unit_px)
    free = ~(setting.protected | jewels) & setting.photo.real
    wider = blur(dilate(part, settings.wider_px * unit_px) & free, settings.edge_px * unit_px)
    return np.maximum(change, np.asarray(wider * setting.fade, np.float32))
