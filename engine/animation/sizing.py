"""Frames at the size of the file."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Frame = NDArray[np.uint8]  # (H, W, 3), RGB; of a cut-out (H, W, 4), RGBA


def fitted_size(width_px: int, height_px: int, long_side_px: int, even: bool = False) -> tuple[int, int]:
    """Width and height scaled to a long side, never enlarged; with ``even`` both are even, as H.264 needs them."""
    scale = min(1.0, long_side_px / max(width_px, height_px))
    width, height = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    if even:
        width, height = max(2, width - width % 2), max(2, height - height % 2)
    return width, height


def resize(frame: Frame, width_px: int, height_px: int) -> Frame:
    """One frame (H,W,C uint8) at another size, by an anti-aliased filter; the same array when it has that size."""
    if frame.shape[:2] == (height_px, width_px):
        return frame
    # A first reduction by whole factors keeps a 40-megapixel photo affordable.
    small = Image.fromarray(frame).resize((width_px, height_px), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return np.asarray(small)


def fit_frames(frames: Iterable[Frame], size_px: int, even: bool = False) -> list[Frame]:
    """All frames with their long side at most ``size_px``, scaled one by one as they arrive."""
    fitted = []
    for frame in frames:
        width, height = fitted_size(frame.shape[1], frame.shape[0], size_px, even)
        fitted.append(resize(frame, width, height))
    return fitted
