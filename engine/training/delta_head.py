"""Fit the encoder's deltas of W+: so that the generator draws, with them, what a photo shows and no W draws.

No sample has such deltas to learn from. They are learnt through the generator instead, by the loss of the descent that
they spare (as Richardson et al. 2021, section 3, learn W+ itself), from generated faces that were bent and shaded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch.nn import functional as F

from engine.generator import Generator
from engine.latent.encoder import DeltaHead, Encoder, Estimate, encoder_inputs
from engine.latent.inversion import HAIR_WEIGHT, MAHALANOBIS_WEIGHT, SPREAD_WEIGHT, CropLoss
from engine.latent.networks import Networks
from engine.parsing import as_tensor, class_logits
from engine.parsing.classes import HAIR_CLASSES
from engine.training.attributes.shards import decode_picture
from engine.training.augmentation import augmented, occluded, unlike

BATCH = 8
RATE = 1e-3
WARM_UP_STEPS = 50
MAX_GRADIENT = 1.0
LOSS_SIZE_PX = 128
PARSE_SIZE_PX = 256
HELD_OUT = 64


def fit_delta_head(
    encoder: Encoder,
    networks: Networks,
    pictures: Sequence[bytes],
    *,
    held_out: Sequence[bytes],
    seed: int,
    tell: Callable[[float], None],
    warm_up_steps: int = WARM_UP_STEPS,
) -> dict[str, float]:
    """Go through the samples' pictures once and fit `encoder.delta_head`; the rest of the encoder stays as it is.

    networks: what the fit goes through, in the type that the device is quick in. Returns scores over the first
    HELD_OUT pictures held out: the loss where the descent begins, from W alone and with the deltas, and the deltas'
    size in units of W's spread.
    """
    rng = np.random.default_rng(seed)
    encoder.requires_grad_(False)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder.delta_head = DeltaHead(encoder.delta_head.w_layers).to(encoder.latent_mean.device)
    parameters = list(encoder.delta_head.parameters())
    optimizer = torch.optim.AdamW(parameters, RATE, betas=(0.9, 0.99), weight_decay=1e-2)
    steps = max(1, len(pictures) // BATCH)
    order = rng.permutation(len(pictures))
    for step in range(steps):
        for group in optimizer.param_groups:
            warmed = min(1.0, (step + 1) / warm_up_steps)
            group["lr"] = RATE * warmed * (0.5 * (1 + math.cos(math.pi * step / steps)) + 0.01)
        chosen = order[step * BATCH : (step + 1) * BATCH]
        seen, shown = _seen_and_shown([pictures[index] for index in chosen], rng, networks.statistics.mean.device)
        estimate, loss = _estimate_and_loss(encoder, networks, seen, shown)
        w_plus = estimate.start(networks.statistics.mean)[:, None] + estimate.deltas
        total = loss(networks.generator(w_plus, _size_px(networks.generator)).picture)
        total = total + MAHALANOBIS_WEIGHT * networks.statistics.mahalanobis(w_plus)
        total = total + SPREAD_WEIGHT * estimate.deltas.pow(2).mean()
        optimizer.zero_grad()
        total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, MAX_GRADIENT)
        optimizer.step()
        tell((step + 1) / steps)
    encoder.delta_head.requires_grad_(False)
    return _scores(encoder, networks, held_out[:HELD_OUT], np.random.default_rng(seed + 1))


def _size_px(generator: Generator) -> int:
    return max(LOSS_SIZE_PX, generator.coarse_size_px)


def _seen_and_shown(
    pictures: Sequence[bytes], rng: np.random.Generator, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """What the encoder sees and what is to be drawn (B,3,256,256): a hand before the face is not to be drawn."""
    shown = [augmented(unlike(decode_picture(picture), rng), rng, occluded_share=0) for picture in pictures]
    seen = [occluded(picture, rng) for picture in shown]
    return as_tensor(np.stack(seen), device), as_tensor(np.stack(shown), device)


def _estimate_and_loss(
    encoder: Encoder, networks: Networks, seen: torch.Tensor, shown: torch.Tensor
) -> tuple[Estimate, CropLoss]:
    with torch.no_grad():
        inputs = encoder_inputs(networks.parser, seen)
        classes = class_logits(networks.parser, shown, PARSE_SIZE_PX).softmax(1)
        hair = classes[:, list(HAIR_CLASSES)].sum(1, keepdim=True)
        hair = F.interpolate(hair, size=shown.shape[2:], mode="bilinear", align_corners=False)
    weight = 1 - (1 - HAIR_WEIGHT) * hair
    return encoder(*inputs), CropLoss(networks.parser, shown, weight, _size_px(networks.generator))


def _scores(
    encoder: Encoder, networks: Networks, pictures: Sequence[bytes], rng: np.random.Generator
) -> dict[str, float]:
    mean = networks.statistics.mean
    alone: list[float] = []
    helped: list[float] = []
    squares: list[float] = []
    with torch.no_grad():
        for begin in range(0, len(pictures), BATCH):
            seen, shown = _seen_and_shown(pictures[begin : begin + BATCH], rng, mean.device)
            estimate, loss = _estimate_and_loss(encoder, networks, seen, shown)
            start = estimate.start(mean)[:, None]
            for losses, latent in ((alone, start), (helped, start + estimate.deltas)):
                latent = latent.expand(-1, networks.generator.w_layers, -1)
                losses.append(float(loss(networks.generator(latent, _size_px(networks.generator)).picture)))
            squares.append(float((estimate.deltas / encoder.latent_scale).pow(2).mean()))
    return {
        "start_loss_of_w_alone": float(np.mean(alone)),
        "start_loss_with_deltas": float(np.mean(helped)),
        "deltas_rms": float(np.mean(squares)) ** 0.5,
    }
