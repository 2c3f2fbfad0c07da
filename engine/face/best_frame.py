"""Which frame of an animation is worked on: the one that shows a face best."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.face.detector import SECOND_CONFIDENCE, detect, upright
from engine.face.faces import FaceTools
from engine.photo import Photo, frames_seen, open_photo

# As many frames are looked at, at least; a long animation has a cut or a turn of the head between any two anyway.
LOOKS = 12
# The first frame is what people see in a chat: it is kept unless another one is that much better.
CLEARLY_BETTER = 1.3
# Deviation of a face's brightness, in levels of 255, from which on it is lit well enough; a fade has less.
GOOD_CONTRAST = 40.0
# Side of the window that sharpness is told in, and the mean difference of neighbouring pixels of a sharp one.
FACE_WINDOW_PX, GOOD_SHARPNESS = 96, 8.0


def open_best(tools: FaceTools, data: bytes) -> tuple[Photo, int]:
    """The picture in a file, of an animation the frame that shows a face best, and that frame's number from 0 on.

    Raises what `open_photo` raises.
    """
    photo = open_photo(data)
    if not photo.animated:
        return photo, 0
    number = best_of(tools, frames_seen(data, LOOKS))
    return (photo, 0) if number == 0 else (open_photo(data, frame=number), number)


def best_of(tools: FaceTools, frames: list[tuple[int, NDArray[np.uint8]]]) -> int:
    """The number of the frame (each H,W,3, with its number) whose largest face is shown best; the first one's where
    none shows any, or no other does so clearly better."""
    marks = {number: face_mark(tools, picture) for number, picture in frames}
    first = frames[0][0]
    best = max(marks, key=lambda number: marks[number])
    return best if marks[best] > CLEARLY_BETTER * marks[first] else first


def face_mark(tools: FaceTools, picture: NDArray[np.uint8]) -> float:
    """How well a picture (H,W,3) shows its largest face: the face's share of the picture's side, less where it is flat,
    blurred or half hidden; 0 where there is none."""
    best = 0.0
    for found in detect(tools.detector, picture):
        again, _ = upright(tools.detector, picture, found)
        if again.confidence < SECOND_CONFIDENCE:
            continue
        left, top, right, bottom = np.rint(found.box).astype(int)
        face = picture[max(top, 0) : max(bottom, 1), max(left, 0) : max(right, 1)]
        small = cv2.resize(face, (FACE_WINDOW_PX, FACE_WINDOW_PX), interpolation=cv2.INTER_AREA)
        level = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
        contrast = min(1.0, float(level.std()) / GOOD_CONTRAST)
        sharpness = float(np.abs(np.diff(level, axis=1)).mean() + np.abs(np.diff(level, axis=0)).mean()) / 2
        seen = np.sqrt(contrast * min(1.0, sharpness / GOOD_SHARPNESS))
        best = max(best, float(found.side_px / max(picture.shape[:2]) * seen * again.confidence))
    return best
