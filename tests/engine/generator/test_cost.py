"""Operations and memory, counted and foretold."""

from __future__ import annotations

import pytest
import torch

from engine.generator import MobileGenerator
from engine.generator.cost import counted, predicted, stylegan2_cost
from engine.generator.layout import CONFIG_F, Layout
from engine.generator.stylegan2 import StyleGAN2Generator

CPU = torch.device("cpu")
MEDIUM = Layout({4: 64, 8: 64, 16: 48, 32: 32, 64: 24, 128: 16}, 32, 2)


def drawing(generator: StyleGAN2Generator | MobileGenerator, latent: torch.Tensor) -> None:
    with torch.no_grad():
        generator(latent, generator.full_size_px)


def test_the_formula_counts_what_is_done() -> None:
    generator = StyleGAN2Generator(MEDIUM)
    found = counted(lambda: drawing(generator, torch.randn(1, 32)), CPU)
    formula = predicted(generator)
    assert found.operations == pytest.approx(formula.operations, rel=1e-3)
    assert found.peak_bytes == pytest.approx(formula.peak_bytes, rel=0.2)


def test_gradients_take_about_twice_the_operations_more_and_recomputing_saves_memory() -> None:
    generator = StyleGAN2Generator(MEDIUM)

    def step() -> None:
        latent = torch.randn(1, 32).requires_grad_()
        generator(latent, 128).picture.square().mean().backward()

    plain = counted(step, CPU)
    generator.recompute = True
    sparing = counted(step, CPU)
    assert 1.9 < plain.operations / predicted(generator).operations < 3.1
    assert sparing.peak_bytes < 0.8 * plain.peak_bytes
    assert sparing.operations > plain.operations


def test_the_published_size_takes_150_billion_operations() -> None:
    """Some ten times the default generator's."""
    assert stylegan2_cost(CONFIG_F).operations == pytest.approx(150.6e9, rel=1e-3)


def test_the_formula_counts_what_the_default_generator_does(generator: MobileGenerator, latents: torch.Tensor) -> None:
    found = counted(lambda: drawing(generator, latents[:1]), CPU)
    formula = predicted(generator)
    assert found.operations == pytest.approx(formula.operations, rel=1e-3)
    assert 0.8 * formula.peak_bytes < found.peak_bytes < 2.5 * formula.peak_bytes


def test_what_is_freed_is_not_counted_twice() -> None:
    def run() -> None:
        for _ in range(10):
            torch.zeros(1000).add_(1)

    assert counted(run, CPU).peak_bytes == 4000
