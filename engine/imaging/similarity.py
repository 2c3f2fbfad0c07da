"""How alike two pictures look."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

# Of the published measure: the weight of each scale, finest first; the window's side and deviation in px; and what
# keeps flat windows from being divided by nothing, as shares of the range of values.
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
WINDOW_PX, WINDOW_SIGMA_PX = 11, 1.5
LUMINANCE_SHARE, CONTRAST_SHARE = 0.01, 0.03
RANGE = 255


def ms_ssim(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Multi-scale structural similarity (Wang et al., 2003), 0..1, of the luminance of two pictures (H,W,3 uint8)."""
    x, y = (torch.from_numpy(np.asarray(p, np.float32).mean(2))[None, None] for p in (first, second))
    offsets = torch.arange(WINDOW_PX, dtype=torch.float32) - WINDOW_PX // 2
    gauss = torch.exp(-(offsets**2) / (2 * WINDOW_SIGMA_PX**2))
    window = torch.outer(gauss, gauss)[None, None] / gauss.sum() ** 2
    c1, c2 = (LUMINANCE_SHARE * RANGE) ** 2, (CONTRAST_SHARE * RANGE) ** 2
    product = 1.0
    for index, exponent in enumerate(SCALE_WEIGHTS):
        mean_x, mean_y = F.conv2d(x, window), F.conv2d(y, window)
        var_x, var_y = F.conv2d(x * x, window) - mean_x**2, F.conv2d(y * y, window) - mean_y**2
        covariance = F.conv2d(x * y, window) - mean_x * mean_y
        contrast = (2 * covariance + c2) / (var_x + var_y + c2)
        if index == len(SCALE_WEIGHTS) - 1:
            contrast = contrast * (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
        product *= max(float(contrast.mean()), 0.0) ** exponent
        x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
    return product
