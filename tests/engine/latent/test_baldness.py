"""What a bald head shows."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import NoHairLeft
from engine.face.head_axes import HeadAxes, head_axes, skull_radius
from engine.latent.baldness import (
    ENDS,
    KINDS,
    SKIN,
    check_hair,
    clean,
    hangs_long,
    held,
    horseshoe,
    kind_of,
    norwood_stage,
    wanted_at,
)
from engine.latent.descent import EDIT_SIZE_PX, Wanted
from engine.parsing import FaceClass
from engine.parsing.classes import HAIR_CLASSES
from tests.support.schematic_face import face_points
from tests.support.schematic_head import draw_head

LANDMARKS = face_points((512, 400), 300)
FRAME = head_axes(LANDMARKS)
U, V = FRAME.coordinates(512, 2.0)


def haired(where: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Class probabilities (19,512,512): hair in a place, background elsewhere."""
    probabilities = np.zeros((19, 512, 512), np.float32)
    probabilities[FaceClass.HAIR, where] = 1
    probabilities[FaceClass.BACKGROUND, ~where] = 1
    return probabilities


@pytest.fixture(scope="module")
def drawn() -> tuple[NDArray[np.float32], NDArray[np.float64], HeadAxes]:
    """The drawn head's class probabilities and landmarks, enlarged to a crop of 1024 px, and axes."""
    head = draw_head()
    landmarks = head.landmarks * 2 + 0.5
    return head.photo.probabilities, landmarks, head_axes(landmarks)


Drawn = tuple[NDArray[np.float32], NDArray[np.float64], HeadAxes]


def region(terms: tuple[Wanted, ...], classes: tuple[int, ...], *, absent: bool = False) -> NDArray[np.bool_]:
    """All that is wanted of some classes."""
    return np.asarray(np.max([t.region for t in terms if t.classes == classes and t.absent == absent], 0) > 0, bool)


def test_hair_hangs_long_where_it_falls_below_the_mouth() -> None:
    probabilities = haired(V > 0.2)
    assert not hangs_long(probabilities, FRAME)
    probabilities[FaceClass.HAIR, :, :120] = 1
    assert hangs_long(probabilities, FRAME)
    assert not hangs_long(np.zeros_like(probabilities), FRAME)


def test_each_end_has_a_direction_for_short_and_one_for_hanging_hair() -> None:
    short, long = haired(V > 0.2), haired(np.abs(U) > 0.5)
    kinds = {kind_of(end, probabilities, FRAME) for end in ENDS for probabilities in (short, long)}
    assert kinds == set(KINDS) == {"horseshoe_short", "horseshoe_long", "clean_short", "clean_long"}
    assert kind_of("clean", long, FRAME) == "clean_long"


def test_a_horseshoe_is_skin_on_top_hair_beside_the_skull_and_background_beyond_it(drawn: Drawn) -> None:
    probabilities, _, axes = drawn
    u, v = axes.coordinates(EDIT_SIZE_PX, 4.0)
    terms = horseshoe(probabilities, axes)
    scalp, sides = region(terms, SKIN), region(terms, HAIR_CLASSES)
    beyond = region(terms, (FaceClass.BACKGROUND,))
    for wanted in (scalp, sides, beyond):
        assert wanted.shape == (EDIT_SIZE_PX, EDIT_SIZE_PX)
        assert wanted.any()
    assert scalp[(np.abs(u) < 0.1) & (np.abs(v - 0.4) < 0.05)].all()
    assert not scalp[v < 0].any()
    assert np.abs(u[sides]).min() > 0.4
    assert v[sides & (np.abs(u) < 0.55) & (v > -0.1)].max() < 0.2
    assert not (scalp & beyond).any()
    assert skull_radius(u, v)[beyond & (v > 0)].min() > 1
    assert not (sides & region(terms, HAIR_CLASSES, absent=True)).any()


def test_only_the_bare_top_settles_a_horseshoe(drawn: Drawn) -> None:
    terms = horseshoe(drawn[0], drawn[2])
    assert {(t.classes, t.absent) for t in terms if t.settles} == {(SKIN, False), (HAIR_CLASSES, True)}


def test_a_horseshoe_keeps_hanging_hair_beside_the_neck_and_only_where_there_is_some(drawn: Drawn) -> None:
    u, v = FRAME.coordinates(EDIT_SIZE_PX, 4.0)
    low = (v < -0.5) & (np.abs(u) > 0.42) & (np.abs(u) < 0.6)
    long = region(horseshoe(haired((np.abs(U) > 0.4) & (V > -0.9)), FRAME), HAIR_CLASSES)
    assert long[low & (v > -0.8)].mean() > 0.8
    assert not region(horseshoe(haired(V > 0.2), FRAME), HAIR_CLASSES)[low].any()


def test_the_clean_end_wants_hair_nowhere_and_skin_on_all_of_the_skull(drawn: Drawn) -> None:
    probabilities, _, axes = drawn
    u, v = axes.coordinates(EDIT_SIZE_PX, 4.0)
    terms = clean(probabilities, axes)
    assert region(terms, HAIR_CLASSES, absent=True).all()
    assert not any(t.classes == HAIR_CLASSES and not t.absent for t in terms)
    skin = region(terms, SKIN)
    assert skin[(v > 0.05) & (skull_radius(u, v) < 0.9)].all()
    assert not skin[v < 0].any()


def test_an_end_is_asked_for_by_its_name(drawn: Drawn) -> None:
    for end, make in (("horseshoe", horseshoe), ("clean", clean)):
        asked, made = wanted_at(end, drawn[0], drawn[2]), make(drawn[0], drawn[2])
        assert [t.classes for t in asked] == [t.classes for t in made]
        for one, other in zip(asked, made, strict=True):
            np.testing.assert_array_equal(one.region, other.region)


def test_the_face_is_held_below_the_brows_and_the_scalp_is_not(drawn: Drawn) -> None:
    _, v = drawn[2].coordinates(EDIT_SIZE_PX, 4.0)
    kept = held(*drawn)
    assert kept.face.any()
    assert not kept.face[v > 0.01].any()
    assert kept.surroundings[:20].all()


def test_a_full_head_of_hair_is_at_stage_one_and_a_bald_one_at_seven() -> None:
    skull = skull_radius(U, V)
    assert norwood_stage(np.ones_like(U), U, V) == 1
    assert norwood_stage(np.zeros_like(U), U, V) == 7
    sides = ((skull > 0.95) | (V < 0.3)).astype(np.float32)
    assert norwood_stage(sides, U, V) == 7


def test_the_further_a_hairline_has_receded_the_later_the_stage() -> None:
    stages = [norwood_stage((height < V).astype(np.float32), U, V) for height in (0.45, 0.48, 0.51, 0.54, 0.62)]
    assert stages == sorted(stages)
    assert stages[0] == 1
    assert 1 < stages[2] < 7
    assert stages[-1] == 7


def test_a_bald_top_has_no_hair_left_to_lose_but_its_sides_may_still_go() -> None:
    sides = ((np.abs(U) > 0.45) & (np.abs(U) < 0.7) & (np.abs(V) < 0.4)).astype(np.float32)
    check_hair(sides, U, V, everywhere=True)
    with pytest.raises(NoHairLeft, match="no hair left"):
        check_hair(sides, U, V, everywhere=False)


@pytest.mark.parametrize("everywhere", [False, True])
def test_hair_on_top_can_be_lost_and_none_at_all_cannot(everywhere: bool) -> None:
    check_hair((V > 0.3).astype(np.float32), U, V, everywhere=everywhere)
    with pytest.raises(NoHairLeft, match="no hair left"):
        check_hair(np.zeros_like(U), U, V, everywhere=everywhere)
