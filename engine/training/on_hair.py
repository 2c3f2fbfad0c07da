"""Fit what tells things on the hair from hair (engine/parsing/on_hair.py), on things drawn on generated faces."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from engine.face.head_axes import HeadAxes
from engine.generator.precision import fast_type, lowered
from engine.imaging.ops import closed, dilate
from engine.latent.networks import Networks
from engine.parsing import BiSeNet, FaceClass, class_logits
from engine.parsing.on_hair import OnHair
from engine.parsing.parse import as_tensor, normalise
from engine.training.asset import write_asset
from engine.training.samples import SAMPLE_SIZE_PX, sample_faces
from engine.training.things.kinds import LEARNT, UNSEEN, Draw
from engine.training.things.laid import Laying, before, hairdo, laid, taken
from engine.training.things.stage import Stage

TRUNCATION = (0.7, 1.0)
HELD_OUT = 0.1
# Faces are other ones than those that the same seed draws for the other trainers.
FACES_SEED = 999
# Drawings of each kind, and as many bare ones as of all kinds together, that the head is scored on.
SCORED = 6
# The head's axes in an aligned picture of 512 px: the mean of many faces.
AXES = HeadAxes(np.array([256.0, 230.0]), np.array([1.0, 0.0]), np.array([0.0, -1.0]), 275.0)
PARSED_PX = 256
# Faces with less hair (share of the picture), or more of a hat, are left out.
LEAST_HAIR, MOST_HAT = 0.05, 0.002
# Of the picture, so many rows are looked at, down to the chin; and how large a cell is.
ROWS_PX, CELL_PX = 416, 8
# How many things are drawn, 0 to 3; shares of those half beside the hair and of those that may lie below the brows;
# of pictures with other hair and before another wall, and of walls with something on them.
COUNTS = (0.3, 0.35, 0.2, 0.15)
RIM_SHARE, LOW_SHARE, HAIRDO_SHARE, WALL_SHARE, BEHIND_SHARE = 0.25, 0.35, 0.5, 0.3, 0.5
# How low those lie at most (face widths from the brows up), and how far from the head those behind it at most.
LOWEST, BEHIND = -0.6, 0.25
# Watermarks let most of the picture through.
LAYING = Laying(clear=(0.3, 0.95))
# Letters and pearls so close to each other (face widths) are learnt as one thing.
TOGETHER = 0.035
# The lower cells saw the nothing beyond, and those that a thing covers to between these shares are its edge: neither is
# learnt from.
EDGE_CELLS, LEAST_COVER, MOST_COVER = 2, 0.15, 0.4
# Cells within such a square around hair are learnt from, too.
NEAR_CELLS = 7
# Pictures that are kept to learn from again, so many in a step, a step for so many new ones.
KEPT, BATCH, NEW_ONES = 600, 8, 3
RATE, WEIGHT_DECAY = 3e-3, 1e-3


@dataclass(frozen=True)
class FaceSample:
    """picture: 512,512,3; classes: likewise, FaceClass."""

    picture: NDArray[np.uint8]
    classes: NDArray[np.uint8]

    @property
    def hair(self) -> NDArray[np.bool_]:
        """512,512."""
        return np.asarray(self.classes == FaceClass.HAIR, bool)


@dataclass(frozen=True)
class Drawing:
    """features: at 1/4, 1/8 and 1/16 (C,h,w, float16); thing: h,w, 0..1, how much of a cell a thing covers; known:
    h,w, the cells that are learnt from."""

    features: tuple[torch.Tensor, ...]
    thing: torch.Tensor
    known: torch.Tensor


def train_on_hair(
    networks: Networks, out: Path, *, faces: int, drawings: int, seed: int, tell: Callable[[str, float], None]
) -> dict[str, object]:
    """Sample faces, lay things on most, fit; score on the others, with kinds of things that were not learnt."""
    samples = sampled(networks, faces, FACES_SEED + seed, lambda done: tell("sampling", done))
    kept = len(samples) - max(1, round(len(samples) * HELD_OUT))
    rng = np.random.default_rng(seed)

    def draw() -> Drawing:
        return drawing(networks.parser, samples[:kept], LEARNT, rng, int(rng.choice(len(COUNTS), p=COUNTS)))

    head = fit(draw, drawings, seed, lambda done: tell("fitting", done))
    card: dict[str, object] = {
        "what": "head on the face parser's trunk that tells things on the hair from hair",
        "command": f"recede train on-hair --faces {faces} --drawings {drawings} --seed {seed}",
        "faces": kept,
        "faces_held_out": len(samples) - kept,
        "drawings": drawings,
        "seed": seed,
        **scores(head.half().float(), networks.parser, samples[kept:], seed, lambda done: tell("scoring", done)),
    }
    write_asset(out, dict(head.state_dict()), card)
    return card


def sampled(networks: Networks, count: int, seed: int, tell: Callable[[float], None]) -> list[FaceSample]:
    """Of so many generated faces those with hair and without a hat."""
    out = []
    quick = lowered(copy.deepcopy(networks.generator), fast_type(networks.statistics.mean.device))
    drawn = sample_faces(quick, networks.statistics.mean, count, seed=seed, truncation=TRUNCATION)
    for index, sample in enumerate(drawn):
        with torch.no_grad():
            logits = class_logits(networks.parser, sample.picture[None].float(), PARSED_PX)
        picture = ((sample.picture.float().permute(1, 2, 0) + 1) * 127.5).round().byte().cpu().numpy()
        face = as_sample(picture, logits[0].argmax(0).byte().cpu().numpy())
        if face is not None:
            out.append(face)
        tell((index + 1) / count)
    return out


def as_sample(picture: NDArray[np.uint8], classes: NDArray[np.uint8]) -> FaceSample | None:
    """A face as a sample, None where it has no hair or a hat. classes: of any size."""
    hair, hat = ((classes == one).mean() for one in (FaceClass.HAIR, FaceClass.HAT))
    if hair < LEAST_HAIR or hat > MOST_HAT:
        return None
    size = (SAMPLE_SIZE_PX, SAMPLE_SIZE_PX)
    return FaceSample(picture, np.asarray(cv2.resize(classes, size, interpolation=cv2.INTER_NEAREST), np.uint8))


def drawing(
    parser: BiSeNet, samples: Sequence[FaceSample], kinds: Mapping[str, Draw], rng: np.random.Generator, count: int
) -> Drawing:
    """One of the faces with so many things of these kinds on its hair."""
    face, other = (samples[int(rng.integers(len(samples)))] for _ in range(2))
    picture, classes = (face.picture, face.classes)
    if rng.random() < 0.5:
        picture, classes = picture[:, ::-1], classes[:, ::-1]
    hair = classes == FaceClass.HAIR
    stage = Stage(AXES, hair.shape, hair)
    where = np.zeros(hair.shape, bool)
    if rng.random() < WALL_SHARE:
        picture = before(picture, classes != FaceClass.BACKGROUND, _wall(other.picture, stage, kinds, rng), rng)
    if rng.random() < HAIRDO_SHARE:
        picture = hairdo(picture, stage, other.picture, rng)
    for _ in range(count):
        there = replace(stage, lowest=LOWEST) if rng.random() < LOW_SHARE else stage
        there = there.at_rim() if rng.random() < RIM_SHARE else there
        done = laid(picture, there, _one_of(kinds, rng), other.picture, rng, LAYING)
        picture, where = done.picture, where | done.where
    shown = taken(picture, rng)[:ROWS_PX]
    with torch.no_grad():
        seen = normalise(as_tensor(shown[None], torch.device("cpu")), ROWS_PX)
        features = parser.upper_trunk(seen.to(next(parser.parameters()).device, parser.dtype))
    cells = (hair.shape[1] // CELL_PX, ROWS_PX // CELL_PX)
    thing, on = (
        torch.from_numpy(cv2.resize(plane[:ROWS_PX].astype(np.float32), cells, interpolation=cv2.INTER_AREA))
        for plane in (closed(where, TOGETHER * AXES.width_px), hair)
    )
    # Beside the hair as well: there lies the other half of some things, and leaves, a sign, a neighbour are none.
    near = torch.from_numpy(cv2.dilate(on.numpy(), np.ones((NEAR_CELLS, NEAR_CELLS), np.float32)))
    known = (near > 0.3) & ((thing < LEAST_COVER) | (thing > MOST_COVER))
    known[-EDGE_CELLS:] = False
    return Drawing(tuple(one[0].half().cpu() for one in features), thing, known)


def _one_of(kinds: Mapping[str, Draw], rng: np.random.Generator) -> Draw:
    return list(kinds.values())[int(rng.integers(len(kinds)))]


def _wall(
    picture: NDArray[np.uint8], stage: Stage, kinds: Mapping[str, Draw], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Another picture as a wall, some with one of these kinds beside the hair: behind it, no thing lies on it."""
    beside = dilate(stage.hair, BEHIND * AXES.width_px) & ~stage.hair
    if rng.random() > BEHIND_SHARE or not beside.any():
        return picture
    return laid(picture, replace(stage, hair=beside), _one_of(kinds, rng), picture, rng).picture


def scores(
    head: OnHair, parser: BiSeNet, samples: Sequence[FaceSample], seed: int, tell: Callable[[float], None]
) -> dict[str, object]:
    """On faces that were not learnt from: the share of each kind of thing that is found, cell by cell, for those kinds
    that were learnt and for those that were not, and the share of bare hair that is taken for a thing."""
    rng = np.random.default_rng(seed + 1)
    told: dict[str, float] = {}
    rows = [(name, draw) for kinds in (LEARNT, UNSEEN) for name, draw in kinds.items()]
    for index, (name, draw) in enumerate(rows):
        found = [_found(head, drawing(parser, samples, {name: draw}, rng, 1)) for _ in range(SCORED)]
        told[name] = round(float(np.nanmean([within for within, _ in found])), 3)
        tell((index + 1) / (2 * len(rows)))
    bare = [_found(head, drawing(parser, samples, LEARNT, rng, 0))[1] for _ in range(SCORED * len(rows))]
    return {
        "found_of_kinds_learnt": {name: told[name] for name in LEARNT},
        "found_of_kinds_never_seen": {name: told[name] for name in UNSEEN},
        "bare_hair_taken_for_things": round(float(np.nanmean(bare)), 5),
    }


def _found(head: OnHair, piece: Drawing) -> tuple[float, float]:
    """The share of a drawing's thing, and of the rest of its hair, that the head takes for a thing; nan of nothing."""
    with torch.no_grad():
        told = head(*(one.float()[None] for one in piece.features))[0] > 0
    thing, bare = (piece.known & side for side in (piece.thing > MOST_COVER, piece.thing < LEAST_COVER))
    within, beside = (float(told[side].float().mean()) for side in (thing, bare))
    return within, beside


def fit(draw: Callable[[], Drawing], count: int, seed: int, tell: Callable[[float], None]) -> OnHair:
    """The head that tells cells with things from those with hair alone, fitted while so many are drawn."""
    torch.manual_seed(seed)
    head = OnHair()
    kept = [draw() for _ in range(min(count, 4 * BATCH))]
    levels = range(len(kept[0].features))
    spread = [
        torch.stack([one.features[level].float().std((1, 2)) for one in kept]).mean(0).clamp_min(1e-3)
        for level in levels
    ]
    optimizer = torch.optim.AdamW(head.parameters(), RATE, weight_decay=WEIGHT_DECAY)
    steps = max(1, (count - len(kept)) // NEW_ONES)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps + 1)
    for step in range(steps):
        for _ in range(NEW_ONES):
            if len(kept) < KEPT:
                kept.append(draw())
            else:
                kept[int(torch.randint(KEPT, ()))] = draw()
        # The new ones and some of those before.
        chosen = torch.randint(len(kept), (BATCH,)).tolist()
        batch = [kept[index] for index in chosen]
        features = [
            torch.stack([one.features[level].float() for one in batch]) / spread[level][:, None, None]
            for level in levels
        ]
        thing, known = (torch.stack([getattr(one, name) for one in batch]) for name in ("thing", "known"))
        losses = F.binary_cross_entropy_with_logits(head(*features), (thing > MOST_COVER).float(), reduction="none")
        loss = (losses * known).sum() / known.sum().clamp_min(1)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        tell((step + 1) / steps)
    with torch.no_grad():
        for conv, scale in zip((head.quarter, head.eighth, head.sixteenth), spread, strict=True):
            conv.weight /= scale[None, :, None, None]
    return head
