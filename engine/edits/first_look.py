"""The bald head as well as it is known before any descent, shown while the first descent goes on.

Laying it into the photo keeps one core busy; the others learn the face meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from engine.compositing import Overlay, draw_heads, render_view, shrunk, smaller_canvas
from engine.edits.portrait import Portrait
from engine.edits.seen import setting_on
from engine.imaging.ops import Picture
from engine.latent.encoder import fitted_deltas
from engine.runtime.side_by_side import is_alone, leaving_room

STAGE = "a first look"


@dataclass(frozen=True)
class FirstLookSettings:
    """How roughly a first look is drawn, set by eye."""

    # The side of the crop on its canvas, in pixels: what shows of a face in a picture of 256 px, and a little more.
    crop_px: int = 384
    # Before any descent a horseshoe keeps too much hair: it goes on by this share of the way to no hair.
    beyond: float = 0.15
    # Steps of learning a face at this size or more hold so much memory that a look is laid before them, not beside.
    alone_from_px: int = 512


def look_and_learn(
    portrait: Portrait,
    end: str,
    picture: Callable[[Overlay], bytes],
    settings: FirstLookSettings = FirstLookSettings(),
) -> None:
    """Learn a face, and tell as soon as there is one what its bald head will look like, at an end of the way (ENDS).

    picture: makes the small JPEG that is told; called on another thread. What lies behind the hair is filled first, for
    this look and for the heads to come. Raises what whoever is told raises, with nobody left at work.
    """
    told, threads = portrait.tell, torch.get_num_threads()
    with ThreadPoolExecutor(1) as pool:
        filled = pool.submit(portrait.fill)  # while the head is drawn
        rough = _Rough(portrait, min(settings.crop_px, portrait.crop_px), settings.beyond)
        with leaving_room():
            render = rough.render(end)
        look = pool.submit(lambda: picture(rough.overlay(*render, filled.result())))
        waiting = True

        def show() -> None:
            nonlocal waiting
            waiting = False
            told(STAGE, 1.0, look.result())

        def tell(stage: str, fraction: float, preview_jpeg: bytes | None = None) -> None:
            if waiting and look.done():
                show()
            if not waiting and is_alone():
                torch.set_num_threads(threads)
            if waiting:
                told(STAGE, 0.0)  # each stage is told in one stretch, and the look is the earlier one
            else:
                told(stage, fraction, preview_jpeg)

        portrait.tell = tell
        try:
            if portrait.effort.inversion.size_px >= settings.alone_from_px:
                show()
            if waiting or not is_alone():
                torch.set_num_threads(max(1, threads - 1))
            _ = portrait.inversion
            if waiting:
                show()
        finally:
            torch.set_num_threads(threads)
            portrait.tell = told


class _Rough:
    """A portrait on a canvas with a crop of a smaller side, and the head that the learned step alone leads to."""

    def __init__(self, portrait: Portrait, crop_px: int, beyond: float) -> None:
        self._portrait, self._beyond = portrait, beyond
        self._canvas, self._view = smaller_canvas(portrait.canvas, portrait.view, crop_px)
        fade = shrunk(portrait.setting.fade, self._canvas)
        self._setting = setting_on(self._canvas, self._view, portrait.face, portrait.others, fade)

    def render(self, end: str) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """The learned step from the encoder's guess, drawn (S,S,3 uint8), and its class probabilities (19,s,s)."""
        portrait, estimate = self._portrait, self._portrait.estimate
        generator, mean = portrait.models.generator, portrait.models.statistics.mean
        with portrait.timed("first look"):
            latent = estimate.start(mean)[:, None] + fitted_deltas(estimate.deltas, generator.w_layers)
            start = portrait.models.bald_start(end, latent, portrait.probabilities, portrait.axes)
            if end == "horseshoe":
                beyond = portrait.models.beyond_horseshoe(portrait.probabilities, portrait.axes)
                start = start + self._beyond * beyond
            return portrait.render(generator, latent, start, portrait.settings.looks.usual)

    def overlay(self, render: NDArray[np.uint8], probabilities: NDArray[np.float32], behind: Picture) -> Overlay:
        """A render laid into the photo, on the portrait's own canvas. behind: H,W,3 on that, what is seen behind the
        hair."""
        view = render_view(self._canvas, render, probabilities, self._view)
        rng, behind = np.random.default_rng(self._portrait.seed), shrunk(behind, self._canvas)
        drawn = draw_heads(self._setting, [view], rng, bald=0, behind=behind, shown="first look")
        size = (self._portrait.canvas.width_px, self._portrait.canvas.height_px)
        picture, change = (
            np.asarray(cv2.resize(values.astype(np.float32), size, interpolation=cv2.INTER_LINEAR), np.float32)
            for values in (drawn.heads[0].picture, drawn.change)
        )
        return Overlay(picture, change)
