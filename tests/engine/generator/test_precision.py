"""A device's quick number type, and what is brought to it."""

from __future__ import annotations

import copy

import pytest
import torch

from engine.generator import MobileGenerator
from engine.generator.checkpoint import Checkpoint
from engine.generator.precision import fast_type, lowered, quick_copy
from engine.generator.stylegan2 import StyleGAN2Generator, build_generator
from tests.support.checkpoint_files import SMALL, random_tensors

CPU = torch.device("cpu")


def test_a_processor_computes_in_a_type_that_it_has() -> None:
    assert fast_type(torch.device("cpu")) in (torch.float32, torch.bfloat16)
    assert fast_type(torch.device("meta")) == torch.float32


def test_all_but_the_mapping_is_lowered_and_the_w_space_stays_the_same(generator: MobileGenerator) -> None:
    low = lowered(copy.deepcopy(generator), torch.bfloat16)
    assert {value.dtype for name, value in low.named_parameters() if name.startswith("mapping")} == {torch.float32}
    assert {value.dtype for name, value in low.named_parameters() if not name.startswith("mapping")} == {torch.bfloat16}
    assert low.w_space == generator.w_space


@pytest.mark.slow
def test_a_quick_copy_draws_nearly_the_same_and_leaves_the_generator_alone(
    generator: MobileGenerator, latents: torch.Tensor
) -> None:
    quick = quick_copy(generator, CPU)
    with torch.no_grad():
        exact, drawn = (each(latents[:1], 512).picture for each in (generator, quick))
    assert exact.dtype == torch.float32
    assert drawn.dtype == fast_type(CPU)
    assert 10 * torch.log10(4 / (drawn.float() - exact).square().mean().clamp_min(1e-12)) > 40


def test_stylegan2_is_lowered_by_its_largest_sizes_and_keeps_what_was_chosen_for_it() -> None:
    def small() -> StyleGAN2Generator:
        return build_generator(Checkpoint("pt", random_tensors(), SMALL, 0.01, None), CPU)

    latent = torch.randn(1, SMALL.latent_size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        exact, low = small()(latent, 32), lowered(small(), torch.bfloat16)(latent, 32)
    assert low.features[32].dtype == torch.bfloat16
    assert low.picture.dtype == torch.float32
    assert float((low.picture - exact.picture).abs().mean()) < 0.05 * float(exact.picture.abs().mean())
    assert lowered(small(), torch.float32).half_dtype is None
    chosen = lowered(small(), torch.float16)
    assert isinstance(quick := quick_copy(chosen, CPU), StyleGAN2Generator)
    assert quick.half_dtype == torch.float16
