"""Fit what tells small things on the hair, which is looked at once more from closer: the head of `on_hair.py`, which
comes first, learnt on there (engine/parsing/on_hair.py)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from engine.face.head_axes import HeadAxes
from engine.generator.precision import fast_type
from engine.latent.networks import Networks
from engine.models.assets import ASSETS
from engine.parsing import load_on_hair
from engine.parsing.on_hair import CLOSE_COLUMNS, CLOSE_ROWS, CLOSE_SIZE_PX
from engine.training.asset import write_asset
from engine.training.on_hair import HELD_OUT, fit, scores
from engine.training.samples import SAMPLE_SIZE_PX
from engine.training.things.drawings import AXES, Drawing, Look, drawing, sampled
from engine.training.things.kinds import LEARNT

# Faces are other ones than those that the same seed draws for the other trainers.
FACES_SEED = 1999
DRAWN_PX = 1024
# Pixels of a close picture for one of the whole, in which AXES are told.
ENLARGED = CLOSE_SIZE_PX[0] / (CLOSE_COLUMNS[1] - CLOSE_COLUMNS[0]) / SAMPLE_SIZE_PX
CORNER_PX = np.array([CLOSE_COLUMNS[0], CLOSE_ROWS[0]]) * SAMPLE_SIZE_PX
CLOSE = Look(
    drawn_px=DRAWN_PX,
    parsed_px=512,
    rows=CLOSE_ROWS,
    columns=CLOSE_COLUMNS,
    size_px=CLOSE_SIZE_PX,
    axes=HeadAxes((AXES.origin - CORNER_PX) * ENLARGED, AXES.right, AXES.up, AXES.width_px * ENLARGED),
    # The lower edge is seen as it will be.
    rows_px=CLOSE_SIZE_PX[1],
    edge_cells=0,
    # A pin is half a cell wide.
    cover=(0.06, 0.25),
    # Bare heads decide from how much on something is a thing: more of them, and more of what was missed.
    counts=(0.4, 0.35, 0.15, 0.1),
    often=("pearls", "pins", "clip", "stroke", "blob", "chin strap", "beads"),
)
# The head knows things already.
RATE = 1.5e-3


def train_on_hair_close(
    networks: Networks, out: Path, *, faces: int, drawings: int, seed: int, tell: Callable[[str, float], None]
) -> dict[str, object]:
    """Sample faces, lay things on most, go on with the head that looks at the whole; score on the others."""
    parser = copy.deepcopy(networks.parser).to(fast_type(networks.statistics.mean.device)).settled()
    quick = Networks(networks.generator, parser, networks.statistics)
    samples = sampled(quick, faces, FACES_SEED + seed, lambda done: tell("sampling", done), CLOSE)
    kept = len(samples) - max(1, round(len(samples) * HELD_OUT))
    rng = np.random.default_rng(seed)

    def draw() -> Drawing:
        return drawing(parser, samples[:kept], LEARNT, rng, look=CLOSE)

    begin = load_on_hair(ASSETS / "on_hair.safetensors", torch.device("cpu"))
    head = fit(draw, drawings, seed, lambda done: tell("fitting", done), CLOSE, begin, RATE)
    card: dict[str, object] = {
        "what": "the head of on_hair, learnt on for the hair seen from closer",
        "command": f"recede train on-hair-close --faces {faces} --drawings {drawings} --seed {seed}",
        "faces": kept,
        "faces_held_out": len(samples) - kept,
        "drawings": drawings,
        "seed": seed,
        **scores(head.half().float(), parser, samples[kept:], seed, lambda done: tell("scoring", done), CLOSE),
    }
    write_asset(out, dict(head.state_dict()), card)
    return card
