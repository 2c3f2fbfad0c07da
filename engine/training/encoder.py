"""Fit the encoder to the sample set: pictures as photos could show them, and the latents that drew them."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.errors import TrainingData
from engine.generator.precision import fast_type
from engine.latent.encoder import Encoder, encoder_inputs
from engine.latent.networks import Networks
from engine.models.load import prepare_for_descent
from engine.parsing import BiSeNet, as_tensor
from engine.training.asset import write_asset
from engine.training.attributes.shards import decode_picture, read_shard, shard_paths
from engine.training.augmentation import augmented
from engine.training.delta_head import fit_delta_head

BATCH = 32
RATE = 1e-3
WEIGHT_DECAY = 1e-2
MIN_SAMPLES = 8 * BATCH
MAX_HELD_OUT = 512


def train_encoder(
    networks: Networks,
    out: Path,
    *,
    shards: Path,
    epochs: int,
    seed: int,
    tell: Callable[[str, float], None],
    min_samples: int = MIN_SAMPLES,
) -> dict[str, object]:
    """Fit W in `epochs` passes over the sample set in the folder `shards`, then the deltas of W+ in one more; write
    the asset, return its card.

    The last shard's faces (512 at most) are held out; the scores are R2 of W over them, as drawn and as worn, and the
    loss where a descent begins. Raises TrainingData where the folder holds too few samples.
    """
    pictures, latents = _samples(shards, min_samples, tell)
    device = networks.statistics.mean.device
    held_out = min(MAX_HELD_OUT, len(pictures) // 8)
    kept = len(pictures) - held_out
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = Encoder(networks.generator.w_layers).to(device)
    quick = copy.deepcopy(networks.parser).to(fast_type(device))
    fit_latent(
        encoder,
        quick,
        pictures[:kept],
        latents[:kept],
        epochs=epochs,
        seed=seed,
        tell=lambda share: tell("fitting W", share),
    )
    generator = prepare_for_descent(copy.deepcopy(networks.generator), device)
    delta_scores = fit_delta_head(
        encoder,
        Networks(generator, quick, networks.statistics),
        pictures[:kept],
        held_out=pictures[kept:],
        seed=seed,
        tell=lambda fraction: tell("fitting W+", fraction),
    )
    card: dict[str, object] = {
        "what": "network from residual-trunk activations and a thumbnail to W and deltas of W+",
        "command": f"recede train encoder --shards DIR --epochs {epochs} --seed {seed}",
        "samples": kept,
        "held_out": held_out,
        "epochs": epochs,
        "seed": seed,
        "held_out_r2": round(_r2(encoder, quick, pictures[kept:], latents[kept:], None), 4),
        "held_out_r2_worn": round(
            _r2(encoder, quick, pictures[kept:], latents[kept:], np.random.default_rng(seed + 1)), 4
        ),
        **{name: round(value, 4) for name, value in delta_scores.items()},
    }
    write_asset(out, encoder.state_dict(), card)
    return card


def _samples(shards: Path, min_samples: int, tell: Callable[[str, float], None]) -> tuple[list[bytes], torch.Tensor]:
    """Pictures, still encoded, and their W (N,512)."""
    paths = shard_paths(shards)
    pictures: list[bytes] = []
    rows = []
    for index, path in enumerate(paths):
        shard = read_shard(path)
        pictures += shard.pictures
        rows.append(shard.latents)
        tell("reading", (index + 1) / len(paths))
    if len(pictures) < min_samples:
        raise TrainingData(
            f"{shards} holds {len(pictures)} samples and {min_samples} are needed: run `recede train sample` first."
        )
    return pictures, torch.from_numpy(np.concatenate(rows))


def fit_latent(
    encoder: Encoder,
    parser: BiSeNet,
    pictures: Sequence[bytes],
    latents: torch.Tensor,
    *,
    epochs: int,
    seed: int,
    tell: Callable[[float], None],
) -> None:
    """Fit all of the encoder but its delta head: pictures as photos could show them to W (N,512)."""
    device = encoder.latent_mean.device
    encoder.latent_mean.data = latents.mean(0).to(device)
    encoder.latent_scale.data = latents.std(0).to(device)
    encoder.delta_head.requires_grad_(False)
    trainable = [parameter for parameter in encoder.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trainable, RATE, weight_decay=WEIGHT_DECAY)
    rng = np.random.default_rng(seed)
    batches = epochs * (len(pictures) // BATCH)
    for step, chosen in enumerate(_batches(len(pictures), epochs, rng)):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / 100) * (0.5 * (1 + math.cos(math.pi * step / batches)) + 0.01)
        seen = as_tensor(np.stack([augmented(decode_picture(pictures[index]), rng) for index in chosen]), device)
        with torch.no_grad():
            inputs = encoder_inputs(parser, seen)
        error = (encoder(*inputs).latent - latents[chosen].to(device)) / encoder.latent_scale
        loss = error.pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        tell((step + 1) / batches)


def _batches(samples: int, epochs: int, rng: np.random.Generator) -> Iterator[NDArray[np.intp]]:
    for _ in range(epochs):
        order = rng.permutation(samples)
        for start in range(0, samples - BATCH + 1, BATCH):
            yield order[start : start + BATCH]


def _r2(
    encoder: Encoder,
    parser: BiSeNet,
    pictures: Sequence[bytes],
    latents: torch.Tensor,
    rng: np.random.Generator | None,
) -> float:
    missed, spread = 0.0, 0.0
    mean = encoder.latent_mean.cpu()
    for begin in range(0, len(pictures), BATCH):
        decoded = [decode_picture(picture) for picture in pictures[begin : begin + BATCH]]
        seen = [picture if rng is None else augmented(picture, rng) for picture in decoded]
        with torch.no_grad():
            inputs = encoder_inputs(parser, as_tensor(np.stack(seen), encoder.latent_mean.device))
            guess = encoder(*inputs).latent.cpu()
        missed += float((guess - latents[begin : begin + BATCH]).pow(2).sum())
        spread += float((mean - latents[begin : begin + BATCH]).pow(2).sum())
    return 1 - missed / spread
