"""An invented face."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.cli.sample import sample_photo
from engine.face.faces import find_faces
from engine.models.assets import AssetFolders
from engine.models.load import Parts
from engine.parsing import FaceClass, parse


@pytest.mark.slow
def test_an_invented_face_is_a_grown_up_s_wherever_age_can_be_told(parts: Parts) -> None:
    """Of seed 0 the first face would be a child's."""
    told, untold = (sample_photo(one, 0) for one in (parts, replace(parts, assets=AssetFolders(None, None))))
    assert not np.array_equal(told, untold)


@pytest.mark.slow
def test_an_invented_face_has_hair_no_hat_and_comes_again_with_its_seed(parts: Parts) -> None:
    photo = sample_photo(parts, 2)
    assert photo.shape == (1024, 1024, 3)
    assert len(find_faces(parts.face_tools, photo)) == 1
    probabilities = parse(parts.parser, photo, mirrored=False)
    assert (probabilities[FaceClass.HAIR] > 0.5).mean() > 0.1
    assert (probabilities[FaceClass.HAT] > 0.5).mean() < 0.005
    np.testing.assert_array_equal(sample_photo(parts, 2), photo)
    assert not np.array_equal(sample_photo(parts, 3), photo)
