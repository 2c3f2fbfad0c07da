"""Another hair colour on the same strands."""

from __future__ import annotations

import numpy as np
import pytest

from engine.hair.recolour import COLOURS, light_of, recoloured
from engine.hair.strands import Strands
from engine.imaging.lab import to_lab
from engine.imaging.ops import blur

FACE_PX = 200.0


def median_lab(strands: Strands, attribute: str, strength: float) -> np.ndarray:
    colour = recoloured(strands, attribute, strength, FACE_PX, 1.0)
    return np.median(to_lab(colour)[strands.alpha > 0.95], 0)


def test_each_colour_comes_out_as_that_colour(strands: Strands) -> None:
    black, brown, blond, gray = (median_lab(strands, name, 2.0) for name in ("black", "brown", "blond", "gray"))
    assert black[0] < 18 < brown[0] < 40 < gray[0]
    assert blond[0] > 55
    assert abs(gray[1]) < 3
    assert abs(gray[2]) < 4
    assert blond[2] > 20
    assert brown[2] > 10
    assert np.hypot(*black[1:]) < 4


@pytest.mark.parametrize("attribute", list(COLOURS))
def test_the_opposite_sign_leads_away(strands: Strands, attribute: str) -> None:
    before = np.median(to_lab(strands.colour)[strands.alpha > 0.95], 0)
    target = median_lab(strands, attribute, 2.0)
    away = median_lab(strands, attribute, -2.0)
    assert np.linalg.norm(away - target) > np.linalg.norm(before - target) * 0.5
    assert np.linalg.norm(away - target) > 8


def test_strength_scales_the_change_and_none_changes_nothing(strands: Strands) -> None:
    lightness = [median_lab(strands, "blond", strength)[0] for strength in (0.0, 0.7, 1.4, 2.0)]
    assert lightness == sorted(lightness)
    assert lightness[0] < lightness[1] < lightness[3] - 10
    unchanged = recoloured(strands, "blond", 0.0, FACE_PX, 1.0)
    assert np.abs(unchanged - strands.colour).max() < 0.6


def test_every_strand_stays_where_it_was(strands: Strands) -> None:
    """Fine structure before and after goes together, for a lighter and for a darker colour."""
    sure = strands.alpha > 0.95
    before = to_lab(strands.colour)[..., 0]
    for attribute in ("blond", "black"):
        after = to_lab(recoloured(strands, attribute, 2.0, FACE_PX, 1.0))[..., 0]
        fine = np.stack([(plane - blur(plane, 4))[sure] for plane in (before, after)])
        assert np.corrcoef(fine)[0, 1] > 0.8
        assert fine[1].std() > 1.0


def test_a_dim_light_gives_darker_hair(strands: Strands) -> None:
    levels = [recoloured(strands, "blond", 2.0, FACE_PX, light)[strands.alpha > 0.95].mean() for light in (0.85, 1.0)]
    assert levels[0] < levels[1] - 8


def test_light_is_read_from_the_eyes_and_without_them_from_the_skin() -> None:
    picture = np.full((40, 40, 3), 60.0, np.float32)
    eyes = np.zeros((40, 40), bool)
    eyes[:10] = True
    skin = ~eyes
    picture[eyes] = 150.0
    assert light_of(picture, eyes, skin) == pytest.approx(1.0)
    assert light_of(picture, np.zeros_like(eyes), skin) < 0.9
    assert light_of(picture, np.zeros_like(eyes), np.zeros_like(eyes)) == 1.0
