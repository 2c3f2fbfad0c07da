"""Crop to a first latent estimate: a small network on the activations of a pretrained residual one.

The trunk is BiSeNet's ResNet-18, as it is; what is learned (`recede train encoder`) turns its activations and a
thumbnail into W, from generated faces, whose latents are known, and into small deltas of W+, by what the generator
draws with them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

from engine.errors import WeightsCorrupt
from engine.generator import LATENT_SIZE
from engine.parsing import BiSeNet, normalise
from engine.parsing.bisenet import TrunkFeatures

ENCODER_SIZE_PX = 256
THUMBNAIL_PX = 16
SHAPE_SIZE, COLOUR_SIZE = 256 * 16, 256
DELTA_RANK = 64
# The guess of W is drawn towards the mean: a bold wrong start costs more steps than a timid one.
START_TRUST = 0.9


@dataclass(frozen=True)
class Estimate:
    """latent: W (B,512); deltas: what each W+ layer adds to it (B,layers,512)."""

    latent: torch.Tensor
    deltas: torch.Tensor

    def start(self, mean: torch.Tensor) -> torch.Tensor:
        """W (B,512) where a descent had best begin. mean: of W (512)."""
        return mean + START_TRUST * (self.latent - mean)


class DeltaHead(nn.Module):
    """What the encoder saw (B,4352) to deltas of W+ in units of W's spread (B,layers,512); none before it is fitted.

    By way of a few numbers only: sixteen latents a face would be learnt by heart.
    """

    def __init__(self, w_layers: int) -> None:
        super().__init__()
        self.w_layers = w_layers
        self.normal = nn.LayerNorm(SHAPE_SIZE + COLOUR_SIZE)
        self.narrow = nn.Linear(SHAPE_SIZE + COLOUR_SIZE, DELTA_RANK)
        self.wide = nn.Linear(DELTA_RANK, w_layers * LATENT_SIZE)
        nn.init.zeros_(self.wide.weight)
        nn.init.zeros_(self.wide.bias)

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        deltas: torch.Tensor = self.wide(F.leaky_relu(self.narrow(self.normal(seen)), 0.2))
        return deltas.view(-1, self.w_layers, LATENT_SIZE)


class Encoder(nn.Module):
    """Trunk activations of a 256 px picture and its thumbnail (B,3,16,16 in -1..1) to W (B,512) and deltas of W+.

    w_layers: of the generator that the deltas are for. latent_mean, latent_scale: what the network's output is
    multiplied by and moved to; a GroupNorm before each convolution keeps a strange photo's activations within what
    generated faces show.
    """

    def __init__(self, w_layers: int) -> None:
        super().__init__()
        self.normal16 = nn.GroupNorm(16, 256)
        self.normal32 = nn.GroupNorm(16, 512)
        self.down = nn.Conv2d(256, 256, 3, stride=2, padding=1)
        self.mix = nn.Conv2d(768, 384, 3, padding=1)
        self.pool = nn.Conv2d(384, 256, 3, stride=2, padding=1)
        self.from_shape = nn.Linear(SHAPE_SIZE, LATENT_SIZE)
        self.colour = nn.Linear(3 * THUMBNAIL_PX**2, COLOUR_SIZE)
        self.from_colour = nn.Linear(COLOUR_SIZE, LATENT_SIZE)
        self.delta_head = DeltaHead(w_layers)
        self.latent_mean = nn.Parameter(torch.zeros(LATENT_SIZE), requires_grad=False)
        self.latent_scale = nn.Parameter(torch.ones(LATENT_SIZE), requires_grad=False)

    def forward(self, features: TrunkFeatures, thumbnail: torch.Tensor) -> Estimate:
        """sixteenth B,256,16,16 and thirty_second B,512,8,8 of the features are used."""
        fine = F.leaky_relu(self.down(self.normal16(features.sixteenth)), 0.2)
        x = torch.cat([fine, self.normal32(features.thirty_second)], 1)  # B,768,8,8
        x = F.leaky_relu(self.pool(F.leaky_relu(self.mix(x), 0.2)), 0.2)  # B,256,4,4
        shape, colour = x.flatten(1), F.leaky_relu(self.colour(thumbnail.flatten(1)), 0.2)
        latent = self.latent_mean + self.latent_scale * (self.from_shape(shape) + self.from_colour(colour))
        return Estimate(latent, self.latent_scale * self.delta_head(torch.cat([shape, colour], 1)))


def load_encoder(path: Path, device: torch.device) -> Encoder:
    """Load an asset as float32, frozen. Raises WeightsCorrupt for one of another make."""
    tensors = {_present_name(name): value.float() for name, value in load_file(path).items()}
    if "delta_head.wide.bias" not in tensors:
        raise WeightsCorrupt(
            f"{path.name} holds no deltas of W+, so an earlier version made it: run `recede train encoder` again.",
            name=path.name,
        )
    encoder = Encoder(len(tensors["delta_head.wide.bias"]) // LATENT_SIZE)
    encoder.load_state_dict(tensors)
    return encoder.eval().requires_grad_(False).to(device)


def _present_name(name: str) -> str:
    """Files of version 0.2 and before call the delta head by its former name; their bytes, which hashes pin, stay."""
    return re.sub(r"^slot_head\.", "delta_head.", name)


def encoder_inputs(parser: BiSeNet, picture: torch.Tensor) -> tuple[TrunkFeatures, torch.Tensor]:
    """What the encoder sees of pictures in -1..1 (B,3,H,W)."""
    features = parser.trunk(normalise(picture, ENCODER_SIZE_PX).to(parser.dtype))
    # Plain order: GroupNorm's gradient crashes torch 2.13 on channels-last activations on a CPU.
    plain = [
        f.float().contiguous() for f in (features.quarter, features.eighth, features.sixteenth, features.thirty_second)
    ]
    return TrunkFeatures(*plain), F.adaptive_avg_pool2d(picture, THUMBNAIL_PX)


def encode(encoder: Encoder, parser: BiSeNet, picture: torch.Tensor) -> Estimate:
    """First estimate for aligned pictures in -1..1 (B,3,H,W)."""
    with torch.no_grad():
        estimate: Estimate = encoder(*encoder_inputs(parser, picture))
    return estimate


def fitted_deltas(deltas: torch.Tensor, w_layers: int) -> torch.Tensor:
    """Deltas (B,n,512) for a generator of `w_layers` W+ layers: the finest ones, which another network may not have or
    may have beside, are left out or stay as they are."""
    return F.pad(deltas, (0, 0, 0, w_layers - deltas.shape[1]))
