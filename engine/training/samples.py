"""Generated faces with known latents: what every fit here learns from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from engine.generator import Generator, Synthesis
from engine.generator.cost import predicted
from engine.runtime.memory import BatchSize, in_batches

SAMPLE_SIZE_PX = 512
GPU_BATCH = 16
# Share of the crop that a hat may have where baldness is learnt or edits are measured. Photos are refused by its share
# of the head instead (engine/edits/hat.py).
MOST_HAT_SHARE = 0.01


@dataclass(frozen=True)
class Sample:
    """latent: 512; picture: 3,512,512 in -1..1, or as large as asked for; features: generator activations by side
    length (C,side,side)."""

    latent: torch.Tensor
    picture: torch.Tensor
    features: dict[int, torch.Tensor]


def sample_faces(
    generator: Generator,
    mean_latent: torch.Tensor,
    count: int,
    *,
    seed: int,
    truncation: tuple[float, float],
    size_px: int = SAMPLE_SIZE_PX,
) -> Iterator[Sample]:
    """Draw `count` faces, so large. Each one's truncation (Karras et al. 2019, section 3.3) is uniform within the given
    range.

    On a GPU, several are drawn at once, as many as its memory holds; which faces they are does not depend on that.
    """
    rng = torch.Generator().manual_seed(seed)
    device = mean_latent.device
    most = GPU_BATCH if device.type == "cuda" else 1  # a batch gains nothing on a CPU
    size = BatchSize.fitting(device, predicted(generator).peak_bytes, most=most)

    def draw(latents: torch.Tensor) -> Synthesis:
        with torch.no_grad():
            drawn: Synthesis = generator(latents, size_px)
        return drawn

    left = count
    while left:
        latents = torch.cat([_latent(generator, mean_latent, truncation, rng) for _ in range(min(size.value, left))])
        left -= len(latents)
        begin = 0
        for drawn, synthesis in in_batches(latents, size, draw):
            pictures = synthesis.picture.clamp(-1, 1)
            for index in range(drawn):
                features = {side: value[index].float() for side, value in synthesis.features.items()}
                yield Sample(latents[begin + index], pictures[index], features)
            begin += drawn


def _latent(
    generator: Generator, mean_latent: torch.Tensor, truncation: tuple[float, float], rng: torch.Generator
) -> torch.Tensor:
    """W (1,512) of one face."""
    z = torch.randn(1, 512, generator=rng).to(mean_latent.device)
    low, high = truncation
    psi = low + (high - low) * float(torch.rand(1, generator=rng))
    with torch.no_grad():
        return mean_latent + psi * (generator.mapping(z) - mean_latent)
