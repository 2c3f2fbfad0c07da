"""A generated picture as everybody else's."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray


def to_uint8(picture: torch.Tensor) -> NDArray[np.uint8]:
    """A generated picture (1,3,H,W in -1..1) as H,W,3."""
    scaled = picture[0].permute(1, 2, 0).float().clamp(-1, 1)  # a copy, which is changed in place from here on
    return scaled.add_(1).mul_(127.5).round_().byte().contiguous().cpu().numpy()
