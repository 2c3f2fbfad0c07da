"""The photo's own texture on skin, its sensor's noise and the skin's unevenness, for what is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.imaging.grain import random_phase_texture, tiled
from engine.imaging.ops import Mask, Picture, Plane, blur, channel_mean


@dataclass(frozen=True)
class GrainSettings:
    """How texture is read and laid, set by eye. Lengths are canvas pixels, whose grid the sensor's noise lies on."""

    # Side of the square of texture that is repeated: large enough for nobody to see it repeat.
    tile_px: int = 512
    # Of all skin, the patch this far up in roughness: the smoothest may be burnt out, the roughest bearded.
    calm_percentile: float = 30.0
    # A patch is skin where so much of it (0..1) is; where no patch is, the best ones down to this share of the best.
    skin_share: float = 0.97
    nearly_best: float = 0.98
    # Texture is as strong as the light on it, told this smooth, as a share of the patch's light between these limits.
    light_sigma_px: float = 9
    light_limits: tuple[float, float] = (0.4, 1.2)


@dataclass(frozen=True)
class SkinTexture:
    """What of skin's texture is meant: coarser than one Gaussian's sigma, finer than another's (pixels), and read
    from a patch of this side; deviation of it (levels) at most, and the share of it that drawn skin gets."""

    finest_px: float
    coarsest_px: float
    side_px: int
    most_deviation: float
    share: float

    def of(self, picture: Picture) -> Picture:
        """That of a picture (H,W,3)."""
        fine = blur(picture, self.finest_px) if self.finest_px else picture
        return np.asarray(fine - blur(picture, self.coarsest_px), np.float32)


# The sensor's noise with pores, and the unevenness of skin between pores and its shading.
NOISE = SkinTexture(0.0, 6.0, 64, 6.0, 0.85)
MOTTLE = SkinTexture(6.0, 20.0, 144, 3.0, 0.8)


@dataclass(frozen=True)
class Grain:
    """The photo's own texture on skin. texture: H,W,3, of the deviation `found`; row, column: of the patch that it was
    read from, usual: how bright that is."""

    band: SkinTexture
    texture: Picture
    found: float
    row: int
    column: int
    usual: float

    def on(self, render: Picture, lit: Picture, domain: Plane, settings: GrainSettings = GrainSettings()) -> Picture:
        """Grain (H,W,3) to add to a lit render, as far as the render lacks it. domain: H,W, 0..1, where."""
        side = self.band.side_px
        y, x = max(self.row - side // 2, 0), max(self.column - side // 2, 0)
        inner = (slice(self.row - y, self.row - y + side), slice(self.column - x, self.column - x + side))
        there = float(self.band.of(render[y : y + 2 * side, x : x + 2 * side])[inner].std())
        wanted = min(self.found, self.band.most_deviation)
        lacking = self.band.share * np.sqrt(max(0.0, wanted**2 - min(there, wanted) ** 2)) / max(self.found, 1e-3)
        brightness = np.clip(blur(channel_mean(lit), settings.light_sigma_px) / self.usual, *settings.light_limits)
        return np.asarray(self.texture * (np.float32(lacking) * brightness * domain)[..., None], np.float32)


def grain_of(
    photo: Picture,
    real_skin: Mask,
    rng: np.random.Generator,
    band: SkinTexture = NOISE,
    settings: GrainSettings = GrainSettings(),
) -> Grain:
    """The texture of a calm patch of real skin (H,W)."""
    side = band.side_px
    fine = band.of(photo)
    cover = cv2.boxFilter(real_skin.astype(np.float32), -1, (side, side))
    energy = cv2.boxFilter(channel_mean(fine**2) * real_skin, -1, (side, side))
    roughness = np.sqrt(np.maximum(energy / np.maximum(cover, 0.01), 0))
    inner = np.zeros_like(real_skin)
    inner[side:-side, side:-side] = True
    usable = inner & (cover > settings.skin_share)
    if not usable.any():
        usable = inner & (cover >= cover[inner].max() * settings.nearly_best)
    calm = np.percentile(roughness[usable], settings.calm_percentile)
    distance = np.where(usable, np.abs(roughness - calm), np.inf)
    middle_row, middle_column = np.unravel_index(int(distance.argmin()), distance.shape)
    row, column = int(middle_row) - side // 2, int(middle_column) - side // 2
    patch = fine[row : row + side, column : column + side] * real_skin[row : row + side, column : column + side, None]
    tile = random_phase_texture(patch, (settings.tile_px, settings.tile_px), rng)
    texture = tiled(tile, (photo.shape[0], photo.shape[1]))
    usual = max(float(photo[row : row + side, column : column + side].mean()), 1.0)
    return Grain(band, texture, float(patch.std()), row, column, usual)
