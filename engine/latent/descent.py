"""Move a latent until its picture shows what is wanted: gradient descent through the face parser, the face held.

What is wanted is told as regions of the crop and the classes that the parser must see there, so that bald heads and
fringes come from one loop (the feature-space edit of the method this follows, on regions instead of one score).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from engine.face.alignment import CROP_SIZE_PX
from engine.face.polygon import face_area
from engine.generator import Synthesis, moved
from engine.latent.gradient import Stepper
from engine.latent.networks import Networks
from engine.parsing import BiSeNet, FaceClass, class_logits
from engine.parsing.classes import HAIR_CLASSES
from engine.runtime.side_by_side import large_piece

# W+ layers 0..5 are shape up to 32 px; all sixteen would darken skin and background.
EDIT_LAYERS = 6
# The size in which regions are told and the parser looks.
EDIT_SIZE_PX = 256
FINE_SIZE_PX = 512
# Weights of what holds the rest in place, against wanted terms of about 1: the generator's features inside the face
# (64 px), the face's pixels, the surroundings' pixels, and the length of the step itself.
FEATURE_WEIGHT, FACE_WEIGHT, AROUND_WEIGHT, LENGTH_WEIGHT = 20.0, 3.0, 1.0, 0.015
# Regions smaller than this many pixels (of 256 x 256) count as much less.
SMALL_REGION_PX = 50.0
# A descent may end early once every wanted region shows what is wanted to this share.
ENOUGH = 0.95
LEAST_PROBABILITY = 1e-4
# By how much a step may be lengthened after its descent.
LENGTHS = (1.1, 1.2)
# What a coarse step costs beside a fine one; for the progress bar.
COARSE_COST = 0.4

Region = NDArray[np.float32]


@dataclass(frozen=True)
class Wanted:
    """In a region (256,256, 0..1) the parser has to see one of these classes, or none of them where `absent`.

    weight: beside the other terms, about 1. settles: whether the descent goes on until this is so.
    """

    region: Region
    classes: tuple[int, ...]
    absent: bool = False
    weight: float = 1.0
    settles: bool = True


@dataclass(frozen=True)
class Held:
    """Regions (256,256, 0..1) whose pixels stay as they are: the face, and what surrounds the head."""

    face: Region
    surroundings: Region


@dataclass(frozen=True)
class SeenPicture:
    """What is judged of a synthesis, without the large features that it holds. picture: 1,3,256,256; features:
    1,C,64,64; both float32."""

    picture: torch.Tensor
    features: torch.Tensor


# What is judged of the pictures of one latent, by their size.
Before = Mapping[int, SeenPicture]


@dataclass(frozen=True)
class Aim:
    """Where a descent goes: what has to be seen in the end, and what stays as it is. before: what the latent that it
    sets out from draws, where that is known."""

    wanted: Sequence[Wanted]
    held: Held
    before: Before | None = None


@dataclass(frozen=True)
class Steps:
    """Gradient steps, at most: on the generator's smallest pictures, which may be an estimate, then at 512 px."""

    coarse: int
    fine: int


@dataclass(frozen=True)
class Descent:
    """delta: 1,6,512 to add to W+ layers 0..5; met: 0..1, how far the wanted term furthest off was met in the end;
    face_change: mean difference of the face's pixels, in -1..1; steps: taken; picture: 1,3,256,256, what was judged
    there, None where no step was taken."""

    delta: torch.Tensor
    met: float
    face_change: float
    steps: int
    picture: torch.Tensor | None = None


def shrunk(plane: NDArray[np.float32]) -> Region:
    """A plane (S,S) at the size in which regions are told."""
    return np.asarray(cv2.resize(plane, (EDIT_SIZE_PX, EDIT_SIZE_PX), interpolation=cv2.INTER_AREA), np.float32)


def hair_before(probabilities: NDArray[np.float32], threshold: float = 0.4) -> NDArray[np.bool_]:
    """Where hair or a hat is, at that size, from class probabilities (19,S,S) of the crop."""
    return shrunk(probabilities[list(HAIR_CLASSES)].sum(0)) > threshold


def held_in_place(probabilities: NDArray[np.float32], landmarks: NDArray[np.float64], below_v: Region) -> Held:
    """What every edit holds: the face without hair over it, and what surely is neither head nor hair.

    probabilities: 19,S,S of the crop; landmarks: 68,2 in crop pixels; below_v: 256,256, 0..1, where the face may count.
    """
    around = shrunk(probabilities[[FaceClass.BACKGROUND, FaceClass.CLOTH, FaceClass.NECK]].sum(0)) > 0.8
    face = face_area(landmarks * EDIT_SIZE_PX / CROP_SIZE_PX, around.shape) & ~hair_before(probabilities)
    return Held((face * below_v).astype(np.float32), around.astype(np.float32))


def resized(picture: torch.Tensor) -> torch.Tensor:
    """A generated picture (B,3,S,S) at the size in which edits look at it, as float32."""
    size = (EDIT_SIZE_PX, EDIT_SIZE_PX)
    if picture.shape[2] > EDIT_SIZE_PX:
        return F.interpolate(picture.float(), size=size, mode="area")
    return F.interpolate(picture.float(), size=size, mode="bilinear", align_corners=False)


def descend(
    networks: Networks,
    latent: torch.Tensor,
    aim: Aim,
    start: torch.Tensor,
    *,
    steps: Steps,
    stepper: Callable[[torch.Tensor], Stepper],
    tell: Callable[[float], None],
) -> Descent:
    """Find the delta of W+ (1,6,512) that brings what is wanted into the head that `latent` (1,16,512) draws.

    start: where to set out, zeros for nowhere; stepper: makes what takes the steps; tell: called with 0..1 after every
    step and free to raise. The best iterate of the last phase is kept.
    """
    generator = networks.generator
    judge = Judge(networks.parser, aim, latent.device)
    total = steps.coarse * COARSE_COST + steps.fine
    best = Descent(start.detach().clone(), 0.0, 0.0, 0)
    taken, done = 0, 0.0
    both = ((generator.coarse_size_px, steps.coarse, COARSE_COST), (FINE_SIZE_PX, steps.fine, 1.0))
    phases = [phase for phase in both if phase[1] > 0]
    before = aim.before
    if before is None:
        with torch.no_grad():
            sizes_px = [size_px for size_px, _, _ in phases]
            before = judged(generator.at_sizes(latent, sizes_px), sizes_px) if phases else {}
    delta = start.detach().clone().requires_grad_()
    stepping = stepper(delta)
    for size_px, count, cost in phases:
        stepping.go_on(best.delta)
        lowest = float("inf")  # of this phase alone: an estimate's loss is another's
        for step in range(count):
            with large_piece() if size_px >= FINE_SIZE_PX else nullcontext():
                seen = seen_in(generator.for_descent(latent, delta, size_px))
                loss, met, face_change = judge(seen, before[size_px])
                loss = loss + length_loss(delta)
                current = delta.detach().clone()
                over = met >= ENOUGH or step + 1 == count
                if not over:  # where the last step leads, nobody looks
                    stepping.step(loss)
                taken += 1
                value = float(loss.detach())
                if value < lowest:
                    lowest, best = value, Descent(current, met, face_change, taken, seen.picture.detach())
                del seen, loss  # where nobody went on from it, all that a gradient needs is still held
            tell((done + (step + 1) * cost) / total)
            if over:
                break
        done += count * cost
    return replace(best, steps=taken)


def length_loss(delta: torch.Tensor) -> torch.Tensor:
    """What a step (1,6,512) costs for being long, whatever it brings."""
    return LENGTH_WEIGHT * delta.pow(2).sum() / EDIT_LAYERS


def lengthened(networks: Networks, latent: torch.Tensor, aim: Aim, descent: Descent) -> Descent:
    """The descent's step, longer by as little as brings what is wanted: what is left to do lies mostly straight ahead.

    The same where that already is so, or where no longer step comes nearer.
    """
    judge = Judge(networks.parser, aim, latent.device)
    best = descent
    for factor in LENGTHS:
        if best.met >= ENOUGH:
            break
        delta = factor * descent.delta
        with torch.no_grad():
            seen = seen_in(networks.generator(moved(latent, delta), FINE_SIZE_PX))
            _, met, _ = judge(seen, seen)
        if met > best.met:
            best = Descent(delta, met, factor * descent.face_change, descent.steps, seen.picture)
    return best


def seen_in(synthesis: Synthesis) -> SeenPicture:
    """What is judged of a synthesis with a picture."""
    return SeenPicture(resized(synthesis.picture), synthesis.features[64].float())


def judged(drawn: Mapping[int, Synthesis], sizes_px: Iterable[int]) -> Before:
    """Of syntheses of one latent, by the size of their pictures."""
    return {size_px: seen_in(drawn[size_px]) for size_px in sizes_px}


class Judge:
    """Loss of one picture, how far the worst wanted term is met, and how much the face has changed.

    Called with what is seen now, and before any step.
    """

    def __init__(self, parser: BiSeNet, aim: Aim, device: torch.device) -> None:
        def tensor(plane: Region) -> torch.Tensor:
            return torch.from_numpy(np.ascontiguousarray(plane, np.float32)).to(device)

        self._parser = parser
        self._wanted = [(term, tensor(term.region)) for term in aim.wanted if term.region.any()]
        self._face, self._around = tensor(aim.held.face), tensor(aim.held.surroundings)
        self._face_small = F.interpolate(self._face[None, None], size=(64, 64), mode="area").permute(0, 2, 3, 1)

    def __call__(self, seen: SeenPicture, before: SeenPicture) -> tuple[torch.Tensor, float, float]:
        probabilities = class_logits(self._parser, seen.picture, EDIT_SIZE_PX)[0].softmax(0)
        change = (seen.picture - before.picture)[0].abs().mean(0)
        face_change = (change * self._face).sum() / (self._face.sum() + SMALL_REGION_PX)
        # As it lies in memory, channels last: plane by plane the gradient takes three times as long.
        off = (seen.features - before.features).permute(0, 2, 3, 1)
        loss = FEATURE_WEIGHT * (off.pow(2) * self._face_small).mean()
        loss = loss + FACE_WEIGHT * face_change
        loss = loss + AROUND_WEIGHT * (change * self._around).sum() / (self._around.sum() + SMALL_REGION_PX)
        met = 1.0
        for term, region in self._wanted:
            share = probabilities[list(term.classes)].sum(0)
            share = 1 - share if term.absent else share
            missing = -torch.log(share.clamp_min(LEAST_PROBABILITY))
            loss = loss + term.weight * (missing * region).sum() / (region.sum() + SMALL_REGION_PX)
            if term.settles:
                met = min(met, float(((share.detach() > 0.5) * region).sum() / region.sum()))
        return loss, met, float(face_change.detach())
