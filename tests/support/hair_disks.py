"""A head as disks of hair that get smaller, over which a way to baldness can be told by numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.compositing.drawn import DrawnHead
from engine.edits.ahead import Ahead
from engine.edits.balding import Balding
from engine.edits.flyaways import Flyaways, FlyawaySettings
from engine.edits.hairline import Hairline, hairlines
from engine.edits.outline import outlines
from engine.edits.sinking import Sinking
from engine.imaging.ops import Plane, smoothstep

SIDE_PX = 120
ROWS, COLUMNS = np.mgrid[:SIDE_PX, :SIDE_PX] - (SIDE_PX - 1) / 2
RADIUS = np.hypot(ROWS, COLUMNS).astype(np.float32)
OWN_RADIUS_PX, CHANGE_RADIUS_PX = 36.0, 44.0
DARK, LIGHT = 40.0, 180.0
NOWHERE = np.zeros_like(RADIUS)
NOT_AT_ALL = np.zeros(FlyawaySettings().steps, np.float32)
NONE_STANDS_OFF = Flyaways(NOWHERE, np.repeat(NOWHERE[..., None], 3, 2), NOWHERE, NOWHERE, NOT_AT_ALL, NOT_AT_ALL)
STILL = Hairline(NOWHERE, NOWHERE, 1.0)
EVERYWHERE = np.ones((SIDE_PX, SIDE_PX), bool)


def disk(radius_px: float) -> Plane:
    return smoothstep(radius_px - RADIUS, -1.0, 1.0) if radius_px else np.zeros_like(RADIUS)


def dark_where(hair: Plane) -> NDArray[np.float32]:
    return np.asarray(LIGHT + (DARK - LIGHT) * np.repeat(hair[..., None], 3, 2), np.float32)


def disks(*radii_px: float, loose: bool = False, recedes: bool = False) -> Balding:
    """A disk of own hair over heads whose hair is smaller and smaller disks. loose: there is only background around;
    recedes: hairlines move where they do on a head, which is so small here that the narrowest band is a wide one."""
    hair = tuple(disk(radius) for radius in radii_px)
    heads = [each > 0.5 if loose else EVERYWHERE for each in (disk(OWN_RADIUS_PX), *hair[1:])]
    people = tuple(np.rint(dark_where(each)).astype(np.uint8) for each in hair)
    behind = dark_where(np.zeros_like(RADIUS))
    drawn = [DrawnHead(*parts, np.ones_like(RADIUS), behind) for parts in zip(people, hair, strict=True)]
    receding = hairlines(drawn, NOWHERE, NOWHERE, 0.1) if recedes else (STILL,) * (len(hair) - 1)
    return Balding(
        photo=dark_where(disk(OWN_RADIUS_PX)),
        own_hair=disk(OWN_RADIUS_PX),
        change=disk(CHANGE_RADIUS_PX),
        behind=behind,
        people=people,
        heads=tuple(each if loose else np.ones_like(RADIUS) for each in hair),
        hair=hair,
        ahead=Ahead(NOWHERE, NOWHERE, NOWHERE, len(radii_px) - 1),
        strands=np.zeros_like(RADIUS),
        spread=np.zeros_like(RADIUS),
        out=1 - hair[0] if loose else np.zeros_like(RADIUS),
        passed=np.ones_like(RADIUS),
        off=np.clip((RADIUS - radii_px[0]) / (OWN_RADIUS_PX - radii_px[0]), 0, 1).astype(np.float32),
        near_skin=np.zeros_like(RADIUS),
        gaps=np.zeros_like(RADIUS),
        kept=np.full_like(RADIUS, -1),
        ends=np.zeros_like(RADIUS),
        hangs=(0.0, 0.0),
        sinking=Sinking(disk(OWN_RADIUS_PX), NOWHERE, NOWHERE, NOWHERE, np.ones_like(RADIUS)),
        flyaways=NONE_STANDS_OFF,
        outlines=outlines(heads, 0.1),
        hairlines=receding,
        way=len(radii_px) - 1,
        unit_px=0.1,
        positions=np.array([0.0, len(radii_px) - 1.0]),
    )
