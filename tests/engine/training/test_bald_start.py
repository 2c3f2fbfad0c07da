"""The map to each face's own start, fitted by the loss of the descent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from engine.errors import TrainingData
from engine.latent.baldness import KINDS, start_at
from engine.latent.learnt_start import MOST_SPREADS, learnt_start
from engine.models.load import Models
from engine.training.bald_start import (
    END,
    StartSettings,
    Subject,
    axes_of,
    beginning,
    draw_subjects,
    fit,
    scores,
    train_bald_start,
)
from tests.support.measured_face import face_at

FEW = StartSettings(latent_numbers=2, hair_numbers=1, batch=1, batches=4, rate=0.01)


@pytest.fixture(scope="module")
def subjects(models: Models) -> list[Subject]:
    return draw_subjects(models.networks, models.face_tools, 3, seed=0, settings=FEW, tell=lambda *_: None)


def told(values: list[float]) -> list[Subject]:
    """People who differ by one number of their latents and by how far down their hair comes."""
    people = []
    for value in values:
        probabilities = np.zeros((19, 256, 256), np.float32)
        probabilities[17, : int(60 + 20 * value)] = 1
        people.append(Subject(torch.full((1, 16, 512), value), probabilities, face_at(512, 400, 500)))
    return people


def test_each_number_has_a_spread_of_one_over_the_faces() -> None:
    rng = torch.Generator().manual_seed(0)
    values = list(torch.randn(50, 20, generator=rng) * torch.arange(1, 21))
    axes = axes_of(values, 5)
    numbers = torch.stack([(value - axes.middle) @ axes.directions for value in values])
    torch.testing.assert_close(numbers.mean(0), torch.zeros(5), atol=1e-5, rtol=0)
    torch.testing.assert_close(numbers.pow(2).mean(0), torch.ones(5))


def test_few_faces_have_fewer_numbers() -> None:
    assert axes_of([torch.zeros(8), torch.ones(8), torch.arange(8.0)], 5).directions.shape == (8, 2)


def test_it_begins_as_the_mean_steps() -> None:
    rng = torch.Generator().manual_seed(1)
    means = {kind: torch.randn(1, 6, 512, generator=rng) for kind in KINDS}
    people = told([-1.0, 0.0, 1.0, 2.0])
    start = beginning(people, means, FEW)
    for person in people:
        step = start(person.w_plus, person.probabilities, long=person.long)
        torch.testing.assert_close(step, start_at(END, means, person.probabilities, person.axes))
        assert start.inputs(person.w_plus, person.probabilities, long=person.long).abs().max() <= MOST_SPREADS


@pytest.mark.slow
def test_people_have_hair_and_the_seed_tells_who_they_are(models: Models, subjects: list[Subject]) -> None:
    again = draw_subjects(models.networks, models.face_tools, 1, seed=0, settings=FEW, tell=lambda *_: None)
    assert torch.equal(again[0].w_plus, subjects[0].w_plus)
    for subject in subjects:
        assert subject.w_plus.shape == (1, 16, 512)
        assert float((subject.probabilities[17] > 0.5).mean()) >= 0.9 * FEW.least_hair_share


@pytest.mark.slow
def test_a_generator_of_people_without_hair_is_told(models: Models) -> None:
    nobody = replace(FEW, least_hair_share=0.99)
    with pytest.raises(TrainingData, match="Only 0 of 5 pictures"):
        draw_subjects(models.networks, models.face_tools, 1, seed=0, settings=nobody, tell=lambda *_: None)


@pytest.mark.slow
def test_the_fit_goes_down_the_descents_loss(models: Models, subjects: list[Subject]) -> None:
    start = beginning(subjects, models.bald_directions, FEW)
    fitted = fit(models.networks, subjects, start, replace(FEW, batches=9), seed=0, tell=lambda *_: None)
    before, after = (
        scores(
            models.networks,
            subjects,
            [steps(subject.w_plus, subject.probabilities, long=subject.long) for subject in subjects],
        )
        for steps in (start, fitted)
    )
    assert after["loss"] < before["loss"]
    assert torch.equal(start.steps, beginning(subjects, models.bald_directions, FEW).steps)


@pytest.mark.slow
def test_the_asset_is_the_map_and_the_card_has_both_scores(models: Models, tmp_path: Path) -> None:
    out = tmp_path / "bald_start.safetensors"
    card = train_bald_start(
        models.networks,
        models.face_tools,
        models.assets,
        out,
        faces=4,
        seed=2,
        tell=lambda *_: None,
        settings=FEW,
    )
    assert card["command"] == "recede train bald-start --faces 4 --seed 2"
    assert (card["faces"], card["held_out"]) == (3, 1)
    assert set(card) >= {"held_out_with_mean_steps", "held_out_with_the_map"}
    assert learnt_start(load_file(out), torch.device("cpu")).steps.shape == (2 + 2 + 1, 6, 512)
