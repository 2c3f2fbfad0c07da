"""Find the latent, and then the generator, that draw one given crop.

Three descents with one loss: W, then small deltas of W+ (this generator was distilled with one W for all layers and
has no good far W+), then the generator's own kernels on this one photo (pivotal tuning, Roich et al. 2021).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from engine.face.alignment import CROP_SIZE_PX
from engine.generator import Generator, LatentStatistics
from engine.latent.encoder import Estimate, fitted_deltas
from engine.latent.gradient import Gradient
from engine.latent.networks import Networks
from engine.parsing import BiSeNet, FaceClass, normalise

FEATURE_SIZE_PX = 256
PIXEL_SIZES_PX = (256, 128, 64, 32)
TUNING_SIZE_PX = 512
# Hair counts less than face and background while the latent is sought, and next to nothing while the generator is
# tuned: what is learned by heart there would come back in the bald picture.
HAIR_WEIGHT, HAIR_TUNING_WEIGHT = 0.4, 0.03
# What of the crop lies beyond the photo hardly counts, and no pixel counts less than the last.
PADDING_WEIGHT, LEAST_CROP_WEIGHT = 0.05, 0.01
PIXEL_WEIGHT = 0.5
FEATURE_WEIGHT = 0.3
MAHALANOBIS_WEIGHT = 0.02
SPREAD_WEIGHT = 0.5
LATENT_RATE, W_PLUS_RATE, TUNING_RATE = 0.1, 0.02, 1e-3
# The latent's descent is over when the best loss fell by less than this share within so many steps.
SETTLED_SHARE, SETTLED_STEPS = 0.004, 5
# What a step of tuning costs beside one of the others; for the progress bar.
TUNING_COST = 3


@dataclass(frozen=True)
class InversionSteps:
    """Gradient steps, at most, of the three descents, and the picture size in px of the first two.

    A generator that has no picture so small is asked for its smallest.
    """

    latent: int
    w_plus: int
    tuning: int
    size_px: int


@dataclass(frozen=True)
class Target:
    """The crop that is to be drawn. picture: 1,3,1024,1024 in -1..1; weight, tuning_weight: 1,1,1024,1024 in 0..1, how
    much each pixel counts for the latent, and for the generator, which must not learn by heart what an edit removes."""

    picture: torch.Tensor
    weight: torch.Tensor
    tuning_weight: torch.Tensor


@dataclass(frozen=True)
class Inversion:
    """latent: 1,layers,512; generator: a copy tuned to the photo."""

    latent: torch.Tensor
    generator: Generator

    @property
    def picture(self) -> torch.Tensor:
        """1,3,S,S: what the generator draws at the latent."""
        with torch.no_grad():
            return self.generator.full_picture(self.latent).float()


class CropLoss:
    """Distance of a generated picture from one crop: pixels at up to four sizes and residual-trunk activations.

    target: 1,3,S,S in -1..1; weight: 1,1,S,S, how much each pixel counts; size_px: of the pictures to compare.
    """

    def __init__(self, parser: BiSeNet, target: torch.Tensor, weight: torch.Tensor, size_px: int = 512) -> None:
        self.parser = parser
        self.feature_size_px = min(size_px, FEATURE_SIZE_PX)
        self.pixel_sizes_px = tuple(side for side in PIXEL_SIZES_PX if side <= size_px)
        feature_sides = (self.feature_size_px // 4, self.feature_size_px // 8, self.feature_size_px // 16)
        self.targets = {side: _area(target, side) for side in {size_px, *self.pixel_sizes_px}}
        self.weights = {side: _area(weight, side) for side in {size_px, *self.pixel_sizes_px, *feature_sides}}
        with torch.no_grad():
            self.features = [_unit(f) for f in self._trunk(target)]

    def _trunk(self, picture: torch.Tensor) -> tuple[torch.Tensor, ...]:
        features = self.parser.upper_trunk(normalise(picture, self.feature_size_px).to(self.parser.dtype))
        return tuple(feature.float() for feature in features)

    def _weighted(self, difference: torch.Tensor) -> torch.Tensor:
        weight = self.weights[difference.shape[2]]
        return (weight * difference).mean() / weight.mean()

    def __call__(self, picture: torch.Tensor, detail: float = 0.0) -> torch.Tensor:
        """detail: extra weight of full-size pixels and of what is finer than 128 px."""
        picture = picture.float()
        loss = torch.zeros((), device=picture.device)
        for side in self.pixel_sizes_px:
            loss = loss + PIXEL_WEIGHT * self._weighted((_area(picture, side) - self.targets[side]).abs())
        for ours, theirs in zip(self._trunk(picture), self.features, strict=True):
            loss = loss + FEATURE_WEIGHT * self._weighted((_unit(ours) - theirs).pow(2).sum(1, keepdim=True))
        if detail:
            target = self.targets[picture.shape[2]]
            loss = loss + detail * self._weighted((picture - target).abs())
            loss = loss + 2 * detail * self._weighted((_fine(picture) - _fine(target)).abs())
        return loss


def invert(
    networks: Networks, estimate: Estimate, target: Target, steps: InversionSteps, *, tell: Callable[[float], None]
) -> Inversion:
    """Invert one crop.

    estimate: of W (1,512) and its deltas; tell: called with 0..1 after every step and free to raise.
    """
    generator, statistics = networks.generator, networks.statistics
    steps = replace(steps, size_px=max(steps.size_px, generator.coarse_size_px))
    total = steps.latent + steps.w_plus + TUNING_COST * steps.tuning
    loss = CropLoss(networks.parser, target.picture, target.weight, steps.size_px)
    start, deltas = estimate.start(statistics.mean), fitted_deltas(estimate.deltas, generator.w_layers)
    latent = _descend_latent(generator, loss, statistics, start, deltas, steps, lambda i: tell(i / total))
    w_plus = _descend_w_plus(
        generator, loss, statistics, latent, deltas, steps, lambda i: tell((steps.latent + i) / total)
    )
    if steps.tuning == 0:
        return Inversion(w_plus, generator)
    done = steps.latent + steps.w_plus
    loss = CropLoss(networks.parser, target.picture, target.tuning_weight, TUNING_SIZE_PX)
    tuned = _tune(generator, loss, w_plus, steps.tuning, lambda i: tell((done + TUNING_COST * i) / total))
    return Inversion(w_plus, tuned)


class _Settled:
    """Says when the descent of the latent no longer gets anywhere.

    Not for the tuning, whose loss stands still while the rate is high and falls at the end.
    """

    def __init__(self) -> None:
        self._best: list[float] = []

    def __call__(self, loss: torch.Tensor) -> bool:
        value = float(loss.detach())
        self._best.append(min(value, self._best[-1]) if self._best else value)
        if len(self._best) <= SETTLED_STEPS:
            return False
        return self._best[-1] > self._best[-1 - SETTLED_STEPS] * (1 - SETTLED_SHARE)


def _descend_latent(
    generator: Generator,
    loss: CropLoss,
    statistics: LatentStatistics,
    start: torch.Tensor,
    deltas: torch.Tensor,
    steps: InversionSteps,
    tell: Callable[[int], None],
) -> torch.Tensor:
    latent = start.detach().clone().requires_grad_()
    gradient = Gradient(latent)
    settled = _Settled()
    for step in range(steps.latent):
        total = loss(generator(latent[:, None] + deltas, steps.size_px).picture)
        total = total + MAHALANOBIS_WEIGHT * statistics.mahalanobis(latent)
        gradient.step(total, LATENT_RATE * min(1.0, (step + 5) / 15) * _cosine(step, steps.latent))
        tell(step + 1)
        if settled(total):
            break
    return latent.detach()


def _descend_w_plus(
    generator: Generator,
    loss: CropLoss,
    statistics: LatentStatistics,
    latent: torch.Tensor,
    deltas: torch.Tensor,
    steps: InversionSteps,
    tell: Callable[[int], None],
) -> torch.Tensor:
    pivot = latent[:, None]
    delta = deltas.clone().requires_grad_()
    gradient = Gradient(delta)
    for step in range(steps.w_plus):
        total = loss(generator(pivot + delta, steps.size_px).picture)
        total = total + MAHALANOBIS_WEIGHT * statistics.mahalanobis(pivot + delta) + SPREAD_WEIGHT * delta.pow(2).mean()
        gradient.step(total, W_PLUS_RATE * _cosine(step, steps.w_plus))
        tell(step + 1)
    return (pivot + delta).detach()


def _tune(
    generator: Generator, loss: CropLoss, latent: torch.Tensor, steps: int, tell: Callable[[int], None]
) -> Generator:
    tuned = copy.deepcopy(generator)
    parameters = tuned.tunable_parameters()
    for parameter in parameters:
        parameter.requires_grad_(True)
    # A step is smaller than what bfloat16 resolves, so the descent itself goes in float32.
    exact = [parameter.detach().float().clone() for parameter in parameters]
    optimizer = torch.optim.Adam(exact, TUNING_RATE, betas=(0.8, 0.99))
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = TUNING_RATE * min(1.0, (step + 1) / 4) * _cosine(step, steps)
        total = loss(tuned(latent, TUNING_SIZE_PX).picture, detail=0.5)
        total.backward()  # type: ignore[no-untyped-call]
        for value, parameter in zip(exact, parameters, strict=True):
            assert parameter.grad is not None
            value.grad = parameter.grad.float()
            parameter.grad = None
        optimizer.step()
        for value, parameter in zip(exact, parameters, strict=True):
            parameter.data.copy_(value)
        tell(step + 1)
    for parameter in parameters:
        parameter.requires_grad_(False)
    return tuned


def _area(picture: torch.Tensor, side_px: int) -> torch.Tensor:
    return picture if picture.shape[2] == side_px else F.interpolate(picture, size=(side_px, side_px), mode="area")


def _fine(picture: torch.Tensor) -> torch.Tensor:
    coarse = F.interpolate(_area(picture, 128), size=picture.shape[2:], mode="bilinear", align_corners=False)
    return picture - coarse


def _unit(features: torch.Tensor) -> torch.Tensor:
    return features / (features.pow(2).sum(1, keepdim=True) + 1e-6).sqrt()


def _cosine(step: int, steps: int) -> float:
    return 0.5 * (1 + math.cos(math.pi * step / steps)) * 0.9 + 0.1


def crop_weight(
    probabilities: NDArray[np.float32], inside: NDArray[np.bool_], hair_weight: float, device: torch.device
) -> torch.Tensor:
    """How much each pixel of a crop counts (1,1,1024,1024, 0..1). probabilities: 19,S,S; inside: 1024,1024, what the
    photo shows; hair_weight: of a pixel that is hair for sure."""
    hair = probabilities[FaceClass.HAIR] + probabilities[FaceClass.HAT]
    weight = cv2.resize(1 - (1 - hair_weight) * hair, (CROP_SIZE_PX, CROP_SIZE_PX), interpolation=cv2.INTER_LINEAR)
    weight = np.clip(np.where(inside, weight, PADDING_WEIGHT), LEAST_CROP_WEIGHT, 1).astype(np.float32)
    return torch.from_numpy(weight)[None, None].to(device)
