"""What of a body that hair hid is clothed: what is nearer to clothes that are seen, on either side, than to skin."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.compositing.setting import Setting
from engine.compositing.torso import chin_height
from engine.compositing.view import CLOTHES, SKIN, View
from engine.imaging.ops import Mask, distance_to
from engine.parsing.classes import FaceClass


@dataclass(frozen=True)
class HiddenClothSettings:
    """Where it is told, set by eye. Heights and widths are face widths, over the brows and from the midline; lengths in
    `_px` pixels of a face 500 wide."""

    # A neck is as wide as it is drawn from so far below the chin to so far above it.
    neck_around_chin: tuple[float, float] = (0.08, 0.04)
    # Cloth begins so far beside it, so far below the chin.
    beside: float = 0.02
    below_chin: float = 0.06
    # Beside a neck, which ends in a collar, its skin tells nothing; so far below the chin it is no neck, but a chest.
    chest_below_chin: float = 0.25
    # It is told so far around hair, by what is seen so far off it, of which there is at least so much.
    around_px: float = 12.0
    off_hair_px: float = 6.0
    least_px: float = 2000.0


def hidden_cloth(
    setting: Setting, render: View, head: Mask, settings: HiddenClothSettings = HiddenClothSettings()
) -> Mask:
    """Where a head without hair (H,W) is clothed, in the photo's hair and right beside it (H,W). render: what was
    drawn. Empty where hardly any cloth is seen, bare shoulders are, or no neck was drawn."""
    photo, matte, u = setting.photo, setting.matte, setting.u
    chin = chin_height(setting)
    below, above = settings.neck_around_chin
    neck = render.is_any(FaceClass.NECK) & (setting.v > chin - below) & (setting.v < chin + above)
    if not neck.any():
        return np.zeros_like(head)
    beside = (u < u[neck].min() - settings.beside) | (u > u[neck].max() + settings.beside)
    low = setting.v < chin - settings.below_chin
    seen = low & ~matte.near_hard(settings.off_hair_px * setting.unit_px)
    cloth, bare = seen & photo.seen(*CLOTHES), seen & photo.seen(*SKIN)
    if cloth.sum() < max(settings.least_px * setting.unit_px**2, setting.bare_body.sum()):
        return np.zeros_like(head)
    # A body is symmetrical: what one side hides the other shows.
    told = cloth | bare
    cloth, bare = (mask | (_mirrored(setting, mask) & ~told) for mask in (cloth, bare))
    hidden = head & low & matte.near_hard(settings.around_px * setting.unit_px)
    off_neck = bare & (beside | (setting.v < chin - settings.chest_below_chin))
    clothed = np.where(beside, _nearer(cloth, off_neck), _nearer(cloth, bare))
    return np.asarray(hidden & clothed, bool)


def _nearer(one: Mask, other: Mask) -> Mask:
    """Where one mask (H,W) is nearer than another (H,W)."""
    return np.asarray(distance_to(one) <= distance_to(other), bool) if other.any() else np.ones_like(one)


def _mirrored(setting: Setting, mask: Mask) -> Mask:
    """A mask (H,W) on the other side of the head's midline."""
    turn = np.eye(2) - 2 * np.outer(setting.axes.right, setting.axes.right)
    matrix = np.column_stack([turn, setting.axes.origin - turn @ setting.axes.origin])
    size = (mask.shape[1], mask.shape[0])
    return np.asarray(cv2.warpAffine(mask.view(np.uint8), matrix, size, flags=cv2.INTER_NEAREST)).view(bool)
