"""The photo's hair as a layer of its own."""

from __future__ import annotations

import numpy as np

from engine.hair.strands import Strands
from engine.imaging.ops import erode
from engine.parsing import FaceClass
from tests.support.schematic_head import HAIR, SchematicHead


def test_all_hair_and_nothing_but_hair_is_in_the_layer(drawn: SchematicHead, strands: Strands) -> None:
    hair = drawn.photo_classes == FaceClass.HAIR
    assert strands.alpha[erode(hair, 6)].min() > 0.9
    assert strands.alpha[erode(~hair, 12)].max() < 0.15
    assert float((strands.alpha[erode(~hair, 12)] > 0).mean()) < 0.05


def test_clothes_eyes_and_mouth_are_never_in_it(drawn: SchematicHead, strands: Strands) -> None:
    others = (FaceClass.CLOTH, FaceClass.LEFT_EYE, FaceClass.RIGHT_EYE, FaceClass.UPPER_LIP)
    assert strands.alpha[erode(np.isin(drawn.photo_classes, others), 2)].max() == 0.0


def test_at_the_rim_the_layer_has_the_hair_s_colour_not_the_skin_s(drawn: SchematicHead, strands: Strands) -> None:
    rim = (strands.alpha > 0.3) & (strands.alpha < 0.7)
    assert rim.sum() > 50
    colour = np.median(strands.colour[rim], 0)
    photo = np.median(drawn.photo.picture[rim], 0)
    assert np.abs(colour - HAIR).max() < np.abs(photo - HAIR).max() - 10
