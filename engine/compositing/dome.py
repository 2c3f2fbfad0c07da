"""The part of a head that a picture's upper edge cuts off, as the circle that its outline goes on in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.imaging.ops import Plane
from engine.parsing.classes import FaceClass

# No way to a dome's top is shorter.
LEAST_PX = 1e-3


@dataclass(frozen=True)
class DomeSettings:
    """When a head is closed and how, set by eye. Lengths are pixels of the crop at half size."""

    # A head that ends so close to the crop's upper edge is cut by it, and what a parser sees in so many rows there is
    # not believed: at a picture's edge it guesses.
    near_parsed_px: int = 12
    unsure_parsed_px: int = 8
    # The circle goes through the outline's width below these rows, and so much further down: close enough to be still
    # the crown, and far enough for its bend to show.
    below_parsed_px: int = 60
    # What is narrower is not a head.
    least_parsed_px: int = 30
    # Whose circle ends so far below the picture's edge, or further, is cut by nothing.
    ends_parsed_px: float = 1.5
    # Its edge is soft over so many rows, as a parser's is.
    edge_parsed_px: float = 6.0


@dataclass(frozen=True)
class Dome:
    """A circle that closes a head from a row of a picture upwards. row: from the picture's top; x, down: its middle,
    from the left and below that row; radius: of it; edge: over how much it is soft; all in pixels of the crop at half
    size."""

    row: int
    x: float
    down: float
    radius: float
    edge: float = DomeSettings().edge_parsed_px

    def inside(self, x: Plane, y: Plane) -> Plane:
        """How much of each spot, by its place in the picture, it covers (0..1); 1 below the row."""
        away = np.hypot(x - np.float32(self.x), y - np.float32(self.row + self.down))
        covered = np.clip((self.radius - away) / self.edge + 0.5, 0, 1)
        return np.where(y < self.row, covered, 1).astype(np.float32)

    def on_row(self, x: Plane, y: Plane) -> Plane:
        """Where on the row, from the picture's left, lies what goes on to each spot above: as deep inside of the
        outline, ever less up to the top, so that hair along it gets narrower on the way up, to nothing."""
        highest = self.radius - self.down
        left_px = np.clip(highest - (self.row - y), np.float32(LEAST_PX), highest)
        off = x - np.float32(self.x)
        depth = np.clip(self.radius - np.hypot(off, y - np.float32(self.row + self.down)), 0, left_px)
        there = self.radius - depth * (highest / left_px)
        return np.asarray(self.x + np.sign(off) * np.sqrt(np.maximum(there**2 - self.down**2, 0)), np.float32)


def dome(head: NDArray[np.float32], settings: DomeSettings = DomeSettings()) -> Dome | None:
    """What closes a head (H,W, 0..1, at half the crop's size) above its first rows; None where the edge cuts none, or
    one so close that its circle ends within the picture, which then shows where the head ends."""
    seen = head > 0.5
    rows = np.nonzero(seen.sum(1) > settings.least_parsed_px)[0]
    if len(rows) == 0 or rows[0] > settings.near_parsed_px:
        return None
    row = int(rows[0]) + settings.unsure_parsed_px
    if row + settings.below_parsed_px >= len(head) or not seen[row].any():
        return None
    # Somebody's hair beside the head may end at the same edge.
    upper, lower = (_widest_run(seen[at]) for at in (row, row + settings.below_parsed_px))
    half, wider = ((end - start) / 2 for start, end in (upper, lower))
    # The circle through both widths; one that gets narrower downwards is widest at the upper row.
    down = max((wider**2 + settings.below_parsed_px**2 - half**2) / (2 * settings.below_parsed_px), 0.0)
    radius = float(np.hypot(half, down))
    if row + down - radius > settings.ends_parsed_px:
        return None
    return Dome(row, (upper[0] + upper[1] - 1) / 2, down, radius, settings.edge_parsed_px)


def _widest_run(seen: NDArray[np.bool_]) -> tuple[int, int]:
    """Where the longest part of a row (W) that is seen all along begins and ends."""
    steps = np.flatnonzero(np.diff(np.concatenate(([False], seen, [False]))))
    runs = steps.reshape(-1, 2)
    if not len(runs):
        return 0, 0
    start, end = runs[np.diff(runs, axis=1).argmax()]
    return int(start), int(end)


def closed(probabilities: NDArray[np.float32], share: NDArray[np.float32]) -> None:
    """Make background of what class probabilities (19,H,W) show outside of a share (H,W, 0..1), in place."""
    probabilities *= share
    probabilities[FaceClass.BACKGROUND] += 1 - share
