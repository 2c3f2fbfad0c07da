"""What one picture costs a generator: operations and memory, from the formula and as counted while it is drawn.

Operations are the multiplications and additions of convolutions and linear layers, two for each pair; what else is done
to a number (noise, bias, activation, Haar transform) is not among them. Memory is what tensors take, without the
weights and without the scratch space of the kernels' libraries.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from engine.generator.interface import Generator
from engine.generator.layout import COLOUR_CHANNELS, SMALLEST_PX, Layout
from engine.generator.mobile import MobileBlock, MobileGenerator
from engine.generator.stylegan2 import StyleGAN2Generator

FLOAT_BYTES = 4
FILTER_TAPS = 16  # [1,3,3,1] in both directions
COUNTED = ("aten.convolution", "aten.addmm", "aten.mm")


@dataclass(frozen=True)
class Cost:
    """Of one picture: operations; the most bytes that its tensors take at once."""

    operations: int
    peak_bytes: int


def predicted(generator: Generator) -> Cost:
    """From the shape of the network alone, for one picture of full size in float32 without gradients."""
    if isinstance(generator, StyleGAN2Generator):
        return stylegan2_cost(generator.layout)
    assert isinstance(generator, MobileGenerator)
    return _mobile_cost(generator)


def stylegan2_cost(layout: Layout) -> Cost:
    """Per size S with C channels: convolution C*C*9*S^2; below it, of B channels, the transposed one B*C*9*(S/2)^2 and
    its smoothing C*16*S^2; colours 3*C*S^2; a style's linear layer 512 times the channels that it scales, and as many
    for each energy in the demodulation.

    The peak is where the largest size is smoothed: all activations below are kept for those who asked for features, and
    the transposed convolution's result, one wider, stands beside the smoothed one.
    """
    pairs = kept = before = 0
    for side, channels in layout.channels.items():
        area = side * side
        if side > SMALLEST_PX:
            pairs += before * channels * 9 * area // 4 + channels * FILTER_TAPS * area
            pairs += before * layout.latent_size + before * channels
        pairs += channels * channels * 9 * area + COLOUR_CHANNELS * channels * area
        pairs += 2 * channels * layout.latent_size + channels * channels
        kept += channels * area
        before = channels
    side = layout.size_px
    working = before * (side + 1) ** 2
    return Cost(2 * pairs, FLOAT_BYTES * (kept + working))


def _mobile_cost(generator: MobileGenerator) -> Cost:
    """Per layer: depthwise 9 and pointwise as many as its output channels for each input channel and pixel. The peak is
    the kept activations with input and output of the largest layer."""
    pairs = kept = largest = 0
    blocks = [(generator.first, SMALLEST_PX)]
    for index, block in enumerate(generator.blocks):
        assert isinstance(block, MobileBlock)
        blocks.append((block, 8 << index // 2))
    for block, side in blocks:
        area = side * side
        outputs, inputs = block.pointwise.shape[:2]
        pairs += outputs * inputs * block.pointwise[0, 0].numel() * area
        if block.depthwise is not None:
            pairs += block.depthwise.numel() * area
        pairs += block.style.weight.numel()
        largest = max(largest, (inputs + outputs) * area)
    for style in (*generator.ups, generator.to_picture_style):
        pairs += style.weight.numel()
    to_picture = generator.to_picture_weight
    pairs += to_picture.numel() * side * side
    kept = sum(block.pointwise.shape[0] * side * side for block, side in (blocks[0], *blocks[2::2]))
    return Cost(2 * pairs, FLOAT_BYTES * (kept + largest))


def counted(run: Callable[[], object], device: torch.device) -> Cost:
    """Operations and peak of whatever `run` does, gradients included, while it does it."""
    counter = FlopCounterMode(display=False)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        with counter:
            run()
        torch.cuda.synchronize(device)
        peak = torch.cuda.max_memory_allocated(device) - before
    else:
        with _Peak() as tensors, counter:
            run()
        peak = tensors.peak_bytes
    totals = counter.get_flop_counts().get("Global", {})
    return Cost(sum(count for name, count in totals.items() if str(name).startswith(COUNTED)), peak)


class _Peak(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds up the storages that operations make, until each is freed."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.peak_bytes = self._bytes = 0
        self._alive: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        known = {self._key(leaf) for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)}
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, torch.Tensor) and self._key(leaf) not in known | self._alive:
                storage = leaf.untyped_storage()
                key, size_bytes = self._key(leaf), storage.nbytes()
                self._alive.add(key)
                self._bytes += size_bytes
                weakref.finalize(storage, self._freed, key, size_bytes)
        self.peak_bytes = max(self.peak_bytes, self._bytes)
        return result

    def _freed(self, key: int, size_bytes: int) -> None:
        self._alive.discard(key)
        self._bytes -= size_bytes

    @staticmethod
    def _key(tensor: torch.Tensor) -> int:
        return int(tensor.untyped_storage()._cdata)
