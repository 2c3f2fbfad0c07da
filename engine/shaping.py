"""Move a latent until hair grows where it is wanted: gradient descent through the face parser, the face held in place.

The counterpart of the bald edit. What is wanted is a region of the crop, so that the same strength gives the same
fringe on everyone; a boundary's direction can serve as the start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from engine.editing import EDIT_SIZE_PX, EDIT_SLOTS, HAIR_CLASSES, around, moved, resized, shrunk
from engine.generator import Generator
from engine.head import HeadFrame, skull_radius
from engine.parsing import BiSeNet, FaceClass, class_logits
from engine.polygon import face_area

# Of all steps, how many are taken on the generator's small pictures, and how many at least on large ones.
COARSE_SHARE = 0.6
MIN_FINE_STEPS = 3
# Hair in this much of the wanted region is enough: the last wisps cost the face more than they give.
ENOUGH = 0.93


@dataclass(frozen=True)
class HairShape:
    """256,256 planes, 0..1, of the crop: where hair shall be, and where none shall grow."""

    grow: NDArray[np.float32]
    clear: NDArray[np.float32]


@dataclass(frozen=True)
class ShapeEdit:
    """delta: 1,6,512 to add to slots 0..5; covered: share of the wanted region that has hair; face_change: mean
    difference of the face's pixels, in -1..1; steps: descents taken."""

    delta: torch.Tensor
    covered: float
    face_change: float
    steps: int


def edit_planes(frame: HeadFrame) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Head coordinates u and v at the size in which shapes are described."""
    return frame.coordinates(EDIT_SIZE_PX, 1024 / EDIT_SIZE_PX)


def fringe(frame: HeadFrame, depth: float) -> HairShape:
    """Hair over the forehead, down to a height. depth: 0 the usual hairline, 1 the brows."""
    u, v = edit_planes(frame)
    bottom = 0.42 - 0.36 * depth + 0.25 * np.maximum(np.abs(u) - 0.30, 0)
    grow = (v > bottom) & (v < 0.50) & (np.abs(u) < 0.42) & (skull_radius(u, v) < 0.95)
    return HairShape(grow.astype(np.float32), ((v < bottom - 0.08) & (np.abs(u) < 0.40)).astype(np.float32))


def crown(frame: HeadFrame, hairline: float, rise: float) -> HairShape:
    """Hair on top of the head, from a hairline (face widths above the brows) to a little above the skull (`rise`)."""
    u, v = edit_planes(frame)
    edge = hairline - 0.9 * np.maximum(np.abs(u) - 0.28, 0)
    radius = skull_radius(u, v)
    grow = (v > edge) & (radius < 1 + rise) & (v > 0.05)
    sides = (np.abs(u) > 0.46) & (np.abs(u) < 0.56 + 0.5 * rise) & (v > -0.12) & (v <= edge)
    clear = (v < edge - 0.07) & (np.abs(u) < 0.38)
    return HairShape((grow | sides).astype(np.float32), clear.astype(np.float32))


def curtain(frame: HeadFrame, length: float) -> HairShape:
    """Hair hanging beside face and neck. length: face widths below the brows at which it ends."""
    u, v = edit_planes(frame)
    inner = 0.50 - 0.10 * np.clip((-v - 0.55) / 0.3, 0, 1)
    outer = 0.70 + 0.10 * np.clip(-v, 0, 1)
    grow = (np.abs(u) > inner) & (np.abs(u) < outer) & (v < 0.15) & (v > -length)
    clear = (np.abs(u) < 0.36) & (v < 0.25) & (v > -0.8)
    return HairShape(grow.astype(np.float32), clear.astype(np.float32))


def edit_shape(
    generator: Generator,
    parser: BiSeNet,
    latent: torch.Tensor,
    shape: HairShape,
    probabilities: NDArray[np.float32],
    landmarks: NDArray[np.float64],
    start: torch.Tensor,
    *,
    max_steps: int,
    rate: float,
    report: Callable[[float], None],
) -> ShapeEdit:
    """Find the per-slot delta (1,6,512) that grows hair in a region of the head which `latent` (1,16,512) draws.

    probabilities: 19,S,S of the photo's crop; landmarks: 68,2 in crop pixels; start: the direction to start from,
    already scaled, zeros for none. The best iterate is kept.
    """
    device = latent.device

    def tensor(mask: NDArray[np.float32]) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(mask, np.float32)).to(device)

    hair_before = shrunk(probabilities[FaceClass.HAIR]) > 0.5
    inside = face_area(landmarks * EDIT_SIZE_PX / 1024, hair_before.shape)
    free = cv2.dilate(shape.grow, np.ones((9, 9), np.uint8)) > 0
    face = tensor((inside & ~hair_before & ~free).astype(np.float32))
    surroundings = tensor((around(probabilities) & ~free).astype(np.float32))
    grow, clear = tensor(shape.grow), tensor(shape.clear * ~hair_before)
    kept_hair = tensor((hair_before & ~free).astype(np.float32))
    coarse_steps = round(COARSE_SHARE * max_steps)
    references: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
    for size_px in (generator.coarse_size_px, 512):
        with torch.no_grad():
            reference = generator(latent, size_px)
        references[size_px] = (reference.features[64].float(), resized(reference.picture))
    face_small = F.interpolate(face[None, None], size=(64, 64), mode="area")
    delta = start.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([delta], rate, betas=(0.9, 0.99))
    best = ShapeEdit(start, 0.0, 1.0, 0)
    best_score = float("inf")
    for step in range(max_steps):
        for group in optimizer.param_groups:
            group["lr"] = rate * max(0.3, 1 - 0.7 * step / max_steps)
        size_px = generator.coarse_size_px if step < coarse_steps else 512
        if step == coarse_steps:
            best_score = float("inf")  # of an estimate of the picture; from here on it is the picture itself
        face_features, before = references[size_px]
        synthesis = generator(moved(latent, delta), size_px)
        picture = resized(synthesis.picture)
        log_p = class_logits(parser, picture, EDIT_SIZE_PX)[0].log_softmax(0)
        hair = log_p[HAIR_CLASSES].exp().sum(0)
        no_hair = torch.log((1 - hair).clamp_min(1e-4))
        change = (picture - before)[0].abs().mean(0)
        face_change = (change * face).sum() / (face.sum() + 50)
        loss = (
            -2 * (log_p[FaceClass.HAIR] * grow).sum() / (grow.sum() + 50)
            - (no_hair * clear).sum() / (clear.sum() + 50)
            - 0.5 * (log_p[FaceClass.HAIR] * kept_hair).sum() / (kept_hair.sum() + 50)
            + 20 * ((synthesis.features[64].float() - face_features).pow(2) * face_small).mean()
            + 3 * face_change
            + (change * kept_hair).sum() / (kept_hair.sum() + 50)
            + (change * surroundings).sum() / (surroundings.sum() + 50)
            + 0.015 * delta.pow(2).sum() / EDIT_SLOTS
        )
        optimizer.zero_grad()
        loss.backward()
        current = delta.detach().clone()
        optimizer.step()
        with torch.no_grad():
            covered = float(((hair > 0.5).float() * grow).sum() / (grow.sum() + 1e-3))
            spilled = float(((hair > 0.5).float() * clear).sum() / (clear.sum() + 1e-3))
        changed = float(face_change.detach())
        score = (1 - covered) + 2 * spilled + 4 * max(0.0, changed - 0.06) + 0.02 * float(loss.detach())
        if score < best_score:
            best_score, best = score, ShapeEdit(current, covered, changed, step + 1)
        report((step + 1) / max_steps)
        if step + 1 >= coarse_steps + MIN_FINE_STEPS and (covered > ENOUGH or score > best_score * 3 + 0.1):
            break
    return best
