"""How good the frames are: ``recede bench quality``.

Everything is measured on the frames before encoding, at the photo's full size, for the largest face.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.animation import encode, fit_frames, years_for_frames
from engine.animation.sheet import sheet_frames
from engine.bench.judge import FrameJudge, FrameVerdict
from engine.bench.measures import backward_frames, changed_outside, monotonic, share_left
from engine.bench.report import PhotoQuality
from engine.models import Models
from engine.photo import read_photo
from engine.pipeline import bald_frames
from engine.protocol import AnimationOptions, BaldOptions, StageProgress


def measure_photo(
    models: Models,
    descriptor: Any,
    name: str,
    data: bytes,
    options: BaldOptions,
    report: Callable[[StageProgress], None],
) -> PhotoQuality:
    """Render one photo (its file's bytes) and measure every frame.

    ``seconds`` is what a user waits for with the models loaded: decoding, all frames, and a GIF of default size.
    Raises what the pipeline raises: PhotoError and FaceError.
    """
    clock = Stopwatch()
    with clock:
        photo = read_photo(data)
        years = years_for_frames(AnimationOptions().frames)
        result = bald_frames(models, photo, options, years, report)
        frames = iter(result.frames)
    face = result.faces[0]
    judge = FrameJudge(models.parser, descriptor, photo, face.quad, face.landmarks)
    wanted = {index for index, _ in sheet_frames(years)}
    stills: list[NDArray[np.uint8]] = []
    small: list[NDArray[np.uint8]] = []
    verdicts: list[FrameVerdict] = []
    outside = np.zeros(photo.shape[:2], dtype=bool)
    for index in range(len(years)):
        with clock:
            frame = next(frames)
            small += fit_frames([frame], AnimationOptions().size_px)
        verdicts.append(judge(frame))
        outside |= changed_outside(photo, frame, result.edit_mask)
        if index in wanted:
            stills.append(frame)
    with clock:
        encode(small, years, AnimationOptions())
    first, last = verdicts[0], verdicts[-1]
    areas = [verdict.hair_px for verdict in verdicts]
    numbers: dict[str, float] = {
        "crown_hair_left": share_left(last.crown_hair_px, first.crown_hair_px),
        "crown_hair_left_colour": share_left(last.crown_hair_colour_px, first.crown_hair_colour_px),
        "monotonic": monotonic(years, areas),
        "backward_frames": backward_frames(areas),
        "identity_max": max(verdict.identity for verdict in verdicts),
        "identity_final": last.identity,
        "outside_changed": int(outside.sum()),
        "inversion_ms_ssim": float(result.inversion_ms_ssim),
        "seconds": clock.seconds,
    }
    return PhotoQuality(name, numbers, tuple(stills))


class Stopwatch:
    """Adds up the time spent inside its ``with`` blocks."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._started = 0.0

    def __enter__(self) -> Stopwatch:
        self._started = time.perf_counter()
        return self

    def __exit__(self, *error: object) -> None:
        self.seconds += time.perf_counter() - self._started
