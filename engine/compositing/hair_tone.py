"""What carries drawn hair to the person's own colour, lightness and contrast."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.imaging.lab import from_lab, to_lab
from engine.imaging.ops import Mask, Picture
from engine.imaging.quantiles import median_colour, of_sorted, percentiles


@dataclass(frozen=True)
class HairToneSettings:
    """How hair's tone is read and how much of a drawn lock's own is left, set by eye. L*, a*, b* are CIE Lab's."""

    # Fewer canvas pixels of hair tell no tone.
    min_canvas_area: int = 1500
    # The drawn hair's contrast, between these percentiles of lightness, may be changed by so much to be that of the
    # person's own; less contrast than this (L*) is noise.
    spread_percentiles: tuple[float, float] = (90.0, 10.0)
    contrasts: tuple[float, float] = (0.7, 1.6)
    least_spread: float = 1.0
    # Colour is read at these percentiles of lightness; own hair gets no lighter than the last.
    light_percentiles: tuple[float, ...] = (3.0, 25.0, 50.0, 75.0, 97.0)
    lightest_percentile: float = 98.0
    # The lightest own hair is no greyer than this share of what is next lightest: a glare, or light that comes through
    # it, would turn thin drawn hair over skin grey.
    light_chroma_kept: float = 0.75
    # Of a drawn lock's own deviation (a*, b*) so much counts at most, and this share of it is kept.
    chroma_limit: float = 6.0
    chroma_kept: float = 0.5
    # And only so far as own hair has it too, between these percentiles of its a* and b*.
    chroma_percentiles: tuple[float, float] = (2.0, 98.0)


@dataclass(frozen=True)
class HairTone:
    """Carries drawn hair to the person's own, in Lab: both kinds' usual L*, a*, b* from dark to light (K,3), the ratio
    of contrasts, and how light own hair gets (background that shows through must not become lighter than that), and its
    least and most a*, b* (2,2).
    chroma_limit, chroma_kept: of a drawn lock's own deviation (a*, b*), the most that counts and the share kept."""

    drawn: NDArray[np.float32]
    own: NDArray[np.float32]
    contrast: float
    lightest: float
    chroma_range: NDArray[np.float32]
    chroma_limit: float
    chroma_kept: float

    def __call__(self, pixels: NDArray[np.float32], off: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """Pixels (...,3 in 0..255) of drawn hair in the own hair's tone. off: what they are to differ from that (...,3,
        Lab).

        A lock's colour follows from how light it is. Of what the drawn lock deviates from its kind, only so much is
        kept as hair may: what else shows a colour there is not hair.
        """
        lab = to_lab(pixels.reshape(1, -1, 3))[0]
        middle = len(self.own) // 2
        light = (lab[:, 0] - self.drawn[middle, 0]) * self.contrast + self.own[middle, 0]
        light = np.clip(light, 0, self.lightest)
        toned = [light]
        for channel in (1, 2):
            usual = np.interp(lab[:, 0], self.drawn[:, 0], self.drawn[:, channel])
            deviation = np.clip(lab[:, channel] - usual, -self.chroma_limit, self.chroma_limit)
            chroma = np.interp(light, self.own[:, 0], self.own[:, channel]) + self.chroma_kept * deviation
            toned.append(np.clip(chroma, *self.chroma_range[:, channel - 1]))
        told = np.stack(toned, 1)[None].astype(np.float32)
        if off is not None:
            told += off.reshape(told.shape)
        picture = from_lab(told)[0]
        return np.asarray(np.clip(picture, 0, 255).reshape(pixels.shape), np.float32)

    @property
    def lighter(self) -> NDArray[np.float32]:
        """The Lab of hair that is drawn lighter than most."""
        return np.asarray(self.drawn[-2], np.float32)


def hair_tone(
    photo: Picture, own: Mask, render: Picture, drawn: Mask, settings: HairToneSettings = HairToneSettings()
) -> HairTone | None:
    """What carries drawn hair to the person's own, read where both lie if they meet; None for too little.

    own, drawn: H,W, sure hair of the photo and of the render before any is lost.
    """
    both = own & drawn
    if both.sum() >= settings.min_canvas_area:
        own = drawn = both
    if min(int(own.sum()), int(drawn.sum())) < settings.min_canvas_area:
        return None
    made, real = to_lab(render[drawn][None])[0], to_lab(photo[own][None])[0]
    # By lightness: what follows is read off at places in that order.
    made, real = (lab[np.argsort(lab[:, 0])] for lab in (made, real))
    spreads = [float(np.subtract(*of_sorted(lab[:, 0], settings.spread_percentiles))) for lab in (real, made)]
    contrast = float(np.clip(spreads[0] / max(spreads[1], settings.least_spread), *settings.contrasts))
    lightest = float(of_sorted(real[:, 0], (settings.lightest_percentile,))[0])
    drawn_usual, own_usual = (_usual(lab, settings.light_percentiles) for lab in (made, real))
    least_chroma = settings.light_chroma_kept * _chroma(own_usual[-2])
    own_usual[-1, 1:] *= max(1.0, least_chroma / max(_chroma(own_usual[-1]), 1.0))
    chroma = [percentiles(real[:, channel], settings.chroma_percentiles) for channel in (1, 2)]
    chroma_range = np.stack(chroma, 1).astype(np.float32)
    return HairTone(
        drawn_usual, own_usual, contrast, lightest, chroma_range, settings.chroma_limit, settings.chroma_kept
    )


def _chroma(lab: NDArray[np.float32]) -> float:
    return float(np.hypot(lab[1], lab[2]))


def _usual(lab: NDArray[np.float32], light_percentiles: tuple[float, ...]) -> NDArray[np.float32]:
    """Median colour (K,3) of hair (N,3, Lab, by lightness) at these percentiles of lightness, from dark to light."""
    between = np.add(light_percentiles[:-1], light_percentiles[1:]) / 2
    light = np.ascontiguousarray(lab[:, 0])
    edges = of_sorted(light, (0.0, *between, 100.0))
    ends = [(light.searchsorted(low), light.searchsorted(high, "right")) for low, high in pairwise(edges)]
    usual = np.array([median_colour(lab[start:end]) for start, end in ends], np.float32)
    # Where all hair is of one lightness, the interpolation still needs steps that rise.
    usual[:, 0] = np.maximum.accumulate(usual[:, 0]) + 1e-3 * np.arange(len(usual))
    return usual
