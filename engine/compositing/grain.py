"""The photo's own texture on skin, its sensor's noise and the skin's unevenness, for what is drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from engine.imaging.grain import patchwork_texture, random_phase_texture, tiled
from engine.imaging.ops import (
    Mask,
    Picture,
    Plane,
    blur,
    bounding_box,
    channel_mean,
    dilate,
    distance_to,
    smooth_over,
    weighted,
)
from engine.imaging.scale import at_scale

# Median of the mean of three channels' squares, of a normal distribution of deviation 1.
MEDIAN_OF_SQUARE = 0.789
# And of its absolute values.
MEDIAN_OF_ABSOLUTE = 0.6745
MEAN_OF_ABSOLUTE = 0.7979


@dataclass(frozen=True)
class GrainSettings:
    """How texture is read and laid, set by eye. Lengths are canvas pixels, whose grid the sensor's noise lies on."""

    # Side of the square of texture that is repeated: large enough for nobody to see it repeat.
    tile_px: int = 512
    # Of all skin, the patch this far up in roughness: the smoothest may be burnt out, the roughest bearded.
    calm_percentile: float = 45.0
    # A patch is skin where so much of it (0..1) is; where no patch is, the best ones down to this share of the best.
    skin_share: float = 0.97
    # It is of the forehead if more than this share (0..1) of it is: cheeks are blushed and shaded.
    on_forehead: float = 0.5
    # What differs from the skin around by more than so many of its deviations is none of its texture, nor is so much
    # around it: a strand, a scar, a mole, which pieces would repeat all over. Of seven faces skin itself has up to 6.
    outlier_deviations: float = 8.0
    outlier_around_canvas_px: int = 8
    # A mole in a noisy patch stands out only where noise is averaged over so much, and there by more than so many of
    # the patch's own deviations: noise has up to 3.5.
    spot_sigma_canvas_px: float = 3.0
    spot_deviations: float = 5.5
    # Slopes of a texture are told so smooth. Of a forehead with lines (below) only what is finer than so much is laid
    # in pieces: its wrinkles would lie all over as scratches. Of a cheek likewise: it is rougher than a scalp.
    lines_sigma_canvas_px: float = 1.5
    between_lines_canvas_px: float = 2.0
    # And that over itself, turned by these angles, so that it runs no way.
    turned_degrees: tuple[float, ...] = (60.0, 120.0)
    # A patch is laid in pieces if it is so many times as wide as them: a smaller one would be seen again and again.
    pieces_across: float = 1.9
    nearly_best: float = 0.98
    # How much a render has of it is told in a square of such half sides, if drawn skin has room for it.
    least_half_canvas_px: float = 16.0
    most_half_canvas_px: float = 72.0
    # And around each of its pixels over so much (a Gaussian's sigma).
    told_over_canvas_px: float = 12.0
    # Texture is as strong as the light on it, told this smooth, as a share of the patch's light between these limits.
    light_sigma_canvas_px: float = 9
    light_limits: tuple[float, float] = (0.4, 1.2)


@dataclass(frozen=True)
class SkinTexture:
    """What of skin's texture is meant: coarser than one Gaussian's sigma, finer than another's (pixels), and read
    from a patch of the first of these sides that skin has room for; deviation of it (levels) at most. piece_canvas_px:
    side of the pieces of the patch that are laid with their structure; 0 for its noise alone. most_lines: a texture
    whose slopes are so many times as strong across its lines as along them has wrinkles; most_found: what deviates by
    more (levels) is not skin alone, nor is a patch for which skin has no room: of that, and of what has lines, so
    little is laid as noise. told_locally: whether a render's own is told around each pixel: edges are coarse too."""

    finest_canvas_px: float
    coarsest_canvas_px: float
    sides_canvas_px: tuple[int, ...]
    most_deviation: float
    piece_canvas_px: int = 0
    most_lines: float = np.inf
    most_found: float = np.inf
    doubtful_deviation: float = np.inf
    lined_deviation: float = np.inf
    told_locally: bool = False

    def of(self, picture: Picture) -> Picture:
        """That of a picture (H,W,3)."""
        fine = blur(picture, self.finest_canvas_px) if self.finest_canvas_px else picture
        return np.asarray(fine - blur(picture, self.coarsest_canvas_px), np.float32)


# Pores, fine lines and the sensor's noise. Lines: of 20 faces wrinkled ones have 2 to 12, others up to 1.8; these have
# up to 4.6 of it.
NOISE = SkinTexture(
    0.0,
    6.0,
    (192, 160, 128, 96, 64),
    6.0,
    piece_canvas_px=64,
    most_lines=1.9,
    lined_deviation=2.5,
    told_locally=True,
)
# The unevenness of skin between these and its shading. Of 20 faces plain skin has up to 5.5 of it, and lines up to 2.5;
# where hair leaves only cheeks the patch reaches into eyes and nose (9 and more), and wrinkles have lines of 5 to 12.
MOTTLE = SkinTexture(
    6.0, 20.0, (144,), 3.0, most_lines=3.5, most_found=6.5, doubtful_deviation=1.2, lined_deviation=1.2
)


@dataclass(frozen=True)
class Grain:
    """The photo's own texture on skin. texture: H,W,3; laid: its deviation, wanted: what skin is to have; row,
    column, side_px: of the patch that it was read from, usual: how bright that is."""

    band: SkinTexture
    texture: Picture
    laid: float
    wanted: float
    row: int
    column: int
    side_px: int
    usual: float

    def on(
        self,
        render: Picture,
        lit: Picture,
        domain: Plane,
        shown: Mask | None = None,
        told: Mask | None = None,
        settings: GrainSettings = GrainSettings(),
    ) -> Picture:
        """Grain (H,W,3) to add to a lit render, as far as the render lacks it. domain: H,W, 0..1, where; shown: H,W,
        drawn skin where the photo has hair: there it is told how much the render has, or else where grain was read;
        told: H,W, off the head's outline, which is no texture, None for everywhere."""
        middle = None if shown is None else _middle(shown, settings)
        usual = _deviation(self.band, render, *(middle or (self.row, self.column, self.side_px)))
        there = np.full_like(domain, usual)
        if self.band.told_locally and shown is not None and middle is not None:
            told = shown if told is None else shown & told
            _tell_locally(there, self.band, render, shown, told, settings)
        lacking = np.sqrt(np.maximum(self.wanted**2 - np.minimum(there, self.wanted) ** 2, 0))
        brightness = np.clip(
            blur(channel_mean(lit), settings.light_sigma_canvas_px) / self.usual, *settings.light_limits
        )
        return weighted(self.texture, lacking / np.float32(max(self.laid, 1e-3)) * brightness * domain)


def grain_of(
    photo: Picture,
    real_skin: Mask,
    rng: np.random.Generator,
    band: SkinTexture = NOISE,
    scale: float = 1.0,
    forehead: Mask | None = None,
    settings: GrainSettings = GrainSettings(),
) -> Grain:
    """The texture of a calm patch of real skin (H,W). scale: of the photo's canvas, as of a view; forehead: H,W, where
    skin is as even as a scalp: a patch off it is doubtful."""
    band, settings = at_scale(band, scale), at_scale(settings, scale)
    fine = band.of(photo)
    energy = channel_mean(fine**2)
    real_skin = _plain(energy, real_skin, settings.outlier_deviations, settings.outlier_around_canvas_px)
    side, row, column = _patch(energy, real_skin, band.sides_canvas_px, settings)
    here = np.s_[row : row + side, column : column + side]
    has_lines = _lines(fine[here], settings) > band.most_lines
    on_cheek = forehead is not None and float(forehead[here].mean()) < settings.on_forehead
    if band.piece_canvas_px and (has_lines or on_cheek):
        band = replace(band, coarsest_canvas_px=settings.between_lines_canvas_px)
        fine = band.of(photo)
    patch = _spotless(fine[here] * real_skin[here][..., None], settings)
    tile_shape = (settings.tile_px, settings.tile_px)
    if band.piece_canvas_px and side >= settings.pieces_across * band.piece_canvas_px:
        tile = patchwork_texture(patch, tile_shape, band.piece_canvas_px, rng)
        if has_lines:
            # Wrinkles end above the forehead: what is left of them must not run one way.
            ways = [
                patchwork_texture(_turned(patch, degrees), tile_shape, band.piece_canvas_px, rng)
                for degrees in settings.turned_degrees
            ]
            tile = np.asarray(sum([tile, *ways]) / np.sqrt(1 + len(ways)), np.float32)
    else:
        tile = random_phase_texture(patch, tile_shape, rng)
    texture = tiled(tile, (photo.shape[0], photo.shape[1]))
    found = _usual_deviation(fine[here][real_skin[here]])
    doubtful = found > band.most_found or float(real_skin[here].mean()) < settings.skin_share
    doubtful |= on_cheek
    wanted = min(
        found,
        band.most_deviation,
        band.doubtful_deviation if doubtful else np.inf,
        band.lined_deviation if has_lines else np.inf,
    )
    return Grain(band, texture, _usual_deviation(tile), wanted, row, column, side, max(float(photo[here].mean()), 1.0))


def _middle(shown: Mask, settings: GrainSettings) -> tuple[int, int, int] | None:
    """First row, first column and side of the largest square well inside of a mask (H,W); None where it is small."""
    depth_px = distance_to(~np.pad(shown, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth_px.argmax()), depth_px.shape)
    half_px = int(min(depth_px[row, column] / np.sqrt(2), settings.most_half_canvas_px))
    if half_px < settings.least_half_canvas_px:
        return None
    return int(row) - half_px, int(column) - half_px, 2 * half_px


def _tell_locally(
    there: Plane, band: SkinTexture, render: Picture, shown: Mask, told: Mask, settings: GrainSettings
) -> None:
    """Put how much of a texture a render (H,W,3) has around each pixel of drawn skin (shown: H,W), by those that tell
    it (told: H,W), in place of what it usually has (there: H,W): what was painted beside hair has none."""
    box = bounding_box(shown, round(2 * band.coarsest_canvas_px))
    fine = channel_mean(np.abs(band.of(render[box])))
    local = smooth_over(fine, told[box], settings.told_over_canvas_px) / np.float32(MEAN_OF_ABSOLUTE)
    there[box] = np.where(shown[box], local, there[box])


def _deviation(band: SkinTexture, picture: Picture, row: int, column: int, side_px: int) -> float:
    """That of a picture's texture in a square, as it usually is there."""
    around_px = max(side_px // 2, 2 * round(band.coarsest_canvas_px))
    y, x = max(row - around_px, 0), max(column - around_px, 0)
    inner = np.s_[row - y : row - y + side_px, column - x : column - x + side_px]
    near = picture[y : row + side_px + around_px, x : column + side_px + around_px]
    return _usual_deviation(band.of(near)[inner])


def _usual_deviation(texture: Picture) -> float:
    """That of most of a texture's values (..., 3), by their median: a shade, a wrinkle or a shine does not count."""
    return float(np.median(np.abs(texture))) / MEDIAN_OF_ABSOLUTE if texture.size else 0.0


def _lines(patch: Picture, settings: GrainSettings) -> float:
    """How many times as strong a texture's slopes are across its lines as along them (structure tensor)."""
    smooth = blur(channel_mean(patch), settings.lines_sigma_canvas_px)
    down, across = np.gradient(smooth)
    both = float((across * down).mean())
    tensor = np.array([[float((across**2).mean()), both], [both, float((down**2).mean())]])
    weakest, strongest = np.linalg.eigvalsh(tensor)
    return float(strongest / max(weakest, np.finfo(float).tiny))


def _plain(energy: Plane, real_skin: Mask, deviations: float, around_px: int) -> Mask:
    """Skin (H,W) without what lies on it, by a texture's energy (H,W) of more than so many deviations of most of it."""
    if not real_skin.any():
        return real_skin
    usual = float(np.median(energy[real_skin])) / MEDIAN_OF_SQUARE
    outliers = real_skin & (energy > deviations**2 * usual)
    return real_skin & ~dilate(outliers, around_px)


def _turned(patch: Picture, degrees: float) -> Picture:
    """A patch of texture (S,S,3), turned around its middle; what reaches out of it is mirrored."""
    middle = (patch.shape[0] - 1) / 2
    turn = cv2.getRotationMatrix2D((middle, middle), degrees, 1.0)
    turned = cv2.warpAffine(patch, turn, patch.shape[:2], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(turned, np.float32)


def _spotless(patch: Picture, settings: GrainSettings) -> Picture:
    """A patch of texture (S,S,3) whose moles have the texture that is half a patch away."""
    energy = channel_mean(blur(patch, settings.spot_sigma_canvas_px) ** 2)
    everywhere = np.ones(energy.shape, bool)
    plain = _plain(energy, everywhere, settings.spot_deviations, settings.outlier_around_canvas_px)
    half_px = patch.shape[0] // 2
    return np.asarray(np.where(plain[..., None], patch, np.roll(patch, (half_px, half_px), (0, 1))), np.float32)


def _patch(energy: Plane, real_skin: Mask, sides_px: tuple[int, ...], settings: GrainSettings) -> tuple[int, int, int]:
    """Side, first row and first column of a calm patch of skin, the first of the sides that there is room for."""
    for side in sides_px:
        cover = cv2.boxFilter(real_skin.astype(np.float32), -1, (side, side))
        inner = np.zeros_like(real_skin)
        inner[side:-side, side:-side] = True
        usable = inner & (cover > settings.skin_share)
        if usable.any():
            break
    else:
        usable = inner & (cover >= cover[inner].max() * settings.nearly_best)
    mean = cv2.boxFilter(energy * real_skin, -1, (side, side)) / np.maximum(cover, 0.01)
    roughness = np.sqrt(np.maximum(mean, 0))
    calm = np.percentile(roughness[usable], settings.calm_percentile)
    distance = np.where(usable, np.abs(roughness - calm), np.inf)
    middle_row, middle_column = np.unravel_index(int(distance.argmin()), distance.shape)
    return side, int(middle_row) - side // 2, int(middle_column) - side // 2
