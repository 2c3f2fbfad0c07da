"""Hair that skin shows through."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.matte import HairMatte
from engine.compositing.view import SKIN as SKIN_CLASSES
from engine.compositing.view import View
from engine.hair.recolour import gets_darker, recoloured
from engine.hair.strands import Strands, hair_strands
from engine.hair.thin import ThinSettings, without_skin
from engine.imaging.ops import distance_to
from engine.parsing import FaceClass
from tests.support.schematic_head import HAIR, SIZE_PX, SKIN, SchematicHead

HALF = 0.5


@pytest.fixture(scope="module")
def fade(drawn: SchematicHead) -> NDArray[np.bool_]:
    """Hair right beside the face, but for its very edge."""
    off_skin = distance_to(drawn.photo.is_any(*SKIN_CLASSES)) / drawn.axes.width_px
    v = drawn.axes.coordinates(SIZE_PX)[1]
    hair = drawn.photo.is_any(FaceClass.HAIR)
    return np.asarray(hair & (off_skin > 0.02) & (off_skin < 0.06) & (v > 0.1))


@pytest.fixture(scope="module")
def faded(drawn: SchematicHead, fade: NDArray[np.bool_]) -> View:
    """The drawn head, half of whose hair beside the face is skin."""
    picture = drawn.photo.picture.copy()
    picture[fade] = HALF * np.array(SKIN, np.float32) + (1 - HALF) * picture[fade]
    return replace(drawn.photo, picture=picture)


@pytest.fixture(scope="module")
def of_fade(drawn: SchematicHead, drawn_matte: HairMatte, faded: View) -> Strands:
    return hair_strands(faded, drawn_matte, drawn.axes.coordinates(SIZE_PX)[1], drawn.axes.width_px)


def test_of_a_fade_so_much_is_hair_as_is_no_skin_and_it_looks_like_the_rest(
    drawn: SchematicHead, faded: View, fade: NDArray[np.bool_], of_fade: Strands
) -> None:
    thin = without_skin(of_fade, faded, drawn.axes.width_px, gets_darker=False)
    assert np.median(of_fade.alpha[fade]) > 0.9
    assert np.median(thin.alpha[fade]) == pytest.approx(HALF, abs=0.12)
    np.testing.assert_allclose(np.median(thin.colour[fade], 0), HAIR, atol=20)


def test_hair_far_from_skin_and_hair_without_any_beside_it_stay(
    drawn: SchematicHead, faded: View, of_fade: Strands
) -> None:
    thin = without_skin(of_fade, faded, drawn.axes.width_px, gets_darker=False)
    far = distance_to(drawn.photo.is_any(*SKIN_CLASSES)) > ThinSettings().reach[1] * drawn.axes.width_px + 2
    np.testing.assert_array_equal(thin.alpha[far], of_fade.alpha[far])
    np.testing.assert_array_equal(thin.colour[far], of_fade.colour[far])
    nobody = replace(faded, real=np.zeros_like(faded.real))
    assert without_skin(of_fade, nobody, drawn.axes.width_px, gets_darker=False) is of_fade


def test_where_hair_gets_darker_locks_off_the_hairline_count_as_hair(
    drawn: SchematicHead, faded: View, of_fade: Strands
) -> None:
    lighter, darker = (
        without_skin(of_fade, faded, drawn.axes.width_px, gets_darker=flag).alpha.sum() for flag in (False, True)
    )
    assert lighter < darker < of_fade.alpha.sum()


def test_a_fade_dyed_blond_is_not_the_lightest_of_the_hair(
    drawn: SchematicHead, faded: View, fade: NDArray[np.bool_], of_fade: Strands
) -> None:
    width_px = drawn.axes.width_px

    def dyed(strands: Strands) -> NDArray[np.float32]:
        change = recoloured(strands, "blond", 2.0, width_px, 1.0) - strands.colour
        return np.asarray(faded.picture + change * strands.alpha[..., None], np.float32)

    deep = drawn.photo.is_any(FaceClass.HAIR) & (distance_to(drawn.photo.is_any(*SKIN_CLASSES)) > 0.2 * width_px)
    as_it_was, thin = dyed(of_fade), dyed(without_skin(of_fade, faded, width_px, gets_darker=False))
    usual = float(np.median(as_it_was[deep].mean(-1)))
    assert np.median(as_it_was[fade].mean(-1)) > usual + 30
    assert np.median(thin[fade].mean(-1)) < usual + 20


def test_dark_hair_gets_lighter_and_not_darker_by_a_light_dye(strands: Strands) -> None:
    assert not gets_darker(strands, "blond", 2.0)
    light = replace(strands, colour=strands.colour + 150)
    assert gets_darker(light, "black", 2.0)
    assert gets_darker(light, "blond", -2.0)
