"""The WebP file, read back."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.animation.timing import play_order
from engine.animation.webp import write_webp

Frames = list[NDArray[np.uint8]]


def test_every_shot_comes_back_in_its_place_with_its_duration(frames: Frames) -> None:
    shots = play_order(len(frames))
    with Image.open(BytesIO(write_webp(frames, shots))) as image:
        assert image.info["loop"] == 0
        assert image.n_frames == len(shots)  # type: ignore[attr-defined]
        for index, shot in enumerate(shots):
            image.seek(index)
            picture = np.asarray(image.convert("RGB")).astype(int)
            assert image.info["duration"] == shot.duration_ms
            assert np.abs(picture - frames[shot.frame]).mean() < 6


def test_it_carries_no_metadata(frames: Frames) -> None:
    data = write_webp(frames, play_order(len(frames)))
    assert not any(chunk in data for chunk in (b"EXIF", b"XMP ", b"ICCP"))


def test_lower_quality_makes_a_smaller_file(frames: Frames) -> None:
    shots = play_order(len(frames))
    assert len(write_webp(frames, shots, 30)) < 0.6 * len(write_webp(frames, shots, 85))
