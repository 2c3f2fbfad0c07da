"""What the parser's trunk saw counts where it lies on the hair, and is sure or large enough."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.on_hair import NO_EVIDENCE, check_on_hair, lies_on_hair
from engine.compositing.view import View
from engine.errors import HatInTheWay
from engine.face.head_axes import HeadAxes
from engine.parsing import FaceClass

SIZE_PX, FACE_PX = 256, 125.0
AXES = HeadAxes(np.array([128.0, 140.0]), np.array([1.0, 0.0]), np.array([0.0, -1.0]), FACE_PX)
NOTHING = np.zeros((SIZE_PX, SIZE_PX), bool)
# A band of 20 by 25 pixels on the hair.
ROWS, COLUMNS = slice(60, 80), slice(100, 125)


@pytest.fixture(scope="module")
def probabilities() -> NDArray[np.float32]:
    """Hair above the face and, on the left, beside it."""
    out = np.zeros((19, SIZE_PX, SIZE_PX), np.float32)
    out[FaceClass.HAIR, 40:110, 60:196] = 0.9
    out[FaceClass.HAIR, 110:240, 60:80] = 0.9
    out[FaceClass.BACKGROUND] = 1 - out[FaceClass.HAIR]
    return out


def seen(rows: slice, columns: slice, log_odds: float = 3.0, elsewhere: float = -3.0) -> NDArray[np.float32]:
    out = np.full((SIZE_PX, SIZE_PX), elsewhere, np.float32)
    out[rows, columns] = log_odds
    return out


def lies(
    evidence: NDArray[np.float32],
    probabilities: NDArray[np.float32],
    axes: HeadAxes,
    kept: NDArray[np.bool_],
    close: NDArray[np.float32] | None = None,
) -> bool:
    """Seen from afar alone, unless told what is seen from closer."""
    unseen = np.full_like(evidence, NO_EVIDENCE)
    return lies_on_hair(evidence, unseen if close is None else close, probabilities, axes, kept)


def test_a_thing_on_the_hair_lies_on_it(probabilities: NDArray[np.float32]) -> None:
    assert lies(seen(ROWS, COLUMNS), probabilities, AXES, NOTHING)


def test_small_things_must_be_surer_than_large_ones(probabilities: NDArray[np.float32]) -> None:
    large, small = (ROWS, COLUMNS), (slice(60, 67), slice(100, 108))
    told = [
        lies(seen(*where, log_odds), probabilities, AXES, NOTHING)
        for where, log_odds in [(large, 2.0), (small, 2.0), (small, 7.0), (large, 1.0)]
    ]
    assert told == [True, False, True, False]


def test_on_hair_that_is_plainly_seen_as_such_weaker_things_count(probabilities: NDArray[np.float32]) -> None:
    told = [
        lies(seen(ROWS, COLUMNS, log_odds, elsewhere), probabilities, AXES, NOTHING)
        for log_odds, elsewhere in [(1.0, -3.0), (1.0, -6.0), (0.05, -6.0)]
    ]
    assert told == [False, True, False]


def test_small_things_that_are_seen_from_closer_alone_lie_on_plain_hair(probabilities: NDArray[np.float32]) -> None:
    bare, pin = seen(ROWS, COLUMNS, -6.0, -6.0), (slice(60, 62), slice(100, 112))
    assert not lies(seen(*pin, 0.8, -6.0), probabilities, AXES, NOTHING)
    assert lies(bare, probabilities, AXES, NOTHING, seen(*pin, 0.8, -6.0))
    assert not lies(bare, probabilities, AXES, NOTHING, seen(*pin, 0.8, -3.0))
    assert not lies(bare, probabilities, AXES, NOTHING, seen(slice(200, 202), slice(62, 74), 0.8, -6.0))


def test_from_closer_still_weaker_things_count(probabilities: NDArray[np.float32]) -> None:
    pin, bare = (slice(60, 64), slice(100, 112)), np.full((SIZE_PX, SIZE_PX), -6.0, np.float32)
    assert lies(bare, probabilities, AXES, NOTHING, seen(*pin, -0.3, -6.0))
    assert not lies(seen(*pin, -0.3, -6.0), probabilities, AXES, NOTHING)
    assert not lies(bare, probabilities, AXES, NOTHING, seen(*pin, -1.2, -6.0))


def test_beside_the_hair_weaker_things_do_not_count(probabilities: NDArray[np.float32]) -> None:
    assert not lies(seen(slice(50, 80), slice(196, 206), 1.0, -6.0), probabilities, AXES, NOTHING)


def test_weaker_things_that_are_kept_in_place_are_no_reason(probabilities: NDArray[np.float32]) -> None:
    kept = NOTHING.copy()
    kept[ROWS, COLUMNS] = True
    assert not lies(seen(ROWS, COLUMNS, 1.0, -6.0), probabilities, AXES, kept)


def test_a_thing_that_the_parser_calls_background_lies_on_the_hair_around(probabilities: NDArray[np.float32]) -> None:
    holed = probabilities.copy()
    holed[:, 66:70, 100:160] = 0
    holed[FaceClass.BACKGROUND, 66:70, 100:160] = 1
    assert lies(seen(slice(66, 70), slice(100, 160)), holed, AXES, NOTHING)


def test_a_thing_half_beside_the_hair_counts_with_both_halves(probabilities: NDArray[np.float32]) -> None:
    assert not lies(seen(slice(50, 80), slice(194, 196), 2.0), probabilities, AXES, NOTHING)
    assert lies(seen(slice(50, 80), slice(194, 206), 2.0), probabilities, AXES, NOTHING)


def test_what_lies_beside_the_hair_alone_is_behind_it_however_sure(probabilities: NDArray[np.float32]) -> None:
    assert not lies(seen(slice(50, 80), slice(197, 206), 8.0), probabilities, AXES, NOTHING)
    assert lies(seen(slice(50, 80), slice(190, 206), 8.0), probabilities, AXES, NOTHING)


def test_the_background_counts_no_more_than_what_of_it_lies_on_the_hair(probabilities: NDArray[np.float32]) -> None:
    assert not lies(seen(slice(50, 80), slice(194, 250), 2.0), probabilities, AXES, NOTHING)


def test_glasses_on_the_nose_are_no_thing_where_they_meet_the_hair(probabilities: NDArray[np.float32]) -> None:
    where = (slice(145, 165), slice(68, 78))
    assert lies(seen(*where), probabilities, AXES, NOTHING)
    worn = probabilities.copy()
    worn[:, 145:165, 76:160] = 0
    worn[FaceClass.GLASSES, 145:165, 76:160] = 1
    assert not lies(seen(*where), worn, AXES, NOTHING)


def test_what_parser_and_evidence_doubt_together_is_cloth_and_what_one_doubts_is_hair(
    probabilities: NDArray[np.float32],
) -> None:
    doubted = probabilities.copy()
    doubted[FaceClass.HAT, ROWS, COLUMNS] = 0.3
    doubted[FaceClass.HAIR, ROWS, COLUMNS] = 0.6
    weak = seen(ROWS, COLUMNS, -1.0)
    assert lies(weak, doubted, AXES, NOTHING)
    assert not lies(weak, probabilities, AXES, NOTHING)
    assert not lies(seen(ROWS, COLUMNS, -3.0), doubted, AXES, NOTHING)
    small = seen(slice(60, 70), slice(100, 115), -1.0)
    assert not lies(small, doubted, AXES, NOTHING)


def test_hats_behind_the_head_and_what_is_kept_in_place_are_no_cloth_on_it(probabilities: NDArray[np.float32]) -> None:
    doubted = probabilities.copy()
    beside = (slice(60, 80), slice(208, 240))
    doubted[FaceClass.HAT][beside] = 0.3
    assert not lies(seen(*beside, -1.0), doubted, AXES, NOTHING)
    doubted[FaceClass.HAT, ROWS, COLUMNS] = 0.3
    kept = NOTHING.copy()
    kept[ROWS, COLUMNS] = True
    assert not lies(seen(ROWS, COLUMNS, -1.0), doubted, AXES, kept)


def test_dark_sides_of_sunglasses_are_theirs_and_a_strap_above_or_below_is_none(
    probabilities: NDArray[np.float32],
) -> None:
    worn = probabilities.copy()
    worn[:, 135:160, 100:165] = 0
    worn[FaceClass.GLASSES, 135:160, 100:165] = 1
    side = (slice(137, 158), slice(70, 79))
    assert lies(seen(*side), probabilities, AXES, NOTHING)
    assert not lies(seen(*side), worn, AXES, NOTHING)
    assert lies(seen(slice(172, 188), slice(62, 78)), worn, AXES, NOTHING)
    assert lies(seen(slice(90, 126), slice(62, 78)), worn, AXES, NOTHING)


def test_arms_of_glasses_go_the_way_that_the_head_is_tilted(probabilities: NDArray[np.float32]) -> None:
    turn = np.radians(30)
    right = np.array([np.cos(turn), np.sin(turn)])
    up = np.array([np.sin(turn), -np.cos(turn)])
    tilted = HeadAxes(AXES.origin, right, up, FACE_PX)
    bare = np.zeros_like(probabilities)
    bare[FaceClass.HAIR, 100:240, 55:100] = 1
    for along, told in [(right, False), (-right, False), (up, True)]:
        worn, evidence = bare.copy(), seen(slice(0), slice(0))
        lens = np.zeros((SIZE_PX, SIZE_PX), np.uint8)
        x, y = np.rint(np.array([77, 185]) + 0.2 * FACE_PX * along).astype(int)
        lens[y - 6 : y + 7, x - 6 : x + 7] = 1
        worn[FaceClass.GLASSES] = lens
        evidence[181:190, 71:83] = 5.0
        axes = HeadAxes(np.array([77.0, 185.0]), tilted.right, tilted.up, FACE_PX)
        assert lies(evidence, worn, axes, NOTHING) == told


def test_a_thing_on_long_hair_beside_the_cheek_counts_and_at_the_shoulder_does_not(
    probabilities: NDArray[np.float32],
) -> None:
    assert lies(seen(slice(150, 180), slice(62, 78)), probabilities, AXES, NOTHING)
    assert not lies(seen(slice(200, 230), slice(62, 78)), probabilities, AXES, NOTHING)


@pytest.mark.parametrize(
    ("rows", "columns"),
    [(slice(60, 80), slice(208, 240)), (slice(150, 200), slice(100, 150)), (slice(60, 63), slice(100, 103))],
    ids=["beside the hair", "on the face", "a speck"],
)
def test_nothing_else_does(probabilities: NDArray[np.float32], rows: slice, columns: slice) -> None:
    assert not lies(seen(rows, columns), probabilities, AXES, NOTHING)


def test_what_is_kept_in_place_is_no_reason(probabilities: NDArray[np.float32]) -> None:
    kept = NOTHING.copy()
    kept[ROWS, COLUMNS] = True
    around = seen(slice(59, 81), COLUMNS)
    assert not lies(around, probabilities, AXES, kept)
    kept[:, 118:] = False
    assert lies(around, probabilities, AXES, kept)


@pytest.mark.parametrize("slit", [(slice(75, 77), COLUMNS), (slice(66, 72), slice(108, 114))])
def test_a_thing_under_strands_or_with_a_hole_is_in_the_hair_although_the_rest_of_it_stays(
    probabilities: NDArray[np.float32], slit: tuple[slice, slice]
) -> None:
    kept = NOTHING.copy()
    kept[ROWS, COLUMNS] = True
    kept[slit] = False
    assert lies(seen(ROWS, COLUMNS), probabilities, AXES, kept)
    beyond = seen(ROWS, COLUMNS)
    beyond[slit] = -3.0  # what is seen through it is hair
    assert not lies(beyond, probabilities, AXES, kept)


def test_kept_letters_are_one_thing_with_the_gaps_between_them(probabilities: NDArray[np.float32]) -> None:
    kept = NOTHING.copy()
    kept[ROWS, 100:125:5] = True
    kept[ROWS, 101:125:5] = True
    assert not lies(seen(ROWS, slice(100, 122)), probabilities, AXES, kept)


def test_the_answer_says_what_may_lie_there(probabilities: NDArray[np.float32]) -> None:
    half = probabilities[:, ::2, ::2]
    view = View(np.zeros((SIZE_PX, SIZE_PX, 3), np.float32), half, ~NOTHING)
    evidence = seen(ROWS, COLUMNS)[::2, ::2]
    unseen = np.full_like(evidence, NO_EVIDENCE)
    with pytest.raises(HatInTheWay, match="without it"):
        check_on_hair(view, AXES, NOTHING, evidence, unseen)
    kept = NOTHING.copy()
    kept[ROWS, COLUMNS] = True
    check_on_hair(view, AXES, kept, evidence, unseen)
