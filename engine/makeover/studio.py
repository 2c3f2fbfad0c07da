"""One face and everything that edits of it share: seen once, inverted once, however many edits follow."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from engine.compositing import BaldPlate, Canvas, border_fade, build_plate, canvas_and_view, render_view
from engine.compositing.arrays import Mask, Picture, Plane
from engine.compositing.matte import HairMatte, hair_matte
from engine.compositing.view import SKIN, View
from engine.face import CROP_SIZE_PX, Face, check_face, crop_face, crop_matrix, inside_photo, undone
from engine.head import HeadFrame, head_frame
from engine.inversion import Inversion
from engine.models import Models
from engine.parsing import FaceClass, check_seen, parse
from engine.pipeline import bald_picture, check_hat, invert_crop, to_uint8
from engine.protocol import Preset
from engine.retouch.colour import light_of
from engine.retouch.strands import Strands, hair_strands
from engine.similarity import ms_ssim
from engine.steps import timed


@dataclass
class Studio:
    """A chosen face of a photo (H,W,3 uint8). What is costly is made when first asked for, and kept.

    tell: called with a stage's name and its own fraction 0..1; may raise to stop the work. holds: what an edit along a
    boundary keeps; None for what the table says.
    """

    models: Models
    photo: NDArray[np.uint8]
    face: Face
    preset: Preset
    seed: int
    tell: Callable[[str, float], None]
    holds: tuple[str, ...] | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_face(self.face, self.photo.shape)
        self.tell("parsing the face", 0.0)
        with self.timed("parse"):
            self.crop = crop_face(self.photo, self.face.quad)
            self.probabilities = parse(self.models.parser, self.crop)
            self.landmarks = undone(crop_matrix(self.face.quad), self.face.landmarks)
            check_seen(self.probabilities, self.landmarks)
            self.frame: HeadFrame = head_frame(self.landmarks)
            probabilities_px = self.probabilities.shape[1]
            check_hat(self.probabilities, *self.frame.coordinates(probabilities_px, CROP_SIZE_PX / probabilities_px))
            self.canvas: Canvas
            self.view: View
            self.canvas, self.view = canvas_and_view(
                self.models.parser, self.photo, self.face.quad, self.crop, self.probabilities
            )
            self.on_canvas = self.canvas.to_canvas(self.face.landmarks)
            self.canvas_frame = head_frame(self.on_canvas)
            self.u, self.v = self.canvas_frame.coordinates((self.canvas.height_px, self.canvas.width_px))
            self.unit_px = self.canvas_frame.width_px / 500
            self.fade = border_fade(self.canvas, self.photo.shape)
        self.tell("parsing the face", 1.0)

    def timed(self, name: str) -> AbstractContextManager[None]:
        """Adds the time of its block to `seconds`."""
        return timed(self.seconds, name)

    @cached_property
    def matte(self) -> HairMatte:
        """The photo's hair."""
        return hair_matte(self.view, self.v, self.unit_px)

    @cached_property
    def strands(self) -> Strands:
        """The photo's hair as a layer."""
        return hair_strands(self.view, self.matte, self.v, self.unit_px)

    @cached_property
    def light(self) -> float:
        """How bright the light on the head is, 1 in an ordinary portrait."""
        eyes = self.view.seen(FaceClass.LEFT_EYE, FaceClass.RIGHT_EYE)
        return light_of(self.view.picture, eyes, self.view.seen(*SKIN))

    @cached_property
    def inversion(self) -> Inversion:
        """Latent and tuned generator that draw the crop."""
        with self.timed("inversion"):
            return invert_crop(
                self.models,
                self.crop,
                self.probabilities,
                inside_photo(self.photo.shape, self.face.quad),
                self.preset,
                lambda fraction: self.tell("learning the face", fraction),
            )

    @cached_property
    def inversion_ms_ssim(self) -> float:
        """How alike the inversion's picture and the crop are."""
        return ms_ssim(to_uint8(self.inversion.picture), self.crop)

    @cached_property
    def plate(self) -> BaldPlate:
        """The head without any hair, for edits that take some away."""
        inversion = self.inversion
        with self.timed("bald edit"):
            render = bald_picture(
                self.models,
                inversion,
                self.probabilities,
                self.landmarks,
                self.frame,
                self.preset,
                lambda fraction: self.tell("looking under the hair", fraction),
            )
            rng = np.random.default_rng(self.seed)
            return build_plate(
                self.view, self.on_canvas_view(render), self.on_canvas, self.canvas_frame, self.fade, rng
            )

    def drawn(self, delta: torch.Tensor) -> View:
        """The tuned generator's picture of the latent with a delta (1,S,512) on its first S slots, on the canvas."""
        with torch.no_grad():
            latent = self.inversion.latent.clone()
            latent[:, : delta.shape[1]] += delta
            render = to_uint8(self.inversion.generator(latent).picture)
        return self.on_canvas_view(render)

    def on_canvas_view(self, render: NDArray[np.uint8]) -> View:
        """A generated crop (1024,1024,3) on the canvas, parsed."""
        return render_view(self.canvas, render, parse(self.models.parser, render))

    def strands_of(self, view: View) -> Strands:
        """The hair of another picture of the same canvas as a layer."""
        return hair_strands(view, hair_matte(view, self.v, self.unit_px), self.v, self.unit_px)

    def seen_again(self, picture: Picture) -> View:
        """An edited picture of the canvas, parsed anew where the crop lies."""
        rows, columns = self.canvas.crop_slice
        crop = np.clip(np.rint(picture[rows, columns]), 0, 255).astype(np.uint8)
        probabilities = self.view.probabilities.copy()
        half_rows = slice(rows.start // 2, rows.start // 2 + CROP_SIZE_PX // 2)
        half_columns = slice(columns.start // 2, columns.start // 2 + CROP_SIZE_PX // 2)
        probabilities[:, half_rows, half_columns] = parse(self.models.parser, crop)
        return View(picture, probabilities, self.view.real)

    @cached_property
    def reachable(self) -> Plane:
        """0..1: where an edit may change the canvas at all: inside the photo, fading out where the photo goes on."""
        return np.asarray(self.fade * self.view.real, np.float32)

    def within(self, mask: Mask) -> Mask:
        """A mask without padding."""
        return mask & self.view.real
