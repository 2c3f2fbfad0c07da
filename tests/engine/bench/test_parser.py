"""What is measured of the parser in bad pictures."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.bench.degraded import DEGRADATIONS
from engine.bench.parser import Agreement, PhotoAgreement, agreement, means, report_json, table
from engine.parsing import FaceClass


def halves(left: FaceClass, right: FaceClass, side_px: int) -> NDArray[np.float32]:
    probabilities = np.zeros((19, side_px, side_px), np.float32)
    probabilities[left, :, : side_px // 2] = 1
    probabilities[right, :, side_px // 2 :] = 1
    return probabilities


def test_agreement_is_the_shared_part_at_any_size() -> None:
    clean = halves(FaceClass.HAIR, FaceClass.SKIN, 64)
    assert agreement(halves(FaceClass.HAIR, FaceClass.NOSE, 32), clean) == Agreement(1.0, 1.0)  # a nose is skin
    assert agreement(halves(FaceClass.HAIR, FaceClass.HAIR, 64), clean) == Agreement(0.5, 0.0)


@pytest.mark.parametrize("degradation", DEGRADATIONS, ids=lambda one: one.name)
def test_every_degradation_changes_the_picture_and_not_its_shape(
    degradation: object, astronaut: NDArray[np.uint8]
) -> None:
    face = np.ascontiguousarray(astronaut[:256, 100:356])
    harmed = degradation.apply(face, np.random.default_rng(0))  # type: ignore[attr-defined]
    assert harmed.shape == face.shape
    assert harmed.dtype == np.uint8
    assert np.abs(harmed.astype(int) - face).mean() > 1


def test_the_table_has_each_degradation_and_their_mean() -> None:
    ways = {"before": Agreement(0.2, 0.4), "now": Agreement(0.6, 0.8)}
    photo = PhotoAgreement("one", {one.name: ways for one in DEGRADATIONS})
    lines = table([photo]).splitlines()
    assert len(lines) == 2 + len(DEGRADATIONS) + 1
    assert lines[-1] == "| mean | 0.20 | 0.60 | 0.40 | 0.80 |"
    assert means([photo])["mean"]["now"].skin == pytest.approx(0.8)
    assert report_json([photo])["mean"]["mean"]["now"] == {"hair": pytest.approx(0.6), "skin": pytest.approx(0.8)}  # type: ignore[index]
