"""Fitting what tells things on hair from hair, to a handful of faces."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from engine.models.load import Parts
from engine.parsing import load_on_hair
from engine.training.on_hair import train_on_hair
from engine.training.things.kinds import LEARNT, UNSEEN

FACES, DRAWINGS = 20, 64


@pytest.mark.slow
def test_the_asset_is_written_with_a_card_that_tells_both_kinds_of_things(parts: Parts, tmp_path: Path) -> None:
    out = tmp_path / "on_hair.safetensors"
    heard: list[str] = []
    card = train_on_hair(
        parts.networks, out, faces=FACES, drawings=DRAWINGS, seed=3, tell=lambda stage, _: heard.append(stage)
    )
    assert card == json.loads(out.with_suffix(".json").read_text())
    assert card["command"] == f"recede train on-hair --faces {FACES} --drawings {DRAWINGS} --seed 3"
    learnt, unseen = card["found_of_kinds_learnt"], card["found_of_kinds_never_seen"]
    assert isinstance(learnt, dict)
    assert isinstance(unseen, dict)
    assert (set(learnt), set(unseen)) == (set(LEARNT), set(UNSEEN))
    assert list(dict.fromkeys(heard)) == ["sampling", "fitting", "scoring"]
    head = load_on_hair(out, torch.device("cpu"))
    sizes = ((64, 64), (128, 32), (256, 16))
    assert head(*(torch.zeros(1, channels, side, side) for channels, side in sizes)).shape == (1, 32, 32)
