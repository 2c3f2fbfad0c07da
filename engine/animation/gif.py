"""GIF89a: one shared palette; of every frame only the pixels that changed, of a cut-out only those that are seen."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.animation.palette import Indices, Palette, cells, dithered, mixtures, occurring, shared_palette
from engine.animation.sizing import Frame
from engine.animation.timing import Shot

UNCHANGED = 255  # the index that is transparent, hence at most 255 colours
OPAQUE = 128  # a pixel is seen or not: from this opacity on it is
# What becomes of a picture before the next: 1 it stays, and transparent means unchanged; 2 it goes.
STAYS, GOES = 1, 2
HOLD_LEVELS = 3  # changes up to this many of 255 levels are not worth their bytes
THREADS = 2
LOOP_FOREVER = b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"


def write_gif(frames: Sequence[Frame], shots: Sequence[Shot], colours: int = 255) -> bytes:
    """The shots as an animated GIF that loops for ever. ``colours``: 2 to 255."""
    opaque = [frame[..., 3] >= OPAQUE for frame in frames] if frames[0].shape[2] == 4 else None
    if opaque is not None:
        frames = [_without_hidden(frame, seen) for frame, seen in zip(frames, opaque, strict=True)]
    height, width = frames[0].shape[:2]
    # NumPy, OpenCV and Pillow let go of the interpreter's lock while they compute.
    with ThreadPoolExecutor(THREADS) as pool:
        told = pool.submit(shared_palette, frames, colours)
        # The cells of what is shown, while the palette is told.
        shown = list(pool.map(cells, _held(frames, shots)))
        occurs, palette = occurring(shown), told.result()
        table = mixtures(occurs, palette)
        pictures = list(pool.map(partial(dithered, table=table), shown))
        seen = [None if opaque is None else opaque[shot.frame] for shot in shots]
        blocks = list(pool.map(_block, shots, [None, *pictures[:-1]], pictures, seen))
    out = BytesIO()
    out.write(b"GIF89a" + struct.pack("<HHBBB", width, height, 0b1111_0111, 0, 0))
    out.write(_colour_table(palette))
    out.write(LOOP_FOREVER)
    for block in blocks:
        out.write(block)
    out.write(b";")
    return out.getvalue()


def _held(frames: Sequence[Frame], shots: Sequence[Shot]) -> Iterator[Frame]:
    """What each shot shows: its frame, without small changes since the shot before; both ends as they are."""
    ends = (0, len(frames) - 1)
    held = frames[shots[0].frame]
    for shot in shots:
        frame = frames[shot.frame]
        held = frame if shot.frame in ends else hold(held, frame)
        yield held


def _block(shot: Shot, before: Indices | None, now: Indices, seen: NDArray[np.bool_] | None) -> bytes:
    """A shot as it stands in the file. before: what was shown last; seen: what of a cut-out is (H,W)."""
    left, top, changed = _changes(before, now) if seen is None else _boxed(now, seen)
    flags = (STAYS if seen is None else GOES) << 2 | 1
    return (
        struct.pack("<BBBBHBB", 0x21, 0xF9, 4, flags, shot.duration_ms // 10, UNCHANGED, 0)
        + struct.pack("<BHHHHB", 0x2C, left, top, changed.shape[1], changed.shape[0], 0)
        + compressed(changed)
    )


def hold(before: Frame, now: Frame) -> Frame:
    """The frame (H,W,3 uint8), with the pixels before in place of those that changed by HOLD_LEVELS at most.

    Slow fades then move in a few steps instead of letting their dither flicker in every frame.
    """
    small = cv2.inRange(cv2.absdiff(now, before), (0, 0, 0), (HOLD_LEVELS,) * 3)
    return np.asarray(cv2.copyTo(before, small, now.copy()), np.uint8)


def compressed(indices: Indices) -> bytes:
    """The image data of a GIF block: LZW code size and sub-blocks, by Pillow's compressor."""
    file = BytesIO()
    Image.fromarray(np.ascontiguousarray(indices)).save(file, "GIF", optimize=False, interlace=False)
    data = file.getvalue()
    flags = data[10]
    at = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    while data[at] == 0x21:  # extensions
        at += 2
        while data[at]:
            at += 1 + data[at]
        at += 1
    flags = data[at + 9]
    at += 10 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    return data[at:-1]


def _colour_table(palette: Palette) -> bytes:
    return palette.tobytes().ljust(3 * 256, b"\0")


def _changes(before: Indices | None, now: Indices) -> tuple[int, int, Indices]:
    """Left, top, and the smallest rectangle that holds every change, transparent where there is none."""
    if before is None:
        return 0, 0, now
    return _boxed(now, now != before)


def _boxed(indices: Indices, shown: NDArray[np.bool_]) -> tuple[int, int, Indices]:
    """Left, top, and the smallest rectangle around what is shown, transparent elsewhere."""
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    if not rows.size:
        return 0, 0, np.full((1, 1), UNCHANGED, dtype=np.uint8)
    part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return int(columns[0]), int(rows[0]), np.where(shown[part], indices[part], np.uint8(UNCHANGED))


def _without_hidden(frame: Frame, seen: NDArray[np.bool_]) -> Frame:
    """The colours (H,W,3) of what is seen; elsewhere their mean, which costs the palette nothing."""
    colours = frame[..., :3]
    hidden = np.rint(colours[seen].mean(axis=0)) if seen.any() else np.zeros(3)
    return np.where(seen[..., None], colours, hidden.astype(np.uint8))
