"""How high hair stands at the sides of a horseshoe: lower than a descent leaves it, along a learned direction.

Hair that ends as high as the forehead stands there like two walls; on a real horseshoe it begins above the ears. The
mean way from horseshoes to heads without hair takes it off from the top, and is followed as long as enough is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from engine.face.alignment import CROP_SIZE_PX
from engine.face.head_axes import HeadAxes
from engine.generator import moved
from engine.latent.descent import EDIT_SIZE_PX, FINE_SIZE_PX, hair_before, resized
from engine.latent.networks import Networks
from engine.parsing import class_logits
from engine.parsing.classes import HAIR_CLASSES


@dataclass(frozen=True)
class LowerSideSettings:
    """How far the sides are lowered, by eye on 40 photos. Lengths and heights are face widths, from the midline and
    over the brows."""

    # The sides lie between these distances, low hair and high hair between these heights.
    aside: tuple[float, float] = (0.36, 0.62)
    low: tuple[float, float] = (-0.12, 0.12)
    high: tuple[float, float] = (0.18, 0.45)
    # Shares of the learned way, one after the other: further on, scalps change their colour.
    shares: tuple[float, ...] = (0.1, 0.2, 0.3)
    # Enough, where this share of what lies high is hair, mean of both sides.
    enough: float = 0.06
    # Each share has to leave no more than this of what lay high (hair that hangs before a face does not get lower), and
    # at least these shares of the low hair that the horseshoe had: of all, and of each side with more than the last.
    most_high_left: float = 0.88
    least_low_left: float = 0.65
    least_side_left: float = 0.60
    a_side: float = 0.08


@dataclass(frozen=True)
class SideHair:
    """Shares (0..1) of the left and of the right side that are hair, where it is low and where it is high."""

    low: tuple[float, float]
    high: tuple[float, float]


@dataclass(frozen=True)
class LowerSides:
    """delta: 1,6,512, a step to a horseshoe; picture: 1,3,S,S, what it draws, None where it was not drawn."""

    delta: torch.Tensor
    picture: torch.Tensor | None


def with_lower_sides(
    networks: Networks,
    latent: torch.Tensor,
    horseshoe: torch.Tensor,
    towards: torch.Tensor,
    probabilities: NDArray[np.float32],
    axes: HeadAxes,
    settings: LowerSideSettings = LowerSideSettings(),
    *,
    shown: torch.Tensor | None = None,
) -> LowerSides:
    """The step from a latent (1,16,512) to a horseshoe whose hair begins as low as can be had.

    horseshoe: the step of the descent; towards: from it to a head without hair, as learnt; probabilities: 19,S,S of the
    crop: only the photo's own hair counts; shown: 1,3,256,256, the horseshoe where it has been drawn already.
    """
    sides = _sides(probabilities, axes, settings)
    generator, wholes = networks.generator, dict[float, torch.Tensor]()

    def seen(share: float) -> SideHair:
        with torch.no_grad():
            if share or shown is None:
                # At full size too, which costs little: one of these is the last head of the way.
                sizes_px = (FINE_SIZE_PX, generator.full_size_px)
                drawn = generator.at_sizes(moved(latent, horseshoe + share * towards), sizes_px)
                wholes[share] = drawn[generator.full_size_px].picture
                picture = resized(drawn[FINE_SIZE_PX].picture)
            else:
                picture = shown
            logits = class_logits(networks.parser, picture, EDIT_SIZE_PX)[0]
            # The likeliest class itself takes torch fifty times as long.
            hair = (logits[list(HAIR_CLASSES)].amax(0) == logits.amax(0)).cpu().numpy()
        low_left, low_right, high_left, high_right = (float((hair & side).sum()) / area for side, area in sides)
        return SideHair((low_left, low_right), (high_left, high_right))

    lowest = lowest_share(seen, settings)
    return LowerSides(horseshoe + lowest * towards, wholes.get(lowest))


def lowest_share(seen: Callable[[float], SideHair], settings: LowerSideSettings = LowerSideSettings()) -> float:
    """How far to go (0, or one of the settings' shares), by what is seen of the sides at each share."""
    chosen, at_first = 0.0, seen(0.0)
    before = at_first
    for share in settings.shares:
        if sum(before.high) <= 2 * settings.enough:
            break
        now = seen(share)
        lower = sum(now.high) <= settings.most_high_left * sum(before.high)
        if not (lower and _enough_low(at_first, now, settings)):
            break
        chosen, before = share, now
    return chosen


def _enough_low(at_first: SideHair, now: SideHair, settings: LowerSideSettings) -> bool:
    whole = sum(now.low) >= settings.least_low_left * sum(at_first.low)
    each = (
        left >= settings.least_side_left * had
        for had, left in zip(at_first.low, now.low, strict=True)
        if had > settings.a_side
    )
    return whole and all(each)


def _sides(
    probabilities: NDArray[np.float32], axes: HeadAxes, settings: LowerSideSettings
) -> list[tuple[NDArray[np.bool_], float]]:
    """Low left, low right, high left, high right: where the photo has hair there (256,256), and the whole area there
    (pixels) that shares are of."""
    scale = EDIT_SIZE_PX / CROP_SIZE_PX
    u, v = axes.coordinates(EDIT_SIZE_PX, 1 / scale)
    own, aside = hair_before(probabilities), (np.abs(u) > settings.aside[0]) & (np.abs(u) < settings.aside[1])
    width = settings.aside[1] - settings.aside[0]
    return [
        (own & aside & (v > low) & (v < high) & (u * side > 0), width * (high - low) * (axes.width_px * scale) ** 2)
        for low, high in (settings.low, settings.high)
        for side in (-1, 1)
    ]
