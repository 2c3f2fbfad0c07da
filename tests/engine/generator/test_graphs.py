"""The synthesis as a CUDA graph."""

from __future__ import annotations

import pytest
import torch

from engine.generator.checkpoint import Checkpoint
from engine.generator.graphs import GraphedSynthesis, replayed
from engine.generator.stylegan2 import StyleGAN2Generator, build_generator
from tests.support.checkpoint_files import SMALL, random_tensors


def small(device: str) -> StyleGAN2Generator:
    return build_generator(Checkpoint("pt", random_tensors(), SMALL, 0.01, None), torch.device(device))


def test_without_a_gpu_it_says_so() -> None:
    with pytest.raises(ValueError, match="need a GPU"):
        GraphedSynthesis(small("cpu"), torch.zeros(1, SMALL.latent_size), 32)
    with pytest.raises(ValueError, match="need a GPU"):
        replayed(small("cpu"), 32)(torch.zeros(1, SMALL.latent_size))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("half", [None, torch.float16])
def test_a_replay_draws_what_the_generator_draws(half: torch.dtype | None) -> None:
    generator = small("cuda")
    generator.use_half(half)
    first, second = torch.randn(2, 1, SMALL.latent_size, device="cuda")
    graphed = GraphedSynthesis(generator, first, 32)
    for latent in (second, first):
        drawn = graphed(latent).picture.clone()
        with torch.no_grad():
            torch.testing.assert_close(drawn, generator(latent, 32).picture)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_it_is_recorded_again_for_another_shape() -> None:
    generator = small("cuda")
    draw = replayed(generator, 32)
    for count in (4, 4, 2):
        latents = torch.randn(count, SMALL.latent_size, device="cuda")
        with torch.no_grad():
            torch.testing.assert_close(draw(latents).picture, generator(latents, 32).picture)
