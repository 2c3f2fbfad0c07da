"""The parser's own face as a check."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.bench.degraded import blurred, compressed
from engine.bench.parser import agreement
from engine.errors import FaceBlurred
from engine.face.alignment import apply_inverse, crop_face, crop_matrix
from engine.face.faces import choose_faces, find_faces
from engine.models.load import Parts
from engine.parsing import FaceClass, check_seen, parse, parse_face
from engine.parsing.faces import CLEAR_SHARE, seen_share
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


@pytest.fixture(scope="module")
def seen(parts: Parts, astronaut: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The astronaut's crop, and her landmarks in it."""
    face = choose_faces(find_faces(parts.face_tools, astronaut), "largest")[0]
    return crop_face(astronaut, face.quad), apply_inverse(crop_matrix(face.quad), face.landmarks)


def test_a_clear_face_is_parsed_as_ever(parts: Parts, seen: tuple[NDArray[np.uint8], NDArray[np.float64]]) -> None:
    crop, landmarks = seen
    once = parse(parts.parser, crop, mirrored=False)
    assert seen_share(once, landmarks) > CLEAR_SHARE
    np.testing.assert_array_equal(parse_face(parts.parser, crop, landmarks, mirrored=False), once)


@pytest.mark.parametrize("harm", ["JPEG", "blur"])
def test_hair_is_still_found_where_the_parser_alone_sees_none(
    parts: Parts, seen: tuple[NDArray[np.uint8], NDArray[np.float64]], harm: str
) -> None:
    crop, landmarks = seen
    clean = parse(parts.parser, crop, mirrored=False)
    bad = compressed(crop, 5) if harm == "JPEG" else blurred(crop, 11)
    alone = agreement(parse(parts.parser, bad, mirrored=False), clean)
    now = agreement(parse_face(parts.parser, bad, landmarks, mirrored=False), clean)
    assert now.hair > max(0.6, alone.hair + 0.2)
    assert now.skin > max(0.7, alone.skin)
