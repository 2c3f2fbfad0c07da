"""Classes straight from the generator's activations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from engine.errors import WeightsCorrupt
from engine.generator import MobileGenerator
from engine.models import assets
from engine.models.load import Parts
from engine.parsing import FaceClass, FeatureParser, class_logits, feature_logits, load_feature_parser
from engine.parsing.feature_parser import FEATURE_CLASSES, FEATURE_SIZES_PX, generator_sha256
from engine.training.asset import write_asset

CPU = torch.device("cpu")
CHANNELS = {32: 5, 64: 4, 128: 3}


@pytest.fixture
def small() -> FeatureParser:
    """One with made-up numbers over few channels."""
    rng = torch.Generator().manual_seed(0)
    channels = sum(CHANNELS.values())
    return FeatureParser(
        torch.randn(5, channels, generator=rng),
        torch.randn(5, generator=rng),
        FEATURE_SIZES_PX,
        tuple(FEATURE_CLASSES),
    )


@pytest.fixture
def features() -> dict[int, torch.Tensor]:
    rng = torch.Generator().manual_seed(1)
    return {side: torch.randn(2, count, side, side, generator=rng) for side, count in CHANNELS.items()}


@pytest.fixture(scope="module")
def asset() -> FeatureParser:
    return load_feature_parser(assets.ASSETS / "feature_parser.safetensors", CPU)


def card(**changes: object) -> dict[str, object]:
    return {
        "classes": list(FEATURE_CLASSES),
        "sizes_px": list(FEATURE_SIZES_PX),
        "generator_sha256": generator_sha256(),
        **changes,
    }


def test_every_class_of_the_face_parser_belongs_to_exactly_one_of_its_classes() -> None:
    members = [member for group in FEATURE_CLASSES.values() for member in group]
    assert sorted(members) == sorted(FaceClass)


def test_logits_are_those_of_the_classifier_on_all_maps_enlarged_and_joined(
    small: FeatureParser, features: dict[int, torch.Tensor]
) -> None:
    joined = torch.cat(
        [F.interpolate(features[side], size=(128, 128), mode="bilinear", align_corners=False) for side in CHANNELS], 1
    )
    expected = torch.einsum("cd,bdhw->bchw", small.weight, joined) + small.bias[:, None, None]
    torch.testing.assert_close(feature_logits(small, features), expected, atol=1e-4, rtol=1e-4)


def test_maps_of_other_sizes_are_passed_over(small: FeatureParser, features: dict[int, torch.Tensor]) -> None:
    more = {16: torch.zeros(2, 7, 16, 16), **features, 256: torch.zeros(2, 1, 256, 256)}
    assert torch.equal(feature_logits(small, more), feature_logits(small, features))


def test_what_was_stored_is_loaded(tmp_path: Path, small: FeatureParser) -> None:
    write_asset(tmp_path / "f.safetensors", {"weight": small.weight, "bias": small.bias}, card())
    loaded = load_feature_parser(tmp_path / "f.safetensors", CPU)
    assert loaded.weight.dtype == torch.float32
    torch.testing.assert_close(loaded.weight, small.weight, atol=2e-3, rtol=1e-3)
    assert (loaded.sizes_px, loaded.classes) == (small.sizes_px, small.classes)
    assert loaded.index("hair") == loaded.classes.index("hair")
    with pytest.raises(ValueError, match="tuple.index"):
        loaded.index("moustache")


@pytest.mark.parametrize("told", [card(generator_sha256="0" * 64), {}])
def test_one_that_was_fitted_to_another_generator_is_refused(
    tmp_path: Path, small: FeatureParser, told: dict[str, object]
) -> None:
    write_asset(tmp_path / "f.safetensors", {"weight": small.weight, "bias": small.bias}, told)
    with pytest.raises(WeightsCorrupt, match="recede train feature-parser"):
        load_feature_parser(tmp_path / "f.safetensors", CPU)


@pytest.mark.slow
def test_the_asset_knows_hair_from_skin_on_faces_that_it_has_not_seen(
    asset: FeatureParser, parts: Parts, latents: torch.Tensor, pictures: torch.Tensor
) -> None:
    with torch.no_grad():
        ours = feature_logits(asset, parts.generator(latents, 128).features).argmax(1)
        theirs = F.interpolate(class_logits(parts.parser, pictures).softmax(1), size=(128, 128), mode="area").argmax(1)
    for name in ("background", "skin", "hair"):
        mine = ours == asset.index(name)
        other = torch.isin(theirs, torch.tensor(FEATURE_CLASSES[name]))
        assert float((mine & other).sum() / (mine | other).sum()) > 0.7, name


def test_a_gradient_through_the_asset_takes_hair_off(
    asset: FeatureParser, generator: MobileGenerator, latents: torch.Tensor
) -> None:
    def hair(latent: torch.Tensor) -> torch.Tensor:
        return feature_logits(asset, generator(latent, 128).features).softmax(1)[:, asset.index("hair")].mean()

    latent = latents[:1].clone().requires_grad_()
    before = hair(latent)
    (gradient,) = torch.autograd.grad(before, latent)
    with torch.no_grad():
        assert float(hair(latent - 2 * gradient / gradient.norm())) < 0.98 * float(before)


def test_the_assets_card_tells_how_good_it_is(asset: FeatureParser) -> None:
    told = json.loads((assets.ASSETS / "feature_parser.json").read_text())
    assert set(told["iou"]) == set(asset.classes)
    assert told["accuracy"] > 0.85
    assert told["iou"]["hair"] > 0.75
