"""Crop to a first latent estimate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from engine.errors import WeightsCorrupt
from engine.face.alignment import crop_face
from engine.face.faces import choose_faces, find_faces
from engine.latent.encoder import Encoder, encode, encoder_inputs, fitted_deltas, load_encoder
from engine.latent.inversion import CropLoss
from engine.models.load import Models, Parts
from engine.parsing.bisenet import TrunkFeatures


def test_inputs_are_the_same_for_a_picture_of_any_size(parts: Parts, pictures: torch.Tensor) -> None:
    with torch.no_grad():
        large, large_thumbnail = encoder_inputs(parts.parser, pictures)
        half = torch.nn.functional.avg_pool2d(pictures, 2)
        small, small_thumbnail = encoder_inputs(parts.parser, half)
    assert large.sixteenth.shape == (2, 256, 16, 16)
    assert large.thirty_second.shape == (2, 512, 8, 8)
    torch.testing.assert_close(small.sixteenth, large.sixteenth, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(small_thumbnail, large_thumbnail, atol=1e-4, rtol=1e-4)


def test_what_was_stored_in_half_precision_is_loaded_in_single(tmp_path: Path) -> None:
    fresh = Encoder(16)
    save_file({name: value.half() for name, value in fresh.state_dict().items()}, tmp_path / "e.safetensors")
    loaded = load_encoder(tmp_path / "e.safetensors", torch.device("cpu"))
    for name, value in fresh.state_dict().items():
        assert loaded.state_dict()[name].dtype == torch.float32
        torch.testing.assert_close(loaded.state_dict()[name], value, atol=1e-3, rtol=1e-3)
    assert not any(parameter.requires_grad for parameter in loaded.parameters())


def test_an_earlier_versions_asset_is_refused_with_the_command_that_makes_one(tmp_path: Path) -> None:
    earlier = {name: value for name, value in Encoder(16).state_dict().items() if not name.startswith("delta_head")}
    save_file(earlier, tmp_path / "encoder.safetensors")
    with pytest.raises(WeightsCorrupt, match="recede train encoder"):
        load_encoder(tmp_path / "encoder.safetensors", torch.device("cpu"))


def test_a_generated_faces_latent_is_guessed_far_better_than_by_the_mean(
    models: Models, latents: torch.Tensor, pictures: torch.Tensor
) -> None:
    guess = encode(models.encoder, models.parser, pictures).latent
    assert guess.shape == (2, 512)
    for index in range(2):
        off = float((guess[index] - latents[index]).norm())
        assert off < 0.85 * float((models.statistics.mean - latents[index]).norm())
        assert off < float((guess[index] - latents[1 - index]).norm())


def test_the_guess_looks_more_like_the_face_than_the_mean_face_does(
    models: Models, latents: torch.Tensor, pictures: torch.Tensor
) -> None:
    guess = encode(models.encoder, models.parser, pictures[:1]).latent
    with torch.no_grad():
        guessed, mean = (models.generator(w, 512).picture.float() for w in (guess, models.statistics.mean[None]))
    errors = [float((picture - pictures[:1]).abs().mean()) for picture in (guessed, mean)]
    assert errors[0] < 0.8 * errors[1]


@pytest.mark.parametrize("shift", [1, -1])
def test_even_what_is_no_face_is_mapped_to_a_latent_of_ordinary_size(
    models: Models, latents: torch.Tensor, shift: int
) -> None:
    rng = torch.Generator().manual_seed(2)
    strange = (torch.rand(1, 3, 256, 256, generator=rng) * 2 - 1 + shift).clamp(-1, 1)
    estimate = encode(models.encoder, models.parser, strange)
    guess = estimate.latent
    assert bool(guess.isfinite().all())
    assert float(estimate.deltas.pow(2).mean().sqrt()) < float(models.encoder.latent_scale.mean())
    ordinary = float((latents - models.statistics.mean).norm(dim=1).max())
    assert float((guess - models.statistics.mean).norm()) < 2 * ordinary


def test_an_encoder_before_its_fit_adds_nothing_to_any_layer() -> None:
    parts = TrunkFeatures(*(torch.randn(2, c, s, s) for c, s in ((64, 64), (128, 32), (256, 16), (512, 8))))
    estimate = Encoder(16)(parts, torch.randn(2, 3, 16, 16))
    assert estimate.latent.shape == (2, 512)
    assert estimate.deltas.shape == (2, 16, 512)
    assert not bool(estimate.deltas.any())


@pytest.mark.parametrize("w_layers", [14, 16, 18])
def test_deltas_serve_a_generator_with_fewer_or_more_fine_layers(w_layers: int) -> None:
    deltas = torch.randn(1, 16, 512)
    fitted = fitted_deltas(deltas, w_layers)
    assert fitted.shape == (1, w_layers, 512)
    shared = min(w_layers, 16)
    assert torch.equal(fitted[:, :shared], deltas[:, :shared])
    assert not bool(fitted[:, shared:].any())


def test_with_its_deltas_the_guess_is_nearer_to_a_real_photo(models: Models, astronaut: NDArray[np.uint8]) -> None:
    face = choose_faces(find_faces(models.face_tools, astronaut), "largest")[0]
    crop = torch.from_numpy(crop_face(astronaut, face.quad)).permute(2, 0, 1)[None].float() / 127.5 - 1
    estimate = encode(models.encoder, models.parser, crop)
    loss = CropLoss(models.parser, crop, torch.ones(1, 1, 1024, 1024), 128)
    w = estimate.start(models.statistics.mean)
    with torch.no_grad():
        alone, helped = (
            float(loss(models.generator(latent, 128).picture)) for latent in (w, w[:, None] + estimate.deltas)
        )
    assert helped < 0.97 * alone
