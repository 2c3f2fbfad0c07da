"""The MP4 file, read back by ffmpeg."""

from __future__ import annotations

from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.animation.mp4 import write_mp4
from engine.animation.timing import TICK_MS, Shot, play_order
from engine.errors import DiskFull

Frames = list[NDArray[np.uint8]]


def read_mp4(data: bytes, folder: Path) -> tuple[Frames, dict[str, object]]:
    path = folder / "read.mp4"
    path.write_bytes(data)
    reader = imageio_ffmpeg.read_frames(str(path))
    about = next(reader)
    width, height = about["size"]
    return [np.frombuffer(picture, np.uint8).reshape(height, width, 3) for picture in reader], about


def test_every_shot_lasts_as_long_as_it_should(frames: Frames, tmp_path: Path) -> None:
    shots = play_order(len(frames))
    read, about = read_mp4(write_mp4(frames, shots), tmp_path)
    assert about["codec"] == "h264"
    assert str(about["pix_fmt"]).startswith("yuv420p")
    assert about["fps"] == 25.0
    expected = [shot.frame for shot in shots for _ in range(shot.duration_ms // TICK_MS)]
    assert len(read) == len(expected)
    for index, picture in list(zip(expected, read, strict=True))[::7]:
        assert np.abs(picture.astype(int) - frames[index]).mean() < 6


def test_colours_survive_the_way_through_yuv(tmp_path: Path) -> None:
    frame = np.zeros((64, 64, 3), dtype=np.uint8)
    frame[:32], frame[32:] = (200, 120, 90), (30, 60, 160)
    read, _ = read_mp4(write_mp4([frame], [Shot(0, 400)]), tmp_path)
    assert np.abs(read[0][8:24].astype(int) - (200, 120, 90)).max() <= 4
    assert np.abs(read[0][40:56].astype(int) - (30, 60, 160)).max() <= 4


def test_the_index_stands_before_the_pictures_and_nothing_tells_of_the_encoder(frames: Frames) -> None:
    data = write_mp4(frames, play_order(len(frames)))
    assert 0 < data.find(b"moov") < data.find(b"mdat")
    assert b"x264 - core" not in data
    assert b"Lavf" not in data


def test_nothing_is_left_behind_when_the_work_is_broken_off(
    frames: Frames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(IndexError):
        write_mp4(frames, [Shot(0, 400), Shot(99, 400)])
    assert list(tmp_path.iterdir()) == []


def test_an_encoder_that_refuses_is_an_error_and_not_an_empty_file() -> None:
    odd = np.zeros((63, 64, 3), dtype=np.uint8)
    with pytest.raises(OSError, match="not divisible by 2"):
        write_mp4([odd], [Shot(0, 400)])


def test_no_room_for_temporary_files_is_said_so(
    frames: Frames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(DiskFull, match="No folder for temporary files"):
        write_mp4(frames[:1], [Shot(0, 400)])
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("engine.animation.mp4._written", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises(OSError, match="No space left"):  # there is room, so it is something else
        write_mp4(frames[:1], [Shot(0, 400)])
    with pytest.raises(DiskFull, match="is full: make room"):
        write_mp4(frames[:1], [Shot(0, 400)], least_free_bytes=2**62)
