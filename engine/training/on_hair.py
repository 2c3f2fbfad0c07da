"""Fit what tells things on the hair from hair (engine/parsing/on_hair.py), on things drawn on generated faces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from engine.latent.networks import Networks
from engine.parsing import BiSeNet
from engine.parsing.on_hair import OnHair
from engine.training.asset import write_asset
from engine.training.things.drawings import Drawing, FaceSample, Look, drawing, sampled
from engine.training.things.kinds import LEARNT, UNSEEN

HELD_OUT = 0.1
# Faces are other ones than those that the same seed draws for the other trainers.
FACES_SEED = 999
# Drawings of each kind, and as many bare ones as of all kinds together, that the head is scored on.
SCORED = 6
# Pictures that are kept to learn from again, so many in a step, a step for so many new ones.
KEPT, BATCH, NEW_ONES = 600, 8, 3
RATE, WEIGHT_DECAY = 3e-3, 1e-3


def train_on_hair(
    networks: Networks, out: Path, *, faces: int, drawings: int, seed: int, tell: Callable[[str, float], None]
) -> dict[str, object]:
    """Sample faces, lay things on most, fit; score on the others, with kinds of things that were not learnt."""
    samples = sampled(networks, faces, FACES_SEED + seed, lambda done: tell("sampling", done))
    kept = len(samples) - max(1, round(len(samples) * HELD_OUT))
    rng = np.random.default_rng(seed)

    def draw() -> Drawing:
        return drawing(networks.parser, samples[:kept], LEARNT, rng)

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


def scores(
    head: OnHair,
    parser: BiSeNet,
    samples: Sequence[FaceSample],
    seed: int,
    tell: Callable[[float], None],
    look: Look = Look(),
) -> dict[str, object]:
    """On faces that were not learnt from: the share of each kind of thing that is found, cell by cell, for those kinds
    that were learnt and for those that were not, and the share of bare hair that is taken for a thing."""
    rng = np.random.default_rng(seed + 1)
    told: dict[str, float] = {}
    rows = [(name, draw) for kinds in (LEARNT, UNSEEN) for name, draw in kinds.items()]
    for index, (name, draw) in enumerate(rows):
        found = [_found(head, drawing(parser, samples, {name: draw}, rng, 1, look), look) for _ in range(SCORED)]
        told[name] = round(float(np.nanmean([within for within, _ in found])), 3)
        tell((index + 1) / (2 * len(rows)))
    bare = [_found(head, drawing(parser, samples, LEARNT, rng, 0, look), look)[1] for _ in range(SCORED * len(rows))]
    return {
        "found_of_kinds_learnt": {name: told[name] for name in LEARNT},
        "found_of_kinds_never_seen": {name: told[name] for name in UNSEEN},
        "bare_hair_taken_for_things": round(float(np.nanmean(bare)), 5),
    }


def _found(head: OnHair, piece: Drawing, look: Look) -> tuple[float, float]:
    """The share of a drawing's thing, and of the rest of its hair, that the head takes for a thing; nan of nothing."""
    with torch.no_grad():
        told = head(*(one.float()[None] for one in piece.features))[0] > 0
    least, most = look.cover
    thing, bare = (piece.known & side for side in (piece.thing > most, piece.thing < least))
    within, beside = (float(told[side].float().mean()) for side in (thing, bare))
    return within, beside


def fit(
    draw: Callable[[], Drawing],
    count: int,
    seed: int,
    tell: Callable[[float], None],
    look: Look = Look(),
    begin: OnHair | None = None,
    rate: float = RATE,
) -> OnHair:
    """The head that tells cells with things from those with hair alone, fitted while so many are drawn, from nothing or
    from one that knows some already."""
    torch.manual_seed(seed)
    head = OnHair()
    if begin is not None:
        head.load_state_dict(begin.state_dict())
    kept = [draw() for _ in range(min(count, 4 * BATCH))]
    levels = range(len(kept[0].features))
    spread = [
        torch.stack([one.features[level].float().std((1, 2)) for one in kept]).mean(0).clamp_min(1e-3)
        for level in levels
    ]
    if begin is not None:
        _scale(head, spread)
    optimizer = torch.optim.AdamW(head.parameters(), rate, weight_decay=WEIGHT_DECAY)
    steps = max(1, (count - len(kept)) // NEW_ONES)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps + 1)
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
        losses = F.binary_cross_entropy_with_logits(head(*features), (thing > look.cover[1]).float(), reduction="none")
        loss = (losses * known).sum() / known.sum().clamp_min(1)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        tell((step + 1) / steps)
    _scale(head, [1 / scale for scale in spread])
    return head


def _scale(head: OnHair, by: Sequence[torch.Tensor]) -> None:
    """Let a head see features divided by these factors (each: C) as it saw them before."""
    with torch.no_grad():
        for conv, factors in zip((head.quarter, head.eighth, head.sixteenth), by, strict=True):
            conv.weight *= factors[None, :, None, None]
