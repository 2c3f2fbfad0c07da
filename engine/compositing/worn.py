"""What is worn in the hair: headbands, headphones, bows, glasses pushed up. The face parser calls most of it hair, and
as hair it would half dissolve."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.band import find_band
from engine.compositing.on_hair import OnHairSettings, lies_on_hair
from engine.compositing.view import View
from engine.compositing.worn_parts import EvenPartSettings, PartSettings, coloured_part, even_part
from engine.errors import HatInTheWay
from engine.face.head_axes import HeadAxes
from engine.imaging.lab import to_lab
from engine.imaging.ops import Mask, Picture, Plane, blur, reduced
from engine.parsing import FaceClass


@dataclass(frozen=True)
class GlassesSettings:
    """Which glasses were pushed up into the hair, set by eye. Lengths are face widths from between the brows."""

    # So far above the brows, and no farther aside.
    above: float = 0.15
    within: float = 0.9
    # The parser's probability from which on it sees some, and their least area in face widths squared.
    probability: float = 0.3
    least_area: float = 0.006


@dataclass(frozen=True)
class WornBandSettings:
    """When a stripe over the head is a band, set by eye."""

    # The parser's probability of hair counts so many times, up to 1: under what is worn it is unsure.
    hair_gain: float = 1.3
    # Evidence of a band from which on it is one (`find_band`).
    least_band: float = 11.0
    # What is drawn over the photo is kept in place; a band of which so much is kept needs no refusal.
    kept_share: float = 0.9


@dataclass(frozen=True)
class WornSettings:
    """How what is worn is looked for."""

    # Smoothing of the picture (face widths, a Gaussian's sigma), and in pixels at least, against a JPEG's squares.
    smooth: float = 0.005
    least_smooth_px: float = 0.6
    glasses: GlassesSettings = GlassesSettings()
    band: WornBandSettings = WornBandSettings()
    part: PartSettings = field(default_factory=PartSettings)
    even: EvenPartSettings = field(default_factory=EvenPartSettings)
    on_hair: OnHairSettings = field(default_factory=OnHairSettings)


def check_worn(
    view: View, axes: HeadAxes, kept: Mask, things: Plane | None = None, settings: WornSettings = WornSettings()
) -> None:
    """Raise HatInTheWay where something lies on the hair. axes: the head's, in the view's pixels; kept (H,W): what
    stays in place anyway, whatever becomes of the hair; things (at the size of the view's probabilities): how probably
    something lies there, as the parser's trunk sees it, None where nobody looked."""
    height, width = view.probabilities.shape[1:]
    shrink = width / view.picture.shape[1]
    axes = replace(axes, origin=(axes.origin + 0.5) * shrink - 0.5, width_px=axes.width_px * shrink)
    picture = reduced(view.picture, width, height)
    kept = cv2.resize(kept.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST).astype(bool)
    if things is not None and lies_on_hair(things, view.probabilities, axes, kept, settings.on_hair):
        raise _worn()
    if glasses_pushed_up(view.probabilities, axes, kept, settings.glasses):
        raise _worn()
    lab = to_lab(blur(picture, max(settings.smooth * axes.width_px, settings.least_smooth_px)))
    if band_is_worn(lab, view.probabilities, axes, kept, settings.band):
        raise _worn()
    if coloured_part(lab, view.probabilities, axes, kept, settings.part):
        raise _worn()
    if even_part(lab, view.probabilities, axes, kept, settings.even):
        raise _worn()


def _worn() -> HatInTheWay:
    return HatInTheWay(
        "Something lies on the hair (a headband, a clip, headphones, letters) and would be left floating. "
        "Use a photo without it."
    )


def glasses_pushed_up(
    probabilities: NDArray[np.float32], axes: HeadAxes, kept: Mask, settings: GlassesSettings = GlassesSettings()
) -> bool:
    """Whether class probabilities (19,H,W) show glasses above the face."""
    u, v = axes.coordinates(kept.shape)
    seen = (probabilities[FaceClass.GLASSES] > settings.probability) & ~kept
    seen &= (v > settings.above) & (np.abs(u) < settings.within)
    return bool(seen.sum() > settings.least_area * axes.width_px**2)


def band_is_worn(
    lab: Picture,
    probabilities: NDArray[np.float32],
    axes: HeadAxes,
    kept: Mask,
    settings: WornBandSettings = WornBandSettings(),
) -> bool:
    """Whether a band lies over the hair of a picture (H,W,3 in CIE Lab) and is not kept."""
    hair = np.minimum(1, settings.hair_gain * (probabilities[FaceClass.HAIR] + probabilities[FaceClass.HAT]))
    band = find_band(lab, hair, probabilities[FaceClass.BACKGROUND], axes)
    if band.strength < settings.least_band:
        return False
    height, width = kept.shape
    x, y = np.rint(band.middle).astype(int).T
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return float(kept[y[inside], x[inside]].mean()) < settings.kept_share if inside.any() else False
