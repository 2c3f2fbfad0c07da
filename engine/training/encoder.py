"""Fit the encoder's linear map: ridge regression from trunk activations to W, in its dual form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch.nn import functional as F

from engine.encoder import encoder_features
from engine.generator import Generator, LatentStatistics
from engine.parsing import BiSeNet
from engine.training.asset import write_asset
from engine.training.samples import sample_faces

RIDGES = (0.05, 0.2, 0.6, 2.0)
TRUNCATION = (0.6, 1.0)
HELD_OUT = 0.1


def train_encoder(
    generator: Generator,
    parser: BiSeNet,
    statistics: LatentStatistics,
    out: Path,
    *,
    samples: int,
    seed: int,
    report: Callable[[str, float], None],
) -> dict[str, object]:
    """Sample faces, fit, choose the ridge on held-out faces, write the asset; returns its card."""
    rng = torch.Generator().manual_seed(seed + 1)
    rows, latents = [], []
    for index, sample in enumerate(
        sample_faces(generator, statistics.mean, samples, seed=seed, truncation=TRUNCATION)
    ):
        with torch.no_grad():
            rows.append(encoder_features(parser, _worn(sample.picture[None], rng))[0].cpu())
        latents.append(sample.latent.cpu())
        report("sampling", (index + 1) / samples)
    features, targets = torch.stack(rows), torch.stack(latents)
    kept = samples - max(1, round(samples * HELD_OUT))
    scores = {ridge: _r2(features, targets, kept, ridge) for ridge in RIDGES}
    best = max(scores, key=lambda ridge: scores[ridge])
    mean, scale, weight, bias = _fit(features, targets, best)
    card: dict[str, object] = {
        "what": "linear map from residual-trunk activations to W",
        "command": f"recede train encoder --samples {samples} --seed {seed}",
        "samples": samples,
        "seed": seed,
        "ridge": best,
        "held_out_r2": {str(ridge): round(score, 4) for ridge, score in scores.items()},
    }
    write_asset(out, {"mean": mean, "scale": scale, "weight": weight, "bias": bias}, card)
    return card


def _worn(picture: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
    """Photos are softer, and lit and toned otherwise than generated faces: blur, gain and tint at random."""
    side = int(torch.randint(96, 513, (1,), generator=rng))
    soft = F.interpolate(picture, size=(side, side), mode="area")
    soft = F.interpolate(soft, size=picture.shape[2:], mode="bilinear", align_corners=False)
    gain = 1 + 0.15 * torch.randn(1, 3, 1, 1, generator=rng) * 0.5 + 0.12 * torch.randn(1, 1, 1, 1, generator=rng)
    return ((soft + 1) * gain.to(picture.device) - 1).clamp(-1, 1)


def _fit(
    features: torch.Tensor, targets: torch.Tensor, ridge: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    mean, scale = features.mean(0), features.std(0).clamp_min(0.02)
    standard = (features - mean) / scale
    bias = targets.mean(0)
    kernel = (standard @ standard.T).double() / standard.shape[1]
    dual = torch.linalg.solve(kernel + ridge * torch.eye(len(kernel), dtype=torch.float64), (targets - bias).double())
    return mean, scale, (standard.T.double() @ dual / standard.shape[1]).float(), bias


def _r2(features: torch.Tensor, targets: torch.Tensor, kept: int, ridge: float) -> float:
    mean, scale, weight, bias = _fit(features[:kept], targets[:kept], ridge)
    guess = (features[kept:] - mean) / scale @ weight + bias
    residual = (guess - targets[kept:]).pow(2).sum()
    return float(1 - residual / (targets[kept:] - bias).pow(2).sum())
