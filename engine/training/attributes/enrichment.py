"""More clear positives of rare attributes: fresh faces, chosen along a first boundary."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from engine.attributes.scoring import NAMES
from engine.generator import Generator, LatentStatistics
from engine.training.attributes.classes import clear_classes
from engine.training.attributes.effects import Bench
from engine.training.attributes.fitting import fit_attribute
from engine.training.attributes.sampling import sample_latents
from engine.training.attributes.scoring import Scored, joined, read_scored
from engine.training.attributes.shards import write_arrays
from engine.training.attributes.svm import distances

ENOUGH = 1000
ROUND = 200
MAX_ROUNDS = 12
CANDIDATES = 20_000
# Ids of enriched samples start here, far above those of the sample set, so that no face is in both.
FIRST_ID = 10_000_000


def enrich(
    name: str,
    scored: Scored,
    generator: Generator,
    statistics: LatentStatistics,
    bench: Bench,
    folder: Path,
    seed: int,
) -> Scored | None:
    """Clear positives (maybe none) that bring the set's own to at least a thousand; None where it has them. Kept in the
    folder.

    Rejection, not motion: each is a face drawn afresh, taken for drawing because its latent lies far on the positive
    side of the first boundary, and kept because its picture scores as a clear positive. So they are as diverse as
    faces at large are on that side, and no face is there twice.
    """
    classes = clear_classes(name, scored.scores[:, NAMES.index(name)])
    missing = ENOUGH - len(classes.positives)
    path = folder / f"enriched-{name}.npz"
    if missing <= 0:
        return None
    if path.exists():
        return read_scored(path)
    plane = fit_attribute(name, scored, seeds=(0,)).plane
    high = float(np.min(scored.scores[classes.positives, NAMES.index(name)]))
    first = FIRST_ID * (1 + NAMES.index(name))
    kept: list[Scored] = []
    found = 0
    for attempt in range(MAX_ROUNDS):
        ids = np.arange(first + attempt * CANDIDATES, first + (attempt + 1) * CANDIDATES)
        latents, psi = sample_latents(generator, statistics, ids, seed)
        distance = distances(plane, latents.cpu().numpy())
        # Chosen at random from the far tail, not its very end, which is a few look-alikes.
        tail = np.flatnonzero(distance > np.quantile(distance, 0.96))
        chosen = np.random.default_rng((seed, attempt)).choice(tail, ROUND, replace=False)
        scores = bench.score(bench.draw(latents[torch.from_numpy(chosen)]))
        clear = scores[:, NAMES.index(name)] >= high
        rows = chosen[clear]
        kept.append(Scored(ids[rows], latents.cpu().numpy()[rows], psi[rows], scores[clear]))
        found += len(rows)
        if found >= missing:
            break
    whole = joined(kept)
    write_arrays(path, {"ids": whole.ids, "latents": whole.latents, "psi": whole.psi, "scores": whole.scores})
    return whole
