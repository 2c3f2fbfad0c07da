"""The number type that a device computes fastest in, and a generator brought to it."""

from __future__ import annotations

import copy
from typing import TypeVar

import torch

from engine.generator.interface import Generator
from engine.generator.stylegan2 import StyleGAN2Generator

AnyGenerator = TypeVar("AnyGenerator", bound=Generator)


def fast_type(device: torch.device) -> torch.dtype:
    """bfloat16 where the hardware multiplies it natively, float32 elsewhere."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    if device.type == "cpu":
        # No public question about this exists; without an answer the exact type is the safe one.
        asked = (getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("avx512_bf16", "amx_tile"))
        return torch.bfloat16 if any(question() for question in asked if question is not None) else torch.float32
    return torch.float32


def lowered(generator: AnyGenerator, dtype: torch.dtype) -> AnyGenerator:
    """Bring the synthesis network to `dtype`, in place; the mapping stays exact, since all of W hangs on it.

    StyleGAN2 computes its largest sizes in `dtype` and keeps its parameters.
    """
    if isinstance(generator, StyleGAN2Generator):
        generator.use_half(None if dtype == torch.float32 else dtype)
        return generator
    for name, parameter in generator.named_parameters():
        if not name.startswith("mapping"):
            parameter.data = parameter.data.to(dtype)
    return generator


def quick_copy(generator: Generator, device: torch.device) -> Generator:
    """A copy for drawing many pictures without gradients.

    The default generator in what the device is quick in (bfloat16 is 50 dB from float32, and many times slower where a
    CPU has to emulate it); StyleGAN2 in what was chosen for it, or else in the same.
    """
    quick = copy.deepcopy(generator)
    chosen = isinstance(quick, StyleGAN2Generator) and quick.half_dtype is not None
    return quick if chosen else lowered(quick, fast_type(device))
