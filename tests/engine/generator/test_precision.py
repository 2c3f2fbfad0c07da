"""A device's quick number type, and what is brought to it."""

from __future__ import annotations

import copy

import torch

from engine.generator import MobileGenerator
from engine.generator.precision import fast_type, lowered


def test_a_processor_computes_in_a_type_that_it_has() -> None:
    assert fast_type(torch.device("cpu")) in (torch.float32, torch.bfloat16)
    assert fast_type(torch.device("meta")) == torch.float32


def test_all_but_the_mapping_is_lowered_and_the_w_space_stays_the_same(generator: MobileGenerator) -> None:
    low = lowered(copy.deepcopy(generator), torch.bfloat16)
    assert {value.dtype for name, value in low.named_parameters() if name.startswith("mapping")} == {torch.float32}
    assert {value.dtype for name, value in low.named_parameters() if not name.startswith("mapping")} == {torch.bfloat16}
    assert low.w_space == generator.w_space
