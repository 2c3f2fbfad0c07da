"""How work tells how far it is: stages, parts of a whole, clocks."""

from __future__ import annotations

import pytest

from engine.protocol import StageProgress
from engine.runtime.progress import staged, timed, total_seconds, within


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
