"""The pretrained parts as one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.errors import DeviceUnavailable
from engine.face.head_axes import head_axes
from engine.generator import moved
from engine.latent.baldness import KINDS
from engine.latent.descent import EDIT_LAYERS
from engine.models.load import Models, load_models, load_parts
from engine.parsing import FaceClass, class_logits
from engine.protocol import StageProgress
from tests.support.measured_face import face_at


@pytest.mark.slow
def test_loading_tells_how_far_it_is_and_never_goes_back(models: Models) -> None:
    heard: list[StageProgress] = []
    load_parts("cpu", heard.append)
    fractions = [progress.fraction for progress in heard]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert {progress.stage for progress in heard} == {"loading models"}


def test_a_wrong_device_is_told_before_anything_is_loaded() -> None:
    heard: list[StageProgress] = []
    with pytest.raises(DeviceUnavailable):
        load_models("cuda:99", hear=heard.append)
    assert heard == []


def test_everything_is_there_frozen_and_on_the_device(models: Models) -> None:
    assert models.device == torch.device("cpu")
    for network in (models.generator, models.parser, models.encoder):
        assert not network.training
        assert not any(parameter.requires_grad for parameter in network.parameters())
    assert models.encoder.latent_mean.shape == (512,)
    assert set(models.bald_directions) == set(KINDS)
    for direction in models.bald_directions.values():
        assert direction.shape == (1, EDIT_LAYERS, 512)
        assert direction.dtype == torch.float32


def test_a_horseshoe_has_a_step_for_each_face_and_no_hair_at_all_the_mean_one(
    models: Models, latents: torch.Tensor
) -> None:
    probabilities = np.zeros((19, 512, 512), np.float32)
    probabilities[FaceClass.HAIR, :200] = 1
    axes = head_axes(face_at(512, 400, 500))
    first, second = (models.generator.w_plus(latent[None]) for latent in latents)
    steps = [models.bald_start("horseshoe", latent, probabilities, axes) for latent in (first, second)]
    assert [step.shape for step in steps] == [(1, EDIT_LAYERS, 512)] * 2
    assert not torch.equal(*steps)
    clean = models.bald_start("clean", first, probabilities, axes)
    assert torch.equal(clean, models.bald_directions["clean_short"])


def test_without_a_map_everybody_has_the_mean_step(models: Models, latents: torch.Tensor) -> None:
    models = replace(models, horseshoe_start=None)
    assert models.own_start("horseshoe") is None
    probabilities = np.zeros((19, 512, 512), np.float32)
    axes = head_axes(face_at(512, 400, 500))
    first, second = (
        models.bald_start("horseshoe", models.generator.w_plus(latent[None]), probabilities, axes) for latent in latents
    )
    assert torch.equal(first, second)


@pytest.mark.slow
def test_the_clean_direction_alone_takes_most_hair_off(
    models: Models, latents: torch.Tensor, pictures: torch.Tensor
) -> None:
    """On the second face, which has no hat."""

    def hair(picture: torch.Tensor) -> float:
        return float((class_logits(models.parser, picture).argmax(1) == FaceClass.HAIR).float().mean())

    latent = models.generator.w_plus(latents[1:])
    with torch.no_grad():
        bald = models.generator(moved(latent, models.bald_directions["clean_long"]), 512).picture
        assert hair(bald) < 0.3 * hair(pictures[1:])
