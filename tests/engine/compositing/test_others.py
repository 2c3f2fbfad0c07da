"""Other people on the same canvas."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.compositing import Setting, without_others_hair
from engine.parsing import FaceClass
from tests.support.schematic_head import SchematicHead


def test_hair_that_lies_closer_to_another_head_is_left_to_it(setting: Setting, head: SchematicHead) -> None:
    axes = setting.axes
    beside = replace(axes, origin=axes.origin + 0.9 * axes.width_px * axes.right)
    seen = without_others_hair(head.photo, axes, [beside])
    hair, left = (view.is_any(FaceClass.HAIR) for view in (head.photo, seen))
    assert not left[hair & (setting.u > 0.55)].any()
    assert left[hair & (setting.u < 0.3)].all()
    np.testing.assert_allclose(seen.probabilities.sum(0), head.photo.probabilities.sum(0), atol=1e-5)
    assert without_others_hair(head.photo, axes, []) is head.photo
