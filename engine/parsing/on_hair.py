"""What lies on hair and is none: a small head on the face parser's own trunk, which has drawn its features anyway.

The parser's classes call a bow, a clip or a letter hair, because they lie where hair does; what the trunk saw there is
no hair all the same. Fitted on things drawn on generated faces (`recede train on-hair`).
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

from engine.parsing.bisenet import TrunkFeatures

# Channels of the trunk's features at 1/4, 1/8 and 1/16, what each becomes, and what the head goes on with.
TRUNK_CHANNELS = (64, 128, 256)
PROJECTED = (32, 48, 48)
HIDDEN = 64


class OnHair(nn.Module):
    """Features of a picture of H by W pixels to logits (B,H/8,W/8) of something lying there."""

    def __init__(self) -> None:
        super().__init__()
        quarter, eighth, sixteenth = TRUNK_CHANNELS
        self.quarter = nn.Conv2d(quarter, PROJECTED[0], 3, 2, 1)
        self.eighth = nn.Conv2d(eighth, PROJECTED[1], 1)
        self.sixteenth = nn.Conv2d(sixteenth, PROJECTED[2], 1)
        self.near = nn.Conv2d(sum(PROJECTED), HIDDEN, 3, padding=1)
        self.far = nn.Conv2d(HIDDEN, HIDDEN, 3, padding=2, dilation=2)
        self.farther = nn.Conv2d(HIDDEN, HIDDEN, 3, padding=4, dilation=4)
        self.out = nn.Conv2d(HIDDEN, 1, 1)

    def forward(self, quarter: torch.Tensor, eighth: torch.Tensor, sixteenth: torch.Tensor) -> torch.Tensor:
        size = eighth.shape[2:]
        coarse = F.interpolate(self.sixteenth(sixteenth), size, mode="bilinear", align_corners=False)
        x = F.relu(torch.cat([self.quarter(quarter), self.eighth(eighth), coarse], 1))
        near = F.relu(self.near(x))
        far = F.relu(self.far(near))
        logits: torch.Tensor = self.out(near + far + F.relu(self.farther(far)))
        return logits[:, 0]


def load_on_hair(path: Path, device: torch.device) -> OnHair:
    """The head from its asset, in float32."""
    head = OnHair()
    head.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    return head.requires_grad_(False).eval().to(device)


def on_hair(head: OnHair, features: TrunkFeatures) -> torch.Tensor:
    """Log-odds (B,H/8,W/8) that something lies there which is no hair; only on and beside hair they mean anything."""
    with torch.no_grad():
        planes = (features.quarter.float(), features.eighth.float(), features.sixteenth.float())
        out: torch.Tensor = head(*planes)
    return out
