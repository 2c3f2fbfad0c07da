"""The inside of the decoding child: bytes of a picture to upright 8-bit sRGB, with Pillow alone.

The child imports this file as a top-level module, without the package around it, so nothing of the project may be
imported here: the child then starts in a few hundredths of a second, whatever the parent has loaded.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageFile

MIB = 2**20
NEUTRAL_GREY = (128, 128, 128)  # behind transparency; neither a light nor a dark halo around a cut-out head
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
BMP_HEADER_SIZES = {12, 16, 40, 52, 56, 64, 108, 124}  # two letters alone would take "BMW" for a picture
AVIF_BRANDS = {b"avif", b"avis"}
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


@dataclass(frozen=True)
class PhotoLimits:
    """What a photo may cost.

    max_bytes: of the file. max_pixels: width times height as stored. min_side_px: shorter side, below which no face
    can be seen. max_side_px: a longer side is scaled down to this, which keeps every pixel of a 12-megapixel phone
    photo (4032 x 3024) and bounds what the later steps have to carry. memory_bytes: address space of the decoding
    child; 40 megapixels of the hungriest format (WebP) fit. cpu_s, deadline_s: processor and wall-clock time of the
    child.
    """

    max_bytes: int = 25 * MIB
    max_pixels: int = 40_000_000
    min_side_px: int = 64
    max_side_px: int = 4096
    memory_bytes: int = 1024 * MIB
    cpu_s: int = 15
    deadline_s: float = 30.0


class Refusal(Exception):
    """A picture that is not taken: the code of an error class, its sentence, and the sentence's numbers."""

    def __init__(self, code: str, sentence: str, **details: int) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.details = details


def sniff(data: bytes) -> str | None:
    """The format's name as Pillow calls it, by the file's first bytes, or None."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data.startswith(b"BM") and int.from_bytes(data[14:18], "little") in BMP_HEADER_SIZES:
        return "BMP"
    if data[4:8] == b"ftyp":
        box_size = min(int.from_bytes(data[:4], "big"), 256)
        brands = {data[8:12]} | {data[k : k + 4] for k in range(16, box_size, 4)}
        if brands & AVIF_BRANDS:
            return "AVIF"
        if brands & HEIF_BRANDS:
            return "HEIF"
    return None


def decode(data: bytes, limits: PhotoLimits) -> Image.Image:
    """Decode one picture: upright, opaque, mode RGB in sRGB, long side at most ``limits.max_side_px``.

    Of an animation the first frame. The file's metadata may still hang on to the picture, so hand on its pixels only.
    Raises Refusal, or MemoryError where an allocation fails.
    """
    format_name = sniff(data)
    if format_name is None:
        raise Refusal(
            "not_an_image",
            "This file is no picture that can be read here: send a JPEG, PNG, WebP, GIF, AVIF or BMP.",
        )
    load_plugin(format_name)
    Image.MAX_IMAGE_PIXELS = limits.max_pixels  # Pillow's own check raises at twice this, before it allocates
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(data), formats=(format_name,)) as picture:
                check_size(picture.width, picture.height, limits)
                # Scaled decoding costs a fraction of the time and memory; it never goes below the size asked for.
                picture.draft(None, fitted_size(picture.size, limits.max_side_px))
                orientation = read_orientation(picture)
                picture.load()
                check_size(picture.width, picture.height, limits)  # a GIF's first frame may outgrow its screen
                return finish(picture, orientation, limits)
    except (MemoryError, Refusal):
        raise
    except Image.DecompressionBombError:
        raise too_many_pixels(2 * limits.max_pixels, limits) from None
    except Exception as error:  # Pillow's plugins raise almost anything on damaged files
        if "memory" in str(error).lower():  # an allocation that failed in C arrives as OSError
            raise MemoryError from None
        raise Refusal(
            "truncated_photo",
            f"This {'HEIC' if format_name == 'HEIF' else format_name} file is damaged or ends too early: "
            "send it again, or save it anew.",
        ) from None


def load_plugin(format_name: str) -> None:
    """Import the one decoder that is needed, so that Pillow has no reason to import all of them."""
    if format_name == "WEBP":
        from PIL import WebPImagePlugin  # noqa: F401
    elif format_name == "AVIF":
        from PIL import AvifImagePlugin

        AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # each thread's stack and heap counts against the address space
    elif format_name == "HEIF":
        try:
            from pillow_heif import register_heif_opener
        except ImportError:
            raise Refusal(
                "not_an_image",
                "This is a HEIC picture, which is not read on this machine: send it as JPEG or PNG "
                "(whoever runs the engine can add HEIC with: pip install 'recede[heic]').",
            ) from None
        register_heif_opener(thumbnails=False, decode_threads=1)


def check_size(width_px: int, height_px: int, limits: PhotoLimits) -> None:
    """Refuse a picture with too many or too few pixels."""
    if width_px * height_px > limits.max_pixels:
        raise too_many_pixels(width_px * height_px, limits)
    if min(width_px, height_px) < limits.min_side_px:
        raise Refusal(
            "photo_too_small",
            f"This picture has only {width_px} x {height_px} pixels: send one with at least "
            f"{limits.min_side_px} on each side.",
            width_px=width_px,
            height_px=height_px,
            min_side_px=limits.min_side_px,
        )


def too_many_pixels(pixels: int, limits: PhotoLimits) -> Refusal:
    return Refusal(
        "photo_too_many_pixels",
        f"This picture has over {pixels // 10**6} megapixels, and {limits.max_pixels / 1e6:g} is the limit: "
        "scale it down and send it again.",
        pixels=pixels,
        max_pixels=limits.max_pixels,
    )


def fitted_size(size: tuple[int, int], max_side_px: int) -> tuple[int, int]:
    """The size scaled down, if need be, until the long side is at most ``max_side_px``."""
    width, height = size
    scale = min(1.0, max_side_px / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def read_orientation(picture: Image.Image) -> int:
    """EXIF orientation 1..8; 1 where there is none, or where the EXIF data make no sense."""
    try:
        value = picture.getexif().get(ORIENTATION_TAG, 1)
    except Exception:  # broken metadata is no reason to refuse sound pixels
        return 1
    return value if value in TURNS else 1


def finish(picture: Image.Image, orientation: int, limits: PhotoLimits) -> Image.Image:
    """From whatever mode the file had to upright sRGB. Scaled down first, so that the rest is cheap."""
    profile = picture.info.get("icc_profile")
    plain = to_plain_mode(picture)
    size = fitted_size(plain.size, limits.max_side_px)
    if size != plain.size:
        plain = plain.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if plain.mode == "RGBA":
        backdrop = Image.new("RGB", plain.size, NEUTRAL_GREY)
        backdrop.paste(plain, mask=plain.getchannel("A"))
        plain = backdrop
    rgb = to_srgb(plain, profile)
    turn = TURNS.get(orientation)
    return rgb if turn is None else rgb.transpose(turn)


def to_plain_mode(picture: Image.Image) -> Image.Image:
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


def to_srgb(picture: Image.Image, profile: object) -> Image.Image:
    """Apply an embedded ICC profile, where it is sound and fits the picture's mode; else convert plainly."""
    if isinstance(profile, bytes) and profile:
        from PIL import ImageCms

        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            mode = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(source.profile.xcolor_space)
            if mode == picture.mode and "srgb" not in (source.profile.profile_description or "").lower():
                converted = ImageCms.profileToProfile(
                    picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
                )
                if converted is not None:
                    return converted
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # a broken profile is no reason to refuse sound pixels
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def confine(limits: PhotoLimits) -> None:
    """Put this process under the limits; also no file can be written and no core dump made, so no photo gets out.

    Does nothing where the system has no such limits (Windows): there the parent's deadline remains.
    """
    try:
        import resource
    except ImportError:
        return
    for what, soft, hard in (
        (resource.RLIMIT_AS, limits.memory_bytes, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_s, limits.cpu_s + 1),  # equal ones kill without naming the reason
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        try:
            resource.setrlimit(what, (soft, hard))
        except (ValueError, OSError):  # a lower limit is in force already, or the system ignores this one
            continue


def main() -> None:
    """Takes limits as JSON in argv[1] and the file on standard input; gives a JSON line, then the pixels."""
    limits = PhotoLimits(**json.loads(sys.argv[1]))
    confine(limits)
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    data = sys.stdin.buffer.read()
    pixels = b""
    try:
        picture = decode(data, limits)
        reply: dict[str, object] = {"width_px": picture.width, "height_px": picture.height}
        pixels = picture.tobytes()
    except MemoryError:
        reply = {"code": "photo_decode_failed"}
    except Refusal as refusal:
        reply = {"code": refusal.code, "sentence": refusal.sentence, "details": refusal.details}
    sys.stdout.buffer.write(json.dumps(reply).encode() + b"\n")
    sys.stdout.buffer.write(pixels)
    sys.stdout.buffer.flush()
    os._exit(0)  # nothing is left to tidy up, and the heap that a hostile file has been through is better not walked
