"""Fit the encoder to the sample set: pictures as photos could show them, and the latents that drew them."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.encoder import Encoder, encoder_inputs
from engine.errors import TrainingData
from engine.generator import LatentStatistics
from engine.generator.precision import fast_type
from engine.parsing import BiSeNet
from engine.training.asset import write_asset
from engine.training.attributes.shards import decode_picture, read_shard, shard_paths
from engine.training.wear import worn

BATCH = 32
RATE = 1e-3
WEIGHT_DECAY = 1e-2
MIN_SAMPLES = 8 * BATCH
MAX_HELD_OUT = 512


def train_encoder(
    parser: BiSeNet,
    statistics: LatentStatistics,
    out: Path,
    *,
    shards: Path,
    epochs: int,
    seed: int,
    report: Callable[[str, float], None],
) -> dict[str, object]:
    """Go through the sample set in the folder `shards` `epochs` times, write the asset, return its card.

    The last shard's faces (512 at most) are held out; the scores are R2 of W over them, as drawn and as worn.
    Raises TrainingData where the folder holds too few samples.
    """
    paths = shard_paths(shards)
    pictures: list[bytes] = []
    rows = []
    for index, path in enumerate(paths):
        shard = read_shard(path)
        pictures += shard.pictures
        rows.append(shard.latents)
        report("reading", (index + 1) / len(paths))
    if len(pictures) < MIN_SAMPLES:
        raise TrainingData(
            f"{shards} holds {len(pictures)} samples and {MIN_SAMPLES} are needed: run `recede train sample` first."
        )
    latents = torch.from_numpy(np.concatenate(rows))
    device = statistics.mean.device
    held_out = min(MAX_HELD_OUT, len(pictures) // 8)
    kept = len(pictures) - held_out
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = Encoder().to(device)
    encoder.latent_mean.data = latents[:kept].mean(0).to(device)
    encoder.latent_scale.data = latents[:kept].std(0).to(device)
    quick = copy.deepcopy(parser).to(fast_type(device))
    trainable = [parameter for parameter in encoder.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trainable, RATE, weight_decay=WEIGHT_DECAY)
    rng = np.random.default_rng(seed)
    batches = epochs * (kept // BATCH)
    for step, chosen in enumerate(_batches(kept, epochs, rng)):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / 100) * (0.5 * (1 + math.cos(math.pi * step / batches)) + 0.01)
        seen = _tensor([worn(decode_picture(pictures[index]), rng) for index in chosen], device)
        with torch.no_grad():
            inputs = encoder_inputs(quick, seen)
        guess = encoder(*inputs)
        error = (guess - latents[chosen].to(device)) / encoder.latent_scale
        loss = error.pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        report("fitting", (step + 1) / batches)
    encoder.eval()
    rest = list(range(kept, len(pictures)))
    card: dict[str, object] = {
        "what": "network from residual-trunk activations and a thumbnail to W",
        "command": f"recede train encoder --shards DIR --epochs {epochs} --seed {seed}",
        "samples": kept,
        "held_out": held_out,
        "epochs": epochs,
        "seed": seed,
        "held_out_r2": round(_r2(encoder, quick, pictures, latents, rest, None), 4),
        "held_out_r2_worn": round(_r2(encoder, quick, pictures, latents, rest, np.random.default_rng(seed + 1)), 4),
    }
    write_asset(out, encoder.state_dict(), card)
    return card


def _batches(samples: int, epochs: int, rng: np.random.Generator) -> Iterator[NDArray[np.intp]]:
    for _ in range(epochs):
        order = rng.permutation(samples)
        for start in range(0, samples - BATCH + 1, BATCH):
            yield order[start : start + BATCH]


def _tensor(pictures: list[NDArray[np.uint8]], device: torch.device) -> torch.Tensor:
    return torch.from_numpy(np.stack(pictures)).to(device).permute(0, 3, 1, 2).float() / 127.5 - 1


def _r2(
    encoder: Encoder,
    parser: BiSeNet,
    pictures: list[bytes],
    latents: torch.Tensor,
    chosen: list[int],
    rng: np.random.Generator | None,
) -> float:
    missed, spread = 0.0, 0.0
    mean = encoder.latent_mean.cpu()
    for start in range(0, len(chosen), BATCH):
        here = chosen[start : start + BATCH]
        decoded = [decode_picture(pictures[index]) for index in here]
        seen = _tensor([picture if rng is None else worn(picture, rng) for picture in decoded], mean.device)
        with torch.no_grad():
            guess = encoder(*encoder_inputs(parser, seen.to(encoder.latent_mean.device))).cpu()
        missed += float((guess - latents[here]).pow(2).sum())
        spread += float((mean - latents[here]).pow(2).sum())
    return 1 - missed / spread
