"""Score the sample set, shard by shard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.attributes.scoring import NAMES, Observations, Scorer, observe, scores_of
from engine.errors import TrainingData
from engine.process.locks import FileLock
from engine.training.attributes.shards import read_arrays, read_shard, shard_paths, write_arrays

PREFIX = "scores-"


@dataclass(frozen=True)
class Scored:
    """The whole set: ids N, latents N,512, psi N, scores N,19 (NaN where a score cannot be told)."""

    ids: NDArray[np.int64]
    latents: NDArray[np.float32]
    psi: NDArray[np.float32]
    scores: NDArray[np.float32]


def joined(parts: Sequence[Scored]) -> Scored:
    """Several sets as one."""
    return Scored(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.latents for part in parts]),
        np.concatenate([part.psi for part in parts]),
        np.concatenate([part.scores for part in parts]),
    )


def read_scored(path: Path) -> Scored:
    """One file of scores. Raises TrainingData where it is damaged."""
    arrays = read_arrays(path, ("ids", "latents", "psi", "scores"), "recede train score")
    return Scored(arrays["ids"], arrays["latents"], arrays["psi"], arrays["scores"])


def score_shards(scorer: Scorer, folder: Path, *, again: bool, tell: Callable[[str, float], None]) -> int:
    """Score the shards of a folder that are not scored yet, beside them; returns how many this call scored.

    The parser's labels, landmarks, ages and genders are kept with the scores. again: compute all scores again from
    those, after a change of what is measured. Safe to kill and to run several times at once, as sampling is.
    """
    paths = shard_paths(folder)
    done = 0
    for index, path in enumerate(paths):
        target = scores_path(path)
        lock = FileLock(folder / f".{target.stem}.lock")
        if not lock.try_acquire():
            continue
        try:
            if again or not target.exists():
                shard = read_shard(path)
                pictures = shard.decoded()
                seen = _read_observations(target) if target.exists() else observe(scorer, pictures)
                write_arrays(
                    target,
                    {
                        "ids": shard.ids,
                        "latents": shard.latents,
                        "psi": shard.psi,
                        "scores": scores_of(pictures, seen),
                        "labels": seen.labels,
                        "landmarks": seen.landmarks,
                        "ages": seen.ages,
                        "genders": seen.genders,
                    },
                )
                done += 1
        finally:
            lock.path.unlink(missing_ok=True)
            lock.release()
        tell("scoring", (index + 1) / len(paths))
    return done


def scores_path(shard: Path) -> Path:
    """Where the scores of a shard lie."""
    return shard.with_name(PREFIX + shard.name.partition("-")[2])


def read_scores(folder: Path) -> Scored:
    """Everything that is scored in a folder. Raises TrainingData where nothing is, or a file is damaged."""
    paths = sorted(folder.glob(f"{PREFIX}*.npz"))
    if not paths:
        raise TrainingData(f"Nothing is scored in '{folder}': run `recede train score` first.")
    whole = joined([read_scored(path) for path in paths])
    if whole.scores.shape[1] != len(NAMES):
        raise TrainingData(f"'{folder}' was scored by another version: run `recede train score --again`.")
    return whole


def _read_observations(path: Path) -> Observations:
    names = ("labels", "landmarks", "ages", "genders")
    arrays = read_arrays(path, names, "recede train score")
    return Observations(*(arrays[name] for name in names))
