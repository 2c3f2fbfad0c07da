"""Fitting the encoder, to a handful of faces."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from engine.encoder import encode, load_encoder
from engine.models import Parts
from engine.training.encoder import RIDGES, train_encoder
from engine.training.samples import sample_faces

SAMPLES = 24


@pytest.fixture(scope="module")
def heard() -> list[tuple[str, float]]:
    return []


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("encoder") / "encoder.safetensors"


@pytest.fixture(scope="module")
def card(parts: Parts, out: Path, heard: list[tuple[str, float]]) -> dict[str, object]:
    return train_encoder(
        parts.generator,
        parts.parser,
        parts.statistics,
        out,
        samples=SAMPLES,
        seed=3,
        report=lambda stage, fraction: heard.append((stage, fraction)),
    )


def test_the_card_says_how_it_was_made_and_how_good_it_is(card: dict[str, object], out: Path) -> None:
    assert card == json.loads(out.with_suffix(".json").read_text())
    assert card["command"] == f"recede train encoder --samples {SAMPLES} --seed 3"
    assert card["ridge"] in RIDGES
    scores = card["held_out_r2"]
    assert isinstance(scores, dict)
    assert max(scores, key=lambda ridge: scores[ridge]) == str(card["ridge"])


def test_every_sample_is_reported(card: dict[str, object], heard: list[tuple[str, float]]) -> None:
    assert heard == [("sampling", (index + 1) / SAMPLES) for index in range(SAMPLES)]


def test_the_faces_that_it_was_fitted_to_are_recognised(parts: Parts, card: dict[str, object], out: Path) -> None:
    """More unknowns than faces: on those, the fit must be close, whatever it is worth on others."""
    encoder = load_encoder(out, torch.device("cpu"))
    faces = list(sample_faces(parts.generator, parts.statistics.mean, 3, seed=3, truncation=(0.6, 1.0)))
    for face in faces:
        guess = encode(encoder, parts.parser, face.picture[None])[0]
        offs = [float((guess - other.latent).norm()) for other in faces]
        assert min(offs) == float((guess - face.latent).norm())
        assert min(offs) < 0.8 * float((parts.statistics.mean - face.latent).norm())
