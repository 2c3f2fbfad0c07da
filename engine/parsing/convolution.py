"""Convolutions whose kernels nobody moves any more, on a CPU.

torch brings kernels into oneDNN's own order at every call. In the last layers of a residual network they are larger
than what they see: there that takes more than half of a pass, and two thirds of its gradient. Here it is done once, and
the results are the same: bit for bit in bfloat16, up to rounding in float32.
"""

from __future__ import annotations

import platform
from typing import Any

import torch
from torch import nn

# What torch offers of this is tried on these processors alone.
SETTLED_ON = ("x86_64", "AMD64")
# How torch's own compiler lays kernels out; none of them is promised to stay.
NEEDED = ("_reorder_convolution_weight", "_convolution_pointwise")
ONE_GROUP = 1
NOT_DILATED = [1, 1]


class SettledConvolution(nn.Module):
    """A convolution in place of a frozen one, whose kernels are laid out for inputs of one size (height, width). Others
    are as right, and hardly slower."""

    def __init__(self, plain: nn.Conv2d, size: tuple[int, int]) -> None:
        super().__init__()
        self.stride, self.padding = list(plain.stride), [int(padding) for padding in plain.padding]
        weight = plain.weight.detach()
        self.bias = None if plain.bias is None else nn.Parameter(plain.bias.detach(), requires_grad=False)
        self._kernels = self._laid_out(weight, size)
        # With a stride of one a gradient goes back by another convolution, whose kernels are turned round.
        self._turned = self._laid_out(weight.transpose(0, 1).flip(2, 3), size) if self.stride == [1, 1] else None
        self.weight = None if self._turned is not None else nn.Parameter(weight, requires_grad=False)

    def forward(self, x: torch.Tensor, *, relu: bool = False) -> torch.Tensor:
        """The convolution of x (B,I,H,W): B,O,h,w. relu: what is below 0 becomes 0."""
        out: torch.Tensor = _Settled.apply(x, self, relu)  # type: ignore[no-untyped-call]
        return out

    def convolved(self, x: torch.Tensor, relu: bool) -> torch.Tensor:
        """The same, without a gradient."""
        return _convolution(x, self._kernels, self.bias, self.padding, self.stride, "relu" if relu else "none")

    def gradient(self, gradient: torch.Tensor, shape: torch.Size) -> torch.Tensor:
        """What a gradient to the output (B,O,h,w) says of an input of that shape (B,I,H,W)."""
        if self._turned is not None:
            return _convolution(gradient, self._turned, None, self.padding, self.stride, "none")
        inputs = gradient.new_empty(shape).contiguous(memory_format=torch.channels_last)  # of which the shape counts
        places = self.stride, self.padding, NOT_DILATED, False, [0, 0], ONE_GROUP
        of_inputs: torch.Tensor = torch.ops.aten.convolution_backward(
            gradient, inputs, self.weight, None, *places, [True, False, False]
        )[0]
        return of_inputs

    def __deepcopy__(self, memo: dict[int, Any]) -> SettledConvolution:
        """Itself: it does not change, and such kernels cannot be copied."""
        return self

    def _laid_out(self, kernels: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
        laid_out: torch.Tensor = torch.ops.mkldnn._reorder_convolution_weight(
            kernels.contiguous(), self.padding, self.stride, NOT_DILATED, ONE_GROUP, [1, kernels.shape[1], *size]
        )
        return laid_out


class _Settled(torch.autograd.Function):
    """A settled convolution, which keeps no more than its output for the gradient."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, convolution: SettledConvolution, relu: bool) -> torch.Tensor:
        out = convolution.convolved(x, relu)
        ctx.convolution, ctx.shape, ctx.relu = convolution, x.shape, relu
        if relu:
            ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        if ctx.relu:
            gradient = torch.ops.aten.threshold_backward(gradient, ctx.saved_tensors[0], 0)
        return ctx.convolution.gradient(gradient, ctx.shape), None, None


def _convolution(
    x: torch.Tensor, kernels: torch.Tensor, bias: torch.Tensor | None, padding: list[int], stride: list[int], after: str
) -> torch.Tensor:
    out: torch.Tensor = torch.ops.mkldnn._convolution_pointwise(
        x, kernels, bias, padding, stride, NOT_DILATED, ONE_GROUP, after, [], ""
    )
    return out


def leaky_pointwise(x: torch.Tensor, kernels: torch.Tensor, bias: torch.Tensor, slope: float) -> torch.Tensor:
    """The leaky ReLU of a convolution of x (B,I,H,W) by kernels (O,I,1,1), in one go and without a gradient, where
    `can_settle` says that there is such a thing."""
    out: torch.Tensor = torch.ops.mkldnn._convolution_pointwise(
        x, kernels, bias, [0, 0], [1, 1], NOT_DILATED, ONE_GROUP, "leaky_relu", [slope], ""
    )
    return out


def can_settle(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether convolutions in a number type on a device are oneDNN's."""
    if device.type != "cpu" or platform.machine() not in SETTLED_ON:
        return False
    # They are there only where torch was built with oneDNN; without AVX-512 it has none in bfloat16.
    if not all(hasattr(torch.ops.mkldnn, name) for name in NEEDED):
        return False
    return dtype == torch.float32 or (dtype == torch.bfloat16 and torch.ops.mkldnn._is_mkldnn_bf16_supported())


def settle(network: nn.Module, inputs: torch.Tensor) -> None:
    """Put settled convolutions in place of a frozen network's, laid out for what such inputs make of each."""
    sizes: dict[nn.Conv2d, tuple[int, int]] = {}

    def see(convolution: nn.Module, seen: tuple[torch.Tensor, ...]) -> None:
        assert isinstance(convolution, nn.Conv2d)
        sizes[convolution] = (seen[0].shape[2], seen[0].shape[3])

    hooks = [part.register_forward_pre_hook(see) for part in network.modules() if isinstance(part, nn.Conv2d)]
    with torch.no_grad():
        network(inputs)
    for hook in hooks:
        hook.remove()
    for part in list(network.modules()):
        for name, child in list(part.named_children()):
            if isinstance(child, nn.Conv2d):
                setattr(part, name, SettledConvolution(child, sizes[child]))
