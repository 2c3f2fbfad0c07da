"""How alike two pictures look."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F


def ms_ssim(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Multi-scale structural similarity (Wang et al., 2003) of the luminance of two pictures (H,W,3 uint8)."""
    weights = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
    x, y = (torch.from_numpy(np.asarray(p, np.float32).mean(2))[None, None] for p in (first, second))
    offsets = torch.arange(11, dtype=torch.float32) - 5
    gauss = torch.exp(-(offsets**2) / (2 * 1.5**2))
    window = torch.outer(gauss, gauss)[None, None] / gauss.sum() ** 2
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    product = 1.0
    for index, exponent in enumerate(weights):
        mean_x, mean_y = F.conv2d(x, window), F.conv2d(y, window)
        var_x, var_y = F.conv2d(x * x, window) - mean_x**2, F.conv2d(y * y, window) - mean_y**2
        covariance = F.conv2d(x * y, window) - mean_x * mean_y
        contrast = (2 * covariance + c2) / (var_x + var_y + c2)
        if index == len(weights) - 1:
            contrast = contrast * (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
        product *= max(float(contrast.mean()), 0.0) ** exponent
        x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
    return product
