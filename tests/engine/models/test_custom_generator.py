"""A generator of the operator's own, from its file to the models: which assets go with it, how new ones are made."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine import cli
from engine.edits.portrait import Portrait
from engine.edits.registry import layers_for
from engine.errors import ForeignBoundary, UnsafeCheckpoint, WeightsCorrupt, WrongGenerator
from engine.face.faces import choose_faces, find_faces
from engine.generator import MobileGenerator
from engine.generator.stylegan2 import StyleGAN2Generator
from engine.latent.effort import EFFORTS
from engine.latent.encoder import Estimate
from engine.latent.inversion import InversionSteps, Target, invert
from engine.models.assets import ASSETS
from engine.models.load import Models, Parts, load_models, load_parts
from engine.protocol import AttributeEdit
from engine.training.samples import sample_faces
from tests.support.checkpoint_files import THIN, mapping_of, random_tensors, write_pkl, write_safetensors


@pytest.fixture(scope="module")
def shared(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint whose W space is the default generator's, and nothing else."""
    tensors = random_tensors(THIN) | mapping_of(parts.generator)
    return write_pkl(tmp_path_factory.mktemp("shared") / "shared.pkl", tensors)


@pytest.fixture
def foreign(parts: Parts, tmp_path: Path) -> Path:
    """A checkpoint with a W space of its own."""
    return write_safetensors(tmp_path / "foreign.safetensors", random_tensors(THIN, seed=5))


@pytest.fixture(scope="module")
def custom(shared: Path) -> Models:
    return load_models("cpu", generator=str(shared))


def test_one_that_shares_the_w_space_takes_over_encoder_and_edits(custom: Models, parts: Parts) -> None:
    assert isinstance(custom.generator, StyleGAN2Generator)
    assert (custom.generator.w_layers, custom.generator.full_size_px) == (18, 1024)
    assert custom.generator.w_space == parts.generator.w_space
    assert custom.assets.path("encoder.safetensors") == ASSETS / "encoder.safetensors"
    torch.testing.assert_close(custom.statistics.mean, parts.statistics.mean, atol=1e-3, rtol=1e-3)


def test_all_of_the_inversion_works_on_its_eighteen_w_layers(custom: Models, latents: torch.Tensor) -> None:
    with torch.no_grad():
        target = custom.generator(latents[:1], 1024).picture.clamp(-1, 1)
    weight = torch.ones(1, 1, 1024, 1024)
    found = invert(
        custom.networks,
        Estimate(latents[:1] * 0.9, 0.01 * torch.ones(1, 16, 512)),
        Target(target, weight, weight),
        InversionSteps(2, 2, 2, EFFORTS["fast"].inversion.size_px),
        tell=lambda fraction: None,
    )
    assert found.latent.shape == (1, 18, 512)
    assert found.picture.shape == (1, 3, 1024, 1024)
    assert bool(found.picture.isfinite().all())
    before, after = custom.generator.tunable_parameters(), found.generator.tunable_parameters()
    assert any(not torch.equal(one, other) for one, other in zip(before, after, strict=True))


def test_one_with_another_w_space_is_refused_until_assets_are_trained_for_it(foreign: Path) -> None:
    with pytest.raises(ForeignBoundary, match=r"recede train bald-direction --generator FILE"):
        load_models("cpu", generator=str(foreign))
    found = load_parts("cpu", generator=str(foreign))
    assert found.generator.w_space != ""
    assert found.assets.engine is None
    with pytest.raises(ForeignBoundary, match=r"recede train score --generator FILE.*recede train fit"):
        found.assets.path("boundaries.safetensors")


@pytest.mark.slow
def test_edits_along_boundaries_are_refused_at_once_and_others_are_not(
    foreign: Path, models: Models, astronaut: NDArray[np.uint8]
) -> None:
    found = load_parts("cpu", generator=str(foreign))
    own = replace(models, generator=found.generator, statistics=found.statistics, assets=found.assets)
    face = choose_faces(find_faces(models.face_tools, astronaut), "largest")[0]
    portrait = Portrait(own, astronaut, face, "fast", 0, lambda stage, fraction, preview_jpeg=None: None)
    for attribute, strength in (("wavy", 2.0), ("straight", -2.0), ("bangs", 2.0), ("long_hair", 1.0)):
        with pytest.raises(ForeignBoundary, match=r"recede train sample --generator FILE"):
            layers_for(portrait, [AttributeEdit(attribute, strength)])
    assert "inversion" not in portrait.seconds
    assert len(layers_for(portrait, [AttributeEdit("black", 2.0)])) == 1


def test_assets_that_were_trained_with_another_checkpoint_are_refused(foreign: Path, parts: Parts) -> None:
    own = foreign.with_name("foreign-assets")
    own.mkdir()
    (own / "encoder.json").write_text(json.dumps({"trained_with": "0" * 64}))
    with pytest.raises(WeightsCorrupt, match="trained with another generator"):
        load_parts("cpu", generator=str(foreign))


@pytest.mark.slow
def test_the_feature_parser_learns_the_other_layout_of_its_activations(
    shared: Path, custom: Models, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "parser.safetensors"
    words = ["train", "feature-parser", "--samples", "10", "--generator", str(shared), "-o", str(out), "--json"]
    assert cli.main([*words, "--device", "cpu"], custom) == 0
    from engine.parsing import feature_logits, load_feature_parser

    fitted = load_feature_parser(out, custom.device, custom.generator.fingerprint())
    assert fitted.weight.shape[1] == sum(THIN.channels[side] for side in fitted.sizes_px)
    with torch.no_grad():
        logits = feature_logits(fitted, custom.generator(custom.statistics.mean[None], 128).features)
    assert logits.shape == (1, len(fitted.classes), 128, 128)
    with pytest.raises(WeightsCorrupt):
        load_feature_parser(out, custom.device)


def test_faces_to_learn_from_are_the_same_whichever_generator_draws_them(custom: Models, parts: Parts) -> None:
    def latents(models: Parts) -> torch.Tensor:
        faces = sample_faces(models.generator, models.statistics.mean, 3, seed=6, truncation=(0.5, 1.0))
        return torch.stack([face.latent for face in faces])

    torch.testing.assert_close(latents(custom), latents(parts), atol=1e-2, rtol=1e-2)


def test_what_cannot_be_a_generator_is_told_before_anything_else_is_loaded(parts: Parts, tmp_path: Path) -> None:
    small = write_safetensors(tmp_path / "small.safetensors", random_tensors())
    with pytest.raises(WrongGenerator, match="32 px"):
        load_parts("cpu", generator=str(small))
    (tmp_path / "hostile.pkl").write_bytes(b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.")
    with pytest.raises(UnsafeCheckpoint):
        load_parts("cpu", generator=str(tmp_path / "hostile.pkl"))


def test_without_a_checkpoint_it_is_the_default_generator(parts: Parts) -> None:
    assert isinstance(parts.generator, MobileGenerator)
    assert parts.assets.trained_into == ASSETS


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_on_a_gpu_it_draws_in_half_precision_what_it_draws_on_the_cpu(shared: Path, latents: torch.Tensor) -> None:
    """The largest sizes in float16, channels-last; gradients in bfloat16; several pictures at once."""
    cpu, gpu = (load_parts(name, generator=str(shared)) for name in ("cpu", "cuda"))
    assert gpu.device.type == "cuda"
    with torch.no_grad():
        exact = cpu.generator(latents, 1024).picture
        drawn = gpu.generator(latents.to(gpu.device), 1024)
    assert drawn.features[512].dtype == torch.float16
    assert float((drawn.picture.cpu() - exact).abs().mean()) < 0.02 * float(exact.abs().max())
    moved = latents.to(gpu.device).requires_grad_()
    gpu.generator(moved, 512).picture.square().mean().backward()
    assert moved.grad is not None
    assert bool(moved.grad.isfinite().all())
    faces = list(sample_faces(gpu.generator, gpu.statistics.mean, 5, seed=1, truncation=(0.5, 1.0)))
    assert len(faces) == 5
