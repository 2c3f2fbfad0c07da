"""When each frame is shown: easing of the years, the pauses at both ends, and the rewind that closes the loop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.errors import BadOption
from engine.protocol import YEARS

# All durations are multiples of 40 ms: whole hundredths of a second for GIF, and 25 pictures a second for MP4.
TICK_MS = 40
FIRST_PAUSE_MS = 800
LAST_PAUSE_MS = 1600
GROWTH_MS = 2880  # what the years take together, however many frames there are, within the limits below
SHOT_RANGE_MS = (TICK_MS, 400)
REWIND_FRAMES = 6
REWIND_SHOT_MS = 80


@dataclass(frozen=True)
class Shot:
    """One picture on the screen: the index of its frame, and for how long."""

    frame: int
    duration_ms: int


def years_for_frames(frames: int) -> list[float]:
    """Years 0..20 for a number of frames, both ends included and strictly rising.

    Half linear, half smoothstep: the change starts and ends gently but never stands still, so no two frames look
    alike. Raises BadOption below two frames.
    """
    if frames < 2:
        raise BadOption(f"{frames} frame cannot show a change: choose 2 or more.")
    position = np.linspace(0.0, 1.0, frames)
    eased = 0.5 * position + 0.5 * position**2 * (3.0 - 2.0 * position)
    return [float(year) for year in YEARS * eased]


def play_order(frames: int) -> tuple[Shot, ...]:
    """The shots of one loop: pause, years, pause, and a quick rewind through a few of the frames.

    The rewind makes the loop close without a jump. It costs fewer bytes than a cross-fade, since every pixel changes
    once or twice instead of in every picture of the fade.
    """
    shot_ms = round(GROWTH_MS / frames / TICK_MS) * TICK_MS
    shot_ms = min(max(shot_ms, SHOT_RANGE_MS[0]), SHOT_RANGE_MS[1])
    last = frames - 1
    between = list(range(1, last))
    stops = min(REWIND_FRAMES, len(between))
    back = np.linspace(last, 0, stops + 2)[1:-1].round().astype(int)
    return (
        Shot(0, FIRST_PAUSE_MS),
        *(Shot(frame, shot_ms) for frame in between),
        Shot(last, LAST_PAUSE_MS),
        *(Shot(int(frame), REWIND_SHOT_MS) for frame in back),
    )
