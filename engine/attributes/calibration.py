"""By how much to stretch one photo's step along a boundary, so that its own score moves as wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class CalibrationSettings:
    """The search for a factor. Differences are in standard deviations of the score, shares in those of the wanted
    change; by eye on what one more picture is worth."""

    # So close is close enough; a factor has to come closer by the second to take the place of a smaller one.
    tolerance: float = 0.15
    least_gain: float = 1e-3
    # The score saturates where a larger factor moves it by less than this share more.
    least_rise: float = 0.02
    # A factor is divided by this share at least in one go: next to no change says nothing about the next one.
    least_share: float = 0.4
    # Pictures that are drawn and scored at most.
    tries: int = 5


def calibrated_factor(
    measure: Callable[[float], float],
    wanted: float,
    *,
    most: float = 2.5,
    settings: CalibrationSettings = CalibrationSettings(),
) -> float:
    """The factor, 0 to `most`.

    measure: from a factor to the score's change in standard deviations, by drawing and re-scoring; measure(0) is 0 and
    is never asked for. wanted: signed; the factor is found by the secant method. Where the score saturates (nobody is
    balder than bald) the smallest factor that came closest is given.
    """
    if wanted == 0:
        return 0.0
    low, low_value = 0.0, 0.0  # the largest factor that was too little
    high, high_value = most, float("inf")  # the smallest that was too much
    factor = min(1.0, most)
    best, best_error = 0.0, abs(wanted)
    for _ in range(settings.tries):
        value = measure(factor) / wanted  # 1 is reached
        error = abs(value - 1) * abs(wanted)
        if error < best_error - settings.least_gain:
            best, best_error = factor, error
        if error <= settings.tolerance:
            break
        if value < 1:
            if factor >= most or (low > 0 and value - low_value < settings.least_rise):
                break
            low, low_value = factor, value
        else:
            high, high_value = factor, value
        if high_value < float("inf"):
            factor = low + (high - low) * (1 - low_value) / (high_value - low_value)
        else:
            factor = min(factor / max(value, settings.least_share), most)
    return best
