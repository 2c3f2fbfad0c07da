"""What an edit puts over the photo, and how much of it at each moment between photo and finished edit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.compositing.overlay import LEAST_ALPHA, Overlay
from engine.imaging.ops import LEAST_SEEN, Picture, Plane, smoothstep


@dataclass(frozen=True)
class RevealSettings:
    """How a layer appears, set by eye."""

    # Over one spot within this share of the whole time: shorter looks like a switch.
    lasts: float = 0.35


@dataclass(frozen=True)
class OrderSettings:
    """How an order of appearance becomes times."""

    # What appears is told where it covers more than this share; fewer pixels come all at once.
    covers: float = 0.3
    min_px: int = 100
    # Quantiles that the times run through, and the pixels at most that they are told from.
    quantiles: int = 33
    sample_px: int = 20_000
    # Equal values are told apart by this, or no time would belong to them.
    least_rise: float = 1e-5


# Carries a plane or a picture of the canvas to other pixels, the photo's for example.
Warp = Callable[[NDArray[np.float32]], NDArray[np.float32]]


class Layer(Protocol):
    """Anything that covers a canvas more and more."""

    @property
    def cover(self) -> Plane:
        """H,W, 0..1: bounds the alpha of every moment; 0 where no moment changes anything."""
        ...

    def overlay(self, progress: float) -> Overlay:
        """The layer at a moment: 0 is nothing, 1 all of it."""
        ...

    def warped(self, warp: Warp, scale: float) -> Layer:
        """The same layer on other pixels, `scale` of which lie on one of the canvas."""
        ...


@dataclass(frozen=True)
class Reveal:
    """picture: H,W,3 in 0..255; alpha: H,W, its share in the end; order: H,W, 0..1, when it appears over each spot."""

    picture: Picture
    alpha: Plane
    order: Plane
    settings: RevealSettings = RevealSettings()

    @property
    def cover(self) -> Plane:
        """Where it ends up."""
        return self.alpha

    def overlay(self, progress: float) -> Overlay:
        """Spot after spot, in their order."""
        if progress >= 1:
            return Overlay(self.picture, self.alpha)
        lasts = self.settings.lasts
        begun = (progress * (1 + lasts) - self.order) / lasts
        return Overlay(self.picture, np.asarray(self.alpha * smoothstep(begun, 0.0, 1.0), np.float32))

    def warped(self, warp: Warp, scale: float) -> Reveal:
        """On other pixels; the picture as far as it is seen, so that nothing unseen is blended into its rim."""
        seen = warp(np.asarray(self.picture * self.alpha[..., None], np.float32))
        alpha = warp(self.alpha)
        picture = np.asarray(seen / np.maximum(alpha, LEAST_ALPHA)[..., None], np.float32)
        return replace(self, picture=picture, alpha=alpha, order=warp(self.order))


@dataclass(frozen=True)
class Limited:
    """A layer that stays inside a region. limit: H,W, 0..1."""

    layer: Layer
    limit: Plane

    @property
    def cover(self) -> Plane:
        """The layer's, as far as it may go."""
        return np.asarray(self.layer.cover * self.limit, np.float32)

    def overlay(self, progress: float) -> Overlay:
        """The layer's, as far as it may go."""
        overlay = self.layer.overlay(progress)
        return Overlay(overlay.picture, np.asarray(overlay.alpha * self.limit, np.float32))

    def warped(self, warp: Warp, scale: float) -> Limited:
        """Both on other pixels."""
        return Limited(self.layer.warped(warp, scale), warp(self.limit))


@dataclass(frozen=True)
class Timed:
    """A layer with its part of the whole time."""

    layer: Layer
    begins: float = 0.0
    ends: float = 1.0

    def overlay(self, progress: float) -> Overlay:
        """The layer at a moment of the whole."""
        own = (progress - self.begins) / (self.ends - self.begins)
        return self.layer.overlay(float(np.clip(own, 0, 1)))

    def warped(self, warp: Warp, scale: float) -> Timed:
        """The layer on other pixels, at the same times."""
        return replace(self, layer=self.layer.warped(warp, scale))


def visible(alpha: NDArray[np.floating]) -> Plane:
    """Alpha (0..1) without what nobody would see: exactly 0 there, so that the photo's pixels stay its own."""
    return np.where(alpha < LEAST_SEEN, 0, alpha).astype(np.float32)


def ordered(order: Plane, alpha: Plane, settings: OrderSettings = OrderSettings()) -> Plane:
    """An order of appearance (H,W) as times 0..1, spread evenly over what appears; alpha: H,W, 0..1, its share."""
    there = order[alpha > settings.covers]
    if there.size < settings.min_px:
        return np.zeros_like(order)
    times = np.linspace(0, 1, settings.quantiles)
    sample = there[:: max(1, there.size // settings.sample_px)]
    marks = np.maximum.accumulate(np.quantile(sample, times) + times * settings.least_rise)
    return np.interp(order, marks, times).astype(np.float32)
