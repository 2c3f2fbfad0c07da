"""Where neck and shoulders go on behind hair that hung before them: along a line that is told by what of it is seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from engine.compositing.setting import Setting
from engine.compositing.view import CLOTHES, SKIN
from engine.face import ibug
from engine.imaging.ops import Mask, distance_to
from engine.parsing.classes import FaceClass

Line = NDArray[np.float64]
# So many face widths below anything no body is.
NOWHERE = 100.0


@dataclass(frozen=True)
class TorsoSettings:
    """How the line of the shoulders is told, set by eye. Lengths are face widths, from the midline and over the brows;
    those in `_px` pixels of a face 500 wide."""

    # It is told in steps of so much, out to so far.
    step: float = 0.02
    furthest: float = 2.5
    # It leaves the neck so far below the chin, where that is told over so much, and is no wider than the second.
    below_chin: float = 0.12
    neck_over: float = 0.10
    neck_half_widths: tuple[float, float] = (0.25, 0.50)
    # From there to where a shoulder is seen, and on the way where none is, it falls with this power of the way: steep
    # beside the neck, ever flatter.
    power: float = 0.6
    # What is seen of it has background right above it, up to so much, and neither is so near to hair.
    above_px: float = 8.0
    # No shoulder's upper edge is so far below the chin: what is seen there is an arm or a chest, between or below hair.
    most_below_chin: float = 1.3
    off_hair_px: float = 10.0
    # Beyond the last that is seen a shoulder is round.
    round: float = 0.35
    # So many steps of it are seen at least, further off the neck than this, or nothing is told; it is so smooth (a
    # Gaussian's sigma, in steps).
    least_steps: int = 4
    off_neck: float = 0.15
    smooth_steps: float = 2.0
    # From so far above the chin on a drawn neck gets wider on its way down as it did over so many steps before hair,
    # which is no further off it than this, hides where it goes; up to so many times as much as it goes down.
    above_chin: float = 0.04
    flare_steps: int = 2
    hidden_within: float = 0.03
    flattest: float = 2.0


def torso(setting: Setting, neck: Mask, settings: TorsoSettings = TorsoSettings()) -> Mask:
    """All below the line (H,W) from a neck (H,W) to the shoulders that the photo shows, on each side out to the last
    that is seen; where one side shows nothing it is the other's. Empty where neither does."""
    below = np.zeros_like(neck)
    u, v = np.abs(setting.u), setting.v
    chin = chin_height(setting)
    start = chin - settings.below_chin
    seen = [_seen(setting, side, start, settings) for side in (-1, 1)]
    for side, own, others in zip((-1, 1), seen, reversed(seen), strict=True):
        here = setting.u * np.float32(side) > 0
        line = _line(own, others, _half_width(neck & here, u, v, start, settings), start, settings)
        if line is not None:
            steps = (np.arange(len(line)) + 0.5) * settings.step
            below |= here & (v < np.interp(u, steps, line))
    return below


def flared(setting: Setting, drawn: Mask, hair: Mask, settings: TorsoSettings = TorsoSettings()) -> Mask:
    """What goes on (H,W) below a drawn neck (H,W) where hair (H,W), which was drawn before it, hides where it goes: as
    wide as it was getting. Empty where hair hides it from the chin on, or nowhere."""
    below = np.zeros_like(drawn)
    start, step = chin_height(setting) + settings.above_chin, settings.step
    level = np.floor((start - setting.v) / np.float32(step)).astype(int)
    count = int(level.max()) + 1
    for side in (-1, 1):
        u = setting.u * np.float32(side)
        here = (u > 0) & (level >= 0)
        neck, beside = drawn & here, hair & here
        widths = np.zeros(max(count, 0), np.float32)
        np.maximum.at(widths, level[neck], u[neck])
        off = u[beside] - widths[level[beside]]
        near = level[beside][np.abs(off) < settings.hidden_within]
        if not len(near):
            continue
        last = int(near.min()) - 1
        first = last - settings.flare_steps
        if first < 0:
            continue
        wider = float(widths[last] - widths[first]) / (settings.flare_steps * step)
        down = start - (last + 0.5) * step - setting.v
        width = widths[last] + np.clip(wider, 0, settings.flattest) * down
        below |= here & (down > 0) & (u < width)
    return below


def chin_height(setting: Setting) -> float:
    """How high the chin is over the brows."""
    jaw = (setting.landmarks[ibug.JAW] - setting.axes.origin) @ setting.axes.up
    return float(jaw.min()) / setting.axes.width_px


def _half_width(
    neck: Mask, u: NDArray[np.float32], v: NDArray[np.float32], at: float, settings: TorsoSettings
) -> float:
    """How far a neck (H,W) reaches from the midline at a height."""
    there = neck & (v > at) & (v < at + settings.neck_over)
    least, most = settings.neck_half_widths
    return float(np.clip(u[there].max() if there.any() else least, least, most))


def _seen(setting: Setting, side: int, highest: float, settings: TorsoSettings) -> Line:
    """How high the body's upper edge is seen on each step of one side; not a number where none is."""
    photo, unit_px, up = setting.photo, setting.unit_px, setting.axes.up
    line = np.full(round(settings.furthest / settings.step), np.nan)
    off_hair = distance_to(setting.matte.hard) > settings.off_hair_px * unit_px
    lowest = highest + settings.below_chin - settings.most_below_chin
    between = (setting.v < highest) & (setting.v > lowest)
    body = (photo.seen(*SKIN, *CLOTHES) | setting.bare_body) & off_hair & between
    body &= setting.u * np.float32(side) > 0
    background = photo.seen(FaceClass.BACKGROUND) & ~setting.bare_body & off_hair & ~setting.other_people
    # Straight up, as the head is.
    dx, dy = (round(float(along)) for along in up * settings.above_px * unit_px)
    above = np.roll(background, (-dy, -dx), (0, 1))
    rows, columns = np.nonzero(body & above)
    if not len(rows):
        return line
    level = (np.abs(setting.u[rows, columns]) / settings.step).astype(int)
    inside = level < len(line)
    heights = np.full(len(line), -np.inf)
    np.maximum.at(heights, level[inside], setting.v[rows, columns][inside])
    return np.where(np.isfinite(heights), heights, np.nan)


def _line(own: Line, others: Line, half_width: float, start: float, settings: TorsoSettings) -> Line | None:
    """The line of one side: its height at each step, as far out as it is told; None where it is not.

    own, others: what is seen of it, and of the other side's; half_width: the neck's, at the height `start`.
    """
    at = (np.arange(len(own)) + 0.5) * settings.step
    off_neck = at > half_width + settings.off_neck
    told = (line for line in (own, others) if (np.isfinite(line) & off_neck).sum() >= settings.least_steps)
    known = next(told, None)
    if known is None:
        return None
    there = np.flatnonzero(np.isfinite(known) & (at > half_width))
    first, last = there[0], there[-1]
    # No shoulder rises on its way out: a collar, a leaf or a hand before it does.
    line = np.interp(at, at[there], np.minimum.accumulate(known[there]))
    way = np.clip((at - half_width) / max(at[first] - half_width, settings.step), 0, 1)
    line = np.where(at < at[first], start + (known[first] - start) * way**settings.power, line)
    line = np.minimum(line, start)
    line[: last + 1] = gaussian_filter1d(line[: last + 1], settings.smooth_steps, mode="nearest")
    beyond = at[last + 1 :] - at[last]
    fallen = settings.round - np.sqrt(np.maximum(settings.round**2 - beyond**2, 0))
    line[last + 1 :] = line[last] - np.where(beyond < settings.round, fallen, NOWHERE)
    return np.asarray(line, np.float64)
