"""What is worn in the hair: headbands, headphones, bows, glasses pushed up. The face parser calls most of it hair, and
as hair it would half dissolve."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.band import find_band
from engine.compositing.view import View
from engine.errors import HatInTheWay
from engine.face.head_axes import HeadAxes
from engine.imaging.lab import to_lab
from engine.imaging.ops import Mask, Picture, blur, dilate, erode
from engine.parsing import FaceClass

# The parser's probability of hair counts in full from 1/HAIR_GAIN on: under what is worn it is unsure.
HAIR_GAIN = 1.3
# Evidence of a band from which on it is one (`find_band`).
LEAST_BAND = 11.0
# What is drawn over the photo is kept in place; a band of which so much is kept needs no refusal.
KEPT_SHARE = 0.9
# Glasses so far above the brows, and no farther aside (in face widths), were pushed up into the hair: the parser's
# probability from which on it sees some, and their least area in face widths squared.
GLASSES_ABOVE, GLASSES_WITHIN, GLASSES_PROBABILITY, LEAST_GLASSES_AREA = 0.15, 0.9, 0.3, 0.006
# Coloured things: chroma (a, b of CIE Lab) so far from the hair's and from the skin's, in parts of so many face widths
# squared, above the brows by so much and no farther aside.
OTHER_CHROMA, LEAST_PART_AREA, PART_ABOVE, PART_WITHIN = 18.0, 0.006, 0.1, 1.0
# Its outline lies on the hair to that share, differs by so much from what is around there, and half of the difference
# comes within a hundredth of a face width; of the background (a dyed wall between curls) hardly anything is as it is.
ON_HAIR, CLEAR_CHROMA, SHARP_SHARE, SHARP_WITHIN = 0.6, 20.0, 0.5, 0.01
LIKE_BACKGROUND, MAX_BACKGROUND_SHARE = 12.0, 0.05
# Gaps of the hair that are closed, openings that end strands, and how far from a part its surroundings are, in face
# widths; smoothing of the picture, likewise.
GAP, STRAND, AROUND, SMOOTH = 0.05, 0.0125, 0.02, 0.005
LEAST_SMOOTH_PX = 0.6
# What is skin or background for sure; and every so many pixels are enough for a median.
CLEARLY, SAMPLED = 0.7, 5


def check_worn(view: View, axes: HeadAxes, kept: Mask) -> None:
    """Raise HatInTheWay where something is worn in the hair. axes: the head's, in the view's pixels; kept (H,W): what
    stays in place anyway, whatever becomes of the hair."""
    height, width = view.probabilities.shape[1:]
    shrink = width / view.picture.shape[1]
    axes = replace(axes, origin=(axes.origin + 0.5) * shrink - 0.5, width_px=axes.width_px * shrink)
    picture = np.asarray(cv2.resize(view.picture, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    kept = cv2.resize(kept.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST).astype(bool)
    if glasses_pushed_up(view.probabilities, axes, kept):
        raise _worn()
    lab = to_lab(blur(picture, max(SMOOTH * axes.width_px, LEAST_SMOOTH_PX)))
    if band_is_worn(lab, view.probabilities, axes, kept) or coloured_part(lab, view.probabilities, axes, kept):
        raise _worn()


def _worn() -> HatInTheWay:
    return HatInTheWay(
        "Something is worn in the hair (a headband, headphones, a bow) and would be left floating. "
        "Use a photo without it."
    )


def glasses_pushed_up(probabilities: NDArray[np.float32], axes: HeadAxes, kept: Mask) -> bool:
    """Whether class probabilities (19,H,W) show glasses above the face."""
    u, v = axes.coordinates(kept.shape)
    seen = (probabilities[FaceClass.GLASSES] > GLASSES_PROBABILITY) & ~kept
    seen &= (v > GLASSES_ABOVE) & (np.abs(u) < GLASSES_WITHIN)
    return bool(seen.sum() > LEAST_GLASSES_AREA * axes.width_px**2)


def band_is_worn(lab: Picture, probabilities: NDArray[np.float32], axes: HeadAxes, kept: Mask) -> bool:
    """Whether a band lies over the hair of a picture (H,W,3 in CIE Lab) and is not kept."""
    hair = np.minimum(1, HAIR_GAIN * (probabilities[FaceClass.HAIR] + probabilities[FaceClass.HAT]))
    band = find_band(lab, hair, probabilities[FaceClass.BACKGROUND], axes)
    if band.strength < LEAST_BAND:
        return False
    height, width = kept.shape
    x, y = np.rint(band.middle).astype(int).T
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return float(kept[y[inside], x[inside]].mean()) < KEPT_SHARE if inside.any() else False


def coloured_part(lab: Picture, probabilities: NDArray[np.float32], axes: HeadAxes, kept: Mask) -> bool:
    """Whether something of a colour that is neither the hair's nor the skin's lies in the hair, and ends sharply.

    lab: H,W,3 in CIE Lab.
    """
    unit_px = axes.width_px
    u, v = axes.coordinates(kept.shape)
    above = (v > PART_ABOVE) & (np.abs(u) < PART_WITHIN)
    chroma = np.ascontiguousarray(lab[..., 1:])
    hair = (probabilities[FaceClass.HAIR] + probabilities[FaceClass.HAT]) > 0.5
    skin = probabilities[FaceClass.SKIN] > CLEARLY
    background = chroma[probabilities[FaceClass.BACKGROUND] > CLEARLY][::SAMPLED]
    if not (above & hair).any() or not skin.any():
        return False
    others = above & ~kept & (probabilities[FaceClass.SKIN] < 0.5)
    for known in (hair, skin):
        colour = np.median(chroma[known][::SAMPLED], axis=0)
        others[others] = _distance(chroma[others], colour) > OTHER_CHROMA
    if not others.any():
        return False
    others &= erode(dilate(hair, GAP * unit_px), GAP * unit_px)
    others = dilate(erode(others, STRAND * unit_px), STRAND * unit_px)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(others.astype(np.uint8))
    for index in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[index])
        if area < LEAST_PART_AREA * unit_px**2:
            continue
        margin = round(4 * AROUND * unit_px)
        box = (
            slice(max(top - margin, 0), top + height + margin),
            slice(max(left - margin, 0), left + width + margin),
        )
        part = labels[box] == index
        around = dilate(part, 2 * AROUND * unit_px) & ~dilate(part, AROUND * unit_px)
        if not around.any() or float(hair[box][around].mean()) < ON_HAIR:
            continue
        colour = np.median(chroma[box][part], axis=0)
        difference = float(np.hypot(*(colour - np.median(chroma[box][around], axis=0))))
        edge = float(np.median(cv2.dilate(_slope(chroma[box]), np.ones((5, 5)))[part & ~erode(part, 1)]))
        like = float((_distance(background, colour) < LIKE_BACKGROUND).mean()) if len(background) else 0.0
        if (
            difference > CLEAR_CHROMA
            and edge * SHARP_WITHIN * unit_px > SHARP_SHARE * difference
            and like < MAX_BACKGROUND_SHARE
        ):
            return True
    return False


def _distance(chroma: NDArray[np.float32], colour: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.sqrt(((chroma - colour) ** 2).sum(-1)), np.float32)


def _slope(chroma: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much the colour changes from pixel to pixel."""
    across, down = (cv2.Sobel(chroma, cv2.CV_32F, x, 1 - x, ksize=3, scale=1 / 8) for x in (1, 0))
    return np.asarray(np.sqrt((across**2 + down**2).sum(2)), np.float32)
