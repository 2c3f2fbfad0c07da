"""What the engine asks of a generator, whichever network it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from engine.generator.w_space import w_space_hash


@dataclass(frozen=True)
class Synthesis:
    """image: B,3,size,size about -1..1, or None after an early exit below half size; features: activations
    (B,C,side,side) by their side in px."""

    image: torch.Tensor | None
    features: dict[int, torch.Tensor]

    @property
    def picture(self) -> torch.Tensor:
        """The image, where the caller asked for a size that has one. Raises ValueError for another."""
        if self.image is None:
            raise ValueError("This synthesis stopped before the picture head: ask for 512 or 1024 px.")
        return self.image


def moved(latent: torch.Tensor, delta: torch.Tensor) -> torch.Tensor:
    """W+ (B,layers,512) with a delta (B,S,512) added to its first S layers."""
    layers = delta.shape[1]
    return torch.cat([latent[:, :layers] + delta, latent[:, layers:]], 1)


class Generator(nn.Module, ABC):
    """Mapping and synthesis, differentiable; frozen unless the caller thaws some parameters."""

    w_layers: int
    """How many latents steer one picture."""
    full_size_px: int
    """Side of the largest picture."""

    @property
    def coarse_size_px(self) -> int:
        """The smallest side at which there is a picture, exact or estimated."""
        return self.full_size_px // 2

    @abstractmethod
    def mapping(self, z: torch.Tensor) -> torch.Tensor:
        """Gaussian z (B,512) to W (B,512) (Karras et al. 2019, section 3)."""

    @abstractmethod
    def forward(self, latent: torch.Tensor, size_px: int) -> Synthesis:
        """Synthesise from W (B,512) or W+ (B,layers,512): the full picture, its area average at half the size, an
        estimate of it at `coarse_size_px` where there is one, or features only."""

    def for_descent(self, latent: torch.Tensor, delta: torch.Tensor, size_px: int) -> Synthesis:
        """The picture of W+ (B,layers,512) with a delta (B,S,512) added to its first S layers, at a side from
        `coarse_size_px` on, for a gradient to the delta."""
        synthesis: Synthesis = self(moved(latent, delta), size_px)
        return synthesis

    def full_picture(self, latent: torch.Tensor) -> torch.Tensor:
        """The picture (B,3,S,S) of W or W+ at full size alone, for who asks for no features: they take more memory."""
        picture: torch.Tensor = self(latent, self.full_size_px).picture
        return picture

    def at_sizes(self, latent: torch.Tensor, sizes_px: Sequence[int]) -> dict[int, Synthesis]:
        """The same W or W+ at each of some sizes, in one pass where the network has them on its way."""
        return {size_px: self(latent, size_px) for size_px in sizes_px}

    @abstractmethod
    def tunable_parameters(self) -> list[nn.Parameter]:
        """What may be fine-tuned on one photo: kernels and biases, never the styles that edits go through."""

    shared_space: str = ""
    """Identity of another generator's W space that was found to be this one's too."""

    @property
    def w_space(self) -> str:
        """Identity of the W space: the hash of all parameters whose names begin with "mapping"."""
        mapping = (value for name, value in self.named_parameters() if name.startswith("mapping"))
        return self.shared_space or w_space_hash(mapping)

    def fingerprint(self) -> str:
        """Hash of a custom network's tensors; "" for the default generator, whose files' hashes are pinned."""
        return ""

    def spare_memory(self) -> bool:
        """Use less memory from now on, at the price of speed; False where nothing is left to spare."""
        return False

    def w_plus(self, latent: torch.Tensor) -> torch.Tensor:
        """W (B,512) or W+ (B,layers or more,512) as W+ (B,layers,512)."""
        return latent[:, None].expand(-1, self.w_layers, -1) if latent.ndim == 2 else latent[:, : self.w_layers]
