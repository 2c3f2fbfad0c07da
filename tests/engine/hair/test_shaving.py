"""A shaved lower face."""

from __future__ import annotations

import numpy as np
import pytest

from engine.compositing.view import View
from engine.hair.shaving import without_beard
from engine.imaging.ops import blur
from engine.parsing import FaceClass
from tests.support.schematic_head import SIZE_PX, SKIN, SchematicHead, draw_head


@pytest.fixture(scope="module")
def head() -> SchematicHead:
    return draw_head()


def jaw_of(head: SchematicHead) -> np.ndarray:
    u, v = head.axes.coordinates(SIZE_PX)
    return np.asarray((v < -0.72) & (v > -0.80) & (np.abs(u) < 0.25) & (head.photo_classes == FaceClass.SKIN))


def shave(head: SchematicHead, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    u, v = head.axes.coordinates(SIZE_PX)
    lower_face = (v < -0.16) & (v > -1.0) & (np.abs(u) < 0.52)
    view = View(picture, head.photo.probabilities, head.photo.real)
    return without_beard(view, head.landmarks, lower_face, v, head.axes.width_px, np.random.default_rng(0))


def test_a_beard_is_found_and_becomes_skin(head: SchematicHead) -> None:
    rng = np.random.default_rng(0)
    jaw = jaw_of(head)
    beard = np.clip(70 + 40 * rng.standard_normal(jaw.shape), 10, 200)[..., None].repeat(3, 2)
    picture = np.where(jaw[..., None], beard, head.photo.picture).astype(np.float32)
    shaved, found = shave(head, picture)
    assert found[jaw].mean() > 0.9
    assert np.abs(np.median(shaved[jaw], 0) - SKIN).max() < 45
    fine = (shaved - blur(shaved, 3)).mean(-1)[jaw].std()
    assert fine < 0.3 * (picture - blur(picture, 3)).mean(-1)[jaw].std()


def test_on_a_smooth_face_hardly_any_beard_is_found(head: SchematicHead) -> None:
    _, found = shave(head, head.photo.picture)
    assert found[jaw_of(head)].mean() < 0.2
