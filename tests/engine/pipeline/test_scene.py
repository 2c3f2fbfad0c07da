"""A photo drawn at moments."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.edits.screen import Screen
from engine.pipeline import scene as scene_module
from engine.pipeline.scene import Scene, pictures_of
from engine.protocol import StageProgress

MOMENTS = (0.0, 0.5, 1.0)


@pytest.fixture
def photo() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)


def test_each_moment_is_drawn_and_told_with_a_preview_first(photo: NDArray[np.uint8]) -> None:
    heard: list[StageProgress] = []
    seconds: dict[str, float] = {}
    pictures = pictures_of(Scene(photo, None, False, ()), 60, MOMENTS, heard.append, "drawing", seconds)
    assert [np.array_equal(picture, photo) for picture in pictures] == [True, True, True]
    assert [progress.preview_jpeg is not None for progress in heard] == [True, False, False, False]
    assert [progress.fraction for progress in heard] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert set(seconds) == {"years"}


def test_a_frames_opacity_stays_as_it_is(photo: NDArray[np.uint8]) -> None:
    opacity = np.full(photo.shape[:2], 7, np.uint8)
    (picture,) = pictures_of(Scene(photo, opacity, True, ()), 60, [1.0], lambda _: None, "drawing", {})
    assert picture.shape == (40, 60, 4)
    assert (picture[..., 3] == 7).all()


def test_nothing_that_they_were_drawn_from_is_kept(photo: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[Screen]] = []

    class Watched(Screen):
        """One that can be seen to be gone."""

        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)  # type: ignore[arg-type]
            made.append(weakref.ref(self))

    monkeypatch.setattr(scene_module, "Screen", Watched)
    pictures_of(Scene(photo, None, False, ()), 60, MOMENTS, lambda _: None, "drawing", {})
    gc.collect()
    assert made[0]() is None
