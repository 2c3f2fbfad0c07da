"""A photo with its edited faces, drawn at one moment after the other as large as it will be shown."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.animation import cut_out, opacity_of, preview_jpeg
from engine.animation.sizing import fitted_size, resize
from engine.edits.screen import EditedFace, Screen
from engine.protocol import StageProgress
from engine.runtime.progress import Hear, timed

# NumPy and OpenCV let go of the interpreter's lock while they compute.
THREADS = 2


@dataclass(frozen=True)
class Scene:
    """photo: H,W,3 uint8; opacity: H,W uint8, None for opaque everywhere; framed: whether that is a frame's and stays;
    faces: those of the photo that are edited."""

    photo: NDArray[np.uint8]
    opacity: NDArray[np.uint8] | None
    framed: bool
    faces: Sequence[EditedFace]


def pictures_of(
    scene: Scene, size_px: int, moments: Sequence[float], hear: Hear, stage: str, seconds: dict[str, float]
) -> list[NDArray[np.uint8]]:
    """The scene at some moments (0..1): h,w,3 each, or h,w,4 where the photo has an opacity.

    size_px: the long side; hear: hears of the stage from 0 to 1, with a preview first, and may raise; seconds: gets
    what the drawing takes, as "years". What they are drawn from is let go of: it takes more memory than they do.
    """
    photo = scene.photo
    width_px, height_px = fitted_size(photo.shape[1], photo.shape[0], size_px)
    small = resize(photo, width_px, height_px)
    screen = Screen(small, scene.faces, width_px / photo.shape[1])
    opacity = None if scene.opacity is None else resize(scene.opacity, width_px, height_px)

    def drawn(moment: float) -> NDArray[np.uint8]:
        frame = screen.frame(moment)
        if opacity is None:
            return frame
        return np.dstack([frame, opacity]) if scene.framed else cut_out(frame, opacity_of(frame, small, opacity))

    hear(StageProgress(stage, 0.0, preview_jpeg(screen.frame(1.0))))
    pictures = []
    with timed(seconds, "years"), ThreadPoolExecutor(THREADS) as pool:
        for index, picture in enumerate(pool.map(drawn, moments)):
            pictures.append(picture)
            hear(StageProgress(stage, (index + 1) / len(moments)))
    return pictures
