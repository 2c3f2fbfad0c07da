"""A photo's head on its canvas, with everything that all drawn pictures of it share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.compositing.halo import halo_px
from engine.compositing.light import LOG_OFFSET
from engine.compositing.matte import HairMatte, hair_matte, strand_plane
from engine.compositing.view import EARS, SKIN, View
from engine.face.head_axes import HeadAxes
from engine.face.polygon import face_area
from engine.imaging.ops import LEAST_SEEN, Mask, Plane, blur, dilate, erode, luminance, soft
from engine.parsing.classes import FEATURES, FaceClass

# Face width for which the pixel radii of this room were chosen.
UNIT_FACE_PX = 500
# Nothing is protected above this height over the brows: what the parser calls a brow there is hair.
PROTECTED_BELOW = 0.12
# Below this height the lower face may be bearded and says nothing about skin.
BEARD_BELOW = -0.30
# What hair covers of a brow may begin so far beside it (pixels of a face 500 wide).
BROW_MARGIN_PX = 24.0
# Hair's shadow on the forehead reaches as far as the skin gets lighter away from the hair, within these limits (pixels
# of a face 500 wide), looked for in rings of this width, and fades out so softly; at the sides it reaches less far.
SHADOW_LIMITS_PX, SHADOW_RING_PX, SHADOW_FADE_PX = (40.0, 84.0), 6.0, 18.0
# Skin is out of the shadow where its log brightness is within this of the brightest ring's; rings hold so many pixels.
SHADOW_LOG, MIN_RING_PX = 0.02, 400
SIDE_SHADOW_PX, SIDE_SHADOW_FADE_PX = 30.0, 14.0
# Bare shoulders, which the parser has no class for, lie this far below the brows (face widths) and differ from the face
# by less than this in the logarithms of their colour's ratios, told over so many pixels of a face 500 wide.
SHOULDERS_BELOW, LIKE_SKIN, BODY_BLUR_PX = -0.8, 0.16, 3.0
# So far around them hair stays (pixels of a face 500 wide).
BODY_MARGIN_PX = 26.0
# A head with its hair, as an ellipse (half width, lowest and highest point), and another person's shoulders (half
# width, highest point), in face widths of theirs; over how much of the ellipse hair between two heads is shared.
HEAD_WITH_HAIR, OTHER_SHOULDERS, OTHERS_FADE = (0.85, -0.95, 0.95), (1.1, -0.75), 0.1
# Gaps up to about twice as wide lie within the hair (pixels of a face 500 wide).
GAP_PX = 32.0
# Around hair its colour mixes with the background's so far at least: pixels of a face 500 wide, and pixels of a small
# photo. How far is measured above this height over the brows (face widths), where no clothes are.
HALO_PX, HALO_PIXELS, HALO_ABOVE = 16.0, 4.0, -0.5
# All below set by eye. Lengths with UNIT in their comment are pixels of a face 500 wide, others canvas pixels.
# Features are kept so far around them (UNIT), but not so near to hair.
FEATURES_PX, FEATURES_OFF_HAIR_PX = 4, 2
# Calm skin lies so far off hair (UNIT), so far inside, and above this height over the brows (face widths).
CALM_OFF_HAIR_PX, CALM_EDGE_PX, CALM_ABOVE = 16, 4, -0.42
# Gaps end so softly, between these shares.
GAP_EDGE_PX, GAP_EDGE = 3, (0.1, 0.7)
# Above this height over the brows (face widths) skin is forehead, on which hair throws its shadow.
FOREHEAD_ABOVE = 0.05
# The shadow is softened between these shares on the forehead and at the sides, and both meet so softly. It spares ears,
# grown by so much, but for what lies this near to hair.
SHADOW_EDGE, SIDE_SHADOW_EDGE, SHADOW_SEAM_PX, EARS_PX, EARS_OFF_HAIR_PX = (0.1, 0.95), (0.1, 0.9), 3, 2, 5
# Around strays: so far, so soft, between these shares; behind hair: so soft (UNIT), between these.
STRAY_PX, STRAY_EDGE_PX, STRAY_EDGE = 3, 2, (0.1, 0.6)
BEHIND_EDGE_PX, BEHIND_EDGE = 6, (0.15, 0.7)
# Off the hole, grown by so much, the background stays, so softly; its rim is so wide.
BESIDE_HOLE_PX, BESIDE_HOLE_EDGE_PX, RIM_PX = 3, 3, 2
# Ears that appear lie so near to hair (UNIT) and below this height (face widths); they end so softly, between these.
NEW_EARS_WITHIN_PX, NEW_EARS_BELOW, NEW_EARS_EDGE_PX, NEW_EARS_EDGE = 60, 0.15, 3, (0.2, 0.7)
# How softly the change ends in itself, and beside what is protected.
CHANGE_EDGE_PX, PROTECTED_EDGE_PX = 1.2, 1.5
# Bare shoulders keep their hair so softly (UNIT); so far into the padding the photo's last row counts.
BODY_EDGE_PX, PADDING_PX = 6, 3
# An ear that the photo shows has at least this many pixels.
MIN_EAR_PX = 300


def without_others_hair(view: View, axes: HeadAxes, others: Sequence[HeadAxes]) -> View:
    """The view, where hair that lies closer to another head than to this one is background."""
    if not others:
        return view
    probabilities = view.probabilities.copy()
    shape, step = (probabilities.shape[1], probabilities.shape[2]), view.picture.shape[0] / probabilities.shape[1]
    own = _off_head(*axes.coordinates(shape, step))
    nearest = np.min([_off_head(*other.coordinates(shape, step)) for other in others], 0)
    theirs = probabilities[FaceClass.HAIR] * np.clip((own - nearest) / OTHERS_FADE + 0.5, 0, 1)
    probabilities[FaceClass.HAIR] -= theirs
    probabilities[FaceClass.BACKGROUND] += theirs
    return replace(view, probabilities=probabilities)


def _off_head(u: Plane, v: Plane) -> Plane:
    """How far each spot is from the middle of a head with its hair (in its own coordinates): 1 on the outline."""
    half_width, low, high = HEAD_WITH_HAIR
    return np.asarray(np.hypot(u / half_width, (v - (low + high) / 2) / ((high - low) / 2)), np.float32)


@dataclass(frozen=True)
class Setting:
    """photo: the canvas; landmarks: 68,2 on it; axes: the head's; fade: H,W, 0..1, how much may change near the
    canvas's own edges; others: the axes of other heads on it; pixel_px: canvas pixels per pixel of the photo; above_px:
    so many rows at the top lie above what a generator draws."""

    photo: View
    landmarks: NDArray[np.float64]
    axes: HeadAxes
    fade: Plane
    others: Sequence[HeadAxes] = ()
    pixel_px: float = 1.0
    above_px: int = 0

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
        """The photo's hair."""
        return hair_matte(self.photo, self.v, self.unit_px)

    @cached_property
    def protected(self) -> Mask:
        """Brows, eyes, glasses, nose and mouth stay the photo's, but for hair that hangs over them."""
        features = dilate(self.photo.is_any(*FEATURES), FEATURES_PX * self.unit_px)
        features = features & ~self.matte.near_hard(FEATURES_OFF_HAIR_PX)
        # A brow that goes on under the hair ends in hair that was taken for it.
        brows = dilate(self.photo.is_any(FaceClass.LEFT_BROW, FaceClass.RIGHT_BROW), FEATURES_PX * self.unit_px)
        return features & (self.v < PROTECTED_BELOW) & ~(brows & self.matte.near_hard(BROW_MARGIN_PX * self.unit_px))

    @cached_property
    def beard(self) -> Mask:
        """The part of the face that may be bearded."""
        return face_area(self.landmarks, self.v.shape) & (self.v < BEARD_BELOW)

    @cached_property
    def calm_skin(self) -> Mask:
        """Visible skin that shows the photo's own grain."""
        clear = ~self.matte.near_hard(CALM_OFF_HAIR_PX * self.unit_px) & ~self.protected & ~self.beard
        return erode(self.photo.seen(*SKIN) & clear, CALM_EDGE_PX) & (self.v > CALM_ABOVE)

    @cached_property
    def hole(self) -> Mask:
        """Where, before the background, something else must be seen once the hair is gone."""
        photo, unit_px = self.photo, self.unit_px
        background = photo.is_any(FaceClass.BACKGROUND) & photo.real & ~self.people & (self.v > HALO_ABOVE)
        measured_px = halo_px(photo.picture, self.matte, background, unit_px)
        return self.matte.hole(max(HALO_PX * unit_px, HALO_PIXELS * self.pixel_px, measured_px))

    @cached_property
    def gaps(self) -> Plane:
        """Background between own locks (H,W, 0..1), where drawn hair may lie."""
        closed = erode(self.matte.near_solid(GAP_PX * self.unit_px), GAP_PX * self.unit_px)
        return soft(closed & self.photo.is_any(FaceClass.BACKGROUND), GAP_EDGE_PX, *GAP_EDGE)

    @cached_property
    def people(self) -> Mask:
        """Other heads with their shoulders, and this person's bare ones: the parser calls all of them background."""
        mask = self._bare_body.copy()
        shoulders, below = OTHER_SHOULDERS
        for other in self.others:
            u, v = other.coordinates((mask.shape[0], mask.shape[1]))
            mask |= (_off_head(u, v) < 1) | ((np.abs(u) < shoulders) & (v < below))
        return mask

    @cached_property
    def _bare_body(self) -> Mask:
        """What the parser calls background below the chin and has the colour of the person's skin: bare shoulders."""
        picture, sample = self.photo.picture, self.calm_skin
        below = (self.v < SHOULDERS_BELOW) & self.photo.is_any(FaceClass.BACKGROUND)
        if int(sample.sum()) < MIN_RING_PX or not below.any():
            return np.zeros_like(below)
        tints = np.log(picture[..., :2] + LOG_OFFSET) - np.log(picture[..., 1:] + LOG_OFFSET)
        unlike = np.linalg.norm(tints - np.median(tints[sample], 0), axis=2)
        return np.asarray(below & (blur(unlike, BODY_BLUR_PX * self.unit_px) < LIKE_SKIN), bool)

    @cached_property
    def _shadow_px(self) -> float:
        """How far the hair's shadow reaches on the forehead, in pixels of a face 500 wide."""
        least, most = SHADOW_LIMITS_PX
        skin = self.photo.is_any(FaceClass.SKIN) & (self.v > FOREHEAD_ABOVE) & ~self.protected & self.photo.real
        away_px = np.minimum(self.matte.off_hard[skin], float(max(skin.shape)))
        away, bright = away_px / self.unit_px, np.log(luminance(self.photo.picture)[skin] + LOG_OFFSET)
        rings: list[tuple[float, float]] = []
        for inner in np.arange(least / 2, most + 4 * SHADOW_RING_PX, SHADOW_RING_PX):
            ring = bright[(away >= inner) & (away < inner + SHADOW_RING_PX)]
            if len(ring) >= MIN_RING_PX * self.unit_px**2 / 4:
                rings.append((float(inner), float(np.median(ring))))
        if not rings:
            return least
        brightest = max(value for _, value in rings)
        reach = next(inner for inner, value in rings if value >= brightest - SHADOW_LOG)
        return float(np.clip(reach + SHADOW_FADE_PX / 2, least, most))

    @cached_property
    def _ears_seen(self) -> Mask:
        """The sides (as halves of the canvas) on which the photo shows an ear."""
        ears = self.photo.is_any(*EARS)
        seen = np.zeros_like(ears)
        for side in (-1, 1):
            if (ears & (self.u * side > 0)).sum() > MIN_EAR_PX:
                seen |= self.u * side > 0
        return seen

    def hidden_ears(self, render: View) -> Mask:
        """Ears that the render draws beside those that the photo shows."""
        return self._ears_seen & render.is_any(*EARS) & self.photo.is_any(FaceClass.BACKGROUND)

    def change(self, render: View) -> Plane:
        """Soft mask (H,W, 0..1) of hair, its rim and shadow on the skin, and of ears that a bald render uncovers."""
        photo, matte, unit_px, v, protected = self.photo, self.matte, self.unit_px, self.v, self.protected
        background, ears = photo.is_any(FaceClass.BACKGROUND), photo.is_any(*EARS)
        near = matte.near_hard(self._shadow_px * unit_px) & (v > FOREHEAD_ABOVE)
        near = near | matte.near_hard(SIDE_SHADOW_PX * unit_px)
        on_skin = near & ~protected & ~(dilate(ears, EARS_PX) & ~matte.near_hard(EARS_OFF_HAIR_PX))
        above = soft(on_skin, SHADOW_FADE_PX * unit_px, *SHADOW_EDGE)
        below = soft(on_skin, SIDE_SHADOW_FADE_PX * unit_px, *SIDE_SHADOW_EDGE)
        skin_part = np.maximum(blur(np.where(v > 0, above, below), SHADOW_SEAM_PX), matte.hard)
        hole = self.hole
        stray_zone = soft(dilate(matte.strays, STRAY_PX), STRAY_EDGE_PX, *STRAY_EDGE)
        behind_part = soft(hole & (background | matte.hard), BEHIND_EDGE_PX * unit_px, *BEHIND_EDGE)
        behind_part = np.maximum(behind_part, stray_zone * background)
        behind_part = np.maximum(behind_part, self.gaps)
        # The hair's shadow lies on skin; behind the head only the hair itself goes.
        skin_part = skin_part * (1 - soft(background & ~dilate(hole, BESIDE_HOLE_PX), BESIDE_HOLE_EDGE_PX))
        rim = background | (dilate(background, RIM_PX) & ~photo.is_any(*SKIN))
        change = np.where(rim, np.maximum(behind_part, skin_part), skin_part)
        new_ears = render.is_any(*EARS) & background & ~self.hidden_ears(render)
        new_ears &= matte.near_solid(NEW_EARS_WITHIN_PX * unit_px) & (v < NEW_EARS_BELOW)
        change = np.maximum(change, soft(new_ears, NEW_EARS_EDGE_PX, *NEW_EARS_EDGE))
        change = np.maximum(change, matte.alpha * ~protected)
        change = np.maximum(change, strand_plane(matte) * (v > 0))
        change = np.maximum(blur(np.where(protected, 0, change), CHANGE_EDGE_PX), matte.alpha)
        change = change * (1 - blur(protected, PROTECTED_EDGE_PX))
        # What hair hides of bare shoulders nobody draws: its ends stay there.
        body = self._bare_body
        if body.any():
            change = change * (1 - soft(dilate(body, BODY_MARGIN_PX * unit_px), BODY_EDGE_PX * unit_px))
        # Hair in the padding must not reach into the picture; the photo's own last row is hair like any other.
        change = change * self.fade * dilate(photo.real, PADDING_PX)
        return np.asarray(np.where(change < LEAST_SEEN, 0, change), np.float32)
