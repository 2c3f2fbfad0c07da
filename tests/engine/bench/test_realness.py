"""The second judge: what it can tell, what it cannot, and that its features are of the half that they name."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.bench.realness import Head, drawn_heads, head_of, judge_heads
from engine.errors import BadOption
from engine.face.faces import choose_faces, find_faces
from engine.models.load import Models


def heads(shift: float, people: int = 20, pictures: int = 1) -> list[Head]:
    """Random features; real people's upper halves lie `shift` deviations from the others'. Each person's pictures are
    nearly the same."""
    rng = np.random.default_rng(1)
    made = []
    for index in range(2 * people):
        real = index < people
        upper, lower = rng.normal(0, 1, (2, 30))
        for _ in range(pictures):
            noise = rng.normal(0, 0.01, (2, 30))
            shifted = upper + noise[0] + (shift if real else 0.0)
            made.append(Head(f"{index}", real, shifted.astype(np.float32), (lower + noise[1]).astype(np.float32)))
    return made


def test_a_difference_above_is_found_and_the_half_below_does_not_show_it() -> None:
    found = judge_heads(heads(2.0))
    assert found.balanced_accuracy > 0.95
    assert 0.3 < found.control_balanced_accuracy < 0.7
    assert found.called_real["0"] > 0.5 > found.called_real["39"]


def test_people_who_differ_in_nothing_are_told_by_nobody_even_when_seen_many_times() -> None:
    """Were a person in two folds, the classifier would know the face again and seem to tell all."""
    found = judge_heads(heads(0.0, pictures=4))
    assert 0.3 < found.balanced_accuracy < 0.7


def test_too_few_people_are_refused() -> None:
    with pytest.raises(BadOption, match="only 4 real"):
        judge_heads(heads(1.0, people=4))


def test_what_changes_above_the_brows_changes_the_upper_half_most(models: Models, astronaut: NDArray[np.uint8]) -> None:
    face = choose_faces(find_faces(models.face_tools, astronaut), "largest")[0]
    painted = astronaut.copy()
    above = round(float(face.landmarks[17:27, 1].min() - 0.15 * face.width_px))
    painted[:above] = painted[:above] // 2 + 64
    before, after = (
        head_of(models.parser, picture, face.quad, face.landmarks, "one", real=True) for picture in (astronaut, painted)
    )
    assert before.upper.shape == before.lower.shape == (896,)
    upper, lower = np.abs(after.upper - before.upper).mean(), np.abs(after.lower - before.lower).mean()
    assert upper > 3 * lower


@pytest.mark.slow
def test_the_generators_own_bald_people_are_found_and_the_same_each_time(models: Models) -> None:
    first = drawn_heads(models, 1, 3, lambda progress: None)
    again = drawn_heads(models, 1, 3, lambda progress: None)
    assert [head.real for head in first] == [True]
    assert np.array_equal(first[0].upper, again[0].upper)
