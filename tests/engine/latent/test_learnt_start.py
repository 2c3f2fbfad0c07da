"""A step that each face gets for itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.latent.learnt_start import (
    HAIR_GRID_CELLS,
    MOST_SPREADS,
    NUMBER_SCALE,
    Axes,
    LearntStart,
    hair_grid,
    learnt_start,
    shared_latent,
)
from engine.parsing import FaceClass

CELLS = HAIR_GRID_CELLS**2
W_PLUS = torch.zeros(1, 16, 512)


def haired(rows: slice, size_px: int = 64) -> NDArray[np.float32]:
    """Class probabilities of a crop with hair in some rows."""
    probabilities = np.zeros((19, size_px, size_px), np.float32)
    probabilities[FaceClass.SKIN] = 1
    probabilities[FaceClass.HAIR, rows], probabilities[FaceClass.SKIN, rows] = 1, 0
    return probabilities


@pytest.fixture
def start() -> LearntStart:
    """One number of the latent, its first, and one of the hair, its share of the crop: each has a layer of the step."""
    first = torch.zeros(512, 1)
    first[0] = 1
    steps = torch.zeros(4, 6, 512)
    steps[0], steps[1] = 1, 2
    steps[2, 0], steps[3, 1] = 1, 1
    latent = Axes(torch.zeros(512), first)
    return LearntStart(latent, Axes(torch.zeros(CELLS), torch.full((CELLS, 1), 1 / CELLS)), steps)


def test_the_grid_tells_where_hair_or_a_hat_is() -> None:
    probabilities = haired(slice(0, 16))
    probabilities[FaceClass.HAT, 48:] = 1
    rows = hair_grid(probabilities).reshape(HAIR_GRID_CELLS, HAIR_GRID_CELLS)
    np.testing.assert_allclose(rows[:8], 1)
    np.testing.assert_allclose(rows[8:24], 0)
    np.testing.assert_allclose(rows[24:], 1)


def test_the_grid_is_the_same_at_any_size() -> None:
    np.testing.assert_allclose(hair_grid(haired(slice(0, 16))), hair_grid(haired(slice(0, 128), 512)), atol=1e-6)


def test_one_latent_stands_for_the_layers_that_move() -> None:
    w_plus = torch.zeros(1, 16, 512)
    w_plus[:, 1], w_plus[:, 6:] = 6, 100
    torch.testing.assert_close(shared_latent(w_plus, 6), torch.ones(512))


def test_a_number_counts_from_the_middle_and_is_cut_off_far_out() -> None:
    axes = Axes(torch.ones(2), torch.eye(2))
    torch.testing.assert_close(axes.numbers(torch.tensor([2.0, -9.0])), torch.tensor([1.0, -MOST_SPREADS]))


def test_short_and_long_hair_have_a_step_each(start: LearntStart) -> None:
    bald = haired(slice(0, 0))
    torch.testing.assert_close(start(W_PLUS, bald, long=False), torch.ones(1, 6, 512))
    torch.testing.assert_close(start(W_PLUS, bald, long=True), torch.full((1, 6, 512), 2.0))


def test_a_face_has_a_step_of_its_own_by_its_latent_and_its_hair(start: LearntStart) -> None:
    w_plus = W_PLUS.clone()
    w_plus[:, :, 0] = 2
    step = start(w_plus, haired(slice(0, 32)), long=False)[0, :, 0]
    expected = [1 + 2 * NUMBER_SCALE, 1 + 0.5 * NUMBER_SCALE, 1, 1, 1, 1]
    torch.testing.assert_close(step, torch.tensor(expected))


def test_it_is_the_same_from_its_asset(start: LearntStart) -> None:
    again = learnt_start({name: value.half() for name, value in start.tensors().items()}, torch.device("cpu"))
    probabilities = haired(slice(0, 20))
    assert again.steps.dtype == torch.float32
    torch.testing.assert_close(
        again(W_PLUS, probabilities, long=True), start(W_PLUS, probabilities, long=True), atol=2e-3, rtol=2e-3
    )
