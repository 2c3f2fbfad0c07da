"""What lies over the photo, and how much of it at each moment between photo and finished edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.compositing import Fall, Head, head_at
from engine.compositing.arrays import Picture, Plane, smoothstep

# What appears over one spot takes this share of the whole time.
REVEAL_TIME = 0.35


class Layer(Protocol):
    """Anything that covers a canvas more and more."""

    @property
    def cover(self) -> Plane:
        """H,W, 0..1: bounds the alpha of every moment; 0 where no moment changes anything."""
        ...

    def head(self, progress: float) -> Head:
        """The layer at a moment: 0 is nothing, 1 all of it."""
        ...


@dataclass(frozen=True)
class Reveal:
    """picture: H,W,3 in 0..255; alpha: H,W, its share in the end; order: H,W, 0..1, when it appears over each spot."""

    picture: Picture
    alpha: Plane
    order: Plane

    @property
    def cover(self) -> Plane:
        """Where it ends up."""
        return self.alpha

    def head(self, progress: float) -> Head:
        """Spot after spot, in their order."""
        if progress >= 1:
            return Head(self.picture, self.alpha)
        begun = (progress * (1 + REVEAL_TIME) - self.order) / REVEAL_TIME
        return Head(self.picture, np.asarray(self.alpha * smoothstep(begun, 0.0, 1.0), np.float32))


@dataclass(frozen=True)
class Recession:
    """Hair that falls until a fall time (see `compositing.years`)."""

    fall: Fall
    end_time: float

    @property
    def cover(self) -> Plane:
        """Where hair may fall."""
        return self.fall.change

    def head(self, progress: float) -> Head:
        """Strand by strand."""
        return head_at(self.fall, self.end_time * progress)


@dataclass(frozen=True)
class Limited:
    """A layer that stays inside a region. limit: H,W, 0..1."""

    layer: Layer
    limit: Plane

    @property
    def cover(self) -> Plane:
        """The layer's, as far as it may go."""
        return np.asarray(self.layer.cover * self.limit, np.float32)

    def head(self, progress: float) -> Head:
        """The layer's, as far as it may go."""
        head = self.layer.head(progress)
        return Head(head.picture, np.asarray(head.alpha * self.limit, np.float32))


@dataclass(frozen=True)
class Timed:
    """A layer with its part of the whole time."""

    layer: Layer
    begins: float
    ends: float

    def head(self, progress: float) -> Head:
        """The layer at a moment of the whole."""
        own = (progress - self.begins) / (self.ends - self.begins)
        return self.layer.head(float(np.clip(own, 0, 1)))


def ordered(order: Plane, alpha: Plane) -> Plane:
    """An order of appearance as times 0..1, spread evenly over what appears."""
    there = order[alpha > 0.3]
    if there.size < 100:
        return np.zeros_like(order)
    times = np.linspace(0, 1, 33)
    marks = np.maximum.accumulate(np.quantile(there[:: max(1, there.size // 20000)], times) + times * 1e-5)
    return np.interp(order, marks, times).astype(np.float32)


def merged(heads: Sequence[Head]) -> Head:
    """Several layers, first below, as one (Porter and Duff 1984, "over")."""
    below = heads[0]
    for above in heads[1:]:
        alpha = 1 - (1 - below.alpha) * (1 - above.alpha)
        mixed = below.picture * (below.alpha * (1 - above.alpha))[..., None] + above.picture * above.alpha[..., None]
        below = Head(np.asarray(mixed / np.maximum(alpha, 1e-4)[..., None], np.float32), alpha.astype(np.float32))
    return below


def over(photo: Picture, head: Head) -> Picture:
    """A layer laid over a picture of the same canvas."""
    return np.asarray(photo + (head.picture - photo) * head.alpha[..., None], np.float32)
