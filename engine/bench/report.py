"""Measured numbers as JSON, as a table, and as an overview picture."""

from __future__ import annotations

import math
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.animation.sheet import side_by_side
from engine.animation.sizing import resize
from engine.protocol import BaldOptions

OVERVIEW_ROW_PX = 320
KEYS = (
    "crown_hair_left",
    "crown_hair_left_colour",
    "monotonic",
    "backward_frames",
    "identity_max",
    "identity_final",
    "outside_changed",
    "inversion_ms_ssim",
    "scalp_tone",
    "outline_step",
    "temple_lead",
    "evenness",
    "seconds",
)
# Of the other figures the largest is the worst.
BETTER_IF_LARGE = ("inversion_ms_ssim", "temple_lead")
REAL_KEYS = ("scalp_tone", "outline_step")
COUNTED = ("backward_frames", "outside_changed")


@dataclass(frozen=True)
class PhotoQuality:
    """One photo's numbers by the names in KEYS, and its frames nearest to the years 0, 4, 8, 12, 16 and 20.

    A number is nan where a photo does not show what it measures.
    """

    name: str
    numbers: Mapping[str, float]
    stills: tuple[NDArray[np.uint8], ...]


def summary(
    rows: Sequence[Mapping[str, float]], keys: Sequence[str] = KEYS
) -> tuple[dict[str, float], dict[str, float]]:
    """Mean and worst of each key over the rows that have it, nan where none has; both empty without rows."""
    mean: dict[str, float] = {}
    worst: dict[str, float] = {}
    for key in keys if rows else ():
        column = [float(row[key]) for row in rows if not math.isnan(row[key])] or [math.nan]
        mean[key] = float(np.mean(column))
        worst[key] = min(column) if key in BETTER_IF_LARGE else max(column)
    return mean, worst


def for_json(numbers: Mapping[str, float]) -> dict[str, float | None]:
    """The same with None for nan, which JSON does not know."""
    return {key: None if math.isnan(value) else value for key, value in numbers.items()}


def report_json(
    options: BaldOptions,
    device: str,
    measured: Sequence[PhotoQuality],
    failed: Mapping[str, Mapping[str, str]],
    real_bald: Mapping[str, Mapping[str, float]] | None = None,
) -> dict[str, Any]:
    """Everything as one object for JSON; a photo that could not be done has ``error`` in place of numbers.

    real_bald: numbers of unedited bald heads by name.
    """
    mean, worst = summary([quality.numbers for quality in measured])
    photos: list[dict[str, Any]] = [{"name": quality.name, **for_json(quality.numbers)} for quality in measured]
    photos += [{"name": name, "error": dict(error)} for name, error in failed.items()]
    told: dict[str, Any] = {
        "preset": options.preset,
        "clean": options.clean,
        "machine": machine(device),
        "peak_memory_mib": peak_memory_mib(),
        "photos": photos,
        "mean": for_json(mean),
        "worst": for_json(worst),
    }
    if real_bald:
        mean, worst = summary(list(real_bald.values()), REAL_KEYS)
        heads = [{"name": name, **for_json(numbers)} for name, numbers in real_bald.items()]
        told["real_bald"] = {"photos": heads, "mean": for_json(mean), "worst": for_json(worst)}
    return told


def machine(device: str) -> str:
    """This machine in a few words."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    place = torch.cuda.get_device_name(device) if device.startswith("cuda") else "CPU"
    return (
        f"{platform.system()} {platform.machine()}, {cores} cores, {place}, "
        f"Python {platform.python_version()}, torch {torch.__version__}"
    )


def peak_memory_mib() -> float | None:
    """The most memory that this process has held, this bench included; None where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak / 2**20 if sys.platform == "darwin" else peak / 2**10)


def table(measured: Sequence[PhotoQuality], real_bald: Mapping[str, Mapping[str, float]] | None = None) -> str:
    """The numbers as text: a row for each photo, then means and worsts, and the mean of real bald heads."""
    mean, worst = summary([quality.numbers for quality in measured])
    rows = [(quality.name, quality.numbers) for quality in measured]
    if measured:
        rows += [("mean", mean), ("worst", worst)]
    if real_bald:
        rows.append(("real bald", summary(list(real_bald.values()), REAL_KEYS)[0]))
    width = max(len(name) for name in ["photo", *(name for name, _ in rows)])
    lines = ["  ".join(["photo".ljust(width), *KEYS])]
    for name, numbers in rows:
        cells = [_cell(key, numbers.get(key, math.nan)).rjust(len(key)) for key in KEYS]
        lines.append("  ".join([name.ljust(width), *cells]))
    return "\n".join(lines)


def _cell(key: str, value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:g}" if key in COUNTED else f"{value:.3f}"


def overview(measured: Sequence[PhotoQuality]) -> NDArray[np.uint8]:
    """All photos' stills, small, a row for each (H,W,3)."""
    rows = []
    for quality in measured:
        height, width = quality.stills[0].shape[:2]
        small_width = max(1, round(width * OVERVIEW_ROW_PX / height))
        rows.append(side_by_side([resize(still, small_width, OVERVIEW_ROW_PX) for still in quality.stills]))
    widest = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 4), (0, widest - row.shape[1]), (0, 0)), constant_values=255) for row in rows]
    return np.concatenate(padded, axis=0)
