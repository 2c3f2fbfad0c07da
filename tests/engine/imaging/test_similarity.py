"""Structural similarity tells alike from unlike."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from engine.imaging.similarity import ms_ssim


def picture(seed: int) -> NDArray[np.uint8]:
    noise = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(seed))
    smooth = F.interpolate(noise, size=(256, 256), mode="bicubic", align_corners=False).clamp(0, 1)
    return (smooth[0].permute(1, 2, 0) * 255).byte().numpy()


def test_structural_similarity_is_one_for_the_same_and_falls_with_every_change() -> None:
    clean = picture(0)
    grain = np.random.default_rng(0).normal(0, 1, clean.shape)
    noisy = [np.clip(clean + grain * sigma, 0, 255).astype(np.uint8) for sigma in (4, 12, 40)]
    similar = [ms_ssim(clean, other) for other in noisy]
    assert ms_ssim(clean, clean) == pytest.approx(1, abs=1e-6)
    assert 1 > similar[0] > similar[1] > similar[2] > ms_ssim(clean, picture(1)) - 0.05
    assert ms_ssim(noisy[0], clean) == pytest.approx(similar[0], abs=1e-6)


def test_structural_similarity_hardly_minds_brightness_and_minds_blur() -> None:
    clean = picture(0)
    brighter = np.clip(clean * 0.9 + 20, 0, 255).astype(np.uint8)
    mirrored = np.ascontiguousarray(clean[:, ::-1])
    assert ms_ssim(clean, brighter) > 0.95
    assert ms_ssim(clean, mirrored) < 0.6
    assert not math.isnan(ms_ssim(clean, np.full_like(clean, 128)))
