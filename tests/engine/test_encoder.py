"""Crop to a first latent estimate."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from engine.encoder import Encoder, encode, encoder_inputs, load_encoder
from engine.models import Models, Parts


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
    fresh = Encoder()
    save_file({name: value.half() for name, value in fresh.state_dict().items()}, tmp_path / "e.safetensors")
    loaded = load_encoder(tmp_path / "e.safetensors", torch.device("cpu"))
    for name, value in fresh.state_dict().items():
        assert loaded.state_dict()[name].dtype == torch.float32
        torch.testing.assert_close(loaded.state_dict()[name], value, atol=1e-3, rtol=1e-3)
    assert not any(parameter.requires_grad for parameter in loaded.parameters())


def test_a_generated_faces_latent_is_guessed_far_better_than_by_the_mean(
    models: Models, latents: torch.Tensor, pictures: torch.Tensor
) -> None:
    guess = encode(models.encoder, models.parser, pictures)
    assert guess.shape == (2, 512)
    for index in range(2):
        off = float((guess[index] - latents[index]).norm())
        assert off < 0.85 * float((models.statistics.mean - latents[index]).norm())
        assert off < float((guess[index] - latents[1 - index]).norm())


def test_the_guess_looks_more_like_the_face_than_the_mean_face_does(
    models: Models, latents: torch.Tensor, pictures: torch.Tensor
) -> None:
    guess = encode(models.encoder, models.parser, pictures[:1])
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
    guess = encode(models.encoder, models.parser, strange)
    assert bool(guess.isfinite().all())
    ordinary = float((latents - models.statistics.mean).norm(dim=1).max())
    assert float((guess - models.statistics.mean).norm()) < 2 * ordinary
