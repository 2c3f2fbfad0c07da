"""How a head's outline ends in single hairs, on disks."""

from __future__ import annotations

import numpy as np

from engine.compositing.drawn import DrawnHead
from engine.edits.fraying import frayed, of_hair
from engine.imaging.ops import Plane
from tests.support.hair_disks import COLUMNS, RADIUS, ROWS, disk

HEAD_PX = 30.0
UNIT_PX = 1.0
# Every other sector of the disk is hair that falls late.
LATE = np.where(np.sin(24 * np.arctan2(ROWS, COLUMNS)) > 0, -1, 1).astype(np.float32)


def drawn(hair: Plane) -> DrawnHead:
    picture = np.zeros((*RADIUS.shape, 3), np.uint8)
    return DrawnHead(picture, picture, np.asarray(hair, np.float32), disk(HEAD_PX))


def test_hairs_that_fall_last_stand_out_of_a_haired_outline() -> None:
    haired = frayed(drawn(disk(HEAD_PX)), LATE, UNIT_PX)
    beyond = (RADIUS > HEAD_PX + 1.5) & (RADIUS < HEAD_PX + 3.5)
    assert haired.head[beyond & (LATE < 0)].mean() > 0.8
    assert haired.head[beyond & (LATE > 0)].mean() < 0.05
    np.testing.assert_allclose(haired.hair[beyond], haired.head[beyond], atol=0.05)
    assert not haired.head[RADIUS > HEAD_PX + 12].any()


def test_nothing_of_the_head_goes() -> None:
    before = drawn(disk(HEAD_PX))
    after = frayed(before, LATE, UNIT_PX)
    assert (after.head >= before.head).all()
    assert (after.hair >= before.hair).all()


def test_a_bald_outline_stays_as_it_is() -> None:
    bald = drawn(np.zeros_like(RADIUS))
    np.testing.assert_allclose(frayed(bald, LATE, UNIT_PX).head, bald.head, atol=1e-6)


def test_hair_falls_by_turns_only_where_the_next_outline_is_hair() -> None:
    half = np.where(COLUMNS > 0, disk(HEAD_PX), 0)
    turns = of_hair(drawn(half), LATE, 0.3)
    off = (RADIUS > HEAD_PX + 5) & (RADIUS < HEAD_PX + 20)
    assert np.abs(turns[off & (COLUMNS > 25)]).min() > 0.9
    assert np.abs(turns[off & (COLUMNS < -25)]).max() < 0.1
