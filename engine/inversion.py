"""Find the latent, and then the generator, that draw one given crop.

Three descents with one loss: W, then small per-slot deltas (this generator was distilled with one W for all slots and
has no good far W+), then the generator's own kernels on this one photo (pivotal tuning, Roich et al. 2021).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from engine.generator import Generator, LatentStatistics
from engine.parsing import BiSeNet, normalise

FEATURE_SIZE_PX = 256
PIXEL_SIZES_PX = (256, 128, 64, 32)
PIXEL_WEIGHT = 0.5
FEATURE_WEIGHT = 0.3
SURPRISE_WEIGHT = 0.02
SPREAD_WEIGHT = 0.5


@dataclass(frozen=True)
class InversionSteps:
    """Gradient steps of the three descents."""

    latent: int
    slots: int
    tuning: int


INVERSION_STEPS = {"fast": InversionSteps(35, 12, 30), "fine": InversionSteps(80, 40, 60)}


@dataclass(frozen=True)
class Inversion:
    """latent: 1,16,512; generator: a copy tuned to the photo; picture: 1,3,1024,1024 as it draws the latent."""

    latent: torch.Tensor
    generator: Generator
    picture: torch.Tensor


class CropLoss:
    """Distance of a generated picture from one crop: pixels at four sizes and residual-trunk activations.

    target: 1,3,S,S in -1..1; weight: 1,1,S,S, how much each pixel counts.
    """

    def __init__(self, parser: BiSeNet, target: torch.Tensor, weight: torch.Tensor) -> None:
        self.parser = parser
        self.targets = {side: _area(target, side) for side in (512, *PIXEL_SIZES_PX)}
        self.weights = {side: _area(weight, side) for side in (512, *PIXEL_SIZES_PX, 16)}
        with torch.no_grad():
            self.features = [_unit(f) for f in self._trunk(target)]

    def _trunk(self, picture: torch.Tensor) -> tuple[torch.Tensor, ...]:
        features = self.parser.trunk(normalise(picture, FEATURE_SIZE_PX))
        return features.quarter, features.eighth, features.sixteenth

    def _weighted(self, difference: torch.Tensor) -> torch.Tensor:
        weight = self.weights[difference.shape[2]]
        return (weight * difference).mean() / weight.mean()

    def __call__(self, picture: torch.Tensor, detail: float = 0.0) -> torch.Tensor:
        """detail: extra weight of 512 px pixels and of what is finer than 128 px."""
        loss = torch.zeros((), device=picture.device)
        for side in PIXEL_SIZES_PX:
            loss = loss + PIXEL_WEIGHT * self._weighted((_area(picture, side) - self.targets[side]).abs())
        for ours, theirs in zip(self._trunk(picture), self.features, strict=True):
            loss = loss + FEATURE_WEIGHT * self._weighted((_unit(ours) - theirs).pow(2).sum(1, keepdim=True))
        if detail:
            fine = _area(picture, 512)
            loss = loss + detail * self._weighted((fine - self.targets[512]).abs())
            loss = loss + 2 * detail * self._weighted((_fine(fine) - _fine(self.targets[512])).abs())
        return loss


def invert(
    generator: Generator,
    parser: BiSeNet,
    statistics: LatentStatistics,
    start: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor,
    tuning_weight: torch.Tensor,
    steps: InversionSteps,
    *,
    rng: torch.Generator,
    report: Callable[[float], None],
) -> Inversion:
    """Invert one crop.

    start: W estimate (1,512); target: 1,3,1024,1024 in -1..1; weight, tuning_weight: 1,1,1024,1024, how much each pixel
    counts for the latent and for the generator (which shall not learn by heart what an edit removes); report: called
    with 0..1 after every step and free to raise.
    """
    loss = CropLoss(parser, target, weight)
    total = steps.latent + steps.slots + steps.tuning
    latent = _descend_latent(generator, loss, statistics, start, steps.latent, rng, lambda i: report(i / total))
    slots = _descend_slots(
        generator, loss, statistics, latent, steps.slots, lambda i: report((steps.latent + i) / total)
    )
    loss = CropLoss(parser, target, tuning_weight)
    tuned = _tune(generator, loss, slots, steps.tuning, lambda i: report((steps.latent + steps.slots + i) / total))
    with torch.no_grad():
        picture = tuned(slots).picture
    return Inversion(slots, tuned, picture)


def _descend_latent(
    generator: Generator,
    loss: CropLoss,
    statistics: LatentStatistics,
    start: torch.Tensor,
    steps: int,
    rng: torch.Generator,
    report: Callable[[int], None],
) -> torch.Tensor:
    latent = start.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([latent], 0.05, betas=(0.9, 0.99))
    for step in range(steps):
        _set_rate(optimizer, 0.06 * min(1.0, (step + 5) / 15) * _cosine(step, steps))
        noise = torch.randn(latent.shape, generator=rng).to(latent.device)
        jittered = latent + noise * 0.03 * max(0.0, 1 - step / (steps * 0.6))
        total = loss(generator(jittered, 512).picture) + SURPRISE_WEIGHT * statistics.surprise(latent)
        optimizer.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        report(step + 1)
    return latent.detach()


def _descend_slots(
    generator: Generator,
    loss: CropLoss,
    statistics: LatentStatistics,
    latent: torch.Tensor,
    steps: int,
    report: Callable[[int], None],
) -> torch.Tensor:
    pivot = latent[:, None]
    delta = torch.zeros(1, generator.slots, 512, device=latent.device, requires_grad=True)
    optimizer = torch.optim.Adam([delta], 0.01, betas=(0.9, 0.99))
    for step in range(steps):
        _set_rate(optimizer, 0.012 * _cosine(step, steps))
        total = loss(generator(pivot + delta, 512).picture)
        total = total + SURPRISE_WEIGHT * statistics.surprise(pivot + delta) + SPREAD_WEIGHT * delta.pow(2).mean()
        optimizer.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        report(step + 1)
    return (pivot + delta).detach()


def _tune(
    generator: Generator, loss: CropLoss, latent: torch.Tensor, steps: int, report: Callable[[int], None]
) -> Generator:
    tuned = copy.deepcopy(generator)
    parameters = tuned.tunable_parameters()
    for parameter in parameters:
        parameter.requires_grad_(True)
    rate = 6e-4
    optimizer = torch.optim.Adam(parameters, rate)
    for step in range(steps):
        _set_rate(optimizer, rate * min(1.0, (step + 2) / 6) * _cosine(step, steps))
        total = loss(tuned(latent, 512).picture, detail=0.5)
        optimizer.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        report(step + 1)
    for parameter in parameters:
        parameter.requires_grad_(False)
        parameter.grad = None
    return tuned


def ms_ssim(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Multi-scale structural similarity (Wang et al., 2003) of the luminance of two pictures (H,W,3 uint8)."""
    weights = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
    x, y = (torch.from_numpy(np.asarray(p, np.float32).mean(2))[None, None] for p in (first, second))
    offsets = torch.arange(11, dtype=torch.float32) - 5
    gauss = torch.exp(-(offsets**2) / (2 * 1.5**2))
    window = torch.outer(gauss, gauss)[None, None] / gauss.sum() ** 2
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    product = 1.0
    for index, exponent in enumerate(weights):
        mean_x, mean_y = F.conv2d(x, window), F.conv2d(y, window)
        var_x, var_y = F.conv2d(x * x, window) - mean_x**2, F.conv2d(y * y, window) - mean_y**2
        covariance = F.conv2d(x * y, window) - mean_x * mean_y
        contrast = (2 * covariance + c2) / (var_x + var_y + c2)
        if index == len(weights) - 1:
            contrast = contrast * (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
        product *= max(float(contrast.mean()), 0.0) ** exponent
        x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
    return product


def _area(picture: torch.Tensor, side_px: int) -> torch.Tensor:
    return picture if picture.shape[2] == side_px else F.interpolate(picture, size=(side_px, side_px), mode="area")


def _fine(picture: torch.Tensor) -> torch.Tensor:
    coarse = F.interpolate(_area(picture, 128), size=picture.shape[2:], mode="bilinear", align_corners=False)
    return picture - coarse


def _unit(features: torch.Tensor) -> torch.Tensor:
    return features / (features.pow(2).sum(1, keepdim=True) + 1e-6).sqrt()


def _cosine(step: int, steps: int) -> float:
    return 0.5 * (1 + math.cos(math.pi * step / steps)) * 0.9 + 0.1


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
