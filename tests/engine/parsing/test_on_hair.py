"""The two heads that tell things on the hair."""

from __future__ import annotations

import torch

from engine.models.assets import ASSETS
from engine.parsing import load_hair_watch


def test_the_head_for_the_closer_look_is_another_than_the_one_for_the_whole() -> None:
    watch = load_hair_watch(ASSETS, torch.device("cpu"))
    assert not torch.equal(watch.whole.out.weight, watch.close.out.weight)
