"""Which single hairs fall first: thin lines along the person's own hair, where a plain threshold would cut a line."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial

import cv2
import numpy as np

from engine.compositing.setting import Setting
from engine.compositing.strand_texture import TextureSettings, local_contrast
from engine.imaging.directions import strand_angles
from engine.imaging.ops import LEAST_WEIGHT, Mask, Plane, blur, bounding_box
from engine.imaging.scale import at_scale


@dataclass(frozen=True)
class StrandOrderSettings:
    """How the lines run and how much they differ, set by eye on eight photos. Lengths are canvas pixels, sigmas
    Gaussians'."""

    # What is surely hair tells how it runs; beside it lies skin, whose edge is no strand.
    hair: float = 0.7
    # Own contrast tells dark strands from bright ones.
    texture: TextureSettings = field(default_factory=TextureSettings)
    # So much of it, and of chance: curls alone would leave scratches, chance alone a brush.
    own: float = 0.35
    chance: float = 1.0
    # That contrast's gradients are told at the first of these and averaged over the second; where they are weaker than
    # this a pixel, hair runs up and outwards, so much to the side for each part upwards, from so far off the midline on
    # (face widths).
    gradient_canvas_px: float = 1.5
    averaged_canvas_px: float = 12.0
    least_gradient: float = 0.06
    outwards: float = 0.45
    middle: float = 0.25
    # No two hairs lie quite alike: directions turn by so much (radians, a deviation) from one such place to the next,
    # and so many layers of them cross: in one, hairs lie side by side like a comb's teeth.
    layers: int = 3
    turn: float = 0.35
    turn_canvas_px: float = 20.0
    # Smeared along the hair, first so far, then twice as far each time.
    step_canvas_px: float = 0.75
    doublings: int = 5
    # Lines are narrower than this, and as strong as this everywhere, told over as much as contrast is, but for clumps
    # so wide, so much stronger or weaker.
    line_canvas_px: float = 1.6
    strength: float = 0.45
    clump_canvas_px: float = 10.0
    clump: float = 0.47
    clump_limits: tuple[float, float] = (0.2, 1.9)


def strand_order(
    setting: Setting,
    rng: np.random.Generator,
    settings: StrandOrderSettings = StrandOrderSettings(),
    *,
    where: Mask | None = None,
) -> Plane:
    """H,W, -1..1, of mean 0: what falls earlier (above 0) or later than its surroundings, line by line. where: H,W, the
    only pixels that anybody asks about, all by default: below and beside them there are no lines.

    Noise and own contrast, smeared along the hair's direction: a line integral convolution (Cabral and Leedom 1993) in
    steps of doubling length.
    """
    settings = at_scale(settings, setting.photo.scale)
    order = np.zeros_like(setting.v)
    if where is None or not where.any():
        where = np.ones(order.shape, bool)
    # From the canvas's own corner, where the grids begin that wide blurs are told on: others would give other lines.
    rows, columns = bounding_box(where, _looked_at_px(settings))
    box = slice(0, rows.stop), slice(0, columns.stop)
    # Drawn for the whole canvas: the same lines then, however large the box is.
    smooth_chance = partial(_smooth_chance, rng, order.shape)
    hair = (setting.matte.alpha[box] > settings.hair).astype(np.float32)
    own = local_contrast(setting.photo.picture[box], settings.texture, hair)
    # Hairs lie over one another: in each layer all lie alike in one place, what falls last is seen.
    angle = _angle(setting, own, box, settings)

    def layer() -> Plane:
        chance = rng.standard_normal(order.shape, np.float32)[box]
        turned = angle + np.float32(settings.turn) * smooth_chance(settings.turn_canvas_px)[box]
        return _lines(own, chance, turned, settings)

    lines = layer()
    for _ in range(settings.layers - 1):
        np.minimum(lines, layer(), out=lines)
    lines = lines - blur(lines, settings.texture.contrast_sigma_canvas_px)
    clumps = 1 + settings.clump * smooth_chance(settings.clump_canvas_px)[box]
    lines = settings.strength * lines * np.clip(clumps, *settings.clump_limits)
    order[box] = np.clip(lines, -1, 1)
    return order


def _looked_at_px(settings: StrandOrderSettings) -> int:
    """How far around a pixel its line depends on what is there."""
    smeared_px = settings.step_canvas_px * (1 << settings.doublings)
    return math.ceil(smeared_px + 2 * settings.texture.contrast_sigma_canvas_px)


def _lines(own: Plane, chance: Plane, angle: Plane, settings: StrandOrderSettings) -> Plane:
    """Lines of chance and own contrast along these angles (H,W each), as strong everywhere (a deviation of 1)."""
    lines = np.asarray(np.float32(settings.own) * own + np.float32(settings.chance) * chance, np.float32)
    lines = _smeared(lines, np.cos(angle), np.sin(angle), settings)
    lines = lines - blur(lines, settings.line_canvas_px)
    usual = np.sqrt(blur(lines * lines, settings.texture.contrast_sigma_canvas_px))
    return np.asarray(lines / np.maximum(usual, LEAST_WEIGHT), np.float32)


def _angle(setting: Setting, own: Plane, box: tuple[slice, slice], settings: StrandOrderSettings) -> Plane:
    """The hair's direction in a box (H,W, radians), of either sign. own: H,W, its contrast there."""
    up, right = np.asarray(setting.axes.up, np.float32), np.asarray(setting.axes.right, np.float32)
    aside = np.float32(settings.outwards) * np.clip(setting.u[box] / np.float32(settings.middle), -1, 1)
    usual = right[0] * aside + up[0], right[1] * aside + up[1]
    smooth = blur(own, settings.gradient_canvas_px)
    return strand_angles(smooth, None, usual, settings.least_gradient, settings.averaged_canvas_px)


def _smooth_chance(rng: np.random.Generator, shape: tuple[int, ...], sigma_px: float) -> Plane:
    """Noise of deviation 1 (H,W) that is so smooth."""
    noise = blur(rng.standard_normal(shape, np.float32), sigma_px)
    return np.asarray(noise / max(float(noise.std()), LEAST_WEIGHT), np.float32)


def _smeared(lines: Plane, along_x: Plane, along_y: Plane, settings: StrandOrderSettings) -> Plane:
    """Each pixel's mean along its direction."""
    height_px, width_px = lines.shape
    columns = np.arange(width_px, dtype=np.float32)[None]
    rows = np.arange(height_px, dtype=np.float32)[:, None]
    for doubling in range(settings.doublings):
        step = np.float32(settings.step_canvas_px * 2**doubling)
        ends = [
            cv2.remap(
                lines,
                columns + way * step * along_x,
                rows + way * step * along_y,
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REFLECT,
            )
            for way in (np.float32(1), np.float32(-1))
        ]
        lines = np.asarray((ends[0] + ends[1]) / 2, np.float32)
    return lines
