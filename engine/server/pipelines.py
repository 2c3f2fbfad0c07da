"""The real work, as the worker wants it: which device, and what to run for each kind of job."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import DeviceUnavailable
from engine.protocol import AnimationOptions, BaldOptions, Rendered
from engine.server.worker import Report, Run


def device_of(device: str) -> str:
    """The device that `device` means on this machine. Raises DeviceUnavailable."""
    import torch

    if device == "auto":
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    if device == "cuda":
        device = "cuda:0"
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise DeviceUnavailable(f"The device '{device}' is not on this machine: use --device cpu.") from error
    return device


def load(device: str, preset: str, report: Report) -> Mapping[str, Run]:
    """Load the models of `preset` onto `device`; those of another preset are loaded when a job first asks for it."""
    from engine.models import load_models
    from engine.pipeline import bald

    loaded = {preset: load_models(device, preset, report)}

    def run_bald(photo: bytes, options: BaldOptions, animation: AnimationOptions, tell: Report) -> Rendered:
        if options.preset not in loaded:
            loaded[options.preset] = load_models(device, options.preset, tell)
        rendered: Rendered = bald(loaded[options.preset], photo, options, animation, tell)
        return rendered

    return {"bald": run_bald}
