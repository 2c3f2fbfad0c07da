"""Fit the picture head: what the whole generator draws, estimated from its activations at 128 px."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from pathlib import Path

import torch
from torch.nn import functional as F

from engine.errors import BadOption
from engine.generator import Generator, LatentStatistics
from engine.generator.mobile import MobileGenerator
from engine.generator.picture_head import HEAD_SIZE_PX, PictureHead
from engine.generator.precision import fast_type, lowered
from engine.training.asset import write_asset

BATCH = 4
RATE = 3e-3
HELD_OUT = 24
# An absolute term besides the squared one: the descents that use the head compare pictures by absolute difference.
ABSOLUTE_WEIGHT = 0.1


def train_picture_head(
    generator: Generator,
    statistics: LatentStatistics,
    out: Path,
    *,
    steps: int,
    seed: int,
    tell: Callable[[str, float], None],
) -> dict[str, object]:
    """Fit the head, write the asset, return its card. Raises BadOption for a generator that needs no head."""
    if not isinstance(generator, MobileGenerator):
        raise BadOption("Only the default generator has a picture head: leave --generator out.")
    head, scores = fit_picture_head(generator, statistics.mean, steps, seed, lambda fraction: tell("fitting", fraction))
    card: dict[str, object] = {
        "what": "three small convolutions from the default generator's activations at 128 px to the picture",
        "command": f"recede train picture-head --steps {steps} --seed {seed}",
        "steps": steps,
        "seed": seed,
        "faces_held_out": HELD_OUT,
        **{name: round(value, 4) for name, value in scores.items()},
    }
    write_asset(out, head.state_dict(), card)
    return card


def fit_picture_head(
    generator: MobileGenerator,
    mean_latent: torch.Tensor,
    steps: int,
    seed: int,
    tell: Callable[[float], None],
    held_out: int = HELD_OUT,
) -> tuple[PictureHead, dict[str, float]]:
    """Fit on `steps` batches of fresh faces, half of them at truncation 0.7; scores are of so many faces held out.

    The scores: r2 and psnr_db of the estimate against the picture's area average at 128 px.
    """
    device = mean_latent.device
    quick = lowered(copy.deepcopy(generator), fast_type(device))
    rng = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head = PictureHead().to(device)
    optimizer = torch.optim.Adam(head.parameters(), RATE)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = RATE * 0.5 * (1 + math.cos(math.pi * step / steps))
        features, pictures = _batch(quick, mean_latent, rng)
        error = head(features) - pictures
        loss = error.pow(2).mean() + ABSOLUTE_WEIGHT * error.abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        tell((step + 1) / steps)
    head.eval().requires_grad_(False)
    rng = torch.Generator().manual_seed(seed + 1)
    error, spread = torch.zeros(()), torch.zeros(())
    batches = held_out // BATCH
    for _ in range(batches):
        features, pictures = _batch(quick, mean_latent, rng)
        error += (head(features) - pictures).pow(2).mean().cpu()
        spread += (pictures - pictures.mean((0, 2, 3), keepdim=True)).pow(2).mean().cpu()
    mean_error = float(error) / batches
    return head, {"r2": 1 - float(error / spread), "psnr_db": 10 * math.log10(4 / mean_error)}


def _batch(
    generator: MobileGenerator, mean_latent: torch.Tensor, rng: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Activations (B,256,128,128) and pictures (B,3,128,128) of BATCH fresh faces."""
    z = torch.randn(BATCH, 512, generator=rng).to(mean_latent.device)
    psi = torch.tensor([0.7, 1.0] * (BATCH // 2), device=z.device)[:, None]
    with torch.no_grad():
        latent = mean_latent + psi * (generator.mapping(z) - mean_latent)
        synthesis = generator(latent, 512)
        picture = F.interpolate(synthesis.picture.float(), size=(HEAD_SIZE_PX,) * 2, mode="area")
    return synthesis.features[HEAD_SIZE_PX].float(), picture
