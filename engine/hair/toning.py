"""Generated hair takes on the tone of the person's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.hair.strands import Strands
from engine.imaging.lab import from_lab, to_lab
from engine.imaging.membrane import membrane
from engine.imaging.ops import Mask, Picture, Plane, blur, smooth_over, smoothstep


@dataclass(frozen=True)
class ToningSettings:
    """How far generated hair is made like the own, set by eye.

    L*, a*, b* are CIE Lab's. Lengths are canvas pixels, which the generator draws at the same size whatever the face's.
    """

    # From these shares of a pixel on generated and own hair are sure, and fewer pixels of either tell no tone.
    made_sure: float = 0.8
    own_sure: float = 0.9
    min_made_px: int = 200
    min_own_px: int = 1500
    # Lightness spreads between these percentiles; never by less than this (L*), which noise alone has.
    spread_percentiles: tuple[float, float] = (10.0, 90.0)
    least_spread: float = 1.0
    # Generated contrast may be changed by this much, in spreads' ratio.
    contrasts: tuple[float, float] = (0.75, 1.5)
    # Both lie over each other where generated hair has this share, if there are so many pixels of it.
    both_made: float = 0.85
    min_both_px: int = 800
    # How far the local tone of hair may differ from the whole head's (L*, a*, b*): its light more than its colour.
    local_limits: tuple[float, float, float] = (14.0, 4.0, 5.0)
    # Below this percentile of the own hair's lightness, of what is darker still so much is kept: a fringe that a
    # generator shades like the inside of a cap is hair all the same.
    dark_percentile: float = 10.0
    darker_kept: float = 0.35
    # Over this distance, so that single locks and the gaps between them do not count.
    local_sigma_px: float = 24.0
    # How strongly the local difference returns to none away from the own hair (`membrane`).
    local_pull: float = 0.02
    # Below and above these shares of hair a pixel's colour is all its neighbours' and all its own.
    rim_alphas: tuple[float, float] = (0.45, 0.95)
    # Its neighbours are told over these distances, where so much of the surroundings is hair; the last one counts most.
    rim_sigmas_px: tuple[float, ...] = (24.0, 7.0)
    rim_near: tuple[float, float] = (0.005, 0.05)
    # Detail is what is finer than this; sharpened by more than this, the grid in which the generator draws would be
    # seen. Detail weaker than this (levels of 0..255) is rounding.
    detail_sigma_px: float = 1.5
    max_sharpening: float = 1.4
    least_detail: float = 0.3
    # Sharpened between these shares of hair.
    sharpened: tuple[float, float] = (0.3, 0.9)


@dataclass(frozen=True)
class ReferenceSettings:
    """The hair that somebody bald would have, told from the brows; set by eye."""

    # Brows of fewer pixels say nothing: then it is this, a dark brown (Lab).
    min_brow_px: int = 100
    usual: tuple[float, float, float] = (22.0, 5.0, 8.0)
    # Between the hairs of a brow skin is seen: this percentile of lightness is hair.
    dark_percentile: float = 40.0
    # Hair is lighter than brows by this (L*), and has these shares of their a* and b*.
    lighter: float = 3.0
    shares: tuple[float, float] = (0.7, 0.8)


def toned_hair(
    generated: Strands,
    own: Strands,
    reference: NDArray[np.float32] | None = None,
    settings: ToningSettings = ToningSettings(),
) -> Picture:
    """The generated strands' colour (H,W,3 in 0..255) with the own hair's lightness, contrast and chroma.

    Where both lie over each other, the tone is also matched from place to place and carried on from there, so that a
    fringe is lit like the hair it hangs from. reference: Lab of the hair that somebody without any would have.
    """
    made = to_lab(generated.colour)
    made_sure = generated.alpha > settings.made_sure
    own_sure = own.alpha > settings.own_sure
    if made_sure.sum() < settings.min_made_px:
        return generated.colour
    made_mean, made_spread = _tone(made, made_sure, settings)
    if own_sure.sum() < settings.min_own_px:
        if reference is None:
            return generated.colour
        shifted = made + (reference - made_mean)
        return np.clip(from_lab(_within(shifted)), 0, 255)
    real = to_lab(own.colour)
    real_mean, real_spread = _tone(real, own_sure, settings)
    contrast = np.clip(real_spread / np.maximum(made_spread, settings.least_spread), *settings.contrasts)
    matched = (made - made_mean) * np.array([contrast, 1, 1], np.float32) + real_mean
    both = (generated.alpha > settings.both_made) & own_sure
    if both.sum() > settings.min_both_px:
        # Of hair alone: what is blurred in from beside it would tint the new hair like its background.
        limits = np.array(settings.local_limits, np.float32)
        difference = np.clip(smooth_over(real - matched, both, settings.local_sigma_px), -limits, limits)
        local = membrane(difference, both, made_sure | both, pull=settings.local_pull)
        matched = matched + local
    darkest = np.float32(np.percentile(real[own_sure][:, 0], settings.dark_percentile))
    matched[..., 0] += (1 - settings.darker_kept) * np.maximum(darkest - matched[..., 0], 0)
    return np.clip(from_lab(_within(matched)), 0, 255)


def rim_like_inside(picture: Picture, alpha: Plane, settings: ToningSettings = ToningSettings()) -> Picture:
    """Hair (H,W,3) whose rim has the colour of what lies further in.

    In a soft rim hair and what is behind it can hardly be told apart; toned like hair, skin would be lighter than skin.
    """
    inside = alpha > settings.rim_alphas[1]
    if inside.sum() < settings.min_made_px:
        return picture
    colour = np.broadcast_to(np.median(picture[inside], 0).astype(np.float32), picture.shape)
    for sigma_px in settings.rim_sigmas_px:
        near = blur(inside, sigma_px)
        mean = blur(picture * inside[..., None], sigma_px) / np.maximum(near, 1e-4)[..., None]
        colour = np.asarray(colour + (mean - colour) * smoothstep(near, *settings.rim_near)[..., None], np.float32)
    return np.asarray(colour + (picture - colour) * smoothstep(alpha, *settings.rim_alphas)[..., None], np.float32)


def hair_reference(
    picture: Picture, brows: Mask, settings: ReferenceSettings = ReferenceSettings()
) -> NDArray[np.float32]:
    """Lab (3,) of the hair that somebody bald would have, told from the brows: a little lighter than they are."""
    if brows.sum() < settings.min_brow_px:
        return np.array(settings.usual, np.float32)
    lab = to_lab(picture)[brows]
    dark = lab[lab[:, 0] <= np.percentile(lab[:, 0], settings.dark_percentile)]
    lightness, red, yellow = np.median(dark, 0)
    red_share, yellow_share = settings.shares
    return np.array([lightness + settings.lighter, red_share * red, yellow_share * yellow], np.float32)


def with_detail(
    picture: Picture, alpha: Plane, like: Picture, like_where: Mask, settings: ToningSettings = ToningSettings()
) -> Picture:
    """Generated hair (H,W,3), sharpened until it has the fine contrast of the photo's own; never blurred.

    alpha: H,W, its share; like, like_where: the photo (H,W,3), and where its own hair is (H,W).
    """
    made_sure = alpha > settings.made_sure
    if like_where.sum() < settings.min_own_px or made_sure.sum() < settings.min_made_px:
        return picture
    fine, own_fine = picture - blur(picture, settings.detail_sigma_px), like - blur(like, settings.detail_sigma_px)
    there = float(fine[made_sure].std())
    wanted = float(own_fine[like_where].std())
    gain = float(np.clip(wanted / max(there, settings.least_detail), 1.0, settings.max_sharpening)) - 1
    return np.asarray(picture + fine * gain * smoothstep(alpha, *settings.sharpened)[..., None], np.float32)


def _tone(lab: Picture, where: Mask, settings: ToningSettings) -> tuple[NDArray[np.float32], float]:
    """Median (3,) of a mask's colours in Lab, and how far their lightness spreads."""
    values = lab[where]
    low, high = np.percentile(values[:, 0], settings.spread_percentiles)
    return np.asarray(np.median(values, 0), np.float32), float(high - low)


def _within(lab: Picture) -> Picture:
    lab[..., 0] = np.clip(lab[..., 0], 0, 100)
    return lab
