"""Whatever a file says about its colours -> sRGB, as a viewer shows it.

The strongest word counts, as the PNG specification orders them: cICP, an ICC profile, sRGB, gamma and primaries. ICC
profiles are littlecms's; what it cannot do (high dynamic range, 16 bits) is computed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageChops

if TYPE_CHECKING:
    from .curves import Meaning

Coding = tuple[int, int, bool]
SRGB_CODES = {(1, 1), (1, 2), (1, 6), (1, 13), (1, 14), (1, 15), (2, 2), (2, 13)}
HDR_TRANSFERS = {16, 18}
# A profile that moves no colour of a coarse grid by more is sRGB, whatever it is called: then pixels stay as they are.
SAME_LEVELS = 3
GRID = (0, 8, 16, 32, 48, 64, 96, 128, 160, 192, 224, 240, 255)
# libpng's threshold: a gamma as near as this to sRGB's is meant to be it.
GAMMA_SLACK = 0.05
SRGB_GAMMA = 1 / 2.2
SRGB_CHROMATICITIES = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)  # in the order of PNG's cHRM
PRIMARIES_SLACK = 0.01
PROFILE_MODES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}


@dataclass(frozen=True)
class Told:
    """What a file says: codes of H.273, an ICC profile, a gamma with chromaticities; each None where it does not."""

    coding: Coding | None = None
    profile: bytes | None = None
    gamma: float | None = None
    chromaticities: tuple[float, ...] | None = None


def told_by(info: Mapping[Any, Any], coding: Coding | None) -> Told:
    """Out of what Pillow read, and of codes that were found beside."""
    profile = info.get("icc_profile")
    profile = profile if isinstance(profile, bytes) and profile else None
    if coding is None and profile is not None and b"cicp" in profile[128 : 132 + 1200]:
        from .icc import coding as of_profile

        inside = of_profile(profile)
        coding = inside if inside is not None and inside[1] in HDR_TRANSFERS else None
    gamma, chromaticities = info.get("gamma"), info.get("chromaticity")
    return Told(
        coding,
        profile,
        gamma if isinstance(gamma, float) and "srgb" not in info and 0.05 < gamma < 5 else None,
        chromaticities if isinstance(chromaticities, tuple) and len(chromaticities) == 8 else None,
    )


def to_srgb(picture: Image.Image, told: Told, low: Image.Image | None = None) -> Image.Image:
    """A picture of mode L, RGB or CMYK as RGB in sRGB. low: the low bytes of a picture with 16 bits per channel, in the
    same mode. Sound pixels are not refused for what is broken in a profile."""
    if picture.mode != "CMYK":
        meaning = _computed(told, deep=low is not None)
        if meaning is not None:
            return _shown(picture, told, meaning, low)
    if told.coding is None and told.profile is not None:
        converted = _by_profile(picture, told.profile)
        if converted is not None:
            return converted
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def needs_low_bytes(told: Told) -> bool:
    """Whether 16 bits per channel tell more than 8: where the curve is another than sRGB's."""
    return _computed(told, deep=True) is not None


def _computed(told: Told, deep: bool) -> Meaning | None:
    """What the codes mean, where that is computed here; None where nothing is to be done, or littlecms does it."""
    if told.coding is not None:
        if told.coding[:2] in SRGB_CODES and told.coding[2]:
            return None
        from .curves import of_codes

        return of_codes(*told.coding[:2])
    if told.profile is not None:
        if not deep or _is_srgb(told.profile):
            return None
        from .icc import meaning

        return meaning(told.profile)
    if told.gamma is None or _like_srgb(told.gamma, told.chromaticities):
        return None
    from . import curves

    x = told.chromaticities or SRGB_CHROMATICITIES
    white, red, green, blue = ((x[k], x[k + 1]) for k in range(0, 8, 2))
    if min(white[1], red[1], green[1], blue[1]) <= 0.0:
        return None
    try:
        matrix = curves.to_srgb(curves.to_xyz(red, green, blue, white), white)
    except ValueError:  # chromaticities on one line span no colours
        return None
    return curves.Meaning(curves.power(1 / told.gamma), matrix)


def _like_srgb(gamma: float, chromaticities: tuple[float, ...] | None) -> bool:
    near = max(abs(a - b) for a, b in zip(chromaticities or SRGB_CHROMATICITIES, SRGB_CHROMATICITIES, strict=True))
    return abs(gamma / SRGB_GAMMA - 1) <= GAMMA_SLACK and near <= PRIMARIES_SLACK


def _shown(picture: Image.Image, told: Told, meaning: Meaning, low: Image.Image | None) -> Image.Image:
    import numpy as np

    from .curves import shown

    high = np.asarray(picture.convert("RGB"))
    codes: np.ndarray = high
    if low is not None:
        codes = (high.astype(np.uint16) << 8) | np.asarray(low.convert("RGB"))
    if told.coding is not None and not told.coding[2]:
        full = np.iinfo(codes.dtype).max
        # Narrow range: 16..235 of 8 bits.
        codes = np.clip((codes.astype(np.float32) - 16 / 255 * full) * (255 / 219), 0, full).astype(codes.dtype)
    return Image.fromarray(shown(codes, meaning))


def _by_profile(picture: Image.Image, profile: bytes) -> Image.Image | None:
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if PROFILE_MODES.get(source.profile.xcolor_space) != picture.mode:
            return None
        way = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), picture.mode, "RGB")
        if picture.mode == "RGB" and _moves_nothing(way):
            return picture
        return ImageCms.applyTransform(picture, way)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _is_srgb(profile: bytes) -> bool:
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return _moves_nothing(ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), "RGB", "RGB"))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return False


def _moves_nothing(way: object) -> bool:
    from PIL import ImageCms

    levels = bytes(level for rgb in product(GRID, repeat=3) for level in rgb)
    grid = Image.frombytes("RGB", (len(GRID) ** 2, len(GRID)), levels)
    assert isinstance(way, ImageCms.ImageCmsTransform)
    moved = ImageCms.applyTransform(grid, way)
    assert moved is not None
    return max(ImageChops.difference(grid, moved).tobytes()) <= SAME_LEVELS
