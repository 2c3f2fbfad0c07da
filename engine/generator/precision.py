"""The number type that a device computes fastest in, and a generator brought to it."""

from __future__ import annotations

import torch

from engine.generator.mobile import MobileGenerator


def fast_type(device: torch.device) -> torch.dtype:
    """bfloat16 where the hardware multiplies it natively, float32 elsewhere."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    if device.type == "cpu":
        # No public question about this exists; without an answer the exact type is the safe one.
        asked = (getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("avx512_bf16", "amx_tile"))
        return torch.bfloat16 if any(question() for question in asked if question is not None) else torch.float32
    return torch.float32


def lowered(generator: MobileGenerator, dtype: torch.dtype) -> MobileGenerator:
    """Bring the synthesis network to `dtype`, in place; the mapping stays exact, since all of W hangs on it."""
    for name, parameter in generator.named_parameters():
        if not name.startswith("mapping"):
            parameter.data = parameter.data.to(dtype)
    return generator
