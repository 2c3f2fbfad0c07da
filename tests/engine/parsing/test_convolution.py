"""Convolutions whose kernels are laid out once."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from engine.models.load import Parts
from engine.parsing import BiSeNet
from engine.parsing.convolution import SettledConvolution, can_settle

TYPES = [
    pytest.param(
        dtype, marks=pytest.mark.skipif(not can_settle(torch.device("cpu"), dtype), reason=f"no oneDNN of {dtype} here")
    )
    for dtype in (torch.float32, torch.bfloat16)
]


def _input(channels: int, side_px: int, seed: int, dtype: torch.dtype) -> torch.Tensor:
    values = torch.randn(1, channels, side_px, side_px, generator=torch.Generator().manual_seed(seed))
    return values.to(dtype).contiguous(memory_format=torch.channels_last)


def _same(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    """In float32 oneDNN may add up in another order."""
    if ours.dtype == torch.float32:
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-3)
    else:
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (1, 1), (1, 2)])
def test_a_settled_convolution_and_its_gradient_are_the_plain_ones(
    kernel: int, stride: int, relu: bool, dtype: torch.dtype
) -> None:
    plain = nn.Conv2d(32, 64, kernel, stride, kernel // 2).to(dtype).requires_grad_(False)
    settled = SettledConvolution(plain, (16, 16))
    x, y = (_input(32, 16, 0, dtype).requires_grad_() for _ in range(2))
    theirs = F.relu(plain(x)) if relu else plain(x)
    ours = settled(y, relu=relu)
    above = _input(64, theirs.shape[2], 1, dtype)
    _same(ours, theirs)
    torch.testing.assert_close(torch.autograd.grad(ours, y, above), torch.autograd.grad(theirs, x, above))


@pytest.fixture(scope="module", params=TYPES)
def plain(request: pytest.FixtureRequest, parts: Parts) -> BiSeNet:
    return copy.deepcopy(parts.parser).to(request.param)


@pytest.fixture(scope="module")
def settled(plain: BiSeNet) -> BiSeNet:
    network = copy.deepcopy(plain).settled()
    assert not any(isinstance(part, nn.Conv2d) for part in network.modules())
    return network


@pytest.mark.parametrize("side_px", [96, 256])
def test_a_settled_parser_says_the_same_of_pictures_of_any_size(plain: BiSeNet, settled: BiSeNet, side_px: int) -> None:
    picture = _input(3, side_px, 2, plain.dtype)
    with torch.no_grad():
        _same(settled(picture), plain(picture))


def test_a_copy_of_a_settled_parser_says_the_same_in_the_same_type(settled: BiSeNet) -> None:
    copied, picture = copy.deepcopy(settled), _input(3, 64, 3, settled.dtype)
    assert copied.dtype == settled.dtype
    with torch.no_grad():
        assert torch.equal(copied(picture), settled(picture))
