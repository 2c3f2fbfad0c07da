"""The year in a corner."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.animation.counter import Corner, calmest_corner, draw_year, draw_years, plate, plate_height_px

Frames = list[NDArray[np.uint8]]


def white_share(level: int, year: float = 12.0) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    frame = np.full((640, 640, 3), level, dtype=np.uint8)
    return frame, draw_year(frame, year)


@pytest.mark.parametrize("level", [0, 60, 128, 200, 255])
def test_writing_and_plate_contrast_on_any_background(level: int) -> None:
    """At least 4.5:1 between the writing and the plate around it (WCAG 2, contrast ratio)."""
    _, drawn = white_share(level)
    changed = drawn[590:630, 20:140].astype(float) / 255
    luminance = np.where(changed <= 0.04045, changed / 12.92, ((changed + 0.055) / 1.055) ** 2.4).mean(axis=2)
    writing = luminance.max()
    dark_plate = np.percentile(luminance, 25)
    assert (writing + 0.05) / (dark_plate + 0.05) >= 4.5


def test_it_touches_one_corner_only_and_leaves_the_frame_itself_alone() -> None:
    frame, drawn = white_share(128)
    rows, columns = np.nonzero((drawn != frame).any(axis=2))
    assert (frame == 128).all()
    assert rows.min() > 0.85 * 640
    assert columns.max() < 0.3 * 640
    assert rows.max() < 639
    assert columns.min() > 0


def test_different_years_differ_and_the_same_year_is_drawn_alike() -> None:
    pictures = [draw_year(np.zeros((640, 640, 3), dtype=np.uint8), year).tobytes() for year in range(21)]
    assert len(set(pictures)) == 21
    assert draw_year(np.zeros((640, 640, 3), dtype=np.uint8), 7).tobytes() == pictures[7]


def test_only_digits_and_line_move_from_year_to_year() -> None:
    _, eleven = plate(11, 44)
    _, nineteen = plate(19, 44)
    moved = np.asarray(eleven).astype(int) != np.asarray(nineteen).astype(int)
    word = slice(0, moved.shape[1] // 2)
    assert not moved[: moved.shape[0] // 2, word].any()
    assert moved.any()


def test_the_plate_grows_with_the_picture_and_vanishes_where_it_could_not_be_read() -> None:
    assert plate_height_px(1280, 1280) == pytest.approx(2 * plate_height_px(640, 640), abs=1)
    assert plate_height_px(640, 30) == 0
    thin = np.zeros((30, 640, 3), dtype=np.uint8)
    assert draw_year(thin, 3) is thin
    narrow = np.zeros((640, 40, 3), dtype=np.uint8)
    assert draw_year(narrow, 3) is narrow


@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        ([], "bottom left"),
        (["bottom left"], "bottom right"),
        (["bottom left", "bottom right"], "top left"),
        (["bottom left", "bottom right", "top left"], "top right"),
    ],
)
def test_the_counter_goes_where_nothing_changes(spoilt: list[str], expected: Corner) -> None:
    before = np.zeros((120, 120, 3), dtype=np.uint8)
    after = before.copy()
    for corner in spoilt:
        row, column = corner.split()
        rows = slice(100, None) if row == "bottom" else slice(0, 20)
        columns = slice(0, 40) if column == "left" else slice(80, None)
        after[rows, columns] = 200
    assert calmest_corner([before, after]) == expected


def test_all_years_stand_in_the_same_corner(frames: Frames, years: list[float]) -> None:
    drawn = draw_years(frames, years)
    changed = np.stack([(new != old).any(axis=2) for new, old in zip(drawn, frames, strict=True)])
    assert (changed.sum(axis=(1, 2)) > 0).all()
    rows, columns = np.nonzero(changed.any(axis=0))
    assert rows.min() > frames[0].shape[0] / 2
    assert columns.max() < frames[0].shape[1] * 0.75


def test_chinese_readers_get_chinese_around_the_same_number() -> None:
    """The number stands between two words, each drawn and not an empty box."""
    _, english = plate(11, 44)
    _, chinese = plate(11, 44, "zh")
    assert chinese.size != english.size
    writing = np.asarray(chinese)[: round(44 * 0.7)] > 128
    groups = np.flatnonzero(np.diff(writing.any(axis=0).astype(int)) == 1)
    assert len(groups) >= 3
    left, right = writing[:, :28], writing[:, -40:]
    assert left.any()
    assert right.any()
    assert not np.array_equal(left[:, : right.shape[1]], right[:, : left.shape[1]])
    assert {len(plate(year, 44, "zh")[0].tobytes()) for year in (0, 7, 20)} == {len(plate(11, 44, "zh")[0].tobytes())}
