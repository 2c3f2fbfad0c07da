"""Write an asset and, beside it, the card that says how it was made and how good it is."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save

from engine.runtime.files import write_files


def write_asset(path: Path, tensors: dict[str, torch.Tensor], card: dict[str, object]) -> None:
    """Save tensors as fp16 safetensors at `path`, and the card as JSON under the same name: both or neither."""
    path.parent.mkdir(parents=True, exist_ok=True)
    halves = {name: value.detach().cpu().half().contiguous() for name, value in tensors.items()}
    write_files({path: save(halves), path.with_suffix(".json"): _as_json(card)})


def note_in_card(path: Path, facts: dict[str, object]) -> dict[str, object]:
    """Add facts to the card of the asset at `path`; returns them."""
    card = path.with_suffix(".json")
    write_files({card: _as_json(json.loads(card.read_text()) | facts)})
    return facts


def _as_json(card: dict[str, object]) -> bytes:
    return (json.dumps(card, indent=2) + "\n").encode()
