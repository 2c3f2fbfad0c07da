"""What lies on the hair: headbands, bows, clips, glasses pushed up, letters. The face parser calls most of it hair, and
as hair it would half dissolve; what the parser's trunk saw there tells it (engine/parsing/on_hair.py)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.view import View
from engine.errors import HatInTheWay
from engine.face.head_axes import HeadAxes
from engine.imaging.ops import Mask, Plane, closed, dilate, erode, filled
from engine.imaging.parts import connected_parts
from engine.parsing import FaceClass

# No class is less likely than this where its odds are told.
LEAST_SHARE = 1e-3
# Log-odds of something on the hair where nobody looked.
NO_EVIDENCE = -20.0


@dataclass(frozen=True)
class OnHairSettings:
    """When something lies on the hair. Lengths are face widths, areas their squares, evidence is the log of the odds
    that something lies there, summed over an area where it is above 0."""

    # So far above the brows (below: less than 0) and no farther aside.
    lowest: float = -0.4
    within: float = 1.0
    # From here up, gaps of the hair are closed, since what lies on it is hair to the parser, or none, and things go on
    # so far beside it. Below, there are ears, hands and glasses in the gaps and beside it, and no nearer than this to
    # glasses anything counts.
    upper: float = 0.1
    gap: float = 0.05
    beside: float = 0.08
    from_glasses: float = 0.08
    # Arms of glasses, and the dark sides of some, go on from the lenses over the hair so far aside.
    arms: float = 0.25
    # Evidence counts from so much on, summed up over what hangs together on the hair, or on and beside it: what has
    # more of it than this is a thing. What lies with less than this share there is part of the background. Of 400 bare
    # heads that this was chosen on none has more than 0.0023 (black hair without light on a dark snapshot).
    sure: float = 1.5
    least_evidence: float = 0.003
    there_share: float = 0.3
    # And what lies with less than this share of that on the hair itself lies behind it: leaves, the picture's edge.
    on_it_share: float = 0.1
    # Hair that is plainly seen as hair, with less evidence than this at this quantile, shows weaker things as well: on
    # it, not beside it, evidence counts from so much on, and so much of it is a thing. Of 290 bare heads that this was
    # chosen on none has more than 0.0032. Dark hair without light, and hair before leaves in the sun, are not seen so
    # plainly.
    plain_quantile: float = 0.75
    plain: float = -4.0
    sure_if_plain: float = 0.0
    least_evidence_if_plain: float = 0.0035
    # From closer small things are seen as well, pins and pearls: there, above the brows, evidence counts from so much
    # on, and so much of it is a thing on such hair. Of 89 bare heads that this was chosen on none has more than 0.0003.
    sure_close: float = -1.0
    least_evidence_close: float = 0.001
    # Two that are each unsure agree: what the parser takes for a hat rather than for hair by so much (the odds of bare
    # hair, at most, as a log), added to the evidence, tells a cap on the back of a head, and cloth. Of 137 bare heads
    # none has more than 0.004 where both together are above 0, and a hat has at least this probability.
    hat_odds: float = -2.2
    maybe_hat: float = 0.1
    least_agreed_area: float = 0.015
    # The least area that is looked at, and from closer.
    least_area: float = 0.0005
    least_area_close: float = 0.0001
    # What stays in place anyway is no reason to refuse, once letters so close to each other are joined; but if less
    # than this share of a thing stays, as of glasses whose lenses alone look drawn, it would go in half.
    together: float = 0.035
    kept_share: float = 0.88
    # Nor does a thing in the hair, with strands over it: its pieces would stay with slits between them, or its rim with
    # a hole. Slits are up to twice so wide and as far from the outline, more likely a thing than not, and this share of
    # the whole. Of drawn things that stay whole they are 0.01 at most (crowns, flowers), of four under strands 0.019 to
    # 0.033, of a flower that stays without its middle 0.088. Words have as many, so this is asked only of what is most
    # of what stays, nearly all of it one piece.
    slit: float = 0.012
    slits_share: float = 0.015
    piece_share: float = 0.7
    most_share: float = 0.5


def check_on_hair(
    view: View,
    axes: HeadAxes,
    kept: Mask,
    evidence: Plane,
    close: Plane,
    settings: OnHairSettings = OnHairSettings(),
) -> None:
    """Raise HatInTheWay where something lies on the hair. axes: the head's, in the view's pixels; kept (H,W): what
    stays in place anyway, whatever becomes of the hair; evidence, close: as in `lies_on_hair`."""
    height, width = view.probabilities.shape[1:]
    shrink = width / view.picture.shape[1]
    axes = replace(axes, origin=(axes.origin + 0.5) * shrink - 0.5, width_px=axes.width_px * shrink)
    kept = cv2.resize(kept.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST).astype(bool)
    if lies_on_hair(evidence, close, view.probabilities, axes, kept, settings):
        raise HatInTheWay(
            "Something lies on the hair or is held before it (a headband, a veil, a clip, headphones, letters, a "
            "hand, a phone) and would be left floating. Use a photo without it."
        )


def lies_on_hair(
    evidence: Plane,
    close: Plane,
    probabilities: NDArray[np.float32],
    axes: HeadAxes,
    kept: Mask,
    settings: OnHairSettings = OnHairSettings(),
) -> bool:
    """Whether a part of the hair shows something else.

    evidence: H,W, log-odds that something lies there; close: the same, seen from closer, NO_EVIDENCE where it was not;
    probabilities: 19,H,W, of classes; axes: the head's, in those pixels; kept (H,W): what stays in place whatever
    becomes of the hair.
    """
    unit_px = axes.width_px
    u, v = axes.coordinates(kept.shape)
    hair = probabilities[FaceClass.HAIR] + probabilities[FaceClass.HAT] > 0.5
    # Beyond the picture there is no hair, or a frame around it would be a gap.
    room = round(2 * settings.gap * unit_px) + 1
    inner = slice(room, -room)
    whole = closed(np.pad(hair, room), settings.gap * unit_px)[inner, inner]
    upper = v > settings.upper
    lenses = (probabilities[FaceClass.GLASSES] > 0.5) & ~upper
    glasses = dilate(_aside(lenses, axes, settings.arms), settings.from_glasses * unit_px)
    hair = np.where(upper, whole, hair & ~glasses)
    zone = (v > settings.lowest) & (np.abs(u) < settings.within)
    near = (hair | (upper & dilate(whole, settings.beside * unit_px))) & zone
    hair = hair & zone
    at_all = np.maximum(evidence, close)
    stays = kept
    if kept.any():
        stays = closed(kept, settings.together * unit_px) & ~_under_strands(kept, at_all, unit_px, settings)
    for part in connected_parts(at_all > 0, 0, settings.least_area * unit_px**2):
        there = part.mask & near[part.box]
        on_it = there & hair[part.box]
        if there.sum() < settings.there_share * part.area_px or on_it.sum() < settings.on_it_share * there.sum():
            there = on_it
        seen = _evidence_of(at_all[part.box], there, stays[part.box], settings.sure, settings.kept_share)
        if seen / unit_px**2 > settings.least_evidence:
            return True
    if _looks_like_a_hat(evidence, probabilities, hair & upper & ~stays, unit_px, settings):
        return True
    if _lies_on_plain_hair(evidence, hair, stays, unit_px, settings):
        return True
    nearer = replace(
        settings,
        least_area=settings.least_area_close,
        sure_if_plain=settings.sure_close,
        least_evidence_if_plain=settings.least_evidence_close,
    )
    return _lies_on_plain_hair(close, hair & upper & (close > NO_EVIDENCE), stays, unit_px, nearer)


def _aside(lenses: Mask, axes: HeadAxes, far: float) -> Mask:
    """Lenses (H,W) with their arms, which go on so far (face widths) along the line of the eyes."""
    if not lenses.any():
        return lenses
    along = far * axes.width_px * axes.right
    side_px = 2 * int(np.ceil(np.abs(along).max())) + 1
    arm = np.zeros((side_px, side_px), np.uint8)
    middle = np.full(2, side_px // 2)
    begin, end = (np.rint(middle + side * along).astype(int).tolist() for side in (-1, 1))
    cv2.line(arm, begin, end, 1)
    return np.asarray(cv2.dilate(lenses.astype(np.uint8), arm) > 0, bool)


def _under_strands(kept: Mask, evidence: Plane, unit_px: float, settings: OnHairSettings) -> Mask:
    """Of what stays in place (H,W) the one solid thing, whole, that something lies over which does not."""
    out = np.zeros_like(kept)
    whole = filled(closed(kept, settings.slit * unit_px))
    for part in connected_parts(whole, 0, max(settings.most_share * whole.sum(), settings.least_area * unit_px**2)):
        inside = erode(np.pad(part.mask, 1), settings.slit * unit_px)[1:-1, 1:-1]
        slits = inside & ~kept[part.box] & (evidence[part.box] > 0)
        if slits.sum() < settings.slits_share * part.area_px:
            continue
        pieces = connected_parts(part.mask & kept[part.box], 0, settings.piece_share * part.area_px)
        if any(True for _ in pieces):
            out[part.box] |= part.mask
    return out


def _looks_like_a_hat(
    evidence: Plane, probabilities: NDArray[np.float32], hair: Mask, unit_px: float, settings: OnHairSettings
) -> bool:
    """Whether parser and evidence together, though neither is sure, tell cloth on enough of the hair (H,W)."""
    hat, surely = (np.maximum(probabilities[one], LEAST_SHARE) for one in (FaceClass.HAT, FaceClass.HAIR))
    agreed = evidence + np.log(hat / surely) - settings.hat_odds > 0
    area_px = int((agreed & (hat > settings.maybe_hat) & hair).sum())
    return area_px / unit_px**2 > settings.least_agreed_area


def _lies_on_plain_hair(evidence: Plane, hair: Mask, stays: Mask, unit_px: float, settings: OnHairSettings) -> bool:
    """Whether hair (H,W) that is else seen as such shows something, be it weakly."""
    if not hair.any() or float(np.quantile(evidence[hair], settings.plain_quantile)) >= settings.plain:
        return False
    sure = settings.sure_if_plain
    for part in connected_parts((evidence > sure) & hair, 0, settings.least_area * unit_px**2):
        seen = _evidence_of(evidence[part.box], part.mask, stays[part.box], sure, settings.kept_share)
        if seen / unit_px**2 > settings.least_evidence_if_plain:
            return True
    return False


def _evidence_of(evidence: Plane, there: Mask, stays: Mask, sure: float, kept_share: float) -> float:
    """The sum of the evidence beyond `sure` that a thing lies there (h,w); none where that stays in place."""
    if not there.any() or float(stays[there].mean()) >= kept_share:
        return 0.0
    return float(np.maximum(evidence[there] - sure, 0).sum())
