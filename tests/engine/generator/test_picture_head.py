"""The picture head sees half-way up what the whole generator draws."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from engine.generator import MobileGenerator
from engine.generator.picture_head import PictureHead
from engine.models.load import Models, Parts
from engine.training.picture_head import fit_picture_head


def test_its_estimate_is_close_to_the_picture_and_needs_only_the_lower_half(
    models: Models, latents: torch.Tensor, pictures: torch.Tensor
) -> None:
    with torch.no_grad():
        early = models.generator(latents, 128)
    assert early.picture.shape == (2, 3, 128, 128)
    assert max(early.features) == 128
    truth = F.interpolate(pictures, size=(128, 128), mode="area")
    error = (early.picture.float() - truth).pow(2).mean()
    assert float(error) < 0.15 * float(truth.var())


def test_gradients_reach_the_latent_through_it(models: Models, latents: torch.Tensor) -> None:
    latent = latents[:1].clone().requires_grad_()
    models.generator(latent, 128).picture.float().pow(2).mean().backward()
    assert latent.grad is not None
    assert latent.grad.dtype == torch.float32
    assert float(latent.grad.abs().sum()) > 0


@pytest.mark.slow
def test_a_few_steps_of_training_beat_an_untrained_head(parts: Parts) -> None:
    assert isinstance(parts.generator, MobileGenerator)
    mean = parts.statistics.mean
    _, little = fit_picture_head(parts.generator, mean, 1, 0, lambda fraction: None, held_out=8)
    head, more = fit_picture_head(parts.generator, mean, 12, 0, lambda fraction: None, held_out=8)
    assert isinstance(head, PictureHead)
    assert more["r2"] > little["r2"] + 0.2
    assert parts.generator.picture_head is None
