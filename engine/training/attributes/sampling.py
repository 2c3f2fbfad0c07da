"""Draw the sample set: latents at half and at full spread, and the pictures that they draw."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from shutil import which

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from engine.errors import TrainingData
from engine.generator import Generator, LatentStatistics, MobileGenerator
from engine.generator.cost import predicted
from engine.generator.graphs import replayed
from engine.generator.precision import quick_copy
from engine.process.locks import FileLock
from engine.runtime.files import write_files
from engine.runtime.memory import BatchSize, in_batches
from engine.training.attributes.shards import (
    PICTURE_SIZE_PX,
    RECIPE,
    Shard,
    encode_picture,
    read_recipe,
    read_shard,
    shard_path,
    write_shard,
)

SAMPLES_PER_SHARD = 200
# Pictures at once, at most. On a CPU a batch gains something with the default generator alone.
BATCH, GPU_BATCH = 4, 16
WORTH_COMPILING = 500
# Even samples are truncated (Karras et al. 2019, section 3.3) to look like ordinary portraits, odd ones are not, so
# that rare attributes occur.
TRUNCATED_PSI = 0.7
IDENTITY = ("generator_hash", "drawn_with")

Draw = Callable[[torch.Tensor], NDArray[np.uint8]]


def sample_latents(
    generator: Generator, statistics: LatentStatistics, ids: NDArray[np.int64], seed: int
) -> tuple[torch.Tensor, NDArray[np.float32]]:
    """W (N,512) and truncation (N) of samples by their ids; each depends on the seed and its own id alone."""
    z = np.stack([np.random.default_rng((seed, int(index))).standard_normal(512, np.float32) for index in ids])
    psi = np.where(ids % 2 == 0, TRUNCATED_PSI, 1.0).astype(np.float32)
    weight = torch.from_numpy(psi)[:, None].to(statistics.mean)
    with torch.no_grad():
        w = generator.mapping(torch.from_numpy(z).to(statistics.mean))
        return statistics.mean + weight * (w - statistics.mean), psi


def fast_drawing(generator: Generator, pictures: int) -> Draw:
    """Drawing with any generator, in lowered precision (engine.generator.precision.quick_copy).

    pictures: about how many are to be drawn. From some hundreds on it pays to prepare: on a GPU, the synthesis becomes
    a CUDA graph; on a CPU, the default generator is compiled where a C++ compiler is at hand, which takes half a minute
    and makes it 2.5 times as quick again. The function takes latents (N,512 or N,layers,512) to pictures (N,256,256,3
    uint8), averaged down from 512 px.
    """
    device = next(generator.parameters()).device
    quick = quick_copy(generator, device)
    on_gpu, is_default = device.type == "cuda", isinstance(quick, MobileGenerator)
    most = GPU_BATCH if on_gpu else BATCH if is_default else 1
    size = BatchSize.fitting(device, predicted(generator).peak_bytes, most=most)
    many = pictures >= WORTH_COMPILING
    draw_at = 2 * PICTURE_SIZE_PX
    recorded = many and on_gpu
    synthesis = replayed(quick, draw_at) if recorded else lambda latents: quick(latents, draw_at)

    def batch(latents: torch.Tensor) -> torch.Tensor:
        image = F.avg_pool2d(synthesis(latents).picture, 2)
        return ((image.float().clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1)

    compiled = many and not on_gpu and is_default and bool(which("g++") or which("clang++"))
    run = torch.compile(batch, dynamic=False) if compiled else batch

    def whole_batch(latents: torch.Tensor) -> NDArray[np.uint8]:
        # One shape, so that it is compiled or recorded once.
        missing = size.value - len(latents) if compiled or recorded else 0
        padded = torch.cat([latents, latents[-1:].expand(missing, -1, -1)]) if missing > 0 else latents
        return np.asarray(run(padded)[: len(latents)].cpu().numpy(), np.uint8)

    def draw(latents: torch.Tensor) -> NDArray[np.uint8]:
        with torch.no_grad():
            return np.concatenate([drawn for _, drawn in in_batches(generator.w_plus(latents), size, whole_batch)])

    return draw


def sample_shards(
    generator: Generator,
    statistics: LatentStatistics,
    folder: Path,
    *,
    count: int,
    seed: int,
    tell: Callable[[str, float], None],
    per_shard: int = SAMPLES_PER_SHARD,
) -> int:
    """Write the shards of so many samples that are not there yet; returns how many this call wrote.

    Files appear whole or not at all, so that a run that was killed goes on where it stopped, and several processes may
    work on one folder: each shard is drawn by whoever locks it first. Raises TrainingData where the folder
    holds samples of another kind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder, {"seed": seed, "samples_per_shard": per_shard, **_identity(generator)})
    draw = fast_drawing(generator, count)
    total = -(-count // per_shard)
    written = 0
    for index in range(total):
        path = shard_path(folder, index)
        lock = FileLock(folder / f".{path.stem}.lock")
        if not lock.try_acquire():
            continue
        try:
            ids = np.arange(index * per_shard, min((index + 1) * per_shard, count))
            if not path.exists() or len(read_shard(path).ids) < len(ids):
                latents, psi = sample_latents(generator, statistics, ids, seed)
                pictures = draw(latents)
                coded = tuple(encode_picture(picture) for picture in pictures)
                write_shard(path, Shard(ids, latents.cpu().numpy(), psi, coded))
                written += 1
        finally:
            lock.path.unlink(missing_ok=True)
            lock.release()
        tell("sampling", (index + 1) / total)
    return written


def check_drawn_by(generator: Generator, folder: Path) -> None:
    """Raise TrainingData where a folder's samples are none of this generator's."""
    recipe = read_recipe(folder)
    names = _identity(generator)
    if {name: recipe[name] for name in IDENTITY if name in recipe} != names:
        raise TrainingData(
            f"The samples in '{folder}' were drawn with another generator: name the one that drew them with "
            "--generator FILE (the default generator needs none), or draw new ones with `recede train sample`."
        )


def _identity(generator: Generator) -> dict[str, object]:
    """What of a recipe tells which network drew the samples: its W space, and a custom network's fingerprint."""
    values = (generator.w_space, generator.fingerprint())
    return {name: value for name, value in zip(IDENTITY, values, strict=True) if value}


def _claim(folder: Path, recipe: dict[str, object]) -> None:
    """Note what the folder's samples are, or raise TrainingData where they are something else."""
    path = folder / RECIPE
    if not path.exists():
        write_files({path: (json.dumps(recipe, indent=2) + "\n").encode()})
    elif read_recipe(folder) != recipe:
        raise TrainingData(
            f"'{folder}' holds samples of another seed or generator: choose another folder, or the same seed."
        )
