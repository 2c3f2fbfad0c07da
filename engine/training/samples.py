"""Generated faces with known latents: what every fit here learns from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from engine.generator import Generator

SAMPLE_SIZE_PX = 512


@dataclass(frozen=True)
class Sample:
    """latent: 512; picture: 3,512,512 in -1..1; features: generator activations by side length (C,side,side)."""

    latent: torch.Tensor
    picture: torch.Tensor
    features: dict[int, torch.Tensor]


def sample_faces(
    generator: Generator, mean_latent: torch.Tensor, count: int, *, seed: int, truncation: tuple[float, float]
) -> Iterator[Sample]:
    """Draw `count` faces. Each one's truncation (Karras et al. 2019, section 3.3) is uniform within the given range."""
    rng = torch.Generator().manual_seed(seed)
    device = mean_latent.device
    for _ in range(count):
        z = torch.randn(1, 512, generator=rng).to(device)
        low, high = truncation
        psi = low + (high - low) * float(torch.rand(1, generator=rng))
        with torch.no_grad():
            latent = mean_latent + psi * (generator.mapping(z) - mean_latent)
            synthesis = generator(latent, SAMPLE_SIZE_PX)
        features = {side: value[0] for side, value in synthesis.features.items()}
        yield Sample(latent[0], synthesis.picture[0].clamp(-1, 1), features)
