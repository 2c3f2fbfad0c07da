"""Generated faces with known latents."""

from __future__ import annotations

import pytest
import torch

from engine.models.load import Parts
from engine.training.samples import Sample, sample_faces


def drawn(parts: Parts, count: int, *, seed: int, truncation: tuple[float, float]) -> list[Sample]:
    return list(sample_faces(parts.generator, parts.statistics.mean, count, seed=seed, truncation=truncation))


@pytest.mark.slow
def test_the_same_seed_draws_the_same_faces_one_by_one(parts: Parts) -> None:
    first, second = drawn(parts, 2, seed=5, truncation=(0.5, 1.0))
    (again,) = drawn(parts, 1, seed=5, truncation=(0.5, 1.0))
    (other,) = drawn(parts, 1, seed=6, truncation=(0.5, 1.0))
    assert torch.equal(first.latent, again.latent)
    assert torch.equal(first.picture, again.picture)
    assert not torch.allclose(first.latent, second.latent)
    assert not torch.allclose(first.latent, other.latent)


def test_a_sample_is_what_the_generator_draws_at_its_latent(parts: Parts) -> None:
    (sample,) = drawn(parts, 1, seed=1, truncation=(0.7, 0.7))
    with torch.no_grad():
        synthesis = parts.generator(sample.latent[None], 512)
    torch.testing.assert_close(sample.picture, synthesis.picture[0].clamp(-1, 1))
    assert set(sample.features) == set(synthesis.features)
    torch.testing.assert_close(sample.features[64], synthesis.features[64][0])
    assert not sample.picture.requires_grad


@pytest.mark.slow
def test_truncation_pulls_towards_the_mean(parts: Parts) -> None:
    mean = parts.statistics.mean
    (none,) = drawn(parts, 1, seed=1, truncation=(0.0, 0.0))
    (half,) = drawn(parts, 1, seed=1, truncation=(0.5, 0.5))
    (whole,) = drawn(parts, 1, seed=1, truncation=(1.0, 1.0))
    torch.testing.assert_close(none.latent, mean)
    torch.testing.assert_close(half.latent - mean, (whole.latent - mean) / 2, atol=1e-4, rtol=1e-4)
