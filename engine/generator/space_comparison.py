"""Whether two generators share their W space, so that what was learned in one's holds in the other's."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from engine.generator.w_space import HasMapping

SAMPLES = 1000
# The same mapping network gives 1 on both, whatever the format and the rounding; networks trained apart give about 0
# for samples. Between them lie networks that were trained on from one another: a direction in W that is fitted to one
# turns in the other by about the angle whose cosine is the samples' correlation.
MIN_SAMPLES, MIN_MEAN = 0.9, 0.95


@dataclass(frozen=True)
class SpaceComparison:
    """samples: correlation of the W that both give to the same z, each around its own mean; mean: of the mean W's."""

    samples: float
    mean: float

    @property
    def same(self) -> bool:
        """Whether edits, boundaries and encoder carry over."""
        return self.samples >= MIN_SAMPLES and self.mean >= MIN_MEAN


def compare_spaces(first: HasMapping, second: HasMapping, device: torch.device, z_size: int = 512) -> SpaceComparison:
    """Send a fixed Gaussian sample through both mapping networks."""
    z = torch.randn(SAMPLES, z_size, generator=torch.Generator().manual_seed(20)).to(device)
    with torch.no_grad():
        one, two = first.mapping(z).double(), second.mapping(z).double()
    mean_one, mean_two = one.mean(0), two.mean(0)
    return SpaceComparison(
        _cosine(one - mean_one, two - mean_two), _cosine(mean_one - mean_one.mean(), mean_two - mean_two.mean())
    )


def _cosine(first: torch.Tensor, second: torch.Tensor) -> float:
    return float((first * second).sum() / (first.norm() * second.norm()).clamp_min(1e-12))
