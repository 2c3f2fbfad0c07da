"""The GIF file, read back by another program's eyes."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence
from scipy.ndimage import gaussian_filter

from engine.animation.gif import HOLD_LEVELS, hold, write_gif
from engine.animation.palette import cells, mixtures
from engine.animation.timing import Shot, play_order

Frames = list[NDArray[np.uint8]]


def read_gif(data: bytes) -> tuple[Frames, list[int]]:
    with Image.open(BytesIO(data)) as image:
        frames, durations = [], []
        for picture in ImageSequence.Iterator(image):
            frames.append(np.asarray(picture.convert("RGB")))
            durations.append(picture.info["duration"])
    return frames, durations


def test_every_shot_comes_back_in_its_place_with_its_duration(frames: Frames) -> None:
    shots = play_order(len(frames))
    read, durations = read_gif(write_gif(frames, shots))
    assert durations == [shot.duration_ms for shot in shots]
    for shot, picture in zip(shots, read, strict=True):
        wanted = gaussian_filter(frames[shot.frame].astype(float), (2, 2, 0))
        assert np.abs(gaussian_filter(picture.astype(float), (2, 2, 0)) - wanted).mean() < 2.0


def test_the_still_background_does_not_flicker(frames: Frames) -> None:
    still = np.ptp(np.stack(frames), axis=0).max(axis=2) == 0
    assert still.mean() > 0.3
    read, _ = read_gif(write_gif(frames, play_order(len(frames))))
    assert (np.ptp(np.stack(read), axis=0).max(axis=2)[still] == 0).all()


def test_unchanged_pixels_cost_next_to_nothing(frames: Frames) -> None:
    alike = [frames[0]] * 10  # the same frames, hence the same palette
    one = len(write_gif(alike, [Shot(0, 400)]))
    assert one < len(write_gif(alike, [Shot(index, 400) for index in range(10)])) < one + 10 * 40


def test_it_loops_for_ever_and_carries_no_comment(frames: Frames) -> None:
    data = write_gif(frames, play_order(len(frames)))
    with Image.open(BytesIO(data)) as image:
        assert image.info["loop"] == 0
        assert "comment" not in image.info
    assert b"!\xfe" not in data[: 13 + 768 + 30]


def test_few_colours_make_a_smaller_file(frames: Frames) -> None:
    shots = play_order(len(frames))
    data = write_gif(frames, shots, colours=31)
    assert len(data) < 0.9 * len(write_gif(frames, shots))
    read, _ = read_gif(data)
    assert len(np.unique(read[0].reshape(-1, 3), axis=0)) <= 31


def test_hold_keeps_small_changes_back_and_lets_large_ones_through() -> None:
    before = np.full((1, 3, 3), 100, dtype=np.uint8)
    now = before.copy()
    now[0, 1] += HOLD_LEVELS
    now[0, 2, 1] += HOLD_LEVELS + 1
    held = hold(before, now)
    assert held[0, :, 1].tolist() == [100, 100, 100 + HOLD_LEVELS + 1]


def test_the_last_frame_is_shown_as_it_is() -> None:
    """Small steps that were held back on the way must not add up to a wrong ending."""
    ramp = [np.full((40, 40, 3), 100 + 2 * step, dtype=np.uint8) for step in range(6)]
    read, _ = read_gif(write_gif(ramp, [Shot(index, 400) for index in range(6)]))
    assert abs(float(read[-1].mean()) - 110) < 1.5


def test_the_colours_of_what_is_shown_are_told_once_and_those_alone_are_mixed(
    frames: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    shots, told = play_order(len(frames)), []
    mixed: list[NDArray[np.bool_]] = []

    def seen(frame: NDArray[np.uint8]) -> NDArray[np.int32]:
        told.append(cells(frame))
        return told[-1]

    def kept(occurs: NDArray[np.bool_], palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
        mixed.append(occurs)
        return mixtures(occurs, palette)

    monkeypatch.setattr("engine.animation.gif.cells", seen)
    monkeypatch.setattr("engine.animation.gif.mixtures", kept)
    write_gif(frames, shots)
    assert len(told) == len(shots)
    np.testing.assert_array_equal(np.flatnonzero(mixed[0]), np.unique(told))
