"""Generated hair that hangs together with the person's own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.hair.hanging import hanging

FACE_PX = 200.0


def plane(*boxes: tuple[slice, slice]) -> NDArray[np.float32]:
    drawn = np.zeros((300, 300), np.float32)
    for box in boxes:
        drawn[box] = 1
    return drawn


OWN = plane(np.s_[40:80, 60:240])
LOCK, LOOSE = np.s_[82:200, 60:100], np.s_[120:220, 220:260]


def test_a_lock_that_meets_own_hair_stays_whole() -> None:
    np.testing.assert_array_equal(hanging(plane(LOCK), OWN, FACE_PX), 1)


def test_a_piece_in_the_air_goes_with_its_faint_ends_and_the_rest_stays() -> None:
    generated = plane(LOCK, LOOSE)
    generated[100:120, 220:260] = 0.1
    kept = hanging(generated, OWN, FACE_PX)
    assert kept[LOCK].min() > 0.99
    assert kept[100:220, 220:260].max() < 0.01


def test_where_nobody_has_hair_all_that_is_generated_stays() -> None:
    np.testing.assert_array_equal(hanging(plane(LOOSE), np.zeros_like(OWN), FACE_PX), 1)
