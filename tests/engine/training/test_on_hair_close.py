"""Learning on, for hair that is seen from closer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from engine.models.assets import ASSETS
from engine.models.load import Parts
from engine.parsing import load_on_hair
from engine.parsing.on_hair import OnHair
from engine.training.on_hair import fit
from engine.training.on_hair_close import train_on_hair_close
from engine.training.things.drawings import Drawing

SIZES = ((64, 16), (128, 8), (256, 4))


def features() -> tuple[torch.Tensor, ...]:
    rng = torch.Generator().manual_seed(0)
    return tuple(3 * torch.rand(channels, side, side, generator=rng) for channels, side in SIZES)


def test_a_head_that_begins_with_another_s_weights_sees_at_first_as_that_does() -> None:
    torch.manual_seed(5)
    begin = OnHair()
    piece = Drawing(tuple(one.half() for one in features()), torch.zeros(8, 8), torch.zeros(8, 8, dtype=torch.bool))
    # Nothing is known of any cell, so nothing is learnt.
    head = fit(lambda: piece, 40, 1, lambda _: None, begin=begin, rate=1e-9)
    asked = [one[None] for one in features()]
    with torch.no_grad():
        torch.testing.assert_close(head(*asked), begin(*asked), atol=1e-3, rtol=1e-3)


@pytest.mark.slow
def test_the_asset_is_written_with_a_card_and_differs_from_the_head_it_begins_with(
    parts: Parts, tmp_path: Path
) -> None:
    out = tmp_path / "on_hair_close.safetensors"
    card = train_on_hair_close(parts.networks, out, faces=20, drawings=64, seed=3, tell=lambda *_: None)
    assert card == json.loads(out.with_suffix(".json").read_text())
    assert card["command"] == "recede train on-hair-close --faces 20 --drawings 64 --seed 3"
    heads = [load_on_hair(path, torch.device("cpu")) for path in (out, ASSETS / "on_hair.safetensors")]
    assert not torch.equal(heads[0].out.weight, heads[1].out.weight)
