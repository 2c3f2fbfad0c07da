"""One face and everything that edits of it share: seen once, inverted once, however many edits follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from engine.compositing import ALL_HAIR, CanvasSettings, DrawnHeads, behind_heads, draw_heads, render_view
from engine.compositing.drawn import Shown
from engine.compositing.matte import HairMatte, hair_matte
from engine.compositing.view import View
from engine.edits.bald_end import bald_end
from engine.edits.balding import Balding, balding, shares_of_the_way
from engine.edits.head_parsing import Look, LookSettings
from engine.edits.seen import SeenSettings, crop_coordinates, see, seen_again
from engine.edits.sides import with_side_hair
from engine.face.alignment import CROP_SIZE_PX, inside_photo
from engine.face.faces import Face, check_face
from engine.face.leaning_panel import LeaningPanel
from engine.face.panel import Panel
from engine.generator import Generator, moved
from engine.generator.picture import to_uint8
from engine.hair.strands import Strands, hair_strands
from engine.imaging.ops import Picture, Plane
from engine.imaging.similarity import ms_ssim
from engine.latent.effort import Effort
from engine.latent.encoder import Estimate
from engine.latent.encoder import encode as encode_latent
from engine.latent.inversion import HAIR_TUNING_WEIGHT, HAIR_WEIGHT, Inversion, Target, crop_weight, invert
from engine.models.load import Models
from engine.parsing import as_tensor, parse
from engine.protocol import Preset
from engine.runtime.cached_property import cached_property
from engine.runtime.handed_over import handed_over
from engine.runtime.progress import Tell, timed
from engine.runtime.side_by_side import at_once, large_piece, leaving_room, side_by_side

# Learnt of a face from its crop at full size, whatever the canvas.
OF_ANY_CANVAS = ("estimate", "inversion", "inversion_ms_ssim", "horseshoe", "clean")


@dataclass(frozen=True)
class PortraitSettings:
    """How bald heads are drawn, set by eye."""

    # Heads on the way from the horseshoe to no hair at all.
    clean_heads: int = 2
    looks: LookSettings = field(default_factory=LookSettings)


@dataclass
class Portrait:
    """A chosen face of a photo (H,W,3 uint8). What is costly is made when first asked for, and kept.

    tell: hears how far each stage is. holds: what an edit along a boundary keeps; None for what the table says.
    others: the photo's other faces. crop_px: side of the crop on the canvas, at least as large as it will be shown.
    panel: where the photo lies, if it is one within a larger picture. all_hair: look at long hair to its ends.
    behind: what is seen behind the hair; already: pictures (S,S,3) of the person and of ends that a search has drawn,
    until they are laid; paced: the ways to a stage, and whether to no hair at all; as far as they were asked for.
    """

    models: Models
    photo: NDArray[np.uint8]
    face: Face
    preset: Preset
    seed: int
    tell: Tell
    holds: tuple[str, ...] | None = None
    others: Sequence[Face] = ()
    crop_px: int = CROP_SIZE_PX
    settings: PortraitSettings = PortraitSettings()
    panel: Panel | LeaningPanel | None = None
    all_hair: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    behind: Picture | None = field(default=None, init=False)
    already: dict[str, NDArray[np.uint8] | None] = field(default_factory=dict, init=False)
    paced: dict[tuple[float, bool], Balding] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        check_face(self.face, self.photo.shape)
        self.tell("parsing the face", 0.0)
        with leaving_room(), self.timed("parse"):
            models, settings = self.models, SeenSettings(canvas=ALL_HAIR if self.all_hair else CanvasSettings())
            seen = see(models.parser, models.on_hair, self.photo, self.face, self.others, self.crop_px, settings)
        self.crop, self.learnt_from, self.probabilities = seen.crop, seen.learnt_from, seen.probabilities
        self.landmarks, self.axes, self.setting = seen.landmarks, seen.axes, seen.setting
        self.canvas, self.view = seen.canvas, seen.view
        self.tell("parsing the face", 1.0)

    def take_over(self, known: Portrait) -> None:
        """Make nothing again that another portrait of the face knows whatever its canvas."""
        vars(self).update({name: vars(known)[name] for name in OF_ANY_CANVAS if name in vars(known)})

    @property
    def effort(self) -> Effort:
        """How long to search, as the preset says."""
        return self.models.efforts[self.preset]

    @property
    def crop_coordinates(self) -> tuple[Plane, Plane]:
        """Head coordinates at the pixels of the crop's class probabilities."""
        return crop_coordinates(self.axes, self.probabilities)

    @property
    def on_canvas(self) -> NDArray[np.float64]:
        """The 68 landmarks in canvas pixels."""
        return self.setting.landmarks

    @property
    def u(self) -> Plane:
        """Head coordinate to the right on the canvas, in face widths."""
        return self.setting.u

    @property
    def v(self) -> Plane:
        """Head coordinate upwards from the brows, likewise."""
        return self.setting.v

    @property
    def unit_px(self) -> float:
        """Canvas pixels per 1/500 of the face's width."""
        return self.setting.unit_px

    @property
    def face_px(self) -> float:
        """Canvas pixels per face width."""
        return self.setting.axes.width_px

    def timed(self, name: str) -> AbstractContextManager[None]:
        """Adds the time of its block to `seconds`."""
        return timed(self.seconds, name)

    @property
    def matte(self) -> HairMatte:
        """The photo's hair."""
        return self.setting.matte

    @cached_property
    def strands(self) -> Strands:
        """The photo's hair as a layer."""
        return hair_strands(self.view, self.matte, self.v, self.face_px)

    @cached_property
    def estimate(self) -> Estimate:
        """The encoder's guess of the latent."""
        target = as_tensor(self.learnt_from[None], self.models.device)
        with self.timed("encoder"):
            return encode_latent(self.models.encoder, self.models.parser, target)

    @cached_property
    def inversion(self) -> Inversion:
        """Latent and generator that draw the crop."""
        estimate = self.estimate
        with self.timed("inversion"):
            device = self.models.device
            inside = inside_photo(self.photo.shape, self.face.quad)
            target = Target(
                as_tensor(self.learnt_from[None], device),
                crop_weight(self.probabilities, inside, HAIR_WEIGHT, device),
                crop_weight(self.probabilities, inside, HAIR_TUNING_WEIGHT, device),
            )
            learns, effort = self.models.for_descents(self.models.generator), self.effort.inversion
            return invert(
                learns, estimate, target, effort, tell=lambda fraction: self.tell("learning the face", fraction)
            )

    @cached_property
    def inversion_ms_ssim(self) -> float:
        """How alike the inversion's picture and the crop are."""
        return ms_ssim(to_uint8(self.inversion.picture), self.crop)

    @cached_property
    def horseshoe(self) -> torch.Tensor:
        """Delta (1,6,512) from the person to their horseshoe."""
        return self._bald_end("horseshoe")

    @cached_property
    def clean(self) -> torch.Tensor:
        """Delta (1,6,512) from the person to a head without hair."""
        return self._bald_end("clean")

    @cached_property
    def balding(self) -> Balding:
        """The way to the horseshoe, as a layer that is not paced yet."""
        return self._balding(clean=False)

    @cached_property
    def balding_clean(self) -> Balding:
        """The way over the horseshoe to no hair at all, likewise."""
        return self._balding(clean=True)

    @cached_property
    def bare(self) -> DrawnHeads:
        """The person as drawn, and without any hair: for edits that take some of it away."""
        deltas = [torch.zeros_like(self.clean), self.clean]
        return self._drawn(deltas, 1, {0: self.already.pop("person", None)}, "parts", hairless=True)

    def _bald_end(self, end: str) -> torch.Tensor:
        inversion = self.inversion
        with self.timed("edit"):
            found = bald_end(
                self.models,
                inversion,
                end,
                self.effort,
                self.probabilities,
                self.landmarks,
                tell=lambda fraction: self.tell("looking under the hair", fraction),
            )
        self.already |= {"person": found.person, end: found.picture}
        return found.delta

    def _balding(self, *, clean: bool) -> Balding:
        heads = self.effort.heads
        deltas = [share * self.horseshoe for share in shares_of_the_way(heads)]
        if clean:
            deltas += [
                self.horseshoe + share * (self.clean - self.horseshoe)
                for share in shares_of_the_way(self.settings.clean_heads + 1)[1:]
            ]
        known = {0: self.already.pop("person", None), heads - 1: self.already.pop("horseshoe", None)}
        drawn = self._drawn(deltas, heads - 1, known, hairless=clean)
        return balding(self.setting, drawn, heads - 1)

    def _drawn(
        self,
        deltas: Sequence[torch.Tensor],
        bald: int,
        known: Mapping[int, NDArray[np.uint8] | None],
        shown: Shown = "years",
        *,
        hairless: bool = False,
    ) -> DrawnHeads:
        """Heads at some deltas. known: pictures (S,S,3) by index, of those that have been drawn."""
        renders, looks = list[View](), self.settings.looks
        with large_piece(), self.timed("heads"):
            with side_by_side(at_once(self.models.device)) as pool:
                each = [(delta, looks.of(at, bald), known.get(at)) for at, delta in enumerate(deltas)]
                views = pool.map(lambda head: self.drawn(*head), each)
                while len(renders) < len(deltas):  # so that no name holds one of them
                    renders.append(next(views))
                    self.tell("taking the hair off", len(renders) / (2 * len(deltas)))
            if shown == "years":  # the sides stay on the bald head, if the one before it shows any
                end, look = deltas[bald], looks.bald
                renders[bald] = with_side_hair(
                    self.setting, renders[bald - 1], renders[bald], lambda share: self.drawn(share * end, look)
                )
            heads = self._laid(handed_over(renders), bald, shown, hairless=hairless)
        self.tell("taking the hair off", 1.0)
        return heads

    def fill(self) -> Picture:
        """Fill what is seen behind the hair (H,W,3), as the first heads that are laid would."""
        self.behind = behind_heads(self.setting, np.random.default_rng(self.seed))
        return self.behind

    def _laid(self, renders: Iterable[View], bald: int, shown: Shown, *, hairless: bool) -> DrawnHeads:
        rng = np.random.default_rng(self.seed)
        heads = draw_heads(self.setting, renders, rng, bald=bald, behind=self.behind, shown=shown, hairless=hairless)
        self.behind = heads.behind
        return heads

    def drawn(self, delta: torch.Tensor, look: Look = Look(), picture: NDArray[np.uint8] | None = None) -> View:
        """The generator's picture of the latent with a delta (1,S,512) on its first S W+ layers, on the canvas.
        picture: that (S,S,3), where it is known."""
        generator, latent = self.inversion.generator, self.inversion.latent
        return render_view(self.canvas, *self.render(generator, latent, delta, look, picture), self.view)

    def render(
        self,
        generator: Generator,
        latent: torch.Tensor,
        delta: torch.Tensor,
        look: Look,
        picture: NDArray[np.uint8] | None = None,
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """A generator's picture of a latent (1,S,512) with a delta (S,S,3), and its class probabilities (19,s,s)."""
        if picture is None:
            with torch.no_grad():
                picture = to_uint8(generator.full_picture(moved(latent, delta)))
        return picture, parse(self.models.parser, picture, look.size_px, mirrored=look.mirrored)

    def strands_of(self, view: View) -> Strands:
        """The hair of another picture of the same canvas as a layer."""
        return hair_strands(view, hair_matte(view, self.v, self.unit_px), self.v, self.face_px)

    def seen_again(self, picture: Picture) -> View:
        """An edited picture of the canvas, parsed again where the crop lies."""
        return seen_again(self.models.parser, self.canvas, self.view, picture)

    @cached_property
    def reachable(self) -> Plane:
        """0..1: where an edit may change the canvas at all: inside the photo, fading out where the photo goes on."""
        return np.asarray(self.setting.fade * self.view.real, np.float32)
