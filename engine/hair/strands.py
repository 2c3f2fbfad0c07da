"""The photo's hair as a layer of its own: each pixel's share of hair, and the colour of that hair alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.compositing.matte import HairMatte, strand_plane
from engine.compositing.view import View
from engine.imaging.ops import Mask, Picture, Plane, blur, dilate, distance_to, erode, luminance, smoothstep, soft
from engine.parsing.classes import FEATURES, FaceClass

# Within this distance of the parser's edge (at a face width of 500 px) a pixel's own colour says whether it is hair.
EDGE_PX = 14.0
LOCAL_SIGMA_PX = 9.0
# Colours nearer to each other than this, in levels, cannot be told apart.
MIN_CONTRAST = 22.0
# The matte's soft edge reaches far out, so that nothing of falling hair is left; as a hair's share it is narrower.
PARSED_EDGE = (0.36, 0.68)
# How far from the hair a stray is believed, and deviations of a background, in levels, that hide strays.
STRAY_REACH_PX = 60.0
BUSY_LEVELS = (4.0, 9.0)


@dataclass(frozen=True)
class Strands:
    """alpha: H,W, 0..1, hair's share; colour: H,W,3, what the hair in each pixel looks like without what is behind it.

    photo = alpha * colour + (1 - alpha) * behind.
    """

    alpha: Plane
    colour: Picture


def hair_strands(view: View, matte: HairMatte, v: Plane, unit_px: float) -> Strands:
    """Separate the hair from what it lies on.

    Far inside and far outside the parser decides. Near its edge the pixel is placed between the local colour of sure
    hair and that of sure not-hair, as closed-form mattes do with a trimap.
    """
    edge = max(2.0, EDGE_PX * unit_px)
    strays = soft(dilate(matte.strays, 2), 1.5, 0.1, 0.8) * _calm(view, matte.solid, unit_px)
    loose = np.maximum(strays, strand_plane(matte) * (v > 0))
    solid = matte.solid & ~_features(view, unit_px)
    sure = erode(solid, edge)
    if sure.sum() < 400:
        sure = solid
    other = ~dilate(matte.solid, 0.7 * edge) & (loose < 0.05)
    hair_colour, hair_near = _local(view.picture, sure, LOCAL_SIGMA_PX * unit_px)
    behind, _ = _local(view.picture, other, LOCAL_SIGMA_PX * unit_px)
    way = hair_colour - behind
    length = np.sqrt((way * way).sum(-1))
    share = ((view.picture - behind) * way).sum(-1) / np.maximum(length * length, 1.0)
    by_colour = np.clip(np.asarray(share, np.float32) * 1.35 - 0.10, 0, 1)
    # Where hair and surroundings look alike, colour says nothing and the parser's own soft edge stays.
    trust = smoothstep(length.astype(np.float32), 0.5 * MIN_CONTRAST, 1.6 * MIN_CONTRAST)
    parsed = np.maximum(smoothstep(matte.alpha, *PARSED_EDGE), 0.9 * loose)
    around = np.where(view.is_any(FaceClass.BACKGROUND), 1.2, 1.0) * edge
    reach = np.maximum(1 - smoothstep((distance_to(solid) / around).astype(np.float32), 0.55, 1.0), loose)
    mixed = parsed + (by_colour * reach - parsed) * trust
    inside = blur(sure, 0.3 * edge)
    alpha = np.where(sure, 1.0, np.maximum(mixed, inside * parsed))
    alpha = np.clip(alpha * (1 - _gaps(view, hair_colour, sure, unit_px)), 0, 1).astype(np.float32)
    alpha *= 1 - blur(_features(view, unit_px), 1.5)
    alpha[alpha < 0.02] = 0
    # Solve the compositing equation for the hair, and distrust the answer where there is next to no hair.
    solved = behind + (view.picture - behind) / np.maximum(alpha, 0.25)[..., None]
    doubt = (1 - smoothstep(alpha, 0.25, 0.75)) * smoothstep(hair_near, 0.0, 0.02)
    colour = solved + (hair_colour - solved) * doubt[..., None]
    colour = np.where(sure[..., None], view.picture, colour)
    return Strands(alpha, np.asarray(np.clip(colour, 0, 255), np.float32))


def _features(view: View, unit_px: float) -> Mask:
    """Eyes, brows, glasses, nose and mouth, on which no strand is looked for."""
    return dilate(view.is_any(*FEATURES, FaceClass.EARRING, FaceClass.NECKLACE), 1.0 * unit_px)


def _calm(view: View, solid: Mask, unit_px: float) -> Plane:
    """1 before a plain background, 0 before a busy one, whose lines pass for stray hair; and 0 away from the hair."""
    background = view.seen(FaceClass.BACKGROUND) & ~dilate(solid, 6 * unit_px)
    fine = luminance(view.picture) - blur(luminance(view.picture), 8)
    energy, _ = _local(np.repeat((fine * fine)[..., None], 3, -1), background, 25 * unit_px)
    near = 1 - smoothstep(blur(~dilate(solid, STRAY_REACH_PX * unit_px), 8 * unit_px), 0.2, 0.8)
    return np.asarray(near * (1 - smoothstep(np.sqrt(energy[..., 0]), *BUSY_LEVELS)), np.float32)


def _gaps(view: View, hair_colour: Picture, sure: Mask, unit_px: float) -> Plane:
    """Where the background shows through the hair, 0..1: pixels inside it that have the colour behind it."""
    background = view.seen(FaceClass.BACKGROUND) & ~dilate(sure, 2.5 * EDGE_PX * unit_px)
    behind, _ = _local(view.picture, background, 3 * LOCAL_SIGMA_PX * unit_px)
    contrast = np.sqrt(((hair_colour - behind) ** 2).sum(-1))
    apart = np.sqrt(((view.picture - behind) ** 2).sum(-1)) / np.maximum(contrast, 1.0)
    alike = 1 - smoothstep(apart.astype(np.float32), 0.15, 0.45)
    return np.asarray(alike * smoothstep(contrast.astype(np.float32), 60.0, 110.0), np.float32)


def _local(picture: Picture, where: Mask, sigma_px: float) -> tuple[Picture, Plane]:
    """Mean colour of a mask around each pixel, looked for further away where there is none near; and how near it is."""
    colour = np.zeros_like(picture)
    known = np.zeros(where.shape, np.float32)
    near = blur(where, sigma_px)
    masked = picture * where[..., None]
    for sigma in (sigma_px, 3 * sigma_px, 10 * sigma_px, 40 * sigma_px):
        weight = blur(where, sigma)
        mean = blur(masked, sigma) / np.maximum(weight, 1e-4)[..., None]
        share = smoothstep(weight, 0.005, 0.05) * (1 - known)
        colour += mean * share[..., None]
        known += share
    colour /= np.maximum(known, 1e-3)[..., None]
    return np.asarray(colour, np.float32), near
