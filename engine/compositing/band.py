"""Bands over a head, ear to ear: headbands, the bows of headphones, straps.

Around the middle of the face, such a thing is a stripe at about one distance and of about one width that passes the
midline, sharp on both sides and smooth along and across. Nothing that grows is: strands cross it, roots and highlights
fade, side locks end at the parting, and the gaps of curls are short. So the picture is unrolled around the head, and
the best stripe found by dynamic programming.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.face.head_axes import HeadAxes
from engine.imaging.ops import Picture, Plane

# The unrolled picture: directions (0 is the face's left in the picture's right, 90 up) and distances from a middle just
# above the brows, in face widths.
FROM_DEG, TO_DEG, STEP_DEG = -10.0, 190.0, 2.0
INNERMOST, OUTERMOST, STEP, CENTRE_UP = 0.30, 1.05, 0.008, 0.05
# Each direction is the mean of so many finer ones, from which it is seen whether strands cross; over a neighbourhood of
# so many of those.
FINER, CROSSING = 4, 13
# Widths of a stripe, and of what is looked at beside it, in steps: 0.04 to 0.2 face widths, and 0.03.
WIDTHS = np.arange(5, 27, 2)
BESIDE = 4
# How far a stripe's middle and width may change from one direction to the next, in steps and in places of WIDTHS, and
# what each costs of the evidence of one direction.
MOST_SHIFT, SHIFT_COST, WIDER_COST = 3, 0.06, 0.08
# Of the contrast (CIE Lab) within three steps across its less sharp edge, what is uneven across and along the stripe is
# taken away; what is left counts fully from so much on. Evidence below the last share speaks against a stripe.
CROSSING_SHARE, FULL_CONTRAST, LEAST_EVIDENCE = 0.7, 13.0, 0.45
# Of the difference between a stripe and what is beside it, so much comes within those steps where it only fades, and so
# much where it ends sharply.
FADES, SHARP = 0.45, 0.75
# So much less counts what is the outline of the hair.
OUTLINE_SHARE = 0.25
# A stripe is as strong as so many times its weaker side of the midline at most: a lock may end a little beyond it.
LOPSIDED = 4.0
NOWHERE = -1.0


@dataclass(frozen=True)
class Band:
    """The most striking stripe across the midline.

    strength: evidence summed up over its directions, 0.55 at most for each of 101; middle: N,2, the pixels (x, y) that
    it runs through.
    """

    strength: float
    middle: NDArray[np.float32]


def find_band(lab: Picture, hair: Plane, background: Plane, axes: HeadAxes) -> Band:
    """The stripe across the midline with most evidence.

    lab: H,W,3, a picture in CIE Lab, a little smoothed; hair: H,W in 0..1, at least one side of a stripe lies on it;
    background: likewise, the other side counts less there, since hair has light along its outline.
    """
    places = _places(axes)
    across, down = (np.ascontiguousarray(places[..., axis]) for axis in (0, 1))
    fine = np.asarray(cv2.remap(lab, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
    classes = np.dstack([hair, background])
    known = np.asarray(cv2.remap(classes, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), np.float32)
    evidence = _evidence(_coarser(fine), _coarser(known), _coarser(_crossed(fine)))
    strength, path = _best_path(evidence)
    middles = [(row + int(WIDTHS[width]) // 2, FINER * column + FINER // 2) for column, row, width in path]
    return Band(strength, np.array([places[row, column] for row, column in middles], np.float32))


def _places(axes: HeadAxes) -> NDArray[np.float32]:
    """Pixels (distances, fine directions, 2) that the unrolled picture's come from."""
    fine = STEP_DEG / FINER
    angles = np.radians(np.arange(FROM_DEG - (STEP_DEG - fine) / 2, TO_DEG + STEP_DEG / 2, fine))
    distances = np.arange(INNERMOST, OUTERMOST, STEP)
    u, v = np.outer(distances, np.cos(angles)), CENTRE_UP + np.outer(distances, np.sin(angles))
    places = axes.origin + axes.width_px * (u[..., None] * axes.right + v[..., None] * axes.up)
    return np.asarray(places, np.float32)


def _coarser(fine: NDArray[np.float32]) -> NDArray[np.float64]:
    """Means over FINER neighbouring directions."""
    return np.asarray(fine.reshape(len(fine), -1, FINER, *fine.shape[2:]).mean(2, dtype=np.float64))


def _crossed(fine: NDArray[np.float32]) -> NDArray[np.float32]:
    """How uneven the colour is along neighbouring directions."""
    window = (CROSSING, 1)
    variance = cv2.blur(fine * fine, window) - cv2.blur(fine, window) ** 2
    return np.asarray(np.sqrt(np.maximum(variance, 0).sum(2)), np.float32)


def _evidence(
    lab: NDArray[np.float64], known: NDArray[np.float64], crossed: NDArray[np.float64]
) -> NDArray[np.float32]:
    """For each direction, inner distance and width (D,R,W): -0.45..0.55 for a stripe there, NOWHERE at the edges."""
    rows, columns = crossed.shape
    out = np.full((columns, rows, len(WIDTHS)), NOWHERE, np.float32)
    colour, square = _summed(lab), _summed((lab**2).sum(2))
    hair, background, uneven = _summed(known[..., 0]), _summed(known[..., 1]), _summed(crossed)
    for index, width in enumerate(int(width) for width in WIDTHS):
        inner = np.arange(BESIDE + 1, rows - width - BESIDE - 1)
        outer, within = inner + width, width - 2
        inside = (colour[outer - 1] - colour[inner + 1]) / within
        variance = (square[outer - 1] - square[inner + 1]) / within - (inside**2).sum(2)
        along = (uneven[outer - 1] - uneven[inner + 1]) / within
        below = (inner - 1 - BESIDE, inner - 1, lab[inner + 1] - lab[inner - 2])
        above = (outer + 1, outer + 1 + BESIDE, lab[outer - 2] - lab[outer + 1])
        contrast = np.full(along.shape, np.inf)
        for first, last, step in (below, above):
            difference = inside - (colour[last] - colour[first]) / BESIDE
            size = np.sqrt((difference**2).sum(2)) + 1e-6
            sharp = (step * difference).sum(2) / size
            sharp = np.minimum(sharp, size) * np.clip((sharp / size - FADES) / (SHARP - FADES), 0, 1)
            contrast = np.minimum(contrast, sharp)
        on_hair, before_background = (
            np.maximum(*((values[last] - values[first]) / BESIDE for first, last, _ in (below, above)))
            for values in (hair, background)
        )
        clear = contrast - np.sqrt(np.maximum(variance, 0)) - CROSSING_SHARE * along
        evidence = (
            np.clip(clear / FULL_CONTRAST, 0, 1) * on_hair * (1 - OUTLINE_SHARE * before_background) - LEAST_EVIDENCE
        )
        out[:, inner, index] = evidence.T
    return out


def _summed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums over all rows before each, and over all."""
    return np.concatenate([np.zeros_like(values[:1]), np.cumsum(values, 0)])


def _best_path(evidence: NDArray[np.float32]) -> tuple[float, list[tuple[int, int, int]]]:
    """The strength of the best stripe across the midline, and (direction, inner distance, width) along it."""
    middle = len(evidence) // 2
    one, other = _Reach.along(evidence[: middle + 1]), _Reach.along(evidence[middle:][::-1])
    both = one.sums[-1] + other.sums[-1] - evidence[middle]
    both = np.minimum(both, LOPSIDED * (np.minimum(one.sums[-1], other.sums[-1]) - evidence[middle]))
    row, width = (int(index) for index in np.unravel_index(both.argmax(), both.shape))
    from_other = [(len(evidence) - 1 - column, inner, index) for column, inner, index in other.path_to(row, width)]
    return float(both[row, width]), one.path_to(row, width)[::-1] + from_other[1:]


@dataclass(frozen=True)
class _Reach:
    """The best stripes that end in each direction, inner distance and width (D,R,W): their evidence, whether they begin
    there, and else how far their place and width in the direction before lie from there."""

    sums: NDArray[np.float32]
    begins: NDArray[np.bool_]
    shift: NDArray[np.int8]
    wider: NDArray[np.int8]

    @classmethod
    def along(cls, evidence: NDArray[np.float32]) -> _Reach:
        """From the first direction to the last."""
        columns, rows, widths = evidence.shape
        shifts = np.arange(-MOST_SHIFT, MOST_SHIFT + 1)
        sums = evidence.copy()
        begins = np.ones(evidence.shape, bool)
        shift, wider = (np.zeros(evidence.shape, np.int8) for _ in range(2))
        aside = np.full((rows, widths + 2), NOWHERE, np.float32)
        beyond = np.full((rows + 2 * MOST_SHIFT, widths), NOWHERE, np.float32)
        for column in range(1, columns):
            aside[:, 1:-1] = sums[column - 1]
            choices = np.stack([aside[:, 1 + by : 1 + by + widths] - WIDER_COST * abs(by) for by in (-1, 0, 1)])
            wider[column] = choices.argmax(0) - 1
            beyond[MOST_SHIFT:-MOST_SHIFT] = choices.max(0)
            choices = np.stack(
                [beyond[MOST_SHIFT + by : MOST_SHIFT + by + rows] - SHIFT_COST * abs(by) for by in shifts]
            )
            shift[column] = shifts[choices.argmax(0)]
            before = choices.max(0)
            begins[column] = before <= 0
            sums[column] += np.maximum(before, 0)
        return cls(sums, begins, shift, wider)

    def path_to(self, row: int, width: int) -> list[tuple[int, int, int]]:
        """Direction, inner distance and width along the stripe that ends there in the last direction, from its end."""
        column = len(self.sums) - 1
        path = [(column, row, width)]
        while not self.begins[column, row, width]:
            row += int(self.shift[column, row, width])
            column, width = column - 1, width + int(self.wider[column, row, width])
            path.append((column, row, width))
        return path
