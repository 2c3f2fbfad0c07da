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

# What no stripe reaches: worse than any evidence.
NOWHERE = -1.0
# Added to a colour's difference (CIE Lab) before it is divided by.
LEAST_DIFFERENCE = 1e-6


@dataclass(frozen=True)
class UnrolledSettings:
    """The picture unrolled around the head, set by eye. Directions are degrees, 0 towards the picture's right and 90
    up; distances are face widths."""

    # From a middle so high over the brows, these directions, a column each, between these distances, a row each.
    middle_v: float = 0.05
    from_degrees: float = -10.0
    to_degrees: float = 190.0
    column_degrees: float = 2.0
    innermost: float = 0.30
    outermost: float = 1.05
    row: float = 0.008
    # Each direction is the mean of so many finer ones, from which it is seen whether strands cross; over a
    # neighbourhood of so many of those.
    finer: int = 4
    crossing: int = 13


@dataclass(frozen=True)
class BandSettings:
    """What speaks for a stripe, set by eye. Lengths are face widths, colours differ by CIE Lab's distance."""

    # Widths of a stripe, so many rows apart, and of what is looked at beside it.
    narrowest: float = 0.04
    widest: float = 0.20
    rows_apart: int = 2
    beside: float = 0.032
    # From one direction to the next a stripe's middle may move by so many rows, and its width to the next one; what a
    # row and a width cost of the evidence of one direction.
    most_shift_rows: int = 3
    shift_cost: float = 0.06
    wider_cost: float = 0.08
    # Of the contrast within three rows across its less sharp edge, what is uneven across and this share of what is
    # uneven along the stripe is taken away; what is left counts fully from so much on. Evidence (0..1) below the last
    # speaks against a stripe.
    crossing_share: float = 0.7
    full_contrast: float = 13.0
    least_evidence: float = 0.45
    # Of the difference between a stripe and what is beside it, so much comes within those rows where it only fades, and
    # so much where it ends sharply.
    fades: float = 0.45
    sharp: float = 0.75
    # So much less counts what is the outline of the hair.
    outline_share: float = 0.25
    # A stripe is as strong as so many times its weaker side of the midline at most: a lock may end a little beyond it.
    lopsided: float = 4.0
    unrolled: UnrolledSettings = UnrolledSettings()

    @property
    def widths_rows(self) -> NDArray[np.intp]:
        """The widths (W) in rows of the unrolled picture."""
        narrowest, widest = round(self.narrowest / self.unrolled.row), round(self.widest / self.unrolled.row)
        return np.arange(narrowest, widest + 1, self.rows_apart)

    @property
    def beside_rows(self) -> int:
        """How many rows are looked at beside a stripe."""
        return round(self.beside / self.unrolled.row)


@dataclass(frozen=True)
class Band:
    """The most striking stripe across the midline.

    strength: evidence summed up over its directions, 0.55 at most for each of 101; middle: N,2, the pixels (x, y) that
    it runs through.
    """

    strength: float
    middle: NDArray[np.float32]


def find_band(
    lab: Picture, hair: Plane, background: Plane, axes: HeadAxes, settings: BandSettings = BandSettings()
) -> Band:
    """The stripe across the midline with most evidence.

    lab: H,W,3, a picture in CIE Lab, a little smoothed; hair: H,W in 0..1, at least one side of a stripe lies on it;
    background: likewise, the other side counts less there, since hair has light along its outline.
    """
    unrolled, widths = settings.unrolled, settings.widths_rows
    places = _places(axes, unrolled)
    across, down = (np.ascontiguousarray(places[..., axis]) for axis in (0, 1))
    fine = np.asarray(cv2.remap(lab, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
    classes = np.dstack([hair, background])
    known = np.asarray(cv2.remap(classes, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), np.float32)
    lab_means, class_means, uneven = (_coarser(values, unrolled) for values in (fine, known, _crossed(fine, unrolled)))
    strength, path = _best_path(_evidence(lab_means, class_means, uneven, settings), settings)
    finer = unrolled.finer
    middles = [(row + int(widths[width]) // 2, finer * column + finer // 2) for column, row, width in path]
    return Band(strength, np.array([places[row, column] for row, column in middles], np.float32))


def _places(axes: HeadAxes, unrolled: UnrolledSettings) -> NDArray[np.float32]:
    """Pixels (distances, fine directions, 2) that the unrolled picture's come from."""
    column = unrolled.column_degrees
    fine = column / unrolled.finer
    angles = np.radians(np.arange(unrolled.from_degrees - (column - fine) / 2, unrolled.to_degrees + column / 2, fine))
    distances = np.arange(unrolled.innermost, unrolled.outermost, unrolled.row)
    u, v = np.outer(distances, np.cos(angles)), unrolled.middle_v + np.outer(distances, np.sin(angles))
    places = axes.origin + axes.width_px * (u[..., None] * axes.right + v[..., None] * axes.up)
    return np.asarray(places, np.float32)


def _coarser(fine: NDArray[np.float32], unrolled: UnrolledSettings) -> NDArray[np.float64]:
    """Means over the finer directions of each."""
    return np.asarray(fine.reshape(len(fine), -1, unrolled.finer, *fine.shape[2:]).mean(2, dtype=np.float64))


def _crossed(fine: NDArray[np.float32], unrolled: UnrolledSettings) -> NDArray[np.float32]:
    """How uneven the colour is along neighbouring directions."""
    window = (unrolled.crossing, 1)
    variance = cv2.blur(fine * fine, window) - cv2.blur(fine, window) ** 2
    return np.asarray(np.sqrt(np.maximum(variance, 0).sum(2)), np.float32)


def _evidence(
    lab: NDArray[np.float64], known: NDArray[np.float64], crossed: NDArray[np.float64], settings: BandSettings
) -> NDArray[np.float32]:
    """For each direction, inner distance and width (D,R,W): -0.45..0.55 for a stripe there, NOWHERE at the edges."""
    rows, columns = crossed.shape
    widths, beside = settings.widths_rows, settings.beside_rows
    out = np.full((columns, rows, len(widths)), NOWHERE, np.float32)
    colour, square = _summed(lab), _summed((lab**2).sum(2))
    hair, background, uneven = _summed(known[..., 0]), _summed(known[..., 1]), _summed(crossed)
    for index, width in enumerate(int(width) for width in widths):
        inner = np.arange(beside + 1, rows - width - beside - 1)
        outer, within = inner + width, width - 2
        inside = (colour[outer - 1] - colour[inner + 1]) / within
        variance = (square[outer - 1] - square[inner + 1]) / within - (inside**2).sum(2)
        along = (uneven[outer - 1] - uneven[inner + 1]) / within
        below = (inner - 1 - beside, inner - 1, lab[inner + 1] - lab[inner - 2])
        above = (outer + 1, outer + 1 + beside, lab[outer - 2] - lab[outer + 1])
        contrast = np.full(along.shape, np.inf)
        for first, last, across in (below, above):
            difference = inside - (colour[last] - colour[first]) / beside
            size = np.sqrt((difference**2).sum(2)) + LEAST_DIFFERENCE
            sharp = (across * difference).sum(2) / size
            ends = np.clip((sharp / size - settings.fades) / (settings.sharp - settings.fades), 0, 1)
            sharp = np.minimum(sharp, size) * ends
            contrast = np.minimum(contrast, sharp)
        on_hair, before_background = (
            np.maximum(*((values[last] - values[first]) / beside for first, last, _ in (below, above)))
            for values in (hair, background)
        )
        clear = contrast - np.sqrt(np.maximum(variance, 0)) - settings.crossing_share * along
        inner_part = 1 - settings.outline_share * before_background
        evidence = np.clip(clear / settings.full_contrast, 0, 1) * on_hair * inner_part - settings.least_evidence
        out[:, inner, index] = evidence.T
    return out


def _summed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums over all rows before each, and over all."""
    return np.concatenate([np.zeros_like(values[:1]), np.cumsum(values, 0)])


def _best_path(evidence: NDArray[np.float32], settings: BandSettings) -> tuple[float, list[tuple[int, int, int]]]:
    """The strength of the best stripe across the midline, and (direction, inner distance, width) along it."""
    middle = len(evidence) // 2
    one, other = (_Reach.along(side, settings) for side in (evidence[: middle + 1], evidence[middle:][::-1]))
    both = one.sums[-1] + other.sums[-1] - evidence[middle]
    both = np.minimum(both, settings.lopsided * (np.minimum(one.sums[-1], other.sums[-1]) - evidence[middle]))
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
    def along(cls, evidence: NDArray[np.float32], settings: BandSettings) -> _Reach:
        """From the first direction to the last."""
        columns, rows, widths = evidence.shape
        most = settings.most_shift_rows
        shifts = np.arange(-most, most + 1)
        sums = evidence.copy()
        begins = np.ones(evidence.shape, bool)
        shift, wider = (np.zeros(evidence.shape, np.int8) for _ in range(2))
        aside = np.full((rows, widths + 2), NOWHERE, np.float32)
        beyond = np.full((rows + 2 * most, widths), NOWHERE, np.float32)
        for column in range(1, columns):
            aside[:, 1:-1] = sums[column - 1]
            choices = np.stack(
                [aside[:, 1 + by : 1 + by + widths] - settings.wider_cost * abs(by) for by in (-1, 0, 1)]
            )
            wider[column] = choices.argmax(0) - 1
            beyond[most:-most] = choices.max(0)
            choices = np.stack([beyond[most + by : most + by + rows] - settings.shift_cost * abs(by) for by in shifts])
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
