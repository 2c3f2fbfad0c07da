"""Faces to draw things on, as they are looked at."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.models.load import Parts
from engine.parsing import FaceClass
from engine.training.on_hair_close import CLOSE
from engine.training.things.drawings import AXES, LEAST_HAIR, FaceSample, Look, as_sample, drawing
from engine.training.things.stage import Cover, Rng, Stage


def test_faces_without_hair_and_with_hats_are_left_out() -> None:
    picture = np.zeros((512, 512, 3), np.uint8)
    classes = np.full((128, 128), FaceClass.SKIN, np.uint8)
    assert as_sample(picture, classes) is None
    classes[: round(128 * LEAST_HAIR * 3)] = FaceClass.HAIR
    sample = as_sample(picture, classes)
    assert sample is not None
    assert sample.hair[0].all()
    assert sample.hair.shape == (512, 512)
    classes[-4:] = FaceClass.HAT
    assert as_sample(picture, classes) is None


def marked(size_px: int) -> NDArray[np.uint8]:
    """Classes of a head whose hair is one spot, 0.3 face widths above the brows."""
    spot = (AXES.origin + 0.3 * AXES.width_px * AXES.up) * size_px / 512
    rows, columns = np.mgrid[:size_px, :size_px]
    near = (np.abs(columns - spot[0]) < size_px / 8) & (np.abs(rows - spot[1]) < size_px / 8)
    return np.where(near, FaceClass.HAIR, FaceClass.SKIN).astype(np.uint8)


@pytest.mark.parametrize("look", [Look(), CLOSE], ids=["whole", "close"])
def test_the_axes_of_a_look_are_the_head_s_in_its_pictures(look: Look) -> None:
    picture = np.zeros((look.drawn_px, look.drawn_px, 3), np.uint8)
    sample = as_sample(picture, marked(look.parsed_px), look)
    assert sample is not None
    assert sample.picture.shape[1::-1] == look.size_px
    rows, columns = np.nonzero(sample.hair)
    middle = look.axes.origin + 0.3 * look.axes.width_px * look.axes.up
    # A close picture's pixels are a fiftieth wider than high.
    np.testing.assert_allclose((columns.mean(), rows.mean()), middle, atol=4)


@pytest.mark.slow
@pytest.mark.parametrize("look", [Look(), CLOSE], ids=["whole", "close"])
def test_cells_of_a_drawing_are_those_of_its_features(parts: Parts, look: Look) -> None:
    sample = as_sample(np.full((look.drawn_px, look.drawn_px, 3), 90, np.uint8), marked(look.parsed_px), look)
    assert sample is not None

    def square(stage: Stage, _: Rng) -> list[Cover]:
        cover = np.zeros(stage.shape, np.float32)
        x, y = np.rint(stage.axes.origin + 0.3 * stage.axes.width_px * stage.axes.up).astype(int)
        cover[y - 24 : y + 24, x - 24 : x + 24] = 1
        return [cover]

    done = drawing(parts.parser, [sample], {"square": square}, np.random.default_rng(0), 1, look)
    assert done.features[1].shape[1:] == done.thing.shape
    assert float(done.thing.max()) > look.cover[1]
    assert bool((done.thing > look.cover[1])[done.known].any())


@pytest.mark.slow
def test_kinds_that_were_missed_are_drawn_more_often(parts: Parts) -> None:
    sample = FaceSample(np.full((64, 64, 3), 90, np.uint8), np.full((64, 64), FaceClass.HAIR, np.uint8))
    drawn: Counter[str] = Counter()

    def kind(name: str) -> object:
        def draw(stage: Stage, _: Rng) -> list[Cover]:
            drawn[name] += 1
            return [np.zeros(stage.shape, np.float32)]

        return draw

    look = Look(size_px=(64, 64), rows_px=64, counts=(0.0, 0.0, 0.0, 1.0), often=("pins",))
    rng = np.random.default_rng(0)
    for _ in range(40):
        drawing(parts.parser, [sample], {"bow": kind("bow"), "pins": kind("pins")}, rng, look=look)  # type: ignore[dict-item]
    assert drawn["pins"] > 2 * drawn["bow"]
