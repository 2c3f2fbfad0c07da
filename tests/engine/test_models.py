"""The pretrained parts as one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine import models as module
from engine.baldness import KINDS
from engine.descent import EDIT_SLOTS, moved
from engine.errors import DeviceUnavailable
from engine.models import Models, choose_device, load_models, load_parts
from engine.parsing import FaceClass, class_logits
from engine.protocol import StageProgress


def test_automatic_is_a_gpu_where_there_is_one_and_the_processor_elsewhere() -> None:
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "cpu:x", ""])
def test_a_device_that_is_not_there_is_an_error_that_names_it(name: str) -> None:
    with pytest.raises(DeviceUnavailable, match=f"'{name}'") as raised:
        choose_device(name)
    assert raised.value.details == {"device": name}


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
        load_models("cuda:99", report=heard.append)
    assert heard == []


def test_everything_is_there_frozen_and_on_the_device(models: Models) -> None:
    assert models.device == torch.device("cpu")
    for network in (models.generator, models.parser, models.descent_parser, models.encoder):
        assert not network.training
        assert not any(parameter.requires_grad for parameter in network.parameters())
    assert models.encoder.latent_mean.shape == (512,)
    assert set(models.bald_directions) == set(KINDS)
    for direction in models.bald_directions.values():
        assert direction.shape == (1, EDIT_SLOTS, 512)
        assert direction.dtype == torch.float32


def test_the_assets_have_cards_that_say_how_they_were_made() -> None:
    made = sorted(Path(module.ASSETS).glob("*.safetensors"))
    assert {"bald_direction", "encoder", "feature_parser", "picture_head"} <= {path.stem for path in made}
    for path in made:
        assert "recede train" in path.with_suffix(".json").read_text()


@pytest.mark.slow
def test_the_clean_direction_alone_takes_most_hair_off(
    models: Models, latents: torch.Tensor, pictures: torch.Tensor
) -> None:
    """On the second face, which has no hat."""

    def hair(picture: torch.Tensor) -> float:
        return float((class_logits(models.parser, picture).argmax(1) == FaceClass.HAIR).float().mean())

    latent = models.generator.per_slot(latents[1:])
    with torch.no_grad():
        bald = models.generator(moved(latent, models.bald_directions["clean_long"]), 512).picture
        assert hair(bald) < 0.3 * hair(pictures[1:])
