"""An estimate of the picture from half-way up the default generator.

That generator has no picture before its last layer, yet most of a descent needs no more than 128 px: three small
convolutions on the activations there, fitted to what the whole network draws (`recede train picture-head`), cost a
third of drawing it.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

HEAD_SIZE_PX = 128
HEAD_CHANNELS = 256
WIDTHS = (48, 24)


class PictureHead(nn.Module):
    """Activations (B,256,128,128) to a picture (B,3,128,128) about -1..1."""

    def __init__(self) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(HEAD_CHANNELS, WIDTHS[0], 1)
        self.mix = nn.Conv2d(WIDTHS[0], WIDTHS[1], 3, padding=1)
        self.colour = nn.Conv2d(WIDTHS[1], 3, 3, padding=1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        x = F.leaky_relu(self.reduce(features), 0.2)
        x = F.leaky_relu(self.mix(x), 0.2)
        picture: torch.Tensor = self.colour(x)
        return picture


def load_picture_head(path: Path, device: torch.device) -> PictureHead:
    """Load the committed asset as float32, frozen."""
    head = PictureHead()
    head.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    return head.eval().requires_grad_(False).to(device)
