"""The crown of a bald head: a smooth skull, without the hair behind it that a generator draws into its own background.

The skull's outline is one smooth line over the angles around the head's middle. On top it is where the scalp ends, or a
little outside of it, and what lies there is skin; towards the sides it becomes the drawn outline, beyond which hair
stands out the further the lower. Hair does not end at the top's edge: it gets thinner on the way up.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engine.compositing.notches import notches
from engine.compositing.own_skin import own_skin
from engine.compositing.setting import Setting
from engine.compositing.skull import SkullSettings, rays_of, skull_line
from engine.compositing.view import View
from engine.imaging.lab import to_lab
from engine.imaging.mirrored import mirrored_beyond
from engine.imaging.ops import (
    LEAST_SEEN,
    Mask,
    Picture,
    Plane,
    apart,
    blur,
    bounding_box,
    closed,
    colour_near_or_further,
    dilate,
    erode,
    luminance,
    mixed,
    smooth_over,
    smoothstep,
)
from engine.imaging.scale import at_scale
from engine.parsing.classes import HAIR_CLASSES, FaceClass


@dataclass(frozen=True)
class CrownSettings:
    """What of a crown is scalp, set by eye. Lengths in `_px` are pixels of a face 500 wide; heights are face widths
    over the brows, half widths face widths from the midline."""

    # Above this height skin is scalp.
    scalp_above: float = 0.12
    # Where more than this share of the crown is hair it stays as it is: above this height, so far beside the midline.
    most_hair: float = 0.35
    crown_above: float = 0.40
    crown_half_width: float = 0.20
    # Here, right on top, a parser's hair that looks like scalp is scalp: light hair at the sides may look like it too.
    top_above: float = 0.38
    top_half_width: float = 0.30
    # Scalp is what differs so little (Lab, told over so many canvas pixels) from the skin this far inside; fuzz differs
    # more, a crown's own shading less. Where hardly any such skin is near, what lies so many times further counts.
    apart: float = 18.0
    apart_sigma_canvas_px: float = 2
    inside_px: float = 26.0
    least_weight: float = 0.03
    further: float = 3.0
    # Where the photo shows skin the head ends so softly, and so much around is painted where none was drawn.
    own_edge_canvas_px: float = 1.2
    own_rim_canvas_px: int = 8
    # Its edge is so soft; less of it (pixels of a face 500 wide) tells nothing of a crown.
    edge_px: float = 1.8
    min_scalp_px: int = 2000
    # Drawn scalp is darker with stubble this close to hair; what is painted as scalp fades so softly into the drawn
    # one.
    stubble_px: float = 28.0
    paint_fade_px: float = 12.0
    # Where no hair is beside, only a rim that mixes with the render's own background.
    rim_px: float = 10.0
    # Up to as far as stubble, what is darker than that colour by so many levels, told over so much (a Gaussian's
    # sigma).
    darker_px: float = 8.0
    darker: tuple[float, float] = (0.0, 8.0)
    # It is painted in the colour of scalp that is so far off hair: what is nearer is darker with it.
    clear_px: float = 32.0
    # With what is finer than so much (a Gaussian's sigma): with shading, dark places were mirrored as arcs.
    texture_px: float = 10.0
    # Half way between top and sides hair lies in a band along the outline that is so wide (face widths). It ends over
    # this share of its width on either side, and no less than so much.
    band: float = 0.045
    band_edge_share: float = 0.6
    least_band_edge: float = 0.025
    # Up to the outline all is head where, at these shares of the top (0..1), it counts as the skull's rather than the
    # drawn head's: any less than all let the background shine through.
    tops: tuple[float, float] = (0.02, 0.15)
    # Within the first of these shares of the outline's smallest distance nothing is changed, from the second on all.
    inner_shares: tuple[float, float] = (0.5, 0.75)
    # Up to so far beside the midline a head is bare on top where less than this share (0..1) of what lies so close to
    # its outline is hair (lengths in face widths): so much may be at a cone's flanks; with more it lies on the skull.
    bare_half_width: float = 0.25
    bare_rim: float = 0.06
    bare_most_hair: float = 0.55
    skull: SkullSettings = field(default_factory=SkullSettings)


@dataclass(frozen=True)
class Crown:
    """A drawn bald head with a crown: render, its picture; head: H,W, 0..1, the drawn person; scalp: H,W, 0..1, what
    surely is some on top, whatever a parser sees there."""

    render: View
    head: Plane
    scalp: Plane


def with_crown(setting: Setting, render: View, head: Plane, settings: CrownSettings = CrownSettings()) -> Crown:
    """A drawn head (H,W, 0..1) without hair on top, with the crown that it should have; one that still has some hair
    there, as it is."""
    settings = at_scale(settings, setting.photo.scale)
    u, v, unit_px, skull = np.abs(setting.u), setting.v, setting.unit_px, settings.skull
    radius_px, degrees = _polar(setting, skull.middle_v)
    above = v > settings.scalp_above
    hair, before = render.is_any(*HAIR_CLASSES), head
    drawn = head > 0.5
    # Where the photo shows skin the head is, whatever was drawn there: the far temple of a turned one, above all.
    own = own_skin(setting) & ~hair
    head = np.maximum(head, blur(own, settings.own_edge_canvas_px))
    head = np.maximum(head, notches(drawn & above & ~hair, drawn & hair, radius_px, degrees, unit_px) * above)
    solid = head > 0.5
    crown = solid & (v > settings.crown_above) & (u < settings.crown_half_width)
    missed = own & ~drawn
    # Pores are those of skin that was drawn: not of a render's dark rim, below where the photo shows the head to end.
    inside = above & solid & ~hair & ~dilate(missed, settings.own_rim_canvas_px)
    inside &= erode(solid, settings.inside_px * unit_px)
    as_it_is = Crown(render, before, np.zeros_like(head))
    if inside.sum() < settings.min_scalp_px * unit_px**2:
        return as_it_is
    inner, weight = _inner(render.picture, inside, settings.inside_px * unit_px, settings)
    differs = blur(apart(to_lab(render.picture), to_lab(inner)), settings.apart_sigma_canvas_px)
    like = solid & (weight > settings.least_weight) & (differs < settings.apart)
    if float((hair & crown & ~like).sum()) > settings.most_hair * crown.sum():
        return as_it_is
    top = (v > settings.top_above) & (u < settings.top_half_width)
    scalp = inside | own | (above & like & (~hair | top))
    gap_px = settings.inside_px * unit_px / 2
    scalp = closed(scalp, gap_px)
    rays = rays_of(radius_px, degrees, solid & above, scalp & solid, hair, setting.axes.width_px, skull)
    told = None if rays is None else skull_line(rays, unit_px, skull)
    if rays is None or told is None:
        return as_it_is
    at, top_share, thick = (np.interp(degrees, rays.angles, values).astype(np.float32) for values in told)
    edge_px = settings.edge_px * unit_px
    within = np.clip((at - radius_px) / (2 * edge_px) + 0.5, 0, 1)
    near = smoothstep(radius_px, *(share * float(told[0].min()) for share in settings.inner_shares))
    # Below its last angles nothing is told of a skull: there lies the face.
    holds = smoothstep(skull.most_degrees - np.abs(degrees), 0, skull.fade_degrees) * near
    bare = np.asarray(within * np.maximum(head, smoothstep(top_share, *settings.tops)), np.float32)
    # Where the top becomes the sides, hair lies along the outline, in a band that gets narrower on the way up.
    band = np.minimum(settings.band * np.sqrt((1 - top_share) / np.maximum(top_share, LEAST_SEEN)), thick)
    beyond_band = np.asarray((at - radius_px) / setting.axes.width_px - band, np.float32)
    band_edge = np.maximum(settings.band_edge_share * band, settings.least_band_edge)
    is_skin = smoothstep(np.asarray(beyond_band / band_edge, np.float32), -1, 1) * holds
    clear = inside & ~dilate(hair, settings.clear_px * unit_px)
    clear = clear if clear.any() else inside
    colour, _ = _inner(render.picture, clear, settings.inside_px * unit_px, settings)
    # What the skull has there beyond the scalp that was drawn gets its colour, and so does scalp beside hair, and a rim
    # of it that is darker. One with a light of its own keeps it.
    rim_px, stubble_px = settings.rim_px * unit_px, settings.stubble_px * unit_px
    lacking = ~erode(scalp & ~hair, rim_px) | dilate(solid & hair, stubble_px)
    wide = blur(~erode(scalp & ~hair, stubble_px), settings.paint_fade_px * unit_px)
    darker = blur(luminance(colour) - luminance(render.picture), settings.darker_px * unit_px)
    wide = wide * smoothstep(darker, *settings.darker)
    painted = np.maximum(blur(lacking, settings.paint_fade_px * unit_px), wide) * is_skin
    # As does what was drawn as background where the photo shows skin, or where the outline bridges a dent.
    missed |= ~drawn & (bare * holds > 0.5)
    missed = dilate(missed, settings.own_rim_canvas_px) & ~hair
    painted = np.maximum(painted, blur(missed, settings.own_edge_canvas_px) * within)
    picture, texture_px = render.picture.copy(), settings.texture_px * unit_px
    here = bounding_box(clear | (painted > 0), round(2 * texture_px))
    texture = _texture(picture[here], clear[here], texture_px)
    picture[here] = mixed(picture[here], colour[here] + texture, painted[here])
    sure = np.maximum(blur(scalp & top, edge_px), is_skin) * within
    return Crown(
        render.with_picture(picture),
        np.asarray(head + (bare - head) * holds, np.float32),
        np.asarray(sure, np.float32),
    )


def is_bare_on_top(setting: Setting, render: View, settings: CrownSettings = CrownSettings()) -> bool:
    """Whether a drawn head has skin right up to its outline on top: without a crown its own line there, which no hair
    softens, is a cone or a saw."""
    head, hair = ~render.is_any(FaceClass.BACKGROUND), render.is_any(*HAIR_CLASSES)
    rim = head & ~erode(head, settings.bare_rim * setting.axes.width_px)
    rim &= (setting.v > settings.crown_above) & (np.abs(setting.u) < settings.bare_half_width)
    return bool(rim.any() and hair[rim].mean() < settings.bare_most_hair)


def _texture(picture: Picture, clear: Mask, sigma_px: float) -> Picture:
    """Pores of clear skin (H,W,3), what is finer than a Gaussian's sigma, mirrored beyond it, as far as that is wide:
    painted skin would else be flat."""
    fine = picture - smooth_over(picture, clear, sigma_px)
    return mirrored_beyond(np.asarray(fine * clear[..., None], np.float32), clear)


def _inner(picture: Picture, inside: Mask, sigma_px: float, settings: CrownSettings) -> tuple[Picture, Plane]:
    """The colour of the skin inside, near each pixel (H,W,3), and how much of it there is."""
    return colour_near_or_further(picture, inside, sigma_px, settings.further * sigma_px, settings.least_weight)


def _polar(setting: Setting, middle_v: float) -> tuple[Plane, Plane]:
    """Distances from the head's middle in pixels, and degrees from straight up (H,W each)."""
    u, v = setting.u, setting.v - np.float32(middle_v)
    radius_px = np.hypot(u, v) * np.float32(setting.axes.width_px)
    return radius_px.astype(np.float32), np.degrees(np.arctan2(u, v)).astype(np.float32)
