"""How good the frames are: ``recede bench quality``.

Everything is measured on the frames before encoding, at the photo's full size, for the largest face.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.animation import encode, fit_frames, years_for_frames
from engine.bench.hairline import temple_lead
from engine.bench.judge import PARSED_PX, FrameJudge, FrameVerdict, halved, in_crop
from engine.bench.measures import backward_frames, changed_outside, evenness, mean_change, monotonic, share_left
from engine.bench.outline import outline, outline_step
from engine.bench.report import PhotoQuality
from engine.bench.scalp_tone import scalp_tone
from engine.face.alignment import CROP_SIZE_PX, crop_face, inside_photo
from engine.face.faces import choose_faces, find_faces
from engine.models.load import Models
from engine.parsing import parse
from engine.photo import read_photo
from engine.pipeline.run import bald_frames
from engine.protocol import AnimationOptions, BaldOptions
from engine.runtime.progress import Hear

SHEET_YEARS = (0.0, 4.0, 8.0, 12.0, 16.0, 20.0)
TEMPLES_YEAR = 8.0


def measure_photo(
    models: Models,
    descriptor: Any,
    name: str,
    data: bytes,
    options: BaldOptions,
    hear: Hear,
) -> PhotoQuality:
    """Render one photo (its file's bytes) and measure every frame.

    ``seconds`` is what a user waits for with the models loaded: decoding, all frames, and a GIF of default size.
    Raises what the pipeline raises: PhotoError and FaceError.
    """
    clock = Stopwatch()
    with clock:
        photo = read_photo(data)
        years = years_for_frames(AnimationOptions().frames)
        result = bald_frames(models, photo, options, years, hear)
        frames = iter(result.frames)
    face = result.faces[0]
    judge = FrameJudge(models.parser, descriptor, photo, face.quad, face.landmarks)
    wanted = {nearest(years, year) for year in SHEET_YEARS}
    stills: list[NDArray[np.uint8]] = []
    small: list[NDArray[np.uint8]] = []
    verdicts: list[FrameVerdict] = []
    changes: list[float] = []
    outside = np.zeros(photo.shape[:2], dtype=bool)
    before = frame = photo
    for index in range(len(years)):
        before = frame
        with clock:
            frame = next(frames)
            small += fit_frames([frame], AnimationOptions().size_px)
        verdicts.append(judge(frame))
        if index > 0:
            changes.append(mean_change(before, frame, result.edit_mask))
        outside |= changed_outside(photo, frame, result.edit_mask)
        if index in wanted:
            stills.append(frame)
    with clock:
        encode(small, years, AnimationOptions())
    first, last = verdicts[0], verdicts[-1]
    landmarks = judge.parsed_landmarks
    at_start, at_end = (halved(crop_face(picture, face.quad, CROP_SIZE_PX)) for picture in (photo, frame))
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
        "scalp_tone": scalp_tone(at_start, first.classes, at_end, last.classes, landmarks, judge.inside),
        "outline_step": outline_step(outline(last.classes, judge.inside, landmarks)),
        "temple_lead": temple_lead(first.classes, verdicts[nearest(years, TEMPLES_YEAR)].classes, landmarks),
        "evenness": evenness(changes),
        "seconds": clock.seconds,
    }
    return PhotoQuality(name, numbers, tuple(stills))


def measure_real(models: Models, data: bytes) -> dict[str, float]:
    """The figures of REAL_KEYS for the largest face of an unedited photo (its file's bytes) of a bald head.

    Raises PhotoError and FaceError.
    """
    photo = read_photo(data)
    face = choose_faces(find_faces(models.face_tools, photo), "largest")[0]
    crop = crop_face(photo, face.quad, CROP_SIZE_PX)
    classes = parse(models.parser, crop, PARSED_PX).argmax(axis=0).astype(np.uint8)
    landmarks = in_crop(face.landmarks, face.quad, PARSED_PX)
    inside = inside_photo(photo.shape, face.quad, PARSED_PX)
    small = halved(crop)
    return {
        "scalp_tone": scalp_tone(small, classes, small, classes, landmarks, inside),
        "outline_step": outline_step(outline(classes, inside, landmarks)),
    }


def nearest(years: Sequence[float], year: float) -> int:
    """Index of the frame nearest to a year."""
    return int(np.abs(np.asarray(years) - year).argmin())


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
