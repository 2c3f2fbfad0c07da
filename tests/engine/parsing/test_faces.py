"""The parser's own face as a check."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import FaceBlurred
from engine.parsing import FaceClass, check_seen
from engine.parsing.faces import seen_share
from tests.support.schematic_face import face_points


def test_a_crop_that_is_all_background_is_too_blurred_and_never_bald() -> None:
    probabilities = np.zeros((19, 64, 64), np.float32)
    probabilities[FaceClass.BACKGROUND] = 1
    landmarks = face_points((512, 500), 400)
    with pytest.raises(FaceBlurred, match="too blurred or too small"):
        check_seen(probabilities, landmarks)
    assert seen_share(probabilities, landmarks) == 0


def test_a_face_hidden_from_the_mouth_down_is_still_seen() -> None:
    probabilities = np.zeros((19, 64, 64), np.float32)
    probabilities[FaceClass.SKIN] = 1
    probabilities[:, 40:] = 0
    probabilities[FaceClass.CLOTH, 40:] = 1
    landmarks = face_points((512, 500), 400)
    check_seen(probabilities, landmarks)
    assert seen_share(probabilities, landmarks) < 1
