"""Crop to a first latent estimate."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from engine.encoder import FEATURE_CLIP, Encoder, encode, encoder_features, load_encoder
from engine.models import Models, Parts

CPU = torch.device("cpu")


def test_features_are_one_row_for_each_picture_of_any_size(parts: Parts, pictures: torch.Tensor) -> None:
    with torch.no_grad():
        large = encoder_features(parts.parser, pictures)
        small = encoder_features(parts.parser, pictures[:, :, ::2, ::2])
    assert large.shape == small.shape == (2, (512 + 256) * 16 + 3 * 256)
    assert bool(large.isfinite().all())
    torch.testing.assert_close(encoder_features(parts.parser, pictures[1:]), large[1:], atol=1e-3, rtol=1e-3)


def test_the_estimate_is_the_linear_map_with_outliers_clipped(parts: Parts, pictures: torch.Tensor) -> None:
    features = encoder_features(parts.parser, pictures)
    rng = torch.Generator().manual_seed(0)
    weight = torch.randn(features.shape[1], 4, generator=rng)
    mean, bias = features.mean(0), torch.randn(4, generator=rng)
    wide = Encoder(mean, torch.full_like(mean, 1e3), weight, bias)
    torch.testing.assert_close(encode(wide, parts.parser, pictures), (features - mean) / 1e3 @ weight + bias)
    narrow = Encoder(mean, torch.full_like(mean, 1e-9), weight.abs(), torch.zeros(4))
    most = FEATURE_CLIP * weight.abs().sum(0)
    assert bool((encode(narrow, parts.parser, pictures).abs() <= most * (1 + 1e-4)).all())


def test_what_was_stored_in_half_precision_is_loaded_in_single(tmp_path: Path) -> None:
    tensors = {"mean": torch.rand(6), "scale": torch.rand(6), "weight": torch.rand(6, 512), "bias": torch.rand(512)}
    save_file({name: value.half() for name, value in tensors.items()}, tmp_path / "e.safetensors")
    encoder = load_encoder(tmp_path / "e.safetensors", CPU)
    for name, value in tensors.items():
        loaded = getattr(encoder, name)
        assert loaded.dtype == torch.float32
        torch.testing.assert_close(loaded, value, atol=1e-3, rtol=1e-3)


def test_a_generated_faces_latent_is_guessed_better_than_by_the_mean(
    models: Models, latents: torch.Tensor, pictures: torch.Tensor
) -> None:
    guess = encode(models.encoder, models.parser, pictures)
    assert guess.shape == (2, 512)
    for index in range(2):
        off = float((guess[index] - latents[index]).norm())
        assert off < 0.95 * float((models.statistics.mean - latents[index]).norm())
        assert off < float((guess[index] - latents[1 - index]).norm())


def test_the_guess_looks_more_like_the_face_than_the_mean_face_does(
    models: Models, latents: torch.Tensor, pictures: torch.Tensor
) -> None:
    guess = encode(models.encoder, models.parser, pictures[:1])
    with torch.no_grad():
        guessed, mean = (models.generator(w, 512).picture for w in (guess, models.statistics.mean[None]))
    errors = [float((picture - pictures[:1]).abs().mean()) for picture in (guessed, mean)]
    assert errors[0] < 0.9 * errors[1]


@pytest.mark.parametrize("shift", [1, -1])
def test_even_what_is_no_face_is_mapped_to_a_latent_of_ordinary_size(
    models: Models, latents: torch.Tensor, shift: int
) -> None:
    rng = torch.Generator().manual_seed(2)
    strange = (torch.rand(1, 3, 256, 256, generator=rng) * 2 - 1 + shift).clamp(-1, 1)
    guess = encode(models.encoder, models.parser, strange)
    assert bool(guess.isfinite().all())
    ordinary = float((latents - models.statistics.mean).norm(dim=1).max())
    assert float((guess - models.statistics.mean).norm()) < 2 * ordinary
