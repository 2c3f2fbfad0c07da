"""Drawn heads made as low as heads are, and as the hair that they lie under."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.dome import DomeSettings, closed, dome
from engine.compositing.setting import Setting
from engine.compositing.view import View
from engine.imaging.ops import Mask, Picture, Plane, reduced
from engine.imaging.scale import at_scale
from engine.parsing.classes import HAIR_CLASSES, FaceClass


@dataclass(frozen=True)
class LoweringSettings:
    """How high a drawn crown may be. Heights are in face widths over the brows."""

    # A skull lies at least this far (face widths) under flat hair and is no higher than this: seven bald heads (two
    # photographs, five published edits) were measured at .54 to .69 (median .63).
    under_hair: float = 0.035
    skull_top: float = 0.64
    # What is above this is lowered: below it the face would be squeezed too. By this factor at most, or it would look
    # flattened (by eye).
    above: float = 0.15
    least_factor: float = 0.78
    # Tops are compared in strips of the midline's surroundings: their edges, in face widths to the right.
    strips: tuple[float, ...] = (-0.3, -0.18, -0.06, 0.06, 0.18, 0.3)
    # A strip's top is this percentile of what lies there, so that a single strand does not count; fewer pixels of a
    # face 500 wide tell no top.
    top_percentile: float = 98.0
    min_strip_px: int = 200
    # A head that takes up more of the canvas's upper edge is cut by it.
    cut_share: float = 0.03
    # It is bare there if less than this share (0..1) of it is hair, up to so far from the midline (face widths).
    cut_most_hair: float = 0.5
    cut_half_width: float = 0.25
    # Where padding begins so close above the hair (canvas pixels), the hair may go on beyond the photo's edge.
    edge_canvas_px: int = 6


def lowered(
    setting: Setting,
    renders: Sequence[View],
    each: Callable[..., Iterable[Any]] = map,
    settings: LoweringSettings = LoweringSettings(),
) -> list[View]:
    """The renders with their crowns lower and lower, the last one's no higher than heads are and than the photo's hair.
    each: `map`, or what does its work at once.

    The generator draws skulls of its own choice, under much hair like towers; where one is higher than the hair was, it
    would be cut by its outline. What ends with both the render and the photo stays as it is: nothing is drawn above it.
    """
    settings = at_scale(settings, setting.photo.scale)
    heads = [~render.is_any(FaceClass.BACKGROUND) for render in renders]
    factor = _factor(setting, heads[-1], settings)
    if factor >= 1:
        return list(renders)
    factors = np.linspace(1, factor, len(renders)) if len(renders) > 1 else [factor]
    least = list(accumulate(zip(heads, factors, strict=True), partial(_least, setting, settings), initial=1.0))[1:]

    def squeezed(render: View, factor: float) -> View:
        return _squeezed(render, *_maps(setting, factor, settings.above)) if factor < 1 else render

    return list(each(squeezed, renders, least))


def _least(setting: Setting, settings: LoweringSettings, before: float, wanted: tuple[Mask, float]) -> float:
    """By how much (0..1) to lower a head (H,W) that wants a factor: that of the head before where it is cut."""
    head, factor = wanted
    return before if _is_cut(setting, head, settings) else float(factor)


def is_cut_bare(setting: Setting, render: View, settings: LoweringSettings = LoweringSettings()) -> bool:
    """Whether a drawn head goes on above its render, and is rather bare in the middle of where it is cut."""
    first = setting.above_px
    head, hair = ~render.is_any(FaceClass.BACKGROUND)[first], render.is_any(*HAIR_CLASSES)[first]
    if not first or head.mean() <= settings.cut_share:
        return False
    middle = head & (np.abs(setting.u[first]) < settings.cut_half_width)
    return bool(middle.any() and hair[middle].mean() < settings.cut_most_hair)


def _is_cut(setting: Setting, head: Mask, settings: LoweringSettings) -> bool:
    """Whether a head (H,W) ends where its render and the photo do."""
    first = setting.above_px
    edge = head[first]
    beyond = setting.photo.real[first - 1] if first else np.zeros_like(edge)
    return bool((edge & ~beyond).mean() > settings.cut_share)


def _factor(setting: Setting, head: Mask, settings: LoweringSettings) -> float:
    """By how much (0..1) to lower all that lies above; head: H,W, the last drawn one."""
    if head[0].mean() > settings.cut_share:
        return 1.0  # nothing could be drawn above it, and the photo ends there
    hair, u, v = setting.matte.solid & setting.photo.real, setting.u, setting.v
    above = v > settings.above
    beyond = ~setting.photo.real
    factor = 1.0
    for left, right in pairwise(settings.strips):
        strip = above & (u >= left) & (u < right)
        own, drawn = v[strip & hair], v[strip & head]
        if min(len(own), len(drawn)) < settings.min_strip_px * setting.unit_px**2:
            continue
        top, drawn_top = (float(np.percentile(heights, settings.top_percentile)) for heights in (own, drawn))
        outside = v[strip & beyond]
        if len(outside) and float(outside.min()) < top + settings.edge_canvas_px / setting.axes.width_px:
            top = np.inf  # the photo ends within the hair
        wanted = min(top - settings.under_hair, settings.skull_top)
        factor = min(factor, (wanted - settings.above) / max(drawn_top - settings.above, 1e-3))
    return float(np.clip(factor, settings.least_factor, 1.0))


def _maps(setting: Setting, factor: float, above: float) -> tuple[Plane, Plane]:
    """Where each pixel of a squeezed picture comes from (H,W each: x, y)."""
    height, width = setting.v.shape
    more = np.maximum(setting.v - above, 0) * np.float32((1 / factor - 1) * setting.axes.width_px)
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    right, down = (np.float32(by) for by in setting.axes.up)
    return columns + right * more, rows + down * more


def _squeezed(render: View, from_x: Plane, from_y: Plane) -> View:
    def moved(plane: NDArray[np.float32], x: Plane, y: Plane, beyond: int = cv2.BORDER_REPLICATE) -> Picture:
        return np.asarray(cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=beyond), np.float32)

    half = (render.probabilities.shape[2], render.probabilities.shape[1])
    share = np.float32(half[0] / from_x.shape[1])
    half_x, half_y = (reduced(plane, *half) * share for plane in (from_x, from_y))
    probabilities = np.stack([moved(plane, half_x, half_y) for plane in render.probabilities])
    # What came from above the picture is the rest of the head, and else background.
    rest = dome(1 - render.probabilities[FaceClass.BACKGROUND], at_scale(DomeSettings(), render.scale))
    closed(probabilities, (half_y >= 0).astype(np.float32) if rest is None else rest.inside(half_x, half_y))
    # Mirrored, its strands go on there.
    return View(moved(render.picture, from_x, from_y, cv2.BORDER_REFLECT_101), probabilities, render.real, render.scale)
