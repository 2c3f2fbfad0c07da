"""All chosen faces."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.errors import FaceBlurred
from engine.face.faces import Face, find_faces, load_face_tools
from engine.pipeline.faces import each_face
from engine.protocol import StageProgress
from engine.runtime.progress import Hear
from engine.weights import dlib_model_path


@pytest.fixture(scope="module")
def pair(astronaut: NDArray[np.uint8]) -> list[Face]:
    """The faces of a photo of two."""
    tools = load_face_tools(dlib_model_path("shape_predictor_68_face_landmarks.dat"))
    return find_faces(tools, np.hstack([astronaut[:300, 100:350], astronaut[:300, 100:350, ::-1]]))


def test_found_done_and_passed_over_are_counted_with_the_reason(pair: list[Face]) -> None:
    def left_only(face: Face, others: Sequence[Face], hear: Hear) -> float:
        assert [other is not face for other in others] == [True]
        middle = float(face.landmarks[:, 0].mean())
        if middle > 250:
            raise FaceBlurred("Too blurred.")
        return middle

    made = each_face(pair, "all", lambda progress: None, left_only)
    assert len(made) == 1
    assert made.counts() == {"faces": 1, "faces_found": 2, "faces_passed_over": 1, "passed_over_face_blurred": 1}


def test_where_no_chosen_face_can_be_edited_the_reason_is_raised(pair: list[Face]) -> None:
    def none(face: Face, others: Sequence[Face], hear: Hear) -> None:
        raise FaceBlurred("Too blurred.")

    with pytest.raises(FaceBlurred):
        each_face(pair, "all", lambda progress: None, none)


def test_faces_side_by_side_are_made_at_the_same_time_and_told_as_one_progress(pair: list[Face]) -> None:
    met = threading.Barrier(2, timeout=60)
    told: list[float] = []

    def both(face: Face, others: Sequence[Face], hear: Hear) -> float:
        met.wait()
        for step in range(1, 4):
            hear(StageProgress("halfway", step / 4))
        return float(face.landmarks[:, 0].mean())

    made = each_face(pair, "all", lambda progress: told.append(progress.fraction), both, at_once=2)
    assert made == sorted(made)
    assert told == sorted(told)
    assert told[-1] >= 0.75


def test_a_job_that_is_stopped_stops_all_of_its_faces(pair: list[Face]) -> None:
    met = threading.Barrier(2, timeout=60)
    went_on: list[float] = []

    def both(face: Face, others: Sequence[Face], hear: Hear) -> None:
        met.wait()
        hear(StageProgress("a step", 0.1))
        met.wait()
        hear(StageProgress("another", 0.2))
        went_on.append(0.2)

    def until_the_second(progress: StageProgress) -> None:
        if progress.stage == "another":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        each_face(pair, "all", until_the_second, both, at_once=2)
    assert went_on == []


def test_a_face_alone_keeps_the_threads_that_are_set_while_it_is_made(pair: list[Face]) -> None:
    before, seen = torch.get_num_threads(), []

    def on_one_thread(face: Face, others: Sequence[Face], hear: Hear) -> None:
        torch.set_num_threads(1)
        hear(StageProgress("a step", 0.5))
        seen.append(torch.get_num_threads())

    try:
        torch.set_num_threads(2)
        each_face(pair[:1], "all", lambda progress: None, on_one_thread)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert seen == [1]
