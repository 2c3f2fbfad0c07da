"""Generated hair takes on the tone of the person's own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.hair.strands import Strands
from engine.imaging.lab import from_lab, to_lab
from engine.imaging.membrane import membrane
from engine.imaging.ops import Mask, Picture, Plane, blur, smoothstep

# Generated contrast may be changed by this much, in standard deviations' ratio.
CONTRAST_LIMITS = (0.75, 1.5)
MIN_OWN_HAIR_PX = 1500
# How far the local tone of hair may differ from the whole head's, in Lab: its light more than its colour.
LOCAL_LIMITS = (14.0, 4.0, 5.0)
# Below this percentile of the own hair's lightness, of what is darker still so much is kept: a fringe that a generator
# shades like the inside of a cap is hair all the same.
DARK_PERCENTILE, DARKER_KEPT = 10.0, 0.35
# Over this distance, in canvas pixels, so that single locks and the gaps between them do not count.
LOCAL_SIGMA_PX = 24.0
# Below and above these shares of hair a pixel's colour is all its neighbours' and all its own.
RIM_ALPHA = (0.45, 0.95)
RIM_SIGMA_PX = 7.0
# Sharpened further, the grid in which the generator draws would be seen.
MAX_SHARPENING = 1.4


def toned_hair(generated: Strands, own: Strands, reference: NDArray[np.float32] | None = None) -> Picture:
    """The generated strands' colour (H,W,3 in 0..255) with the own hair's lightness, contrast and chroma.

    Where both lie over each other, the tone is also matched from place to place and carried on from there, so that a
    fringe is lit like the hair it hangs from. reference: Lab of the hair that somebody without any would have.
    """
    made = to_lab(generated.colour)
    made_sure = generated.alpha > 0.8
    own_sure = own.alpha > 0.9
    if made_sure.sum() < 200:
        return generated.colour
    made_mean, made_spread = _tone(made, made_sure)
    if own_sure.sum() < MIN_OWN_HAIR_PX:
        if reference is None:
            return generated.colour
        shifted = made + (reference - made_mean)
        return np.clip(from_lab(_within(shifted)), 0, 255)
    real = to_lab(own.colour)
    real_mean, real_spread = _tone(real, own_sure)
    contrast = np.clip(real_spread / np.maximum(made_spread, 1.0), *CONTRAST_LIMITS)
    matched = (made - made_mean) * np.array([contrast, 1, 1], np.float32) + real_mean
    both = (generated.alpha > 0.85) & own_sure
    if both.sum() > 800:
        # Of hair alone: what is blurred in from beside it would tint the new hair like its background.
        near = blur(both, LOCAL_SIGMA_PX)[..., None]
        difference = blur((real - matched) * both[..., None], LOCAL_SIGMA_PX) / np.maximum(near, 1e-3)
        limits = np.array(LOCAL_LIMITS, np.float32)
        difference = np.clip(difference, -limits, limits)
        local = membrane(difference.astype(np.float32), both, made_sure | both, pull=0.02)
        matched = matched + local
    darkest = np.float32(np.percentile(real[own_sure][:, 0], DARK_PERCENTILE))
    matched[..., 0] += (1 - DARKER_KEPT) * np.maximum(darkest - matched[..., 0], 0)
    return np.clip(from_lab(_within(matched)), 0, 255)


def rim_like_inside(picture: Picture, alpha: Plane) -> Picture:
    """Hair (H,W,3) whose rim has the colour of what lies further in.

    In a soft rim hair and what is behind it can hardly be told apart; toned like hair, skin would be lighter than skin.
    """
    inside = alpha > 0.95
    if inside.sum() < 200:
        return picture
    colour = np.broadcast_to(np.median(picture[inside], 0).astype(np.float32), picture.shape)
    for sigma in (24.0, RIM_SIGMA_PX):
        near = blur(inside, sigma)
        mean = blur(picture * inside[..., None], sigma) / np.maximum(near, 1e-4)[..., None]
        colour = np.asarray(colour + (mean - colour) * smoothstep(near, 0.005, 0.05)[..., None], np.float32)
    return np.asarray(colour + (picture - colour) * smoothstep(alpha, *RIM_ALPHA)[..., None], np.float32)


def hair_reference(picture: Picture, brows: Mask) -> NDArray[np.float32]:
    """Lab (3,) of the hair that somebody bald would have, told from the brows: a little lighter than they are."""
    if brows.sum() < 100:
        return np.array([22.0, 5.0, 8.0], np.float32)
    lab = to_lab(picture)[brows]
    dark = lab[lab[:, 0] <= np.percentile(lab[:, 0], 40)]
    middle = np.median(dark, 0)
    return np.array([middle[0] + 3, 0.7 * middle[1], 0.8 * middle[2]], np.float32)


def with_detail(picture: Picture, alpha: Plane, like: Picture, like_where: Mask) -> Picture:
    """Sharpen generated hair until it has the fine contrast of the photo's own; never blurs."""
    if like_where.sum() < MIN_OWN_HAIR_PX or (alpha > 0.8).sum() < 200:
        return picture
    fine, own_fine = picture - blur(picture, 1.5), like - blur(like, 1.5)
    there = float(fine[alpha > 0.8].std())
    wanted = float(own_fine[like_where].std())
    gain = float(np.clip(wanted / max(there, 0.3), 1.0, MAX_SHARPENING)) - 1
    return np.asarray(picture + fine * gain * smoothstep(alpha, 0.3, 0.9)[..., None], np.float32)


def _tone(lab: Picture, where: Mask) -> tuple[NDArray[np.float32], float]:
    values = lab[where]
    low, high = np.percentile(values[:, 0], (10, 90))
    return np.asarray(np.median(values, 0), np.float32), float(high - low)


def _within(lab: Picture) -> Picture:
    lab[..., 0] = np.clip(lab[..., 0], 0, 100)
    return lab
