"""Latent and generator for one crop, found in a handful of steps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from engine.errors import Cancelled
from engine.latent.encoder import Estimate
from engine.latent.inversion import CropLoss, Inversion, InversionSteps, Target, invert
from engine.models.load import Parts

pytestmark = pytest.mark.slow

FEW = InversionSteps(3, 2, 3, 128)


@pytest.fixture(scope="module")
def face(parts: Parts, latents: torch.Tensor) -> torch.Tensor:
    """The first face at full size."""
    with torch.no_grad():
        picture: torch.Tensor = parts.generator(latents[:1]).picture
    return picture.clamp(-1, 1)


@pytest.fixture(scope="module")
def target(face: torch.Tensor) -> Target:
    """The same, each pixel of which counts."""
    everywhere = torch.ones(1, 1, 1024, 1024)
    return Target(face, everywhere, everywhere)


@pytest.fixture(scope="module")
def mean(parts: Parts) -> Estimate:
    """The least that can be guessed."""
    return Estimate(parts.statistics.mean[None], torch.zeros(1, parts.generator.w_layers, 512))


@pytest.fixture(scope="module")
def heard() -> list[float]:
    return []


@pytest.fixture(scope="module")
def inverted(parts: Parts, mean: Estimate, target: Target, heard: list[float]) -> Inversion:
    return invert(parts.networks, mean, target, FEW, tell=heard.append)


@pytest.fixture(scope="module")
def loss(parts: Parts, target: Target) -> CropLoss:
    return CropLoss(parts.parser, target.picture, target.weight)


def test_a_few_steps_bring_the_picture_closer(
    parts: Parts, loss: CropLoss, inverted: Inversion, face: torch.Tensor
) -> None:
    with torch.no_grad():
        start = parts.generator(parts.statistics.mean[None]).picture
        assert float(loss(inverted.picture)) < 0.95 * float(loss(start))
    assert float((inverted.picture - face).abs().mean()) < float((start - face).abs().mean())


def test_the_picture_is_what_the_tuned_generator_draws_at_the_latent(inverted: Inversion) -> None:
    assert inverted.latent.shape == (1, 16, 512)
    assert inverted.picture.shape == (1, 3, 1024, 1024)
    with torch.no_grad():
        again = inverted.generator(inverted.latent).picture
    torch.testing.assert_close(again, inverted.picture)


def test_tuning_changes_a_copy_and_leaves_the_shared_generator_alone(
    parts: Parts, inverted: Inversion, face: torch.Tensor, latents: torch.Tensor
) -> None:
    assert inverted.generator is not parts.generator
    ours = dict(inverted.generator.named_parameters())
    theirs = dict(parts.generator.named_parameters())
    changed = {name for name in ours if not torch.equal(ours[name], theirs[name])}
    assert changed
    assert not [name for name in changed if "style" in name or name.startswith(("ups", "mapping"))]
    for parameter in (*ours.values(), *theirs.values()):
        assert not parameter.requires_grad
        assert parameter.grad is None
    with torch.no_grad():
        torch.testing.assert_close(parts.generator(latents[:1]).picture.clamp(-1, 1), face)


def test_the_descent_sets_out_from_the_estimated_deltas(parts: Parts, mean: Estimate, target: Target) -> None:
    """Without a step to change them, the deltas that come out are those that went in."""
    guess = Estimate(mean.latent, 0.1 * torch.randn(1, 16, 512, generator=torch.Generator().manual_seed(4)))
    none = InversionSteps(0, 0, 0, 512)
    found = invert(parts.networks, guess, target, none, tell=lambda fraction: None)
    torch.testing.assert_close(found.latent, mean.latent[:, None] + guess.deltas)


def test_every_step_is_reported_up_to_the_whole(inverted: Inversion, heard: list[float]) -> None:
    np.testing.assert_allclose(heard, np.array([1, 2, 3, 4, 5, 8, 11, 14]) / 14)


def test_a_listener_that_raises_stops_the_work(parts: Parts, mean: Estimate, target: Target) -> None:
    heard = []

    def stop(fraction: float) -> None:
        heard.append(fraction)
        raise Cancelled("The job was cancelled.")

    with pytest.raises(Cancelled):
        invert(parts.networks, mean, target, FEW, tell=stop)
    assert len(heard) == 1


def test_the_loss_is_nothing_for_the_crop_itself_and_grows_with_the_difference(
    loss: CropLoss, face: torch.Tensor
) -> None:
    with torch.no_grad():
        same, near, far = (float(loss(picture)) for picture in (face, face * 0.9, face * 0.5))
    assert same == pytest.approx(0, abs=1e-5)
    assert same < near < far


def test_detail_counts_only_when_asked_for(loss: CropLoss, face: torch.Tensor) -> None:
    """A checkerboard of single pixels at 512 px is gone at 256 px."""
    board = (torch.arange(512)[:, None] + torch.arange(512)) % 2 * 2.0 - 1
    half = F.avg_pool2d(face, 2)
    with torch.no_grad():
        grained, clean = half + 0.1 * board, half
        assert abs(float(loss(grained)) - float(loss(clean))) < 0.01
        assert float(loss(grained, detail=0.5)) > float(loss(clean, detail=0.5)) + 0.1


def test_pixels_without_weight_do_not_count(parts: Parts, face: torch.Tensor) -> None:
    """Half of the crop is painted over, and hardly any of it is missed where that half has no weight."""
    weight = torch.ones(1, 1, 1024, 1024)
    weight[..., 400:] = 0
    painted = face.clone()
    painted[..., 600:] = 1
    with torch.no_grad():
        one_half = float(CropLoss(parts.parser, face, weight)(painted))
        whole = float(CropLoss(parts.parser, face, torch.ones_like(weight))(painted))
    assert one_half < 0.1 * whole
