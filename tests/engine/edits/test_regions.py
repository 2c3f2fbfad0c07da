"""Where an attribute may change pixels."""

from __future__ import annotations

import numpy as np
import pytest

from engine.edits.regions import faded, hair_region, lower_face_region, scalp_region
from engine.imaging.ops import erode
from engine.parsing import FaceClass
from tests.support.schematic_head import SIZE_PX, SchematicHead, draw_head


@pytest.fixture(scope="module")
def head() -> SchematicHead:
    return draw_head()


EYES = (FaceClass.LEFT_EYE, FaceClass.RIGHT_EYE)
FEATURES = (*EYES, FaceClass.NOSE, FaceClass.UPPER_LIP)


def test_hair_s_region_holds_all_hair_before_and_after_and_no_eye(head: SchematicHead) -> None:
    for before, after in ((head.photo, head.render), (head.render, head.photo)):
        region = hair_region(before, after, head.axes.width_px)
        assert region[head.photo_classes == FaceClass.HAIR].all()
        assert not region[np.isin(head.photo_classes, EYES)].any()
        assert not region[head.photo_classes == FaceClass.CLOTH].any()
        assert region.mean() < 0.6


def test_the_scalp_s_region_adds_the_skull_above_the_brows(head: SchematicHead) -> None:
    u, v = head.axes.coordinates(SIZE_PX)
    bald = scalp_region(head.render, head.render, u, v, head.axes.width_px)
    crown = (v > 0.1) & (v < 0.5) & (np.abs(u) < 0.3)
    assert bald[crown].all()
    assert not bald[v < -0.2].any()


def test_the_lower_face_s_region_holds_chin_and_cheeks_and_neither_mouth_nor_eyes_nor_hair(head: SchematicHead) -> None:
    u, v = head.axes.coordinates(SIZE_PX)
    region = lower_face_region(head.photo, head.landmarks, u, v, head.axes.width_px)
    chin = (np.abs(u) < 0.1) & (v < -0.78) & (v > -0.83)
    assert region[chin].all()
    # The parser sees at half the size: a pixel at the rim may be on either side.
    assert not region[erode(np.isin(head.photo_classes, FEATURES), 2)].any()
    assert not region[v > -0.15].any()
    assert not region[(v < -0.3) & (np.abs(u) > 0.7)].any()


def test_a_faded_region_is_nought_outside_and_one_well_inside() -> None:
    region = np.zeros((60, 60), bool)
    region[10:50, 10:50] = True
    alpha = faded(region, 500.0)
    assert alpha[~region].max() == 0
    assert alpha[20:40, 20:40].min() == 1
    assert 0 < alpha[10, 30] < 0.3
