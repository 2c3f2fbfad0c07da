"""Four straight edges at any angle around a face: those of a print or a screen that leans."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.face.lines import Lines, Points, meeting, places, refitted, tangents, through

# Above, on the right, below, on the left: each goes from the one before to the one behind.
SIDES = 4
QUARTER_DEG = 90.0
# A Sobel filter's answer to a step of one level.
SOBEL = 4.0


@dataclass(frozen=True)
class LeaningSettings:
    """What the sides of a photo that leans look like, set by eye, in a picture in which the face is 96 pixels wide."""

    # A line of a side is found in pieces of at least this length, which are one where they agree to so many degrees
    # and, in the middle, pixels.
    smooth_px: float = 0.7
    piece_px: float = 24.0
    alike_deg: float = 2.0
    alike_px: float = 2.0
    # So many lines of each side are tried, the nearest first.
    most_lines: int = 10
    # A side leans by so much at most; opposite ones are as parallel, and neighbours as square, as that.
    most_lean_deg: float = 40.0
    parallel_deg: float = 22.0
    square_deg: float = 24.0
    # Along this share of a side there is a step of so many levels in one of the colours, told so far to either side;
    # and where the picture changes most within so far, that lies on the line, to so much: of each side along one share,
    # of all together along another. Hair and texture do not end so straight.
    share: float = 0.9
    least_step: int = 12
    beside_px: float = 2.0
    around_px: float = 3.5
    off_px: float = 1.0
    straight: float = 0.65
    straight_mean: float = 0.85
    # The picture may cut corners: so much of each side is seen.
    shown: float = 0.7
    # Where a line is not yet fitted, along so much beside the face.
    at_first: float = 0.6
    # No side is shorter than the face.
    shortest_px: float = 96.0


@dataclass(frozen=True)
class _Tried:
    """Lines of one side with what is seen along them. steps, straight: N,L+1, at how many of the first places along
    each line there is a step, and one on the line itself; shown: how many of them lie in the picture; first: where the
    first place lies."""

    lines: Lines
    steps: NDArray[np.int64]
    straight: NDArray[np.int64]
    shown: NDArray[np.int64]
    first: float


def leaning_corners(
    picture: NDArray[np.uint8], landmarks: Points, settings: LeaningSettings = LeaningSettings()
) -> tuple[Points, tuple[bool, ...]] | None:
    """The corners (4,2: upper left, upper right, lower right, lower left) of the smallest four-sided photo that holds
    all landmarks (68,2), and which of its sides (above, right, below, left) are seen: one may lie outside of the
    picture (H,W,3). None where there is no such photo."""
    middle = landmarks.mean(0)
    smooth = np.asarray(cv2.GaussianBlur(picture, (0, 0), settings.smooth_px), np.uint8)
    changes = _changes(smooth)
    tried: list[_Tried] = []
    for lines in _lines(picture, landmarks, settings):
        tried.append(_seen_along(smooth, changes, landmarks, lines, settings))
        if sum(len(side.lines) == 1 for side in tried) > 1:
            return None
    corners, holds = _boxes(middle, tried, settings)
    if not holds.any():
        return None
    x, y = corners[..., 0], corners[..., 1]
    area = (x * np.roll(y, -1, -1) - np.roll(x, -1, -1) * y).sum(-1)
    best = np.unravel_index(int(np.where(holds, area, np.inf).argmin()), area.shape)
    seen = tuple(bool(index < len(side.lines) - 1) for index, side in zip(best, tried, strict=True))
    return np.asarray(corners[best], np.float64), seen


def _lines(picture: NDArray[np.uint8], landmarks: Points, settings: LeaningSettings) -> list[Lines]:
    """Straight lines beyond all landmarks, by side, the nearest first; the picture's own edge is each side's last."""
    middle = landmarks.mean(0)
    # Looked for in each colour alone, there are as many of them in 60 prints and screens.
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    pieces = cv2.createLineSegmentDetector(cv2.LSD_REFINE_NONE).detect(grey)[0]
    ends = np.zeros((0, 4)) if pieces is None else np.asarray(pieces, np.float64).reshape(-1, 4)
    lengths = np.hypot(*(ends[:, 2:] - ends[:, :2]).T)
    kept = np.argsort(-lengths)[: int((lengths >= settings.piece_px).sum())]
    starts, stops, lengths = ends[kept, :2] - middle, ends[kept, 2:] - middle, lengths[kept]
    lines = through(starts, stops)
    free = np.ones(len(lines), bool)
    merged = []
    for index in range(len(lines)):
        if not free[index]:
            continue
        normal, away = lines[index, :2], lines[index, 2]
        near = np.abs((starts + stops) / 2 @ normal - away) <= settings.alike_px
        same = free & near & (np.abs(lines[:, :2] @ normal) >= np.cos(np.deg2rad(settings.alike_deg)))
        free &= ~same
        merged.append(_fitted(starts[same], stops[same], lengths[same]) if same.sum() > 1 else lines[index])
    height, width = picture.shape[:2]
    own = np.array(
        [[0, -1, middle[1]], [1, 0, width - 1 - middle[0]], [0, 1, height - 1 - middle[1]], [-1, 0, middle[0]]]
    )
    every = np.array(merged).reshape(-1, 3)
    reach = ((landmarks - middle) @ every[:, :2].T).max(0) if len(every) else np.zeros(0)
    every = every[every[:, 2] > reach]
    turned = np.rad2deg(np.arctan2(every[:, 0], -every[:, 1]))  # of the way outwards, clockwise from straight up
    sides = []
    for side in range(SIDES):
        off = (turned - side * QUARTER_DEG + 2 * QUARTER_DEG) % (4 * QUARTER_DEG) - 2 * QUARTER_DEG
        mine = every[np.abs(off) <= settings.most_lean_deg]
        sides.append(np.vstack([mine[np.argsort(mine[:, 2])], own[side]]))
    return sides


def _fitted(starts: Points, stops: Points, lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """The line (3) that pieces lie on, the long ones above all."""
    points, weights = np.vstack([starts, stops]), np.tile(lengths, 2)
    centre = np.average(points, 0, weights)
    spread = (points - centre) * np.sqrt(weights)[:, None]
    along = np.linalg.svd(spread, full_matrices=False)[2][0]
    return np.asarray(through((centre - along)[None], (centre + along)[None])[0], np.float64)


def _seen_along(
    picture: NDArray[np.uint8],
    changes: NDArray[np.float32],
    landmarks: Points,
    lines: Lines,
    settings: LeaningSettings,
) -> _Tried:
    """What is seen along those lines that are straight steps beside the face, and along the picture's own edge, the
    last of them. changes: H,W, of the picture."""
    middle = landmarks.mean(0)
    half = int(np.ceil(np.hypot(*picture.shape[:2])))
    along = np.arange(-half, half + 1, dtype=np.float64)
    kept, rows = [], []
    for line in lines[:-1]:
        beside = (landmarks - middle) @ tangents(line) + half
        first, final = max(int(beside.min()), 0), int(beside.max()) + 1
        # Most lines in a picture are soon seen to be none of these.
        steps, _ = _steps(picture, changes, middle, line, along[first:final], settings)
        if steps.mean() < settings.at_first:
            continue
        better = _refitted(changes, middle, line, along, settings)
        there, on_line = _steps(picture, changes, middle, better, along, settings)
        beside_face = slice(first, final)
        if there[beside_face].mean() < settings.share or on_line[beside_face].mean() < settings.straight:
            continue
        kept.append(better)
        rows.append((there, on_line, _feet(picture.shape, middle, better, along)[1]))
        if len(kept) == settings.most_lines:
            break
    own = _feet(picture.shape, middle, lines[-1], along)[1]
    rows.append((own, own, own))
    every = np.array([*kept, lines[-1]])
    sums = [_counted(np.array(places)) for places in zip(*rows, strict=True)]
    return _Tried(every, sums[0], sums[1], sums[2], float(along[0]))


def _counted(there: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many of the first places are there, of none and of each number of them (N,L+1; there: N,L)."""
    return np.asarray(np.pad(np.cumsum(there, 1), ((0, 0), (1, 0))), np.int64)


def _changes(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How much a picture (H,W,3) changes at each pixel, in the colour that does most (H,W)."""
    across, down = (cv2.Sobel(picture, cv2.CV_32F, x, 1 - x, ksize=3) for x in (1, 0))
    red, green, blue = cv2.split(cv2.magnitude(across, down))
    return np.maximum(np.maximum(red, green), blue)


def _feet(
    shape: tuple[int, ...], middle: Points, line: NDArray[np.float64], along: NDArray[np.float64]
) -> tuple[Points, NDArray[np.bool_]]:
    """Places along a line, and which of them lie in a picture of that shape."""
    feet = middle + places(line, along)
    height, width = shape[:2]
    return feet, np.asarray(((feet >= 0) & (feet <= np.array([width - 1, height - 1]))).all(1), bool)


def _across(
    changes: NDArray[np.float32], feet: Points, normal: Points, reach_px: float
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """How far off a line the picture changes most at each place of it, within a reach, and how much."""
    offsets = np.arange(-reach_px, reach_px + 0.25, 0.5)
    at = (feet[:, None] + offsets[:, None] * normal).astype(np.float32)
    band = cv2.remap(changes, at[..., 0], at[..., 1], cv2.INTER_LINEAR)
    return offsets[band.argmax(1)], band.max(1)


def _refitted(
    changes: NDArray[np.float32],
    middle: Points,
    line: NDArray[np.float64],
    along: NDArray[np.float64],
    settings: LeaningSettings,
) -> NDArray[np.float64]:
    """The line where the picture changes most beside it, all along."""
    for reach_px in (settings.around_px, settings.around_px / 2):
        feet, shown = _feet(changes.shape, middle, line, along)
        off, change = _across(changes, feet[shown], line[:2], reach_px)
        sure = (change >= SOBEL * settings.least_step) & (np.abs(off) < reach_px)
        if sure.sum() < settings.piece_px:
            break
        line = refitted(line, along[shown][sure], off[sure])
    return line


def _steps(
    picture: NDArray[np.uint8],
    changes: NDArray[np.float32],
    middle: Points,
    line: NDArray[np.float64],
    along: NDArray[np.float64],
    settings: LeaningSettings,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where along a line there is a step, and where it lies on the line itself; nowhere outside the picture."""
    feet, shown = _feet(picture.shape, middle, line, along)
    steps, straight = np.zeros((2, len(along)), bool)
    if not shown.any():
        return steps, straight
    feet = feet[shown]
    levels = []
    for beside in (-settings.beside_px, settings.beside_px):
        at = (feet + beside * line[:2]).astype(np.float32)
        found = cv2.remap(picture, at[:, 0], at[:, 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        levels.append(found.reshape(-1, 3).astype(np.int16))
    step = np.abs(levels[1] - levels[0]).max(-1) >= settings.least_step
    off, _ = _across(changes, feet, line[:2], settings.around_px)
    steps[shown] = step
    straight[shown] = step & (np.abs(off) <= settings.off_px)
    return steps, straight


def _boxes(middle: Points, tried: list[_Tried], settings: LeaningSettings) -> tuple[Points, NDArray[np.bool_]]:
    """Corners (A,B,C,D,4,2) of every choice of a line of each side, and which of them are a photo's (A,B,C,D)."""
    counts = [len(side.lines) for side in tried]
    spread = [side.lines.reshape([*_along_axis(index), 3]) for index, side in enumerate(tried)]
    corners = np.stack([np.broadcast_to(meeting(spread[at - 1], spread[at]), (*counts, 2)) for at in range(SIDES)], -2)
    holds = np.isfinite(corners).all((-1, -2))
    seen = [np.arange(count) < count - 1 for count in counts]
    sides_seen = sum(side.astype(int).reshape(_along_axis(index)) for index, side in enumerate(seen))
    holds &= sides_seen >= SIDES - 1
    together = np.zeros(holds.shape)
    for index, side in enumerate(tried):
        behind = spread[(index + 1) % SIDES][..., :2]
        square = np.abs((spread[index][..., :2] * behind).sum(-1)) <= np.sin(np.deg2rad(settings.square_deg))
        facing = spread[(index + 2) % SIDES][..., :2]
        parallel = -(spread[index][..., :2] * facing).sum(-1) >= np.cos(np.deg2rad(settings.parallel_deg))
        ways = tangents(spread[index])
        start = (corners[..., index, :] * ways).sum(-1)
        stop = (corners[..., (index + 1) % SIDES, :] * ways).sum(-1)
        line = np.broadcast_to(np.arange(counts[index]).reshape(_along_axis(index)), start.shape)
        last = side.steps.shape[1] - 1
        first, final = (
            np.clip(np.nan_to_num(np.rint(value - side.first)), 0, last).astype(int) for value in (start, stop)
        )
        length = np.maximum(final - first, 1)
        shown = np.maximum(side.shown[line, final] - side.shown[line, first], 1)
        share, straight = ((sums[line, final] - sums[line, first]) / shown for sums in (side.steps, side.straight))
        holds &= square & parallel & (length >= settings.shortest_px) & (share >= settings.share)
        holds &= shown >= settings.shown * length
        holds &= straight >= settings.straight
        together = together + straight / SIDES
    return corners + middle, holds & (together >= settings.straight_mean)


def _along_axis(index: int) -> list[int]:
    """The shape of what differs from one line of a side to another."""
    return [-1 if at == index else 1 for at in range(SIDES)]
