"""The pretrained parts as one."""

from __future__ import annotations

import pytest
import torch

from engine.errors import DeviceUnavailable
from engine.generator import moved
from engine.latent.baldness import KINDS
from engine.latent.descent import EDIT_LAYERS
from engine.models.load import Models, load_models, load_parts
from engine.parsing import FaceClass, class_logits
from engine.protocol import StageProgress


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
