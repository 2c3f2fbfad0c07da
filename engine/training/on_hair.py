"""Fit what tells things on the hair from hair (engine/parsing/on_hair.py), on things drawn on generated faces."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from engine.face.head_axes import HeadAxes
from engine.generator.precision import fast_type, lowered
from engine.latent.networks import Networks
from engine.parsing import BiSeNet, FaceClass, class_logits
from engine.parsing.on_hair import OnHair
from engine.parsing.parse import as_tensor, normalise
from engine.training.asset import write_asset
from engine.training.samples import SAMPLE_SIZE_PX, sample_faces
from engine.training.things.laid import before, hairdo, laid, taken
from engine.training.things.shapes import LEARNT, UNSEEN, Draw
from engine.training.things.stage import Stage

TRUNCATION = (0.7, 1.0)
HELD_OUT = 0.15
# Faces are other ones than those that the same seed draws for the other trainers.
FACES_SEED = 999
# Drawings of each kind, and as many bare ones as of all kinds together, that the head is scored on.
SCORED = 12
# The head's axes in an aligned picture of 512 px: the mean of many faces.
AXES = HeadAxes(np.array([256.0, 230.0]), np.array([1.0, 0.0]), np.array([0.0, -1.0]), 275.0)
PARSED_PX = 256
# Faces with less hair (share of the picture), or more of a hat, are left out.
LEAST_HAIR, MOST_HAT = 0.05, 0.002
PATCH_PX, CELL_PX = 256, 8
# Shares of patches with something drawn, of those with two; with other hair; before another wall.
THING_SHARE, SECOND_SHARE, HAIRDO_SHARE, WALL_SHARE = 0.6, 0.3, 0.5, 0.3
# Cells so close to a patch's edge saw the nothing beyond it, and those that a thing covers to between these shares are
# its edge: neither is learnt from.
EDGE_CELLS, LEAST_COVER, MOST_COVER = 2, 0.15, 0.5
# Bare cells within such a square around hair are learnt from, too.
NEAR_CELLS = 7
EPOCHS, BATCH, RATE, WEIGHT_DECAY = 5, 16, 3e-3, 1e-3


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
class Patch:
    """features: at 1/4, 1/8 and 1/16 (C,h,w, float16); thing: h,w, 0..1, how much of a cell a thing covers; known:
    h,w, the cells that are learnt from."""

    features: tuple[torch.Tensor, ...]
    thing: torch.Tensor
    known: torch.Tensor


def train_on_hair(
    networks: Networks, out: Path, *, faces: int, patches: int, seed: int, tell: Callable[[str, float], None]
) -> dict[str, object]:
    """Sample faces, lay things on most, fit; score on the others, with kinds of things that were not learnt."""
    samples = sampled(networks, faces, FACES_SEED + seed, lambda done: tell("sampling", done))
    kept = len(samples) - max(1, round(len(samples) * HELD_OUT))
    rng = np.random.default_rng(seed)
    drawn = []
    for index in range(patches):
        drawn.append(patch(networks.parser, samples[:kept], LEARNT, rng))
        tell("drawing", (index + 1) / patches)
    head = fit(drawn, seed, lambda done: tell("fitting", done))
    card: dict[str, object] = {
        "what": "head on the face parser's trunk that tells things on the hair from hair",
        "command": f"recede train on-hair --faces {faces} --patches {patches} --seed {seed}",
        "faces": kept,
        "faces_held_out": len(samples) - kept,
        "patches": patches,
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


def patch(
    parser: BiSeNet,
    samples: Sequence[FaceSample],
    kinds: Mapping[str, Draw],
    rng: np.random.Generator,
    thing_share: float = THING_SHARE,
) -> Patch:
    """A piece of one face, with something on its hair, of one of these kinds, or without."""
    face, other = (samples[int(rng.integers(len(samples)))] for _ in range(2))
    picture, classes = (face.picture, face.classes)
    if rng.random() < 0.5:
        picture, classes = picture[:, ::-1], classes[:, ::-1]
    hair = classes == FaceClass.HAIR
    stage = Stage(AXES, hair.shape, hair)
    where = np.zeros(hair.shape, bool)
    centre = stage.place(rng)
    if rng.random() < WALL_SHARE:
        picture = before(picture, classes != FaceClass.BACKGROUND, other.picture, rng)
    if rng.random() < HAIRDO_SHARE:
        picture = hairdo(picture, stage, other.picture, rng)
    if rng.random() < thing_share:
        for _ in range(1 + int(rng.random() < SECOND_SHARE)):
            draw = list(kinds.values())[int(rng.integers(len(kinds)))]
            done = laid(picture, stage, draw, other.picture, rng)
            picture, where = done.picture, where | done.where
        if (where & hair).any():
            rows, columns = np.nonzero(where & hair)
            index = int(rng.integers(len(rows)))
            centre = np.array((columns[index], rows[index]))
    picture = taken(picture, rng)
    left, top = (
        int(np.clip(at + rng.integers(-PATCH_PX // 3, PATCH_PX // 3) - PATCH_PX // 2, 0, SAMPLE_SIZE_PX - PATCH_PX))
        for at in centre
    )
    box = (slice(top, top + PATCH_PX), slice(left, left + PATCH_PX))
    with torch.no_grad():
        seen = normalise(as_tensor(picture[box][None], torch.device("cpu")), PATCH_PX)
        features = parser.upper_trunk(seen.to(next(parser.parameters()).device, parser.dtype))
    cells = (PATCH_PX // CELL_PX,) * 2
    thing, on = (
        torch.from_numpy(cv2.resize(plane[box].astype(np.float32), cells, interpolation=cv2.INTER_AREA))
        for plane in (where, hair)
    )
    # Beside the hair as well, what is no thing is none: leaves, a sign, a neighbour.
    near = torch.from_numpy(cv2.dilate(on.numpy(), np.ones((NEAR_CELLS, NEAR_CELLS), np.float32)))
    known = (near > 0.3) & (on + (thing < LEAST_COVER) > 0.3) & ((thing < LEAST_COVER) | (thing > MOST_COVER))
    inner = torch.zeros_like(known)
    inner[EDGE_CELLS:-EDGE_CELLS, EDGE_CELLS:-EDGE_CELLS] = True
    return Patch(tuple(one[0].half().cpu() for one in features), thing, known & inner)


def scores(
    head: OnHair, parser: BiSeNet, samples: Sequence[FaceSample], seed: int, tell: Callable[[float], None]
) -> dict[str, object]:
    """On faces that were not learnt from: the share of each kind of thing that is found, cell by cell, for those kinds
    that were learnt and for those that were not, and the share of bare hair that is taken for a thing."""
    rng = np.random.default_rng(seed + 1)
    told: dict[str, float] = {}
    rows = [(name, draw) for kinds in (LEARNT, UNSEEN) for name, draw in kinds.items()]
    for index, (name, draw) in enumerate(rows):
        found = [_found(head, patch(parser, samples, {name: draw}, rng, 1.0)) for _ in range(SCORED)]
        told[name] = round(float(np.nanmean([within for within, _ in found])), 3)
        tell((index + 1) / (2 * len(rows)))
    bare = [_found(head, patch(parser, samples, LEARNT, rng, 0.0))[1] for _ in range(SCORED * len(rows))]
    return {
        "found_of_kinds_learnt": {name: told[name] for name in LEARNT},
        "found_of_kinds_never_seen": {name: told[name] for name in UNSEEN},
        "bare_hair_taken_for_things": round(float(np.nanmean(bare)), 5),
    }


def _found(head: OnHair, piece: Patch) -> tuple[float, float]:
    """The share of a patch's thing, and of the rest of its hair, that the head takes for a thing; nan of nothing."""
    with torch.no_grad():
        told = head(*(one.float()[None] for one in piece.features))[0] > 0
    thing, bare = (piece.known & side for side in (piece.thing > MOST_COVER, piece.thing < LEAST_COVER))
    within, beside = (float(told[side].float().mean()) for side in (thing, bare))
    return within, beside


def fit(patches: Sequence[Patch], seed: int, tell: Callable[[float], None]) -> OnHair:
    """The head that tells cells with things from those with hair alone."""
    torch.manual_seed(seed)
    head = OnHair()
    spread = [
        torch.stack([one.features[level].float().std((1, 2)) for one in patches[:200]]).mean(0).clamp_min(1e-3)
        for level in range(3)
    ]
    optimizer = torch.optim.AdamW(head.parameters(), RATE, weight_decay=WEIGHT_DECAY)
    steps = EPOCHS * (len(patches) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    done = 0
    for _ in range(EPOCHS):
        order = torch.randperm(len(patches))
        for first in range(0, len(order) - BATCH + 1, BATCH):
            batch = [patches[int(index)] for index in order[first : first + BATCH]]
            features = [
                torch.stack([one.features[level].float() for one in batch]) / spread[level][:, None, None]
                for level in range(3)
            ]
            thing, known = (torch.stack([getattr(one, name) for one in batch]) for name in ("thing", "known"))
            losses = F.binary_cross_entropy_with_logits(head(*features), (thing > MOST_COVER).float(), reduction="none")
            loss = (losses * known).sum() / known.sum().clamp_min(1)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            done += 1
            tell(done / steps)
    with torch.no_grad():
        for conv, scale in zip((head.quarter, head.eighth, head.sixteenth), spread, strict=True):
            conv.weight /= scale[None, :, None, None]
    return head
