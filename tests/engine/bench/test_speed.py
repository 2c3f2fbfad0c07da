"""The speed bench measures what it says."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from engine.bench.processor import exact_copy, frame_figures, matrix_rate
from engine.bench.speed import faces_ratio, fit, jobs_per_minute, run_once, side_by_side
from engine.latent.descent import Steps
from engine.latent.inversion import InversionSteps
from engine.models.load import Models
from engine.protocol import AnimationOptions, BaldOptions
from tests.support.effort import in_steps
from tests.support.faults.harness import order

STAGES_TOLD = ("reading", "parse", "encoder", "first_look", "inversion", "edit", "heads", "years", "encoding")


def test_a_straight_line_is_found_and_a_bend_is_seen() -> None:
    straight = fit({1: 3.0, 2: 5.0, 3: 7.0})
    assert straight["each_s"] == pytest.approx(2)
    assert straight["start_s"] == pytest.approx(1)
    assert straight["r2"] == pytest.approx(1)
    assert fit({1: 1.0, 2: 4.0, 3: 1.0})["r2"] < 0.1


def test_three_faces_are_compared_with_one() -> None:
    assert faces_ratio(fit({1: 4.0, 2: 7.0, 3: 10.0})) == pytest.approx(2.5)


def test_photos_stand_side_by_side_at_one_height() -> None:
    pictures = [np.full((100, 50, 3), 200, np.uint8), np.full((40, 40, 3), 10, np.uint8)]
    group = Image.open(BytesIO(side_by_side(pictures)))
    assert group.size == (384 + 768, 768)
    assert np.asarray(group)[:, :380].mean() > 190
    assert np.asarray(group)[:, 390:].mean() < 20


@pytest.mark.slow
def test_one_job_is_timed_with_its_first_preview_and_steps(models: Models, astronaut_jpeg: bytes) -> None:
    hasty = in_steps(models, InversionSteps(1, 1, 0, 128), Steps(1, 1))
    small = AnimationOptions(frames=4, size_px=128)
    rendered, seconds, preview = run_once(hasty, astronaut_jpeg, BaldOptions(), small)
    assert 0 < preview < seconds
    stages = {name: value for name, value in rendered.measured.items() if name.endswith("_s")}
    assert set(stages) == {f"{n}_s" for n in STAGES_TOLD}
    assert sum(stages.values()) == pytest.approx(seconds, rel=0.5)


@pytest.mark.slow
def test_a_pass_is_compared_with_the_exact_one_and_the_processors_limit(models: Models) -> None:
    exact = exact_copy(models.generator)
    assert {parameter.dtype for parameter in exact.parameters()} == {torch.float32}
    figures = frame_figures(models.generator, exact, models.device, repeats=1)
    assert figures["vs_limit"] == pytest.approx((figures["ms"] or 0) / (figures["limit_ms"] or 1))
    assert 10 < (figures["gflop"] or 0) < 40
    assert matrix_rate(models.device, repeats=1) > 1e9


def test_jobs_are_counted_through_a_real_queue() -> None:
    rates = jobs_per_minute(order("sleep", seconds=0.2)[1], (1, 2), "tests.support.faults.standin")
    assert set(rates) == {"1", "2"}
    assert all(20 < rate < 300 for rate in rates.values())


def test_a_photo_like_picture_survives_the_group(astronaut: NDArray[np.uint8]) -> None:
    group = np.asarray(Image.open(BytesIO(side_by_side([astronaut, astronaut]))))
    assert np.abs(group[:, :768].astype(int) - group[:, 768:]).mean() < 3
