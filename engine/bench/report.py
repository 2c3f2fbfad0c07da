"""Measured numbers as JSON, as a table, and as an overview picture."""

from __future__ import annotations

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
    "seconds",
)
COUNTED = ("backward_frames", "outside_changed")


@dataclass(frozen=True)
class PhotoQuality:
    """One photo's numbers by the names in KEYS, and its frames nearest to the years 0, 5, 10, 15 and 20."""

    name: str
    numbers: Mapping[str, float]
    stills: tuple[NDArray[np.uint8], ...]


def summary(rows: Sequence[Mapping[str, float]]) -> tuple[dict[str, float], dict[str, float]]:
    """Mean and maximum of each of KEYS; both empty without rows."""
    if not rows:
        return {}, {}
    columns = {key: [float(row[key]) for row in rows] for key in KEYS}
    return {key: float(np.mean(column)) for key, column in columns.items()}, {
        key: max(column) for key, column in columns.items()
    }


def report_json(
    options: BaldOptions, device: str, measured: Sequence[PhotoQuality], failed: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """Everything as one object for JSON; a photo that could not be done has ``error`` in place of numbers."""
    mean, largest = summary([quality.numbers for quality in measured])
    photos: list[dict[str, Any]] = [{"name": quality.name, **quality.numbers} for quality in measured]
    photos += [{"name": name, "error": dict(error)} for name, error in failed.items()]
    return {
        "preset": options.preset,
        "clean": options.clean,
        "machine": machine(device),
        "peak_memory_mib": peak_memory_mib(),
        "photos": photos,
        "mean": mean,
        "max": largest,
    }


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


def table(measured: Sequence[PhotoQuality]) -> str:
    """The numbers as text: a row for each photo, then means and maxima."""
    mean, largest = summary([quality.numbers for quality in measured])
    rows = [(quality.name, quality.numbers) for quality in measured]
    if measured:
        rows += [("mean", mean), ("max", largest)]
    width = max([len(name) for name, _ in rows] + [len("photo")])
    lines = ["  ".join(["photo".ljust(width), *KEYS])]
    for name, numbers in rows:
        cells = [_cell(key, numbers[key]).rjust(len(key)) for key in KEYS]
        lines.append("  ".join([name.ljust(width), *cells]))
    return "\n".join(lines)


def _cell(key: str, value: float) -> str:
    return f"{value:g}" if key in COUNTED else f"{value:.3f}"


def overview(measured: Sequence[PhotoQuality]) -> NDArray[np.uint8]:
    """All photos' stills, small, a row for each."""
    rows = []
    for quality in measured:
        height, width = quality.stills[0].shape[:2]
        small_width = max(1, round(width * OVERVIEW_ROW_PX / height))
        rows.append(side_by_side([resize(still, small_width, OVERVIEW_ROW_PX) for still in quality.stills]))
    widest = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 4), (0, widest - row.shape[1]), (0, 0)), constant_values=255) for row in rows]
    return np.concatenate(padded, axis=0)
