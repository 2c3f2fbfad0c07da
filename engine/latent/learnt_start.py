"""Where the descent to a horseshoe sets out: a step told from the latent and from where the photo shows hair.

A mean step takes too much off one head and too little off another. What tells them apart is known before any descent:
the latent, and the parser's hair. A linear map from few numbers of both gives each face a step of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from engine.parsing.classes import HAIR_CLASSES

# Hair is looked at on a grid of so many cells a side: where it is, not where each lock is.
HAIR_GRID_CELLS = 32
# Standard deviations at which a number is cut off: beyond, the map is no longer what it was learnt from.
MOST_SPREADS = 2.5
# Size of a number of usual spread beside the 1 of the kind of hair, so that what all faces share is learnt first.
NUMBER_SCALE = 0.35
KINDS_OF_HAIR = 2  # short and long


def hair_grid(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where hair is, as shares 0..1 of the cells of a grid (1024), from class probabilities (19,S,S) of a crop."""
    hair = probabilities[list(HAIR_CLASSES)].sum(0)
    cells = (HAIR_GRID_CELLS, HAIR_GRID_CELLS)
    return np.asarray(cv2.resize(hair, cells, interpolation=cv2.INTER_AREA).reshape(-1), np.float32)


def shared_latent(w_plus: torch.Tensor, layers: int) -> torch.Tensor:
    """One latent (512) for the layers of W+ (1,L,512) that a step moves: their mean."""
    return w_plus[0, :layers].float().mean(0)


@dataclass(frozen=True)
class Axes:
    """Few numbers of many. middle: N; directions: N,K, so that each number has a spread of 1 over the faces."""

    middle: torch.Tensor
    directions: torch.Tensor

    def numbers(self, value: torch.Tensor) -> torch.Tensor:
        """The K numbers of a value (N), cut off at MOST_SPREADS."""
        return ((value - self.middle) @ self.directions).clamp(-MOST_SPREADS, MOST_SPREADS)


@dataclass(frozen=True)
class LearntStart:
    """latent, hair: what is told of both; steps: 2+K,S,512, for short hair, for long hair, and for each number."""

    latent: Axes
    hair: Axes
    steps: torch.Tensor

    def inputs(self, w_plus: torch.Tensor, probabilities: NDArray[np.float32], *, long: bool) -> torch.Tensor:
        """What the map is applied to (2+K), for W+ (1,L,512) and class probabilities (19,S,S) of the crop."""
        middle = self.latent.middle
        kind = torch.zeros(KINDS_OF_HAIR, device=middle.device)
        kind[int(long)] = 1
        latent = self.latent.numbers(shared_latent(w_plus, self.steps.shape[1]))
        hair = self.hair.numbers(torch.from_numpy(hair_grid(probabilities)).to(middle.device))
        return torch.cat([kind, NUMBER_SCALE * latent, NUMBER_SCALE * hair])

    def __call__(self, w_plus: torch.Tensor, probabilities: NDArray[np.float32], *, long: bool) -> torch.Tensor:
        """The step (1,S,512) with which the descent begins. long: whether hair hangs below the mouth."""
        step: torch.Tensor = torch.tensordot(self.inputs(w_plus, probabilities, long=long), self.steps, 1)[None]
        return step

    def tensors(self) -> dict[str, torch.Tensor]:
        """As an asset."""
        return {
            "latent.middle": self.latent.middle,
            "latent.directions": self.latent.directions,
            "hair.middle": self.hair.middle,
            "hair.directions": self.hair.directions,
            "steps": self.steps,
        }


def learnt_start(tensors: Mapping[str, torch.Tensor], device: torch.device) -> LearntStart:
    """The map of an asset's tensors, on a device, in float32."""
    on = {name: value.float().to(device) for name, value in tensors.items()}
    latent, hair = (Axes(on[f"{of}.middle"], on[f"{of}.directions"]) for of in ("latent", "hair"))
    return LearntStart(latent, hair, on["steps"])
