"""Crop to a first latent estimate: a linear map on the activations of a pretrained residual network.

The trunk is BiSeNet's ResNet-18; the map is ridge regression fitted on generated faces, whose latents are known
(`recede train encoder`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch.nn import functional as F

from engine.parsing import BiSeNet, normalise

ENCODER_SIZE_PX = 256
# Standardised features of a real photo can lie far outside of what generated faces show.
FEATURE_CLIP = 4.0


@dataclass(frozen=True)
class Encoder:
    """mean, scale: D; weight: D,512; bias: 512."""

    mean: torch.Tensor
    scale: torch.Tensor
    weight: torch.Tensor
    bias: torch.Tensor


def load_encoder(path: Path, device: torch.device) -> Encoder:
    """Load the committed asset as float32."""
    tensors = {name: value.to(device).float() for name, value in load_file(path).items()}
    return Encoder(tensors["mean"], tensors["scale"], tensors["weight"], tensors["bias"])


def encoder_features(parser: BiSeNet, picture: torch.Tensor) -> torch.Tensor:
    """What the map sees of pictures in -1..1 (B,3,H,W): pooled trunk activations and a 16 px thumbnail; B,D."""
    features = parser.trunk(normalise(picture, ENCODER_SIZE_PX))
    return torch.cat(
        [
            F.adaptive_avg_pool2d(features.thirty_second, 4).flatten(1),
            F.adaptive_avg_pool2d(features.sixteenth, 4).flatten(1),
            F.adaptive_avg_pool2d(picture, 16).flatten(1),
        ],
        1,
    )


def encode(encoder: Encoder, parser: BiSeNet, picture: torch.Tensor) -> torch.Tensor:
    """First estimate of W (B,512) for aligned pictures in -1..1 (B,3,H,W)."""
    with torch.no_grad():
        standard = (encoder_features(parser, picture) - encoder.mean) / encoder.scale
        return standard.clamp(-FEATURE_CLIP, FEATURE_CLIP) @ encoder.weight + encoder.bias
