"""A band over the head is found where it is; what hair does by itself is weak evidence."""

from __future__ import annotations

import cv2
import numpy as np

from engine.compositing.band import Band, find_band
from engine.imaging.lab import to_lab
from engine.imaging.ops import dilate
from tests.support.haired_head import AXES, BLOND, Flags, Pixels, band, head, painted

DARK = (25, 22, 25)


def found(picture: Pixels, hair: Flags) -> Band:
    return find_band(to_lab(picture), hair.astype(np.float32), np.zeros(hair.shape, np.float32), AXES)


def test_the_middle_of_a_band_is_found() -> None:
    picture, hair, _ = head(BLOND)
    shape = band(50)
    x, y = np.rint(found(painted(picture, shape, DARK), hair).middle).astype(int).T
    assert dilate(shape > 127, 4)[y, x].all()
    assert np.ptp(x) > 0.9 * AXES.width_px  # from one ear to the other


def test_strands_are_far_weaker_evidence_than_a_band() -> None:
    picture, hair, _ = head(BLOND)
    assert found(picture, hair).strength < 5
    assert found(painted(picture, band(50), DARK), hair).strength > 30


def test_a_stripe_that_fades_is_weaker_than_one_that_ends() -> None:
    picture, hair, _ = head(BLOND)
    sharp = painted(picture, band(50), DARK)
    cover = cv2.GaussianBlur(band(50).astype(np.float32) / 255, (0, 0), 24)[..., None]
    faded = picture * (1 - cover) + np.array(DARK, np.float32) * cover
    assert found(faded, hair).strength < 0.3 * found(sharp, hair).strength


def test_a_stripe_that_no_hair_is_beside_is_none() -> None:
    picture, hair, _ = head(BLOND)
    assert found(painted(picture, band(50), DARK), np.zeros_like(hair)).strength < 0


def test_a_band_may_be_covered_at_one_side_but_not_up_to_the_midline() -> None:
    """What ends at the midline is a lock beside a parting."""
    picture, hair, _ = head(BLOND)
    whole = painted(picture, band(50), DARK)
    strengths = []
    for covered_px in (400, 505):
        covered = whole.copy()
        covered[:, :covered_px] = picture[:, :covered_px]
        strengths.append(found(covered, hair).strength)
    assert strengths[0] > 20
    assert strengths[1] < 5
