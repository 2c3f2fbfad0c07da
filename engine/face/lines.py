"""Straight lines around a point, told by the ways that lead from it to them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # (..., 2): x and y in pixels, from the point in the middle
# (..., 3): a unit vector from the middle to the line, and how far that is (pixels).
Lines = NDArray[np.float64]


def through(starts: Points, stops: Points) -> Lines:
    """The lines (N,3) through pairs of points (N,2 each)."""
    along = stops - starts
    ways = np.stack([-along[:, 1], along[:, 0]], 1) / np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    away = ((starts + stops) / 2 * ways).sum(1)
    sign = np.where(away < 0, -1.0, 1.0)
    return np.column_stack([ways * sign[:, None], away * sign])


def meeting(first: Lines, second: Lines) -> Points:
    """Where lines (…,3) meet others (…,3): (…,2); not a number where they are parallel."""
    across = first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
    safe = np.where(np.abs(across) < 1e-6, np.nan, across)
    x = (first[..., 2] * second[..., 1] - second[..., 2] * first[..., 1]) / safe
    y = (second[..., 2] * first[..., 0] - first[..., 2] * second[..., 0]) / safe
    return np.stack([x, y], -1)


def tangents(lines: Lines) -> Points:
    """The way along lines (…,3), clockwise around the middle: unit vectors (…,2)."""
    return np.stack([-lines[..., 1], lines[..., 0]], -1)


def places(line: Lines, along_px: NDArray[np.float64]) -> Points:
    """Points (N,2) of a line (3), so far along it (N) from where it is nearest to the middle."""
    return np.asarray(line[:2] * line[2] + along_px[:, None] * tangents(line), np.float64)


def refitted(line: Lines, along_px: NDArray[np.float64], off_px: NDArray[np.float64]) -> Lines:
    """The line (3) that most of what lies so far along a line (N, in order), and so far off it (N), is on."""
    points = np.column_stack([along_px, off_px]).astype(np.float32)
    right, up, x, y = cv2.fitLine(points, cv2.DIST_HUBER, 0, 0.01, 0.01).ravel().astype(float)
    span = along_px[[0, -1]]
    better = places(line, span) + (y + (span - x) * up / right)[:, None] * line[:2]
    return np.asarray(through(better[:1], better[1:])[0], np.float64)
