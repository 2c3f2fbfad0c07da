"""Things laid on the hair of a picture, with their shadow, under some strands; and what hair does by itself that looks
like a thing and is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.training.things.kinds import Draw
from engine.training.things.shapes import band, blob, stroke
from engine.training.things.stage import Rng, Stage
from engine.training.things.surfaces import surface

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Laying:
    """How things lie there: shares of those that let the picture through, throw a shadow, lie under strands; clear:
    how opaque (0..1) those are that let it through."""

    clear: tuple[float, float] = (0.6, 0.95)
    clear_share: float = 0.08
    shadow_share: float = 0.6
    strands_share: float = 0.3


# Sheer layers throw no shadow to speak of.
SHEER_LAYING = Laying(clear=(0.2, 0.65), clear_share=1.0, shadow_share=0.0, strands_share=0.1)


@dataclass(frozen=True)
class Laid:
    """picture: H,W,3; where: H,W, what the things cover."""

    picture: Pixels
    where: NDArray[np.bool_]


def laid(picture: Pixels, stage: Stage, draw: Draw, other: Pixels, rng: Rng, laying: Laying = Laying()) -> Laid:
    """One thing on the hair of a picture. other: H,W,3, some have its colours."""
    out = picture.astype(np.float32)
    hair = np.median(picture[stage.hair], axis=0)
    covers = draw(stage, rng)
    edge_px = rng.uniform(0.3, 1.2) * stage.pixel_px
    covers = [np.asarray(cv2.GaussianBlur(cover, (0, 0), edge_px), np.float32) for cover in covers]
    whole = np.maximum.reduce(covers)
    if rng.random() < laying.shadow_share:
        by = rng.normal(0, 4, 2) * stage.pixel_px
        moved = cv2.warpAffine(whole, np.array([[1, 0, by[0]], [0, 1, by[1]]]), whole.shape[::-1])
        shade = cv2.GaussianBlur(moved, (0, 0), rng.uniform(1.5, 6) * stage.pixel_px)
        out *= 1 - rng.uniform(0.2, 0.7) * shade[..., None]
    opacity = rng.uniform(*laying.clear) if rng.random() < laying.clear_share else 1.0
    for cover in covers:
        over = opacity * cover[..., None]
        out = out * (1 - over) + surface(cover, hair, other, stage.pixel_px, rng) * over
    if rng.random() < laying.strands_share:
        strands = _strands(stage, rng, int(rng.integers(2, 14)))[..., None] * stage.hair[..., None]
        out = out * (1 - strands) + picture * strands
    return Laid(_levels(out), whole > 0.5)


def hairdo(picture: Pixels, stage: Stage, other: Pixels, rng: Rng) -> Pixels:
    """A picture whose hair is lit, dyed, parted or thinned: nothing lies on it, and it stays hair."""
    out = picture.astype(np.float32)
    for _ in range(int(rng.integers(1, 4))):
        kind = rng.integers(8)
        if kind == 0:  # a spot of sun, a shadow's edge, the shine along a curl
            shape = (blob, stroke, band)[int(rng.integers(3))]
            spot = cv2.GaussianBlur(shape(stage, rng)[0], (0, 0), rng.uniform(0.8, 8))[..., None]
            out *= 1 + spot * (np.exp(rng.normal(0.2, 0.5)) * rng.uniform(0.9, 1.1, 3) - 1)
        elif kind == 1:  # dyed hair: its light stays
            part = cv2.GaussianBlur(stroke(stage, rng)[0] + blob(stage, rng)[0], (0, 0), rng.uniform(2, 20)).clip(0, 1)
            dye = np.exp(rng.normal(0, 0.45, 3)) * np.exp(rng.normal(0, 0.4))
            out *= 1 + (part * stage.hair)[..., None] * (dye - 1)
        elif kind == 2:  # strands, lighter or darker, grey ones
            strands = _strands(stage, rng, int(rng.integers(2, 30)))[..., None] * stage.hair[..., None]
            tone = np.median(picture[stage.hair], axis=0) * rng.uniform(0.3, 1.8) * np.exp(rng.normal(0, 0.2, 3))
            out = out * (1 - 0.8 * strands) + 0.8 * strands * np.clip(tone, 0, 235)
        elif kind == 3:  # a gap that shows what is behind
            behind = cv2.GaussianBlur(other, (0, 0), rng.uniform(1, 8))[::-1]
            gaps = _strands(stage, rng, int(rng.integers(1, 5)), 2.5)[..., None]
            out = out * (1 - gaps) + np.float32(behind) * gaps
        elif kind == 4:  # salt and pepper, frizz, short curls
            grain = cv2.GaussianBlur(rng.standard_normal(stage.shape), (0, 0), rng.uniform(0.6, 3))
            grain *= rng.uniform(0.1, 0.5) / grain.std()
            out *= 1 + (stage.hair * grain.clip(-0.8, 2))[..., None]
        elif kind == 5:  # a parting: a soft line of the skin's colour, or of roots
            parted = stroke(stage, rng)[0] * stage.hair
            line = cv2.GaussianBlur(parted, (0, 0), rng.uniform(1.5, 5))[..., None] * rng.uniform(0.3, 0.9)
            skin = np.array((215.0, 170.0, 145.0)) * rng.uniform(0.35, 1.1) * np.exp(rng.normal(0, 0.08, 3))
            out = out * (1 - line) + np.clip(skin, 0, 240) * line
        elif kind == 6:  # braids and curls: light and dark in turn along a lock
            points = np.argwhere(stroke(stage, rng)[0] * stage.hair > 0.5)
            if len(points):
                out *= 1 + (stage.hair * _plait(points, stage, rng))[..., None]
        else:  # hair of somebody else mixed in
            part = cv2.GaussianBlur(blob(stage, rng)[0], (0, 0), rng.uniform(6, 20))[..., None]
            share = np.roll(picture, tuple(int(by) for by in rng.integers(-40, 40, 2)), (0, 1)).astype(np.float32)
            hairy = np.roll(stage.hair, 0)[..., None]
            out = out * (1 - part * hairy) + share * part * hairy
    return _levels(out)


def before(picture: Pixels, head: NDArray[np.bool_], wall: Pixels, rng: Rng) -> Pixels:
    """A picture whose head (H,W, with hair and body) stands before another wall (H,W,3)."""
    _, labels = cv2.connectedComponents((~np.pad(head, 1)).astype(np.uint8))
    whole = (labels != labels[0, 0])[1:-1, 1:-1]  # a parser's holes in it are no window
    matte = cv2.GaussianBlur(whole.astype(np.float32), (0, 0), rng.uniform(0.8, 3))[..., None]
    soft = cv2.GaussianBlur(wall, (0, 0), rng.uniform(0.3, 10))
    return _levels(picture * matte + soft * (1 - matte))


def taken(picture: Pixels, rng: Rng) -> Pixels:
    """A picture as a camera and a chat would show it: softened, lit, grey, noisy, compressed."""
    out: NDArray[Any] = picture.astype(np.float32)
    if rng.random() < 0.5:
        out = out * np.exp(rng.normal(0, 0.08, 3)) * np.exp(rng.normal(0, 0.25))
    if rng.random() < 0.12:
        out = np.repeat(out.mean(2, keepdims=True), 3, 2) * np.array(
            (1.0, 1.0, 1.0) if rng.random() < 0.7 else (1.06, 1, 0.85)
        )
    if rng.random() < 0.5:
        out = _enlarged(out, rng)
    if rng.random() < 0.3:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.5, 2.0))
    if rng.random() < 0.3:
        out = out + rng.uniform(0.3, 1.5) * (out - cv2.GaussianBlur(out, (0, 0), rng.uniform(0.8, 2.5)))
    if rng.random() < 0.5:
        out = out + rng.normal(0, rng.uniform(1, 10), out.shape)
    levels = _levels(out)
    return _compressed(levels, rng) if rng.random() < 0.6 else levels


def _enlarged(picture: NDArray[Any], rng: Rng) -> NDArray[np.float32]:
    """A picture (H,W,3) that was smaller when it was taken: most with a small one's noise and blocks, enlarged with
    it."""
    size = (picture.shape[1], picture.shape[0])
    share = np.exp(rng.uniform(np.log(0.15), 0))
    small = cv2.resize(picture, (round(size[0] * share), round(size[1] * share)), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.3:
        small = small + rng.normal(0, rng.uniform(1, 10), small.shape)
    if rng.random() < 0.6:
        small = _compressed(_levels(small), rng)
    way = (cv2.INTER_CUBIC, cv2.INTER_LINEAR, cv2.INTER_LANCZOS4)[int(rng.integers(3))]
    return np.asarray(cv2.resize(np.asarray(small, np.float32), size, interpolation=way), np.float32)


def _compressed(levels: Pixels, rng: Rng) -> Pixels:
    _, file = cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 97))])
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR), np.uint8)


def _plait(points: NDArray[np.intp], stage: Stage, rng: Rng) -> NDArray[np.float32]:
    """What is added to 1 along pixels (N,2: rows, columns) for light to fall on a braid there."""
    wave = np.zeros(stage.shape, np.float32)
    way = points - points.mean(0)
    along = way @ np.linalg.eigh(way.T @ way)[1][:, -1]
    across = way @ np.array((rng.normal(), rng.normal()))
    period = rng.uniform(0.04, 0.14) * stage.axes.width_px
    wave[points[:, 0], points[:, 1]] = np.sin(along * 2 * np.pi / period + across / period)
    soft = cv2.GaussianBlur(wave, (0, 0), rng.uniform(0.8, 2.5))
    return np.asarray(rng.uniform(0.15, 0.6) * soft, np.float32)


def _strands(stage: Stage, rng: Rng, count: int, thick: float = 1.0) -> NDArray[np.float32]:
    """0..1 on so many bundles of hairs, all in about one direction."""
    out = np.zeros(stage.shape, np.float32)
    start, turn = stage.place(rng), rng.uniform(0, np.pi)
    unit_px = stage.axes.width_px
    t = np.linspace(-0.5, 0.5, 24)
    for _ in range(count):
        length, bend, way = rng.uniform(0.15, 0.6), rng.normal(0, 0.6), turn + rng.normal(0, 0.2)
        x, y = t * length, bend * length * t**2
        points = np.stack([x * np.cos(way) - y * np.sin(way), x * np.sin(way) + y * np.cos(way)], 1) * unit_px
        place = start + rng.normal(0, 0.09, 2) * unit_px
        out = np.maximum(out, stage.line(points + place, rng.uniform(0.003, 0.02) * thick))
    return np.asarray(cv2.GaussianBlur(out, (0, 0), rng.uniform(0.5, 1.5)), np.float32)


def _levels(values: NDArray[np.generic]) -> Pixels:
    return np.clip(np.rint(np.asarray(values, np.float32)), 0, 255).astype(np.uint8)
