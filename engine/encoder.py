"""Crop to a first latent estimate: a small network on the activations of a pretrained residual one.

The trunk is BiSeNet's ResNet-18, as it is; what is learned (`recede train encoder`) turns its activations and a
thumbnail into W, from generated faces, whose latents are known.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

from engine.parsing import BiSeNet, normalise
from engine.parsing.bisenet import TrunkFeatures

ENCODER_SIZE_PX = 256
THUMBNAIL_PX = 16
LATENT_SIZE = 512


class Encoder(nn.Module):
    """Trunk activations of a 256 px picture and its thumbnail (B,3,16,16 in -1..1) to W (B,512).

    latent_mean, latent_scale: what the network's output is multiplied by and moved to; a GroupNorm before each
    convolution keeps a strange photo's activations within what generated faces show.
    """

    def __init__(self) -> None:
        super().__init__()
        self.normal16 = nn.GroupNorm(16, 256)
        self.normal32 = nn.GroupNorm(16, 512)
        self.down = nn.Conv2d(256, 256, 3, stride=2, padding=1)
        self.mix = nn.Conv2d(768, 384, 3, padding=1)
        self.pool = nn.Conv2d(384, 256, 3, stride=2, padding=1)
        self.from_shape = nn.Linear(256 * 16, LATENT_SIZE)
        self.from_thumbnail = nn.Sequential(
            nn.Linear(3 * THUMBNAIL_PX**2, 256), nn.LeakyReLU(0.2), nn.Linear(256, LATENT_SIZE)
        )
        self.latent_mean = nn.Parameter(torch.zeros(LATENT_SIZE), requires_grad=False)
        self.latent_scale = nn.Parameter(torch.ones(LATENT_SIZE), requires_grad=False)

    def forward(self, features: TrunkFeatures, thumbnail: torch.Tensor) -> torch.Tensor:
        """sixteenth B,256,16,16 and thirty_second B,512,8,8 of the features are used."""
        fine = F.leaky_relu(self.down(self.normal16(features.sixteenth)), 0.2)
        x = torch.cat([fine, self.normal32(features.thirty_second)], 1)  # B,768,8,8
        x = F.leaky_relu(self.pool(F.leaky_relu(self.mix(x), 0.2)), 0.2)  # B,256,4,4
        standard: torch.Tensor = self.from_shape(x.flatten(1)) + self.from_thumbnail(thumbnail.flatten(1))
        return self.latent_mean + self.latent_scale * standard


def load_encoder(path: Path, device: torch.device) -> Encoder:
    """Load the committed asset as float32, frozen."""
    encoder = Encoder()
    encoder.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    return encoder.eval().requires_grad_(False).to(device)


def encoder_inputs(parser: BiSeNet, picture: torch.Tensor) -> tuple[TrunkFeatures, torch.Tensor]:
    """What the encoder sees of pictures in -1..1 (B,3,H,W)."""
    features = parser.trunk(normalise(picture, ENCODER_SIZE_PX).to(parser.dtype))
    # Plain order: GroupNorm's gradient crashes torch 2.13 on channels-last activations on a CPU.
    plain = [
        f.float().contiguous()
        for f in (features.quarter, features.eighth, features.sixteenth, features.thirty_second)
    ]
    return TrunkFeatures(*plain), F.adaptive_avg_pool2d(picture, THUMBNAIL_PX)


def encode(encoder: Encoder, parser: BiSeNet, picture: torch.Tensor) -> torch.Tensor:
    """First estimate of W (B,512) for aligned pictures in -1..1 (B,3,H,W)."""
    with torch.no_grad():
        latent: torch.Tensor = encoder(*encoder_inputs(parser, picture))
    return latent
