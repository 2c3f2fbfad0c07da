"""A photo's head on its canvas, with everything that all drawn pictures of it share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.halo import HaloSettings, halo_px
from engine.compositing.isles import isles
from engine.compositing.light import LOG_OFFSET
from engine.compositing.matte import FallenSettings, HairMatte, HoleSettings, hair_matte, strand_plane
from engine.compositing.others import heads, heads_and_shoulders, on_others
from engine.compositing.regions import RegionSettings
from engine.compositing.shadow import OwnShadowSettings, shadow_px
from engine.compositing.softness import SoftnessSettings, blurred_px, clear_features
from engine.compositing.view import EARS, SKIN, View
from engine.face import ibug
from engine.face.head_axes import HeadAxes
from engine.face.polygon import face_area
from engine.imaging.ops import (
    LEAST_SEEN,
    Mask,
    Plane,
    blur,
    dilate,
    drop_small_components,
    erode,
    opened,
    smoothstep,
    soft,
)
from engine.imaging.scale import at_scale
from engine.parsing.classes import FEATURES, FaceClass
from engine.runtime.cached_property import cached_property

# Face width for which the pixel radii of this room were chosen.
UNIT_FACE_PX = 500


@dataclass(frozen=True)
class ChangeSettings:
    """How what may change ends, set by eye. Lengths in `_px` are pixels of a face 500 wide, those in `_canvas_px` the
    canvas's; pairs are the shares (0..1) of a blurred mask between which it rises."""

    # Around blurred hair, in sigmas of the blur.
    blurred_sigmas: float = 3.0
    # Around strays: so far, so soft.
    stray_canvas_px: int = 3
    stray_edge_canvas_px: float = 2
    stray_edge: tuple[float, float] = (0.1, 0.6)
    # Behind hair: so soft.
    behind_edge_px: float = 6
    behind_edge: tuple[float, float] = (0.15, 0.7)
    # Off the hole, grown by so much, the background stays, so softly; its rim is so wide.
    beside_hole_canvas_px: int = 3
    beside_hole_edge_canvas_px: float = 3
    rim_canvas_px: int = 2
    # Ears that appear lie so near to hair and below this height over the brows (face widths); they end so softly.
    new_ears_within_px: float = 60
    new_ears_below: float = 0.15
    new_ears_edge_canvas_px: float = 3
    new_ears_edge: tuple[float, float] = (0.2, 0.7)
    # All of it ends so softly, and beside what is protected.
    edge_canvas_px: float = 1.2
    protected_edge_canvas_px: float = 1.5
    # But brows that hair hides fade over so much.
    brow_fade_px: float = 9.0
    brow_fade: tuple[float, float] = (0.03, 0.5)
    # So far around bare shoulders hair stays, so softly.
    body_margin_px: float = 26.0
    body_edge_px: float = 6
    # So far into the padding the photo's last row counts: it is hair like any other.
    padding_canvas_px: int = 3


@dataclass(frozen=True)
class Setting:
    """photo: the canvas; landmarks: 68,2 on it; axes: the head's; fade: H,W, 0..1, how much may change near the
    canvas's own edges; others: the axes of other heads on it; pixel_px: canvas pixels per pixel of the photo; above_px:
    so many rows at the top lie above what a generator draws; regions, shadow, edges: how all that follows is told;
    glimpsed: axes of what may be more heads, of which nothing is copied either."""

    photo: View
    landmarks: NDArray[np.float64]
    axes: HeadAxes
    fade: Plane
    others: Sequence[HeadAxes] = ()
    pixel_px: float = 1.0
    above_px: int = 0
    regions: RegionSettings = field(default_factory=RegionSettings)
    shadow: OwnShadowSettings = field(default_factory=OwnShadowSettings)
    edges: ChangeSettings = ChangeSettings()
    glimpsed: Sequence[HeadAxes] = ()

    @cached_property
    def _coordinates(self) -> tuple[Plane, Plane]:
        return self.axes.coordinates((self.photo.picture.shape[0], self.photo.picture.shape[1]))

    @property
    def u(self) -> Plane:
        """Head coordinate to the right, in face widths."""
        return self._coordinates[0]

    @property
    def v(self) -> Plane:
        """Head coordinate upwards from the brows, in face widths."""
        return self._coordinates[1]

    @property
    def unit_px(self) -> float:
        """Pixels per 1/500 of the face's width."""
        return self.axes.width_px / UNIT_FACE_PX

    @cached_property
    def matte(self) -> HairMatte:
        """The photo's hair, without what is before another head: that is the other's."""
        matte = hair_matte(self.photo, self.v, self.unit_px, pixel_px=self.pixel_px)
        return replace(matte, strays=matte.strays & ~on_others(self.axes, self.others, self.v.shape))

    @cached_property
    def protected(self) -> Mask:
        """Brows, eyes, glasses, nose and mouth stay the photo's, but for hair that hangs over them."""
        features = dilate(self.photo.is_any(*FEATURES), self.regions.features_px * self.unit_px)
        features = features & ~self.matte.near_hard(self.regions.features_off_hair_canvas_px)
        # A brow that goes on under the hair ends in hair that was taken for it.
        return (
            features
            & (self.v < self.regions.protected_below)
            & ~(self._brows & self.matte.near_hard(self.regions.brow_margin_px * self.unit_px))
        )

    @cached_property
    def _brows(self) -> Mask:
        """The photo's brows, and a little around."""
        brows = self.photo.is_any(FaceClass.LEFT_BROW, FaceClass.RIGHT_BROW)
        return dilate(brows, self.regions.features_px * self.unit_px)

    @cached_property
    def _fading_brows(self) -> Plane:
        """Where brows that go on under hair are still the photo's (H,W, 0..1): they fade into the drawn ones."""
        fade = blur(self.protected & self._brows, self.edges.brow_fade_px * self.unit_px)
        brows = blur(self._brows & ~self.matte.hard, self.edges.protected_edge_canvas_px)
        return smoothstep(fade, *self.edges.brow_fade) * brows

    @cached_property
    def beard(self) -> Mask:
        """The part of the face that may be bearded."""
        return face_area(self.landmarks, self.v.shape) & (self.v < self.regions.beard_below)

    @cached_property
    def calm_skin(self) -> Mask:
        """Visible skin that shows the photo's own grain."""
        clear = ~self.matte.near_hard(self.regions.calm_off_hair_px * self.unit_px) & ~self.protected & ~self.beard
        return erode(self.photo.seen(*SKIN) & clear, self.regions.calm_inside_canvas_px) & (
            self.v > self.regions.calm_above
        )

    @cached_property
    def clear_features(self) -> Mask:
        """Where edges show how sharp the photo is."""
        settings = at_scale(SoftnessSettings(), self.photo.scale)
        return clear_features(self.photo, self.matte, self.landmarks, settings)

    @cached_property
    def blurred_px(self) -> float:
        """How blurred the photo is (a Gaussian's sigma), 0 where it is clear."""
        settings = at_scale(SoftnessSettings(), self.photo.scale)
        return blurred_px(self.photo.picture, self.clear_features, self.pixel_px, settings)

    @property
    def _spread_px(self) -> float:
        """How far beyond where it ends blurred hair is seen."""
        return self.edges.blurred_sigmas * self.blurred_px

    @cached_property
    def hole(self) -> Mask:
        """Where, before the background, something else must be seen once the hair is gone."""
        photo, unit_px = self.photo, self.unit_px
        background = photo.is_any(FaceClass.BACKGROUND) & photo.real & ~self.people & (self.v > self.regions.halo_above)
        measured_px = halo_px(photo.picture, self.matte, background, unit_px, at_scale(HaloSettings(), photo.scale))
        regions, matte = self.regions, self.matte
        rim_px = max(regions.halo_px * unit_px, regions.halo_photo_px * self.pixel_px, measured_px, self._spread_px)
        hole = matte.hole(rim_px, at_scale(HoleSettings(), photo.scale))
        rest = photo.is_any(FaceClass.BACKGROUND) & photo.real & ~self.people & ~hole
        hole = hole | isles(rest, hole, photo.real, matte.away, unit_px, photo.probability(FaceClass.HAIR))
        if not (self.others or self.glimpsed):
            return hole
        # What is taken of somebody beside the hair nobody can draw again.
        near = matte.near_hard(max(regions.people_rim_px * unit_px, regions.people_rim_photo_px * self.pixel_px))
        return hole & (near | ~self.other_people)

    @cached_property
    def gaps(self) -> Plane:
        """Background between own locks (H,W, 0..1), where drawn hair may lie."""
        closed = erode(self.matte.near_solid(self.regions.gap_px * self.unit_px), self.regions.gap_px * self.unit_px)
        return soft(
            closed & self.photo.is_any(FaceClass.BACKGROUND), self.regions.gap_edge_canvas_px, *self.regions.gap_edge
        )

    @cached_property
    def people(self) -> Mask:
        """Other heads with their shoulders, and this person's bare ones: the parser calls all of them background."""
        return self.bare_body | self.other_people

    @cached_property
    def other_people(self) -> Mask:
        """Other heads with their shoulders, and what may be heads."""
        return heads_and_shoulders(self.others, self.v.shape) | heads(self.glimpsed, self.v.shape)

    @cached_property
    def bare_body(self) -> Mask:
        """Bare shoulders (H,W): what the parser calls background below the chin, in the colour of the person's skin."""
        regions, picture, sample = self.regions, self.photo.picture, self.calm_skin
        below = (self.v < regions.shoulders_below) & self.photo.seen(FaceClass.BACKGROUND)
        if int(sample.sum()) < regions.min_skin_canvas_area or not below.any():
            return np.zeros_like(below)
        tints = np.log(picture[..., :2] + LOG_OFFSET) - np.log(picture[..., 1:] + LOG_OFFSET)
        unlike = np.linalg.norm(tints - np.median(tints[sample], 0), axis=2)
        like_skin = below & (blur(unlike, regions.body_sigma_px * self.unit_px) < regions.like_skin)
        wide = opened(like_skin, regions.body_thinnest_px * self.unit_px)
        wide = drop_small_components(wide, round(regions.min_body_px * self.unit_px**2))
        return like_skin & dilate(wide, regions.body_thinnest_px * self.unit_px)

    @cached_property
    def _shadow_px(self) -> float:
        """How far the hair's shadow reaches on the forehead, in pixels of a face 500 wide."""
        forehead = self.photo.is_any(FaceClass.SKIN) & (self.v > self.shadow.forehead_above) & ~self.protected
        return shadow_px(self.photo.picture, self.matte, forehead & self.photo.real, self.unit_px, self.shadow)

    @cached_property
    def brow_line(self) -> Mask:
        """Where the person's brows are, by the landmarks, also where hair hides them."""
        line = np.zeros(self.v.shape, np.uint8)
        width_px = max(1, round(2 * self.regions.brow_line_px * self.unit_px))
        for brow in (ibug.LEFT_BROW, ibug.RIGHT_BROW):
            cv2.polylines(line, [np.rint(self.landmarks[brow]).astype(np.int32)], False, 1, width_px)
        return np.asarray(line > 0, bool)

    @cached_property
    def _ears_seen(self) -> Mask:
        """The sides (as halves of the canvas) on which the photo shows an ear."""
        ears = self.photo.is_any(*EARS)
        seen = np.zeros_like(ears)
        for side in (-1, 1):
            if (ears & (self.u * side > 0)).sum() > self.regions.min_ear_canvas_area:
                seen |= self.u * side > 0
        return seen

    def hidden_ears(self, render: View) -> Mask:
        """Ears that the render draws beside those that the photo shows."""
        return self._ears_seen & render.is_any(*EARS) & self.photo.is_any(FaceClass.BACKGROUND)

    def change(self, render: View) -> Plane:
        """Soft mask (H,W, 0..1) of hair, its rim and shadow on the skin, and of ears that a bald render uncovers."""
        photo, matte, unit_px, v = self.photo, self.matte, self.unit_px, self.v
        # What hangs on an ear hangs there without the hair behind it.
        protected = self.protected | (photo.is_any(FaceClass.EARRING) & ~matte.hard)
        shadow, edges = self.shadow, self.edges
        background, ears = photo.is_any(FaceClass.BACKGROUND), photo.is_any(*EARS)
        # Hair that is blurred is seen far beyond where it ends.
        near = matte.near_hard(max(self._shadow_px * unit_px, self._spread_px)) & (v > shadow.forehead_above)
        near = near | matte.near_hard(max(shadow.side_px * unit_px, self._spread_px))
        on_skin = (
            near
            & ~protected
            & ~(dilate(ears, shadow.ears_canvas_px) & ~matte.near_hard(shadow.ears_off_hair_canvas_px))
        )
        above = soft(on_skin, shadow.fade_px * unit_px, *shadow.edge)
        below = soft(on_skin, shadow.side_fade_px * unit_px, *shadow.side_edge)
        skin_part = np.maximum(blur(np.where(v > 0, above, below), shadow.seam_canvas_px), matte.hard)
        hole = self.hole
        stray_zone = soft(dilate(matte.strays, edges.stray_canvas_px), edges.stray_edge_canvas_px, *edges.stray_edge)
        behind_part = soft(hole & (background | matte.hard), edges.behind_edge_px * unit_px, *edges.behind_edge)
        behind_part = np.maximum(behind_part, stray_zone * background)
        behind_part = np.maximum(behind_part, self.gaps)
        # The hair's shadow lies on skin; behind the head only the hair itself goes.
        skin_part = skin_part * (
            1 - soft(background & ~dilate(hole, edges.beside_hole_canvas_px), edges.beside_hole_edge_canvas_px)
        )
        rim = background | (dilate(background, edges.rim_canvas_px) & ~photo.is_any(*SKIN))
        change = np.where(rim, np.maximum(behind_part, skin_part), skin_part)
        new_ears = render.is_any(*EARS) & background & ~self.hidden_ears(render)
        new_ears &= matte.near_solid(edges.new_ears_within_px * unit_px) & (v < edges.new_ears_below)
        change = np.maximum(change, soft(new_ears, edges.new_ears_edge_canvas_px, *edges.new_ears_edge))
        change = np.maximum(change, matte.alpha * ~protected)
        change = np.maximum(change, strand_plane(matte, at_scale(FallenSettings(), photo.scale)) * (v > 0))
        edge_px = max(edges.edge_canvas_px, self.blurred_px / 2)
        change = np.maximum(blur(np.where(protected, 0, change), edge_px), matte.alpha)
        change = change * (1 - np.maximum(blur(protected, edges.protected_edge_canvas_px), self._fading_brows))
        # What hair hides of bare shoulders nobody draws: its ends stay there.
        body = self.bare_body
        if body.any():
            change = change * (1 - soft(dilate(body, edges.body_margin_px * unit_px), edges.body_edge_px * unit_px))
        # Hair in the padding must not reach into the picture.
        change = change * self.fade * dilate(photo.real, edges.padding_canvas_px)
        return np.asarray(np.where(change < LEAST_SEEN, 0, change), np.float32)
