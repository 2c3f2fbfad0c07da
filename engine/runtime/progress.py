"""How work tells how far it is, and what it took: parts of a whole, stages, clocks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from engine.protocol import StageProgress

Hear = Callable[[StageProgress], None]
"""Hears how far a job is, after every bit of work; may raise to stop it."""


class Tell(Protocol):
    """Takes a stage's name, its own fraction 0..1, and a small JPEG once there is one; may raise to stop the work."""

    def __call__(self, stage: str, fraction: float, preview_jpeg: bytes | None = None) -> None: ...


def within(hear: Hear, start: float, length: float) -> Hear:
    """What hears of a part of the work that covers start..start+length of the whole."""

    def part(progress: StageProgress) -> None:
        hear(StageProgress(progress.stage, start + length * progress.fraction, progress.preview_jpeg))

    return part


def staged(hear: Hear, stages: Sequence[tuple[str, float]]) -> Tell:
    """Turns a stage's own fraction into that of the whole. stages: names in their order, with what each costs."""
    total = sum(cost for _, cost in stages)
    starts: dict[str, tuple[float, float]] = {}
    begin = 0.0
    for name, cost in stages:
        starts[name] = (begin / total, cost / total)
        begin += cost
    furthest = 0.0

    def tell(stage: str, fraction: float, preview_jpeg: bytes | None = None) -> None:
        nonlocal furthest
        start, length = starts.get(stage, (furthest, 0.0))
        # A stage that two edits share is passed through twice: progress never goes back.
        furthest = max(furthest, min(1.0, start + length * fraction))
        hear(StageProgress(stage, furthest, preview_jpeg))

    return tell


@contextmanager
def timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Adds the time of its block to what `seconds` has under that name."""
    started = time.perf_counter()
    yield
    seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - started


def total_seconds(parts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The sums of several clocks, by name."""
    total: dict[str, float] = {}
    for part in parts:
        for name, value in part.items():
            total[name] = total.get(name, 0.0) + value
    return total
