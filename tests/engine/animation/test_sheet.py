"""Still pictures beside the animation."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.animation import contact_sheet, preview_jpeg, years_for_frames
from engine.animation.sheet import sheet_frames

Frames = list[NDArray[np.uint8]]


def test_the_sheet_shows_five_years_side_by_side_and_labelled(frames: Frames, years: list[float]) -> None:
    height, width = frames[0].shape[:2]
    with Image.open(BytesIO(contact_sheet(frames, years))) as image:
        sheet = np.asarray(image)
        assert image.format == "PNG"
        assert not image.info
    gap = (sheet.shape[1] - 5 * width) / 4
    assert sheet.shape[0] == height
    assert gap == int(gap) >= 2
    for place, (index, _) in enumerate(sheet_frames(years)):
        left = int(place * (width + gap))
        part = sheet[:, left : left + width]
        assert (part[: height // 2] == frames[index][: height // 2]).all()
        assert (part[-30:, :60] != frames[index][-30:, :60]).any()


def test_a_frame_near_to_a_wanted_year_passes_for_it() -> None:
    assert [year for _, year in sheet_frames(years_for_frames(24))] == [0, 5, 10, 15, 20]


def test_few_frames_are_shown_once_each_with_their_own_year() -> None:
    assert sheet_frames([0.0, 20.0]) == [(0, 0.0), (1, 20.0)]
    assert sheet_frames([0.0, 12.0, 20.0]) == [(0, 0.0), (1, 12.0), (2, 20.0)]


def test_the_preview_is_a_small_jpeg_without_metadata(frames: Frames) -> None:
    with Image.open(BytesIO(preview_jpeg(frames[0], size_px=96))) as image:
        assert image.format == "JPEG"
        assert max(image.size) == 96
        assert not image.getexif()
