"""Whether two W spaces are one."""

from __future__ import annotations

import copy

import pytest
import torch

from engine.generator.checkpoint import Checkpoint
from engine.generator.space_comparison import compare_spaces
from engine.generator.stylegan2 import StyleGAN2Generator, build_generator
from engine.models.load import Parts
from tests.support.checkpoint_files import SMALL, mapping_of, random_tensors

CPU = torch.device("cpu")


def small(seed: int) -> StyleGAN2Generator:
    return build_generator(Checkpoint("pt", random_tensors(seed=seed), SMALL, 0.01, None), CPU)


def test_a_generator_shares_its_space_with_itself_even_when_rounded() -> None:
    generator = small(0)
    rounded = copy.deepcopy(generator)
    for layer in rounded.mapping_layers.parameters():
        layer.data = layer.data.half().float()
    found = compare_spaces(generator, rounded, CPU, 16)
    assert found.samples > 0.999
    assert found.mean > 0.999
    assert found.same


def test_generators_trained_apart_share_nothing() -> None:
    found = compare_spaces(small(0), small(1), CPU, 16)
    assert abs(found.samples) < 0.5
    assert not found.same


@pytest.mark.parametrize(("drift", "same"), [(0.05, True), (0.8, False)])
def test_one_that_was_trained_on_shares_it_as_long_as_it_has_not_gone_far(drift: float, same: bool) -> None:
    generator = small(0)
    other = copy.deepcopy(generator)
    rng = torch.Generator().manual_seed(2)
    for layer in other.mapping_layers.parameters():
        layer.data += drift * layer.data.std() * torch.randn(layer.shape, generator=rng)
    assert compare_spaces(generator, other, CPU, 16).same == same


def test_the_default_generators_mapping_in_nvidias_form_is_found_to_be_the_same(parts: Parts) -> None:
    """A checkpoint's weights are those of the default, divided by their equalised learning rates."""
    tensors = mapping_of(parts.generator)
    layout = copy.copy(SMALL)
    tensors = random_tensors(type(SMALL)(layout.channels, 512, 8)) | tensors
    generator = build_generator(Checkpoint("pt", tensors, type(SMALL)(layout.channels, 512, 8), 0.01, None), CPU)
    found = compare_spaces(generator, parts.generator, CPU)
    assert found.samples > 0.9999
    assert found.mean > 0.9999
