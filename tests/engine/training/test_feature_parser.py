"""Fitting the feature parser, to a handful of faces."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from engine.models.load import Parts
from engine.parsing import FaceClass, load_feature_parser, parse
from engine.parsing.feature_parser import FEATURE_CLASSES, generator_sha256
from engine.training.feature_parser import region_probabilities, train_feature_parser
from engine.training.samples import sample_faces

pytestmark = pytest.mark.slow

SAMPLES = 12


@pytest.fixture(scope="module")
def heard() -> list[tuple[str, float]]:
    return []


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("feature_parser") / "feature_parser.safetensors"


@pytest.fixture(scope="module")
def card(parts: Parts, out: Path, heard: list[tuple[str, float]]) -> dict[str, object]:
    return train_feature_parser(
        parts.networks,
        out,
        samples=SAMPLES,
        seed=7,
        tell=lambda stage, fraction: heard.append((stage, fraction)),
    )


def test_the_card_says_how_it_was_made_and_for_which_generator(card: dict[str, object], out: Path) -> None:
    assert card == json.loads(out.with_suffix(".json").read_text())
    assert card["command"] == f"recede train feature-parser --samples {SAMPLES} --seed 7"
    assert card["generator_sha256"] == generator_sha256()
    assert card["faces_held_out"] == 1
    assert isinstance(card["pixels_fitted"], int)
    assert card["pixels_fitted"] > 1000


def test_eleven_faces_are_enough_to_tell_most_pixels_of_the_twelfth(card: dict[str, object]) -> None:
    assert isinstance(card["accuracy"], float)
    assert isinstance(card["iou"], dict)
    assert card["accuracy"] > 0.75
    assert set(card["iou"]) == set(FEATURE_CLASSES)
    assert card["iou"]["skin"] > 0.6
    assert isinstance(card["accuracy_where_confident"], float)
    assert card["accuracy_where_confident"] > card["accuracy"]


def test_what_it_wrote_is_what_the_engine_loads(card: dict[str, object], out: Path) -> None:
    parser = load_feature_parser(out, torch.device("cpu"))
    assert parser.weight.shape == (5, 512 + 512 + 256)
    assert parser.bias.shape == (5,)
    assert bool(parser.weight.isfinite().all())
    assert float(parser.weight.abs().max()) > 0


def test_every_stage_is_reported_in_turn(card: dict[str, object], heard: list[tuple[str, float]]) -> None:
    stages = list(dict.fromkeys(stage for stage, _ in heard))
    assert stages == ["sampling", "fitting", "scoring"]
    for stage in stages:
        fractions = [fraction for name, fraction in heard if name == stage]
        assert fractions == sorted(fractions)
    assert heard[-1] == ("scoring", 1.0)


def test_labels_are_the_face_parsers_own_with_classes_joined(parts: Parts) -> None:
    (sample,) = sample_faces(parts.generator, parts.statistics.mean, 1, seed=2, truncation=(0.7, 0.7))
    regions = region_probabilities(parts.parser, sample)
    assert regions.shape == (5, 128, 128)
    torch.testing.assert_close(regions.sum(0), torch.ones(128, 128), atol=1e-4, rtol=0)
    picture = ((sample.picture + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    hair = parse(parts.parser, picture, mirrored=False)[FaceClass.HAIR].reshape(128, 4, 128, 4).mean((1, 3))
    torch.testing.assert_close(regions[2], torch.from_numpy(hair), atol=0.05, rtol=0)
