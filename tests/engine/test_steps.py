"""What a photo's ways through the engine share: one face after the other, stages, clocks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import FaceBlurred
from engine.face import Face, FaceTools, load_face_tools
from engine.protocol import StageProgress
from engine.steps import Report, each_face, staged, timed, total_seconds, within
from engine.weights import dlib_model_path


@pytest.fixture(scope="module")
def tools() -> FaceTools:
    return load_face_tools(dlib_model_path("shape_predictor_68_face_landmarks.dat"))


@pytest.fixture(scope="module")
def pair(astronaut: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.hstack([astronaut[:300, 100:350], astronaut[:300, 100:350, ::-1]])


def test_found_done_and_passed_over_are_counted_with_the_reason(tools: FaceTools, pair: NDArray[np.uint8]) -> None:
    def left_only(face: Face, others: Sequence[Face], report: Report) -> float:
        assert [other is not face for other in others] == [True]
        middle = float(face.landmarks[:, 0].mean())
        if middle > 250:
            raise FaceBlurred("Too blurred.")
        return middle

    made = each_face(tools, pair, "all", lambda progress: None, left_only)
    assert len(made) == 1
    assert made.counts() == {"faces": 1, "faces_found": 2, "faces_passed_over": 1, "passed_over_face_blurred": 1}


def test_where_no_chosen_face_can_be_edited_the_reason_is_raised(tools: FaceTools, pair: NDArray[np.uint8]) -> None:
    def none(face: Face, others: Sequence[Face], report: Report) -> None:
        raise FaceBlurred("Too blurred.")

    with pytest.raises(FaceBlurred):
        each_face(tools, pair, "all", lambda progress: None, none)


def test_stages_share_the_whole_by_what_they_cost_and_never_go_back() -> None:
    heard: list[StageProgress] = []
    tell = staged(heard.append, [("first", 1.0), ("second", 3.0)])
    for stage, fraction in (("first", 0.5), ("first", 1.0), ("second", 0.5), ("first", 0.0), ("second", 1.0)):
        tell(stage, fraction)
    assert [progress.fraction for progress in heard] == pytest.approx([0.125, 0.25, 0.625, 0.625, 1.0])


def test_a_stage_carries_its_preview_along_and_one_that_nobody_announced_stands_still() -> None:
    heard: list[StageProgress] = []
    tell = staged(within(heard.append, 0.5, 0.5), [("first", 1.0), ("second", 1.0)])
    tell("first", 1.0, b"picture")
    tell("unheard of", 1.0)
    assert heard == [StageProgress("first", 0.75, b"picture"), StageProgress("unheard of", 0.75)]


def test_a_step_that_comes_twice_is_timed_as_the_sum() -> None:
    seconds: dict[str, float] = {"parse": 1.0}
    with timed(seconds, "parse"), timed(seconds, "edit"):
        pass
    assert seconds["parse"] > 1
    assert total_seconds([seconds, {"edit": 2.0, "parse": 1.0}])["edit"] == pytest.approx(seconds["edit"] + 2)
