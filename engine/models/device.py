"""Which device computes."""

from __future__ import annotations

import torch

from engine.errors import DeviceUnavailable


def choose_device(name: str = "auto") -> torch.device:
    """The device for a name: "auto" takes CUDA where there is one. Raises DeviceUnavailable."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise DeviceUnavailable(f"'{name}' is not a device: use auto, cpu, cuda or cuda:1.", device=name) from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise DeviceUnavailable(
            f"The device '{name}' is not on this machine ({torch.cuda.device_count()} CUDA devices): use --device cpu.",
            device=name,
        )
    return device
