"""The real work, as the worker wants it: which device, and what to run for each kind of job."""

from __future__ import annotations

from collections.abc import Mapping

from engine.config import EngineConfig
from engine.protocol import AnimationOptions, BaldOptions, EditOptions, Rendered
from engine.server.worker import Report, Run


def device_of(device: str) -> str:
    """The device that `device` means on this machine. Raises DeviceUnavailable."""
    from engine.models import choose_device

    chosen = choose_device(device)
    return f"{chosen.type}:{chosen.index or 0}" if chosen.type == "cuda" else str(chosen)


def load(settings: EngineConfig, report: Report) -> Mapping[str, Run]:
    """Load the models; both presets use the same ones."""
    from engine.memory import sparing
    from engine.models import load_configured
    from engine.pipeline import bald, edit

    models = load_configured(settings, report)

    def run_bald(photo: bytes, options: BaldOptions, animation: AnimationOptions, tell: Report) -> Rendered:
        return sparing(models.generator, tell, lambda report: bald(models, photo, options, animation, report))

    def run_edit(photo: bytes, options: EditOptions, animation: AnimationOptions, tell: Report) -> Rendered:
        return sparing(models.generator, tell, lambda report: edit(models, photo, options, animation, report))

    return {"bald": run_bald, "edit": run_edit}
