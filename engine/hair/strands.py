"""The photo's hair as a layer of its own: each pixel's share of hair, and the colour of that hair alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.compositing.matte import HairMatte, strand_plane
from engine.compositing.view import View
from engine.imaging.ops import (
    LEAST_WEIGHT,
    Mask,
    Picture,
    Plane,
    blur,
    dilate,
    distance_to,
    erode,
    luminance,
    share_of_way,
    smoothstep,
    soft,
)
from engine.parsing.classes import FEATURES, FaceClass


@dataclass(frozen=True)
class StrandSettings:
    """How hair is separated from what it lies on, set by eye.

    Lengths are in face widths; those named `_px` are canvas pixels, because they belong to the grid that is drawn on.
    Pairs are from nothing to all. Colours are compared in levels of 0..255, over all three channels.
    """

    # Within this distance of the parser's edge a pixel's own colour says whether it is hair; never within less pixels.
    edge: float = 0.028
    least_edge_px: float = 2.0
    # Surely hair is what lies deeper than the edge, or all of it where that is less than so many pixels; surely none
    # lies so many edges off, where this share of loose hair at most is seen.
    min_sure_px: int = 400
    other_edges: float = 0.7
    other_loose: float = 0.05
    # Colours of hair and of what is behind are means over this distance, and over so many times as much where none is
    # near; believed between these shares of the surroundings.
    local_sigma: float = 0.018
    wider: tuple[float, ...] = (3.0, 10.0, 40.0)
    believed: tuple[float, float] = (0.005, 0.05)
    # The place between both colours as hair's share: stretched, so that noise around either is wholly one or the other.
    stretch: float = 1.35
    stretch_down: float = 0.10
    # Colours nearer to each other than this can hardly be told apart: trusted between these multiples of it.
    min_contrast: float = 22.0
    # A way between two colours that is shorter than this counts as long as this.
    least_way: float = 1.0
    trusted: tuple[float, float] = (0.5, 1.6)
    # The matte's soft edge reaches far out, so that nothing of falling hair is left; as a hair's share it is narrower.
    parsed_edge: tuple[float, float] = (0.36, 0.68)
    # A loose strand is thinner than a pixel: what it covers at most.
    loose_share: float = 0.9
    # Off the hair colour counts between these shares of the edge's width, which is so many times wider before the
    # background, where nothing else looks like hair.
    reach: tuple[float, float] = (0.55, 1.0)
    background_edges: float = 1.2
    # Sure hair passes into its edge over this share of the edge's width.
    inside_edges: float = 0.3
    # Less than this share is the tail of a blur.
    least_alpha: float = 0.02
    # The compositing equation is solved as if a pixel had this share of hair at least, or noise would be divided by
    # nothing; the answer is doubted between these shares, where hair is near (share of the surroundings).
    least_divisor: float = 0.25
    doubted: tuple[float, float] = (0.25, 0.75)
    hair_near: tuple[float, float] = (0.0, 0.02)
    # Eyes, brows, glasses, nose, mouth and jewellery are kept clear, so far around and so softly.
    features_around: float = 0.002
    features_sigma_px: float = 1.5
    # Stray hairs: so much wider, so soft, between these shares of the blur.
    stray_wider_px: float = 2.0
    stray_sigma_px: float = 1.5
    stray_shares: tuple[float, float] = (0.1, 0.8)
    # How far from the hair a stray is believed, over which softness, between which shares of what is beyond.
    stray_reach: float = 0.12
    stray_reach_sigma: float = 0.016
    stray_beyond: tuple[float, float] = (0.2, 0.8)
    # A background is read so far off the hair; what is finer than this is its detail, told over this distance; as
    # deviations between these (levels) it hides strays.
    background_off: float = 0.012
    detail_sigma_px: float = 8.0
    detail_over: float = 0.05
    busy_levels: tuple[float, float] = (4.0, 9.0)
    # Gaps: the background is read so many edges off the hair, over so many times the local distance. A pixel is
    # background up to the first share of the way from its colour to the hair's and hair from the second, where the two
    # colours are so far apart (levels).
    gap_edges: float = 2.5
    gap_sigmas: float = 3.0
    gap_way: tuple[float, float] = (0.15, 0.45)
    gap_contrast: tuple[float, float] = (60.0, 110.0)


@dataclass(frozen=True)
class Strands:
    """alpha: H,W, 0..1, hair's share; colour: H,W,3, what the hair in each pixel looks like without what is behind it.

    photo = alpha * colour + (1 - alpha) * behind.
    """

    alpha: Plane
    colour: Picture


def hair_strands(
    view: View, matte: HairMatte, v: Plane, face_px: float, settings: StrandSettings = StrandSettings()
) -> Strands:
    """Separate the hair from what it lies on.

    Far inside and far outside the parser decides. Near its edge the pixel is placed between the local colour of sure
    hair and that of sure not-hair, as closed-form mattes do with a trimap.

    v: H,W, height over the brows in face widths; face_px: canvas pixels per face width.
    """
    edge_px = max(settings.least_edge_px, settings.edge * face_px)
    features = _features(view, face_px, settings)
    strays = soft(dilate(matte.strays, settings.stray_wider_px), settings.stray_sigma_px, *settings.stray_shares)
    strays = strays * _calm(view, matte.solid, face_px, settings)
    loose = np.maximum(strays, strand_plane(matte) * (v > 0))
    solid = matte.solid & ~features
    sure = erode(solid, edge_px)
    if sure.sum() < settings.min_sure_px:
        sure = solid
    other = ~dilate(matte.solid, settings.other_edges * edge_px) & (loose < settings.other_loose)
    hair_colour, hair_near = _local(view.picture, sure, settings.local_sigma * face_px, settings)
    behind, _ = _local(view.picture, other, settings.local_sigma * face_px, settings)
    way = hair_colour - behind
    length = np.sqrt((way * way).sum(-1))
    share = share_of_way(view.picture, behind, way, np.maximum(length, settings.least_way))
    by_colour = np.clip(share * settings.stretch - settings.stretch_down, 0, 1)
    # Where hair and surroundings look alike, colour says nothing and the parser's own soft edge stays.
    trust = smoothstep(length.astype(np.float32), *(times * settings.min_contrast for times in settings.trusted))
    parsed = np.maximum(smoothstep(matte.alpha, *settings.parsed_edge), settings.loose_share * loose)
    around = np.where(view.is_any(FaceClass.BACKGROUND), settings.background_edges, 1.0) * edge_px
    reach = np.maximum(1 - smoothstep((distance_to(solid) / around).astype(np.float32), *settings.reach), loose)
    mixed = parsed + (by_colour * reach - parsed) * trust
    inside = blur(sure, settings.inside_edges * edge_px)
    alpha = np.where(sure, 1.0, np.maximum(mixed, inside * parsed))
    alpha = np.clip(alpha * (1 - _gaps(view, hair_colour, sure, face_px, settings)), 0, 1).astype(np.float32)
    alpha *= 1 - blur(features, settings.features_sigma_px)
    alpha[alpha < settings.least_alpha] = 0
    # Solve the compositing equation for the hair, and distrust the answer where there is next to no hair.
    solved = behind + (view.picture - behind) / np.maximum(alpha, settings.least_divisor)[..., None]
    doubt = (1 - smoothstep(alpha, *settings.doubted)) * smoothstep(hair_near, *settings.hair_near)
    colour = solved + (hair_colour - solved) * doubt[..., None]
    colour = np.where(sure[..., None], view.picture, colour)
    return Strands(alpha, np.asarray(np.clip(colour, 0, 255), np.float32))


def _features(view: View, face_px: float, settings: StrandSettings) -> Mask:
    """Eyes, brows, glasses, nose and mouth, on which no strand is looked for."""
    features = view.is_any(*FEATURES, FaceClass.EARRING, FaceClass.NECKLACE)
    return dilate(features, settings.features_around * face_px)


def _calm(view: View, solid: Mask, face_px: float, settings: StrandSettings) -> Plane:
    """1 before a plain background, 0 before a busy one, whose lines pass for stray hair; and 0 away from the hair."""
    background = view.seen(FaceClass.BACKGROUND) & ~dilate(solid, settings.background_off * face_px)
    level = luminance(view.picture)
    fine = level - blur(level, settings.detail_sigma_px)
    energy, _ = _local(np.repeat((fine * fine)[..., None], 3, -1), background, settings.detail_over * face_px, settings)
    beyond = blur(~dilate(solid, settings.stray_reach * face_px), settings.stray_reach_sigma * face_px)
    near = 1 - smoothstep(beyond, *settings.stray_beyond)
    return np.asarray(near * (1 - smoothstep(np.sqrt(energy[..., 0]), *settings.busy_levels)), np.float32)


def _gaps(view: View, hair_colour: Picture, sure: Mask, face_px: float, settings: StrandSettings) -> Plane:
    """Where the background shows through the hair, 0..1: pixels inside it that have the colour behind it."""
    off = dilate(sure, settings.gap_edges * settings.edge * face_px)
    background = view.seen(FaceClass.BACKGROUND) & ~off
    behind, _ = _local(view.picture, background, settings.gap_sigmas * settings.local_sigma * face_px, settings)
    contrast = np.sqrt(((hair_colour - behind) ** 2).sum(-1))
    apart = np.sqrt(((view.picture - behind) ** 2).sum(-1)) / np.maximum(contrast, 1.0)
    alike = 1 - smoothstep(apart.astype(np.float32), *settings.gap_way)
    return np.asarray(alike * smoothstep(contrast.astype(np.float32), *settings.gap_contrast), np.float32)


def _local(picture: Picture, where: Mask, sigma_px: float, settings: StrandSettings) -> tuple[Picture, Plane]:
    """Mean colour of a mask around each pixel, looked for further away where there is none near; and how near it is."""
    colour = np.zeros_like(picture)
    known = np.zeros(where.shape, np.float32)
    near = blur(where, sigma_px)
    masked = picture * where[..., None]
    for times in (1.0, *settings.wider):
        weight = blur(where, times * sigma_px)
        mean = blur(masked, times * sigma_px) / np.maximum(weight, 1e-4)[..., None]
        share = smoothstep(weight, *settings.believed) * (1 - known)
        colour += mean * share[..., None]
        known += share
    colour /= np.maximum(known, LEAST_WEIGHT)[..., None]
    return np.asarray(colour, np.float32), near
