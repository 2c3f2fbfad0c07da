"""The classes' order is that of the checkpoint."""

from __future__ import annotations

from engine.parsing import FaceClass
from engine.parsing.bisenet import CLASSES
from engine.parsing.classes import MIRRORED_PAIRS


def test_there_is_one_class_for_each_of_the_networks_channels() -> None:
    assert sorted(FaceClass) == list(range(CLASSES))


def test_every_left_has_its_right() -> None:
    lefts = {left.name for left, _ in MIRRORED_PAIRS}
    assert lefts == {member.name for member in FaceClass if member.name.startswith("LEFT_")}
    assert all(right.name == left.name.replace("LEFT", "RIGHT") for left, right in MIRRORED_PAIRS)
