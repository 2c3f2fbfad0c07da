"""One picture out of a file's bytes: upright, in sRGB, with its transparency beside it."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TypeVar

from PIL import Image, ImageFile

from . import colour, cut, jpeg, png
from .formats import load_plugin, sniff, trimmed
from .limits import MIB, NEUTRAL_GREY, PhotoLimits, Refusal, check_sides, check_size, fitted_size, too_many_pixels

ORIENTATION_TAG = 0x0112  # EXIF 2.32, 4.6.4 A
TURNS = {  # EXIF orientation -> what makes the picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
ANIMATED_FORMATS = {"GIF", "WEBP", "PNG", "AVIF"}
PROFILE_BYTES = 8 * MIB  # of a PNG's profile, unpacked; table profiles of printers have 3 MiB
BOMB_PIXELS = re.compile(r"\((\d+) pixels\)")
NCLX = b"colrnclx"  # ISO/IEC 14496-12, 12.1.5: the box that holds H.273's codes
NCLX_WITHIN_BYTES = MIB
LOOK_CPU_S = 2.0  # for looking through an animation; what it has not seen by then it goes without

Made = TypeVar("Made")


@dataclass(frozen=True)
class Decoded:
    """rgb: mode RGB, transparency laid on neutral grey; alpha: mode L, None where all is opaque; animated: whether more
    frames follow."""

    rgb: Image.Image
    alpha: Image.Image | None
    animated: bool = False


def decode(data: bytes, limits: PhotoLimits, frame: int = 0) -> Decoded:
    """Decode one picture, of an animation the frame of that number: long side at most ``limits.max_side_px``.

    Raises Refusal, or MemoryError where an allocation fails.
    """

    def picture_of(picture: ImageFile.ImageFile, data: bytes, format_name: str) -> Decoded:
        animated = format_name in ANIMATED_FORMATS and bool(getattr(picture, "is_animated", False))
        if frame:
            picture.seek(frame)
        return _finished(picture, data, format_name, limits, animated)

    return _with_picture(data, limits, picture_of)


def look_through(data: bytes, limits: PhotoLimits, count: int, side_px: int) -> list[tuple[int, Image.Image]]:
    """About `count` frames of an animation (up to twice as many), evenly over it, small, each with its number."""

    def frames_of(picture: ImageFile.ImageFile, data: bytes, format_name: str) -> list[tuple[int, Image.Image]]:
        small = PhotoLimits(**{**vars(limits), "max_side_px": side_px, "min_side_px": 1})
        began_s = time.process_time()
        seen: list[tuple[int, Image.Image]] = []
        every, number = 1, 0
        while True:
            if number % every == 0:
                # A copy, because Pillow draws the next frame into the same picture.
                seen.append((number, _finished(picture, data, format_name, small, True).rgb.copy()))
            if len(seen) >= 2 * count:  # how many there are is known at the end alone
                seen, every = seen[::2], 2 * every
            number += 1
            if time.process_time() - began_s > LOOK_CPU_S:
                return seen
            try:
                picture.seek(number)
            except Exception:  # the end, or damage behind frames that are sound
                return seen

    return _with_picture(data, limits, frames_of)


def _with_picture(data: bytes, limits: PhotoLimits, make: Callable[[ImageFile.ImageFile, bytes, str], Made]) -> Made:
    """What `make` makes of the opened picture, or of the first mended form of the file that it can be made of."""
    format_name = sniff(data)
    if format_name is None:
        raise Refusal(
            "not_an_image",
            "This file is not a picture that can be read here: send a JPEG, PNG, WebP, GIF, AVIF, BMP or HEIC.",
        )
    load_plugin(format_name)
    # Pillow's own check raises at twice this, before it allocates.
    Image.MAX_IMAGE_PIXELS = jpeg.MAX_STORED_PIXELS if format_name == "JPEG" else limits.max_pixels
    for form in _forms(data, format_name, limits):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with Image.open(BytesIO(form), formats=(format_name,)) as picture:
                    if format_name == "JPEG":
                        check_sides(picture.size, limits)
                        picture.draft(None, jpeg.scaled_size(picture.size, limits.max_side_px, limits.max_pixels))
                    else:
                        check_size(picture.size, limits)
                    return make(picture, form, format_name)
        except (MemoryError, Refusal):
            raise
        except Image.DecompressionBombError as error:
            told = BOMB_PIXELS.search(str(error))
            pixels = int(told[1]) if told else 2 * limits.max_pixels
            raise too_many_pixels(pixels, limits.max_pixels) from None
        except Exception as error:  # Pillow's plugins raise almost anything on damaged files
            if "memory" in str(error).lower():  # an allocation that failed in C arrives as OSError
                raise MemoryError from None
    raise Refusal(
        "truncated_photo",
        f"This {'HEIC' if format_name == 'HEIF' else format_name} file is damaged or ends too early: "
        "send it again, or save a new copy of it.",
    )


def _forms(data: bytes, format_name: str, limits: PhotoLimits) -> Iterator[bytes]:
    """The file, and then what viewers make of it where it is damaged."""
    if format_name == "JPEG":
        found = jpeg.structure(data)
        jpeg.check(found, limits)
        if found.ended:
            yield data
            yield jpeg.without_metadata(data)
            return
        for form in (data, jpeg.without_metadata(data)):
            try:
                whole = jpeg.ended(form, jpeg.structure(form))
            except (OSError, SyntaxError, ValueError):
                continue
            if whole is not None:
                yield whole
    elif format_name == "PNG":
        from PIL import PngImagePlugin

        PngImagePlugin.MAX_TEXT_CHUNK = PROFILE_BYTES
        clean = png.cleaned(data)
        yield clean
        check_size(png.size(clean), limits)
        whole = png.completed(clean)
        if whole is not None:
            yield whole
    else:
        yield data
        form = trimmed(data, format_name)
        if form != data:
            yield form
        try:
            whole = cut.completed(data, format_name, limits)
        except (MemoryError, Refusal):
            raise
        except Exception:  # damaged in other ways too; Pillow's plugins raise almost anything then
            return
        if whole is not None:
            yield whole


def _finished(
    picture: ImageFile.ImageFile, data: bytes, format_name: str, limits: PhotoLimits, animated: bool
) -> Decoded:
    """From whatever mode the file had to upright sRGB. Scaled down first, so that the rest is cheap."""
    told = colour.told_by(picture.info, _coding(picture, data, format_name))
    # Before anything that loads the picture, as asking for its EXIF does: then it no longer tells how it is stored.
    low = _low_bytes(picture, data, limits) if format_name == "PNG" and not animated else None
    orientation = _orientation(picture)
    if low is not None and not colour.needs_low_bytes(told):
        low = None
    picture.load()
    check_size(picture.size, limits)  # a GIF's first frame may outgrow its screen
    plain = _plain(picture)
    size = fitted_size(plain.size, limits.max_side_px)
    alpha = None
    if low is None and size != plain.size:
        plain = plain.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if plain.mode == "RGBA":
        alpha = plain.getchannel("A")
        plain = plain.convert("RGB")
    rgb = colour.to_srgb(plain, told, low)
    if alpha is not None and alpha.getextrema() == (255, 255):
        alpha = None
    if alpha is not None:
        backdrop = Image.new("RGB", rgb.size, NEUTRAL_GREY)
        backdrop.paste(rgb, mask=alpha)
        rgb = backdrop
    turn = TURNS.get(orientation)
    parts = [part if part is None or part.size == size else _scaled(part, size) for part in (rgb, alpha)]
    upright = [part if part is None or turn is None else part.transpose(turn) for part in parts]
    assert upright[0] is not None
    return Decoded(upright[0], upright[1], animated)


def _scaled(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _orientation(picture: Image.Image) -> int:
    """EXIF orientation 1..8; 1 where there is none, or where the EXIF data make no sense."""
    try:
        value = picture.getexif().get(ORIENTATION_TAG, 1)
    except Exception:  # sound pixels are not refused for broken metadata
        return 1
    return value if value in TURNS else 1


def _coding(picture: Image.Image, data: bytes, format_name: str) -> colour.Coding | None:
    """H.273's codes where the file has them."""
    if format_name == "PNG":
        return png.coding(data)
    if format_name == "HEIF":
        told = picture.info.get("nclx_profile")
        if isinstance(told, dict):
            return int(told["color_primaries"]), int(told["transfer_characteristics"]), True
    if format_name == "AVIF" and not picture.info.get("icc_profile"):
        at = data.find(NCLX, 0, NCLX_WITHIN_BYTES) + len(NCLX)
        if at >= len(NCLX) and at + 4 <= len(data):
            return data[at + 1], data[at + 3], True  # the range is the decoder's to undo
    return None


def _low_bytes(picture: ImageFile.ImageFile, data: bytes, limits: PhotoLimits) -> Image.Image | None:
    """The low bytes of a PNG of 16 bits per channel, mode L or RGB; Pillow itself keeps but the high ones.

    None for other pictures, and for those that are scaled down, where the mean of neighbours has bits enough.
    """
    if len(picture.tile) != 1 or picture.width * picture.height > limits.max_side_px**2:
        return None
    raw = picture.tile[0].args
    if picture.mode in ("RGB", "RGBA") and raw == f"{picture.mode};16B":
        with Image.open(BytesIO(data), formats=("PNG",)) as again:
            # Read as little-endian, the byte that counts is the other one.
            again.tile = [again.tile[0]._replace(args=f"{picture.mode};16L")]
            again.load()
            return again.convert("RGB")
    if picture.mode.startswith("I;16"):
        picture.load()
        pixels = picture.tobytes()
        return Image.frombytes("L", picture.size, pixels[1::2] if picture.mode == "I;16B" else pixels[0::2])
    return None


def _plain(picture: Image.Image) -> Image.Image:
    """Reduce Pillow's modes to L, RGB, RGBA or CMYK with 8 bits per channel."""
    if picture.mode.startswith("I;16"):
        # Pillow's own conversion clips at 255 instead of scaling. The high byte is the value over 256.
        pixels = picture.tobytes()
        high = pixels[0::2] if picture.mode == "I;16B" else pixels[1::2]
        return Image.frombytes("L", picture.size, high)
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    if picture.mode in ("L", "RGB", "CMYK"):
        return picture
    return picture.convert("L" if picture.mode == "1" else "RGB")
