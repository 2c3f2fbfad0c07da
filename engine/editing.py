"""Move a latent to a wholly bald head: gradient descent through the face parser, the face held in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from engine.generator import Generator
from engine.head import HeadFrame, skull_radius
from engine.parsing import BiSeNet, FaceClass, class_logits
from engine.polygon import face_area

# Slots 0..5 are shape up to 32 px; all sixteen would darken skin and background.
EDIT_SLOTS = 6
EDIT_SIZE_PX = 256
# More than this share of the crop is hair below the chin's height: hair that hangs.
LONG_HAIR_SHARE = 0.03
LONG_HAIR_BELOW = -0.6
SKIN_CLASSES = [FaceClass.SKIN, FaceClass.LEFT_BROW, FaceClass.RIGHT_BROW, FaceClass.GLASSES, FaceClass.NOSE]
HAIR_CLASSES = [FaceClass.HAIR, FaceClass.HAT]


NO_HAIR_SHARE = 0.001
# What a coarse step costs beside a fine one; for the progress bar.
COARSE_COST = 0.4


@dataclass(frozen=True)
class EditSteps:
    """Gradient steps at the generator's smallest pictures and at 512 px.

    At most, and at least before a bald head may end them.
    """

    coarse: int
    fine: int
    coarse_least: int
    least: int


EDIT_STEPS = {"fast": EditSteps(16, 10, 6, 3), "fine": EditSteps(0, 40, 0, 19)}


@dataclass(frozen=True)
class EditRegions:
    """Masks (256,256 float tensors) of what the bald picture must show and must keep."""

    scalp: torch.Tensor
    beyond_skull: torch.Tensor
    below_brows: torch.Tensor
    face: torch.Tensor
    surroundings: torch.Tensor


@dataclass(frozen=True)
class BaldEdit:
    """delta: 1,6,512 to add to slots 0..5; hair_share: hair left in the generated picture; steps: descents taken."""

    delta: torch.Tensor
    hair_share: float
    face_change: float
    steps: int


def hangs_long(probabilities: NDArray[np.float32], frame: HeadFrame) -> bool:
    """Whether hair hangs below the mouth (class probabilities: 19,S,S)."""
    _, v = frame.coordinates(probabilities.shape[1], 1024 / probabilities.shape[1])
    share = float(((probabilities[FaceClass.HAIR] > 0.5) & (v < LONG_HAIR_BELOW)).mean())
    return share > LONG_HAIR_SHARE


def edit_regions(
    probabilities: NDArray[np.float32], landmarks: NDArray[np.float64], frame: HeadFrame, device: torch.device
) -> EditRegions:
    """Where scalp, background, face and surroundings are, from class probabilities (19,S,S) and 68 crop landmarks."""

    def tensor(mask: NDArray[np.bool_]) -> torch.Tensor:
        return torch.from_numpy(mask.astype(np.float32)).to(device)

    hair = shrunk(probabilities[FaceClass.HAIR] + probabilities[FaceClass.HAT]) > 0.4
    u, v = frame.coordinates(EDIT_SIZE_PX, 1024 / EDIT_SIZE_PX)
    radius = skull_radius(u, v) ** 2.4
    above = v > 0.02
    face = face_area(landmarks * EDIT_SIZE_PX / 1024, hair.shape)
    return EditRegions(
        scalp=tensor(above & (radius < 0.88)),
        beyond_skull=tensor(above & (radius > 1.12) & hair),
        below_brows=tensor(~above),
        face=tensor(face & (v < 0) & ~hair),
        surroundings=tensor(around(probabilities)),
    )


def shrunk(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """A plane (S,S) at the size in which edits look at pictures."""
    return np.asarray(cv2.resize(plane, (EDIT_SIZE_PX, EDIT_SIZE_PX), interpolation=cv2.INTER_AREA), np.float32)


def around(probabilities: NDArray[np.float32]) -> NDArray[np.bool_]:
    """What surely is neither head nor hair, at that size, from class probabilities (19,S,S)."""
    return shrunk(probabilities[[FaceClass.BACKGROUND, FaceClass.CLOTH, FaceClass.NECK]].sum(0)) > 0.8


def edit_bald(
    generator: Generator,
    parser: BiSeNet,
    latent: torch.Tensor,
    regions: EditRegions,
    start: torch.Tensor,
    *,
    steps: EditSteps,
    rate: float,
    report: Callable[[float], None],
) -> BaldEdit:
    """Find the per-slot delta (1,6,512) that takes all hair off the head which `latent` (1,16,512) draws.

    start: the learned direction, already scaled. Coarse steps look at the generator's smallest pictures, which may
    be an estimate; fine ones at 512 px, and have the last word. The best iterate is kept, because late steps can break
    the face.
    """
    coarse_cost = steps.coarse * COARSE_COST
    total = coarse_cost + steps.fine
    best = BaldEdit(start.detach().clone(), 1.0, 1.0, 0)
    taken = 0
    phases = (
        (generator.coarse_size_px, steps.coarse, steps.coarse_least, 0.0, COARSE_COST),
        (512, steps.fine, steps.least, coarse_cost, 1.0),
    )
    for size_px, count, least, done, cost in phases:
        if count == 0:
            continue

        def tell(step: int, done: float = done, cost: float = cost) -> None:
            report((done + step * cost) / total)

        best = _descend(
            generator, parser, latent, regions, best.delta, size_px, count, least=least, rate=rate, report=tell
        )
        taken += best.steps
    return replace(best, steps=taken)


def _descend(
    generator: Generator,
    parser: BiSeNet,
    latent: torch.Tensor,
    regions: EditRegions,
    start: torch.Tensor,
    size_px: int,
    steps: int,
    *,
    least: int,
    rate: float,
    report: Callable[[int], None],
) -> BaldEdit:
    with torch.no_grad():
        reference = generator(latent, size_px)
        face_features = reference.features[64].float()
        face_pixels = resized(reference.picture)
    face_small = F.interpolate(regions.face[None, None], size=(64, 64), mode="area")
    delta = start.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([delta], rate, betas=(0.9, 0.99))
    best = BaldEdit(start, 1.0, 1.0, 0)
    best_score = float("inf")
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate * max(0.3, 1 - 0.7 * step / 20)
        synthesis = generator(moved(latent, delta), size_px)
        picture = resized(synthesis.picture)
        log_p = class_logits(parser, picture, EDIT_SIZE_PX)[0].log_softmax(0)
        hair = log_p[HAIR_CLASSES].exp().sum(0)
        no_hair = torch.log((1 - hair).clamp_min(1e-4))
        change = (picture - face_pixels)[0].abs().mean(0)
        face_change = (change * regions.face).sum() / regions.face.sum()
        loss = (
            -(torch.logsumexp(log_p[SKIN_CLASSES], 0) * regions.scalp).sum() / regions.scalp.sum()
            - (log_p[FaceClass.BACKGROUND] * regions.beyond_skull).sum() / (regions.beyond_skull.sum() + 50)
            - 4 * (no_hair * regions.below_brows).mean()
            - 2 * no_hair.mean()
            + 20 * ((synthesis.features[64].float() - face_features).pow(2) * face_small).mean()
            + 3 * face_change
            + (change * regions.surroundings).sum() / (regions.surroundings.sum() + 50)
            + 0.015 * delta.pow(2).sum() / EDIT_SLOTS
        )
        optimizer.zero_grad()
        loss.backward()
        current = delta.detach().clone()
        optimizer.step()
        hair_share = float((hair > 0.5).float().mean())
        score = 8 * hair_share + 4 * max(0.0, float(face_change.detach()) - 0.06) + 0.05 * float(loss.detach())
        if score < best_score:
            best_score = score
            best = BaldEdit(current, hair_share, float(face_change.detach()), step + 1)
        report(step + 1)
        if step + 1 >= least and (hair_share < NO_HAIR_SHARE or score > best_score * 3 + 0.1):
            break
    return best


def resized(picture: torch.Tensor) -> torch.Tensor:
    """A generated picture at the size in which edits look at it, as float32."""
    if picture.shape[2] > EDIT_SIZE_PX:
        return F.interpolate(picture.float(), size=(EDIT_SIZE_PX, EDIT_SIZE_PX), mode="area")
    return F.interpolate(picture.float(), size=(EDIT_SIZE_PX, EDIT_SIZE_PX), mode="bilinear", align_corners=False)


def moved(latent: torch.Tensor, delta: torch.Tensor) -> torch.Tensor:
    """Per-slot latent (B,16,512) with a delta (B,6,512) added to its first slots."""
    return torch.cat([latent[:, :EDIT_SLOTS] + delta, latent[:, EDIT_SLOTS:]], 1)
