"""What kind of background lies around a hole: how much like a wall, and how blurred."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.imaging.ops import LEAST_WEIGHT, Mask, Picture, distance_to, nearby_colour


@dataclass(frozen=True)
class KindSettings:
    """How it is told, set by eye. Levels are of 0..255."""

    # A wall, and whatever is blurred, has nothing between these sizes (shares of the picture's longer side) beyond so
    # many levels: at the first of them its bands (`bands`) fill the hole better than pieces, which bring their own
    # light and seams; at the second not at all. So far from the hole this is told (likewise a share), leaving out the
    # most striking part.
    calm_sizes: tuple[float, float] = (0.003, 0.012)
    calm_levels: tuple[float, float] = (5.2, 6.2)
    within: float = 0.15
    calm_percentile: float = 95.0
    # Told from so many of its pixels.
    sample_px: int = 50_000
    # It is blurred where what is finer than the first of these sizes, down to this share of it, is as little of what
    # lies between the two sizes as the first share says, and not at all from the second on: edges five and three canvas
    # pixels soft (Gaussians' sigmas; of 34 photos 19 have 0 to .16, the sharp ones .27 and more). Both are told by this
    # percentile, without grain, whose strongest is so many medians.
    finer_share: float = 0.5
    blurred_shares: tuple[float, float] = (0.17, 0.26)
    strongest_percentile: float = 99.0
    grain_strongest: float = 4.0


def calm_and_blurred(
    photo: Picture, known: Mask, hole: Mask, settings: KindSettings = KindSettings()
) -> tuple[float, float]:
    """How much (0..1 each) what is known (H,W) of a photo (H,W,3) around a hole (H,W) is like a wall, and how blurred
    it is."""
    longest = max(known.shape)
    near = np.flatnonzero(known & (distance_to(hole) < settings.within * longest))
    if not near.size:
        return 0.0, 0.0
    near = near[:: max(1, near.size // settings.sample_px)]
    first, second = settings.calm_sizes
    sizes = (settings.finer_share * first, first, second)
    finest, fine, coarse = (nearby_colour(photo, known, size * longest)[0].reshape(-1, 3)[near] for size in sizes)
    details = np.abs(fine - coarse).max(1)
    detail = float(np.percentile(details, settings.calm_percentile))
    low, high = settings.calm_levels
    calm = float(np.clip((high - detail) / (high - low), 0, 1))
    finer = np.abs(finest - fine).max(1)
    grain = settings.grain_strongest * float(np.median(finer))
    sharp = np.sqrt(max(float(np.percentile(finer, settings.strongest_percentile)) ** 2 - grain**2, 0.0))
    share = sharp / max(float(np.percentile(details, settings.strongest_percentile)), LEAST_WEIGHT)
    low, high = settings.blurred_shares
    return calm, float(np.clip((high - share) / (high - low), 0, 1))
