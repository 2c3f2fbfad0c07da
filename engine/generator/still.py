"""A block of the default generator whose kernels nobody moves: its convolutions, noise and activation."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional as F

from engine.generator.styled import LEAKY_SLOPE
from engine.parsing.convolution import leaky_pointwise

# Half a megabyte stays in the second cache of any core with AVX2.
STRIP_BYTES = 1 << 19


class Still(torch.autograd.Function):
    """A block's convolutions, noise and activation, for kernels that nobody moves.

    Its gradient needs the output alone. Autograd would keep what goes into either convolution as well, which is more
    than half of what a descent at 512 px holds.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        depthwise: torch.Tensor,
        pointwise: torch.Tensor,
        bias: torch.Tensor,
        noise: torch.Tensor | None,
    ) -> torch.Tensor:
        out = convolved(x, depthwise, pointwise, bias, noise)
        ctx.save_for_backward(out, depthwise, pointwise)
        return out

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        out, depthwise, pointwise = ctx.saved_tensors
        # A loss on activations gives it plane by plane, which would take all that follows many times as long.
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        gradient = torch.ops.aten.leaky_relu_backward(gradient, out, LEAKY_SLOPE, True)
        gradient = F.conv2d(gradient, pointwise.transpose(0, 1))
        gradient = F.conv2d(gradient, depthwise.flip(2, 3), padding=1, groups=len(depthwise))
        return gradient, None, None, None, None


def convolved(
    x: torch.Tensor, depthwise: torch.Tensor, pointwise: torch.Tensor, bias: torch.Tensor, noise: torch.Tensor | None
) -> torch.Tensor:
    """The block's output (B,O,H,W): both convolutions of x (B,I,H,W), noise (1,1,H,W), activation. Without noise, the
    activation lies in the second convolution's own kernel, which has no gradient."""
    x = F.conv2d(x, depthwise, padding=1, groups=len(depthwise))
    if noise is None:
        return leaky_pointwise(x, pointwise, bias, LEAKY_SLOPE)
    x = F.conv2d(x, pointwise, bias)
    if x.requires_grad or torch.get_num_threads() > 1 or len(x) > 1:
        return F.leaky_relu_(x.add_(noise), LEAKY_SLOPE)
    # Both on a few rows at a time, which a core's cache holds: the same bits, and a seventh less for a picture on one
    # thread. Several would wait for each other at every strip.
    rows = max(1, STRIP_BYTES // (x[:, :, :1].numel() * x.element_size()))
    for first in range(0, x.shape[2], rows):
        strip = slice(first, first + rows)
        F.leaky_relu_(x[:, :, strip].add_(noise[:, :, strip]), LEAKY_SLOPE)
    return x
