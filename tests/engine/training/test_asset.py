"""Assets and their cards."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import load_file

from engine.training.asset import write_asset


def test_tensors_are_stored_in_half_precision_beside_their_card(tmp_path: Path) -> None:
    path = tmp_path / "new" / "thing.safetensors"
    weight = torch.linspace(-3, 3, 12).reshape(3, 4).T
    write_asset(path, {"weight": weight}, {"samples": 7, "score": {"a": 0.5}})
    assert sorted(file.name for file in path.parent.iterdir()) == ["thing.json", "thing.safetensors"]
    loaded = load_file(path)["weight"]
    assert loaded.dtype == torch.float16
    torch.testing.assert_close(loaded.float(), weight, atol=2e-3, rtol=1e-3)
    assert json.loads((tmp_path / "new" / "thing.json").read_text()) == {"samples": 7, "score": {"a": 0.5}}


def test_an_older_asset_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "thing.safetensors"
    write_asset(path, {"weight": torch.zeros(3)}, {"samples": 1})
    write_asset(path, {"bias": torch.ones(2)}, {"samples": 2})
    assert set(load_file(path)) == {"bias"}
    assert json.loads(path.with_suffix(".json").read_text()) == {"samples": 2}
