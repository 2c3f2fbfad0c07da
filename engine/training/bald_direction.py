"""The learned start of the bald edit: the mean of many per-face edits, for short and for hanging hair."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cosine_similarity

from engine.editing import EDIT_SLOTS, BaldEdit, EditSteps, edit_bald, edit_regions, hangs_long, moved
from engine.errors import FaceError, TrainingData
from engine.face import FaceTools, find_faces
from engine.generator import Generator, LatentStatistics
from engine.head import head_frame
from engine.parsing import BiSeNet, FaceClass, parse
from engine.training.asset import write_asset
from engine.training.samples import sample_faces

KINDS = ("short", "long")
TRUNCATION = (0.7, 0.9)
# The first faces of each kind start from nothing; their mean starts the rest, which then get wholly bald.
FIRST_ROUND = 4
FIRST_STEPS, LATER_STEPS = EditSteps(0, 40, 0, 19), EditSteps(0, 28, 0, 19)
MAX_HAIR_LEFT = 0.01
MAX_FACE_CHANGE = 0.09
# Pictures in a row, from the first on, in which no face may be found.
MOST_FACELESS = 50


def unit_direction(deltas: list[torch.Tensor]) -> torch.Tensor:
    """Mean of the deltas' directions (1,6,512), scaled to a mean norm of 1 per slot."""
    units = torch.cat([delta / delta.norm() for delta in deltas])
    mean = units.mean(0, keepdim=True)
    unit: torch.Tensor = mean / mean.norm(dim=2).mean()
    return unit


def train_bald_direction(
    generator: Generator,
    parser: BiSeNet,
    statistics: LatentStatistics,
    tools: FaceTools,
    out: Path,
    *,
    per_kind: int,
    seed: int,
    report: Callable[[str, float], None],
) -> dict[str, object]:
    """Edit generated faces one by one until each kind has `per_kind` bald ones, write the asset; returns its card.

    Raises TrainingData where the generator's pictures show no faces, or too few that lose their hair.
    """
    device = statistics.mean.device
    kept: dict[str, list[torch.Tensor]] = {kind: [] for kind in KINDS}
    norms: dict[str, list[float]] = {kind: [] for kind in KINDS}
    steps: dict[str, list[int]] = {kind: [] for kind in KINDS}
    tried = 0
    faces = sample_faces(generator, statistics.mean, 100 * per_kind, seed=seed, truncation=TRUNCATION)
    seen = False
    for index, sample in enumerate(faces):
        if index == MOST_FACELESS and not seen:
            raise TrainingData(
                f"In the first {index} pictures of this generator there is no face: bring one that draws faces, "
                "aligned as FFHQ is."
            )
        if all(len(deltas) >= per_kind for deltas in kept.values()):
            break
        picture = ((sample.picture + 1) * 127.5).round().byte().permute(1, 2, 0).cpu().numpy()
        try:
            landmarks = find_faces(tools, picture)[0].landmarks * 2 + 0.5
        except FaceError:
            continue
        seen = True
        probabilities = parse(parser, picture, mirrored=False)
        frame = head_frame(landmarks)
        kind = "long" if hangs_long(probabilities, frame) else "short"
        if not _useful(probabilities) or len(kept[kind]) >= per_kind:
            continue
        tried += 1
        first = len(kept[kind]) < FIRST_ROUND
        start = torch.zeros(1, EDIT_SLOTS, 512, device=device)
        if not first:
            start = unit_direction(kept[kind]) * float(np.median(norms[kind]))
        latent = generator.per_slot(sample.latent[None]).clone()
        regions = edit_regions(probabilities, landmarks, frame, device)
        edit = edit_bald(
            generator,
            parser,
            latent,
            regions,
            start,
            steps=FIRST_STEPS if first else LATER_STEPS,
            rate=0.045,
            report=lambda fraction: None,
        )
        if _good(edit, 0.03 if first else MAX_HAIR_LEFT):
            kept[kind].append(edit.delta.cpu())
            norms[kind].append(float(edit.delta.norm(dim=2).mean()))
            steps[kind].append(edit.steps)
        report(f"{kind}: hair left {edit.hair_share:.4f}, face {edit.face_change:.3f}", _done(kept, per_kind))
    for kind, deltas in kept.items():
        if len(deltas) <= FIRST_ROUND:
            raise TrainingData(
                f"Only {len(deltas)} of this generator's faces with {kind} hair could be made bald, and more than "
                f"{FIRST_ROUND} are needed: bring a generator with bald heads among its faces."
            )
    tensors = {kind: unit_direction(kept[kind][FIRST_ROUND:])[0] * float(np.median(norms[kind])) for kind in KINDS}
    likeness = float(cosine_similarity(tensors["short"].flatten(), tensors["long"].flatten(), dim=0))
    card: dict[str, object] = {
        "what": "start of the bald edit, slots 0..5: mean direction of per-face edits, at their median length",
        "command": f"recede train bald-direction --per-kind {per_kind} --seed {seed}",
        "seed": seed,
        "faces_tried": tried,
        "faces_kept": {kind: len(kept[kind]) for kind in KINDS},
        "median_norm": {kind: round(float(np.median(norms[kind])), 3) for kind in KINDS},
        "median_steps": {kind: float(np.median(steps[kind])) for kind in KINDS},
        "cosine_short_long": round(likeness, 3),
        "hair_left_with_start_alone": _judge(generator, parser, statistics, tools, tensors, seed + 1),
    }
    write_asset(out, tensors, card)
    return card


def _useful(probabilities: np.ndarray) -> bool:
    hat = float((probabilities[FaceClass.HAT] > 0.5).mean())
    hair = float((probabilities[FaceClass.HAIR] > 0.5).mean())
    return hat < 0.01 and hair > 0.05


def _good(edit: BaldEdit, max_hair: float) -> bool:
    return edit.hair_share < max_hair and edit.face_change < MAX_FACE_CHANGE


def _done(kept: dict[str, list[torch.Tensor]], per_kind: int) -> float:
    return sum(min(len(deltas), per_kind) for deltas in kept.values()) / (per_kind * len(kept))


def _judge(
    generator: Generator,
    parser: BiSeNet,
    statistics: LatentStatistics,
    tools: FaceTools,
    directions: dict[str, torch.Tensor],
    seed: int,
    count: int = 40,
) -> dict[str, float]:
    """Mean share of a fresh face's hair that is left when only the direction is added, without any descent."""
    left: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for sample in sample_faces(generator, statistics.mean, count, seed=seed, truncation=TRUNCATION):
        picture = ((sample.picture + 1) * 127.5).round().byte().permute(1, 2, 0).cpu().numpy()
        try:
            landmarks = find_faces(tools, picture)[0].landmarks * 2 + 0.5
        except FaceError:
            continue
        probabilities = parse(parser, picture, mirrored=False)
        if not _useful(probabilities):
            continue
        kind = "long" if hangs_long(probabilities, head_frame(landmarks)) else "short"
        latent = generator.per_slot(sample.latent[None])
        with torch.no_grad():
            bald = generator(moved(latent, directions[kind][None].to(latent.device)), 512).picture
        bald_picture = ((bald[0].clamp(-1, 1) + 1) * 127.5).byte().permute(1, 2, 0).cpu().numpy()
        after = parse(parser, bald_picture, mirrored=False)
        before = float((probabilities[FaceClass.HAIR] > 0.5).sum())
        left[kind].append(float((after[FaceClass.HAIR] > 0.5).sum()) / before)
    return {kind: round(float(np.mean(values)), 4) for kind, values in left.items() if values}
