"""Write an asset and, beside it, the card that says how it was made and how good it is."""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch
from safetensors.torch import save

ASSETS = Path(__file__).resolve().parents[1] / "assets"


def write_asset(path: Path, tensors: dict[str, torch.Tensor], card: dict[str, object]) -> None:
    """Save tensors as fp16 safetensors at `path`, and the card as JSON under the same name.

    Both are written beside their places and then renamed, so that an interruption leaves the old asset whole.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    halves = {name: value.detach().cpu().half().contiguous() for name, value in tensors.items()}
    files = {path: save(halves), path.with_suffix(".json"): (json.dumps(card, indent=2) + "\n").encode()}
    parts = {target: target.with_name(f".{target.name}.{os.getpid()}.part") for target in files}
    try:
        for target, part in parts.items():
            part.write_bytes(files[target])
        for target, part in parts.items():
            part.replace(target)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def note_in_card(path: Path, facts: dict[str, object]) -> dict[str, object]:
    """Add facts to the card of the asset at `path`; returns them."""
    card = path.with_suffix(".json")
    card.write_text(json.dumps(json.loads(card.read_text()) | facts, indent=2) + "\n")
    return facts
