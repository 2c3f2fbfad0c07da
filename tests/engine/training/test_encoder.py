"""Fitting the encoder, to a few dozen faces."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import TrainingData
from engine.latent.encoder import load_encoder
from engine.models.load import Parts
from engine.training.attributes.shards import Shard, encode_picture, shard_path, write_shard
from engine.training.encoder import train_encoder

pytestmark = pytest.mark.slow

FEW = 48


def schematic_set(folder: Path, count: int) -> None:
    """Pictures whose two colours and split are their latents' first numbers: a map that can be learnt in a minute."""
    rng = np.random.default_rng(0)
    latents = rng.standard_normal((count, 512)).astype(np.float32)
    pictures = []
    for row in latents:
        picture = np.full((256, 256, 3), 128, np.uint8)
        picture[: int(np.clip(128 + 40 * row[0], 8, 248))] = np.clip(128 + 50 * row[1:4], 0, 255)
        pictures.append(encode_picture(picture))
    write_shard(shard_path(folder, 0), Shard(np.arange(count), latents, np.ones(count, np.float32), tuple(pictures)))


def test_what_can_be_learnt_is_learnt_and_the_card_says_how_well(parts: Parts, tmp_path: Path) -> None:
    schematic_set(tmp_path, FEW)
    out = tmp_path / "encoder.safetensors"
    heard: list[tuple[str, float]] = []
    card = train_encoder(
        parts.networks,
        out,
        shards=tmp_path,
        epochs=1,
        seed=3,
        tell=lambda stage, fraction: heard.append((stage, fraction)),
        min_samples=FEW,
    )
    assert card == json.loads(out.with_suffix(".json").read_text())
    assert card["command"] == "recede train encoder --shards DIR --epochs 1 --seed 3"
    assert heard[0] == ("reading", 1.0)
    assert ("fitting W", 1.0) in heard
    assert heard[-1] == ("fitting W+", 1.0)
    encoder = load_encoder(out, torch.device("cpu"))
    assert all(bool(value.isfinite().all()) for value in encoder.state_dict().values())
    assert isinstance(card["held_out_r2"], float)


def test_too_small_a_set_is_refused_with_the_command_that_makes_one(parts: Parts, tmp_path: Path) -> None:
    schematic_set(tmp_path, 8)
    with pytest.raises(TrainingData, match="recede train sample"):
        train_encoder(
            parts.networks,
            tmp_path / "encoder.safetensors",
            shards=tmp_path,
            epochs=1,
            seed=0,
            tell=lambda stage, fraction: None,
        )
    assert not (tmp_path / "encoder.safetensors").exists()
