"""The learned directions to a horseshoe and to no hair: means of per-face edits, for short and for hanging hair."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cosine_similarity

from engine.errors import FaceError, TrainingData
from engine.face.alignment import CROP_SIZE_PX
from engine.face.faces import FaceTools, find_faces
from engine.face.head_axes import head_axes
from engine.generator import moved
from engine.generator.picture import to_uint8
from engine.latent.baldness import BARE_ABOVE, ENDS, KINDS, held, kind_of, wanted_at
from engine.latent.descent import EDIT_LAYERS, Aim, Descent, Steps, descend
from engine.latent.gradient import FallingRate
from engine.latent.networks import Networks
from engine.parsing import FaceClass, parse
from engine.parsing.parse import PARSE_SIZE_PX
from engine.training.asset import write_asset
from engine.training.samples import MOST_HAT_SHARE, sample_faces

TRUNCATION = (0.7, 0.9)
# The first faces of each kind start from nothing; their mean starts the rest, which then get as far as is wanted.
FIRST_ROUND = 3
# Learning rate of the descents.
RATE = 0.04
FIRST_STEPS, LATER_STEPS = Steps(20, 6), Steps(12, 5)
# Kept are edits that show what is wanted to this share, first and later, with no more change of the face (-1..1).
FIRST_MET, LATER_MET = 0.55, 0.7
MAX_FACE_CHANGE = 0.10
# Share of the crop from which on there is hair to take off.
LEAST_HAIR_SHARE = 0.05
# Pictures in a row, from the first on, in which no face may be found.
MOST_FACELESS = 50


def unit_direction(deltas: list[torch.Tensor]) -> torch.Tensor:
    """Mean of the deltas' directions (1,6,512), scaled to a mean norm of 1 per layer."""
    units = torch.cat([delta / delta.norm() for delta in deltas])
    mean = units.mean(0, keepdim=True)
    unit: torch.Tensor = mean / mean.norm(dim=2).mean()
    return unit


def train_bald_direction(
    networks: Networks,
    tools: FaceTools,
    out: Path,
    *,
    per_kind: int,
    seed: int,
    tell: Callable[[str, float], None],
    most_faceless: int = MOST_FACELESS,
) -> dict[str, object]:
    """Edit generated faces one by one until each kind has `per_kind` bald ones, write the asset; returns its card.

    Raises TrainingData where the generator's pictures show no faces, or too few that lose their hair.
    """
    generator, statistics = networks.generator, networks.statistics
    device = statistics.mean.device
    kept: dict[str, list[torch.Tensor]] = {kind: [] for kind in KINDS}
    norms: dict[str, list[float]] = {kind: [] for kind in KINDS}
    steps: dict[str, list[int]] = {kind: [] for kind in KINDS}
    tried = 0
    faces = sample_faces(generator, statistics.mean, 100 * per_kind, seed=seed, truncation=TRUNCATION)
    seen = False
    for index, sample in enumerate(faces):
        if index == most_faceless and not seen:
            raise TrainingData(
                f"In the first {index} pictures of this generator there is no face: bring one that draws faces, "
                "aligned as FFHQ is."
            )
        if all(len(deltas) >= per_kind for deltas in kept.values()):
            break
        picture = to_uint8(sample.picture[None])
        try:
            landmarks = find_faces(tools, picture)[0].landmarks * 2 + 0.5
        except FaceError:
            continue
        seen = True
        probabilities = parse(networks.parser, picture, mirrored=False)
        if not _useful(probabilities):
            continue
        axes = head_axes(landmarks)
        tried += 1
        for end in ENDS:
            kind = kind_of(end, probabilities, axes)
            if len(kept[kind]) >= per_kind:
                continue
            first = len(kept[kind]) < FIRST_ROUND
            start = torch.zeros(1, EDIT_LAYERS, 512, device=device)
            if not first:
                start = unit_direction(kept[kind]) * float(np.median(norms[kind]))
            so_many = FIRST_STEPS if first else LATER_STEPS
            descent = descend(
                networks,
                generator.w_plus(sample.latent[None]).clone(),
                Aim(wanted_at(end, probabilities, axes), held(probabilities, landmarks, axes)),
                start.to(device),
                steps=so_many,
                stepper=partial(FallingRate, rate=RATE, steps=so_many.coarse + so_many.fine),
                tell=lambda fraction: None,
            )
            if _good(descent, FIRST_MET if first else LATER_MET):
                kept[kind].append(descent.delta.cpu())
                norms[kind].append(float(descent.delta.norm(dim=2).mean()))
                steps[kind].append(descent.steps)
            tell(f"{kind}: met {descent.met:.3f}, face {descent.face_change:.3f}", _done(kept, per_kind))
    for kind, deltas in kept.items():
        if len(deltas) <= FIRST_ROUND:
            raise TrainingData(
                f"Only {len(deltas)} of this generator's faces could be made bald as {kind} says, and more than "
                f"{FIRST_ROUND} are needed: bring a generator with bald heads among its faces."
            )
    tensors = {kind: unit_direction(kept[kind][FIRST_ROUND:])[0] * float(np.median(norms[kind])) for kind in KINDS}
    pairs = {end: (tensors[f"{end}_short"].flatten(), tensors[f"{end}_long"].flatten()) for end in ENDS}
    likeness = {end: round(float(cosine_similarity(*pair, dim=0)), 3) for end, pair in pairs.items()}
    card: dict[str, object] = {
        "what": "start of the ways to a horseshoe and to no hair, layers 0..5: mean edit per face, its median length",
        "command": f"recede train bald-direction --per-kind {per_kind} --seed {seed}",
        "seed": seed,
        "faces_tried": tried,
        "faces_kept": {kind: len(kept[kind]) for kind in KINDS},
        "median_norm": {kind: round(float(np.median(norms[kind])), 3) for kind in KINDS},
        "median_steps": {kind: float(np.median(steps[kind])) for kind in KINDS},
        "cosine_short_long": likeness,
        "top_hair_left_with_start_alone": _judge(networks, tools, tensors, seed + 1),
    }
    write_asset(out, tensors, card)
    return card


def _useful(probabilities: np.ndarray) -> bool:
    hat = float((probabilities[FaceClass.HAT] > 0.5).mean())
    hair = float((probabilities[FaceClass.HAIR] > 0.5).mean())
    return hat < MOST_HAT_SHARE and hair > LEAST_HAIR_SHARE


def _good(descent: Descent, least_met: float) -> bool:
    return descent.met >= least_met and descent.face_change < MAX_FACE_CHANGE


def _done(kept: dict[str, list[torch.Tensor]], per_kind: int) -> float:
    return sum(min(len(deltas), per_kind) for deltas in kept.values()) / (per_kind * len(kept))


def _judge(
    networks: Networks,
    tools: FaceTools,
    directions: dict[str, torch.Tensor],
    seed: int,
    count: int = 8,
) -> dict[str, float]:
    """Mean share of the hair on top of a fresh face that is left with the direction alone, without any descent."""
    generator, statistics = networks.generator, networks.statistics
    left: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for sample in sample_faces(generator, statistics.mean, count, seed=seed, truncation=TRUNCATION):
        picture = to_uint8(sample.picture[None])
        try:
            landmarks = find_faces(tools, picture)[0].landmarks * 2 + 0.5
        except FaceError:
            continue
        probabilities = parse(networks.parser, picture, mirrored=False)
        if not _useful(probabilities):
            continue
        axes = head_axes(landmarks)
        top = axes.coordinates(PARSE_SIZE_PX, CROP_SIZE_PX / PARSE_SIZE_PX)[1] > BARE_ABOVE
        latent = generator.w_plus(sample.latent[None])
        before = float(((probabilities[FaceClass.HAIR] > 0.5) & top).sum())
        for end in ENDS:
            kind = kind_of(end, probabilities, axes)
            with torch.no_grad():
                render = generator(moved(latent, directions[kind][None].to(latent.device)), 512).picture
            after = (parse(networks.parser, to_uint8(render), mirrored=False)[FaceClass.HAIR] > 0.5) & top
            left[kind].append(float(after.sum()) / max(before, 1.0))
    return {kind: round(float(np.mean(values)), 4) for kind, values in left.items() if values}
