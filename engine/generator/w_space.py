"""What the W space of a generator looks like: its mean and its spread, for a prior on latents."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch.nn import functional as F

# Undoes the mapping network's last leaky ReLU (slope 0.2), after which W is close to a Gaussian.
# Numbers in Z and in W of StyleGAN2, and of what is distilled from it.
LATENT_SIZE = 512
INVERSE_SLOPE = 5.0


class HasMapping(Protocol):
    """Any generator with a mapping network."""

    def mapping(self, z: torch.Tensor) -> torch.Tensor:
        """z (B,512) to W (B,512)."""
        ...


def w_space_hash(mapping_parameters: Iterable[torch.Tensor]) -> str:
    """Identity of a W space: SHA-256 over the mapping network's parameters, in order, as float32.

    Directions in W mean the same in two generators only if one mapping network feeds both.
    """
    digest = hashlib.sha256()
    for parameter in mapping_parameters:
        digest.update(parameter.detach().cpu().float().contiguous().numpy().tobytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class LatentStatistics:
    """Mean of W, and the whitening of W after the last activation is undone (P_N space, Zhu et al. 2020, II2S)."""

    mean: torch.Tensor  # 512
    center: torch.Tensor  # 512
    whitening: torch.Tensor  # 512,512

    def mahalanobis(self, latent: torch.Tensor) -> torch.Tensor:
        """Squared Mahalanobis distance of latents (...,512) per dimension, averaged; about 1 for a fair sample."""
        return ((F.leaky_relu(latent, INVERSE_SLOPE) - self.center) @ self.whitening).pow(2).mean()


def latent_statistics(generator: HasMapping, device: torch.device, samples: int = 10_000) -> LatentStatistics:
    """Statistics of W over a fixed Gaussian sample; the small eigenvalues are floored at 1e-4 of the largest."""
    rng = torch.Generator().manual_seed(0)
    with torch.no_grad():
        w = generator.mapping(torch.randn(samples, LATENT_SIZE, generator=rng).to(device)).float()
        linear = F.leaky_relu(w, INVERSE_SLOPE)
        values, vectors = torch.linalg.eigh(torch.cov(linear.T.double()))
        whitening = vectors / values.clamp_min(float(values.max()) * 1e-4).sqrt()
    return LatentStatistics(w.mean(0), linear.mean(0), whitening.float())
