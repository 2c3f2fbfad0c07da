"""Still pictures beside the animation: the contact sheet, and the preview while the work goes on."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from PIL import Image

from engine.animation.counter import calmest_corner, draw_year
from engine.animation.cutout import laid_down
from engine.animation.sizing import Frame, fitted_size, resize
from engine.animation.timing import Shot

SHEET_YEARS = (0.0, 5.0, 10.0, 15.0, 20.0)
GAP_SHARE = 0.01  # of a frame's width
WHITE = 255


def sheet_frames(years: Sequence[float]) -> list[tuple[int, float]]:
    """Which frames stand on the sheet, as (index, year to be written on it), without repeats.

    Eased years rarely hit a whole one: a frame within a year of the wanted one passes for it, any other says its own.
    """
    chosen: dict[int, float] = {}
    for wanted in SHEET_YEARS:
        index = int(np.abs(np.asarray(years) - wanted).argmin())
        chosen.setdefault(index, wanted if abs(years[index] - wanted) <= 1.0 else years[index])
    return sorted(chosen.items())


def side_by_side(frames: Sequence[Frame]) -> Frame:
    """Frames (H,W,3 uint8) of one height next to each other with a white gap."""
    gap = max(2, round(frames[0].shape[1] * GAP_SHARE))
    column = np.full((frames[0].shape[0], gap, frames[0].shape[2]), WHITE, dtype=np.uint8)
    column[..., 3:] = 0  # no line between cut-outs
    parts: list[Frame] = [frames[0]]
    for frame in frames[1:]:
        parts += [column, frame]
    return np.concatenate(parts, axis=1)


def contact_sheet(frames: Sequence[Frame], years: Sequence[float]) -> bytes:
    """A PNG of the years 0, 5, 10, 15 and 20 side by side, each with its year, at the frames' own size.

    Where there are too few frames for that, each is shown once.
    """
    corner = calmest_corner(frames)
    chosen = [draw_year(frames[index], year, corner) for index, year in sheet_frames(years)]
    return png(side_by_side(chosen))


def png(picture: Frame) -> bytes:
    """A picture as PNG, without metadata."""
    out = BytesIO()
    Image.fromarray(picture).save(out, "PNG", compress_level=6)
    return out.getvalue()


def write_before_after(frames: Sequence[Frame], shots: Sequence[Shot], level: int = 0) -> bytes:
    """The first frame beside the last as PNG. shots and level mean nothing here."""
    return png(side_by_side([frames[0], frames[-1]]))


def write_still(frames: Sequence[Frame], shots: Sequence[Shot], level: int = 0) -> bytes:
    """The last frame as PNG. shots and level are what the other formats are told, and mean nothing here."""
    return png(frames[-1])


def preview_jpeg(frame: Frame, size_px: int = 256, quality: int = 80) -> bytes:
    """A frame as a small JPEG, shown with a job's progress."""
    return jpeg(resize(laid_down(frame), *fitted_size(frame.shape[1], frame.shape[0], size_px)), quality)


def jpeg(picture: Frame, quality: int = 92) -> bytes:
    """A picture as JPEG, without metadata."""
    out = BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=quality)
    return out.getvalue()
