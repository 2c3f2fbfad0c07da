"""GIF, WebP and BMP files that were cut: what is missing of the picture is made up, as long as it is little.

Viewers show as much as there is. Where more is missing than of a cut JPEG or PNG, the file stays damaged; AVIF always
does, because its decoder gives the whole picture or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from PIL import Image, ImageFile

from .limits import MAX_MISSING_SHARE, PhotoLimits, check_size

# Two ways to fill what was not decoded of a GIF (indices of its palette) and to go on behind the end of a WebP: where
# two decoded pictures differ, the file had nothing.
FILLS = (254, 255)
PADDINGS = (b"\0", b"\xaa")
BEYOND_BYTES = 4096
GIF_IMAGE, GIF_EXTENSION = 0x2C, 0x21
OLD_BMP_BYTES = 12  # of the header before Windows 3
UNPACKED_BMP = {0, 3}  # pixels one after the other: plain, and told by masks
WEBP_PICTURES = {b"VP8 ", b"VP8L"}


def completed(data: bytes, format_name: str, limits: PhotoLimits) -> bytes | None:
    """The picture of a cut file as a whole file of the same format; None where it was not cut, or too much is missing.

    Raises Refusal for a picture of a size that is not taken, and on damaged files what Pillow raises.
    """
    if format_name == "GIF":
        return _gif(data, limits)
    if format_name == "WEBP":
        return _webp(data, limits)
    return _bmp(data, limits) if format_name == "BMP" else None


def _opened(data: bytes, format_name: str, limits: PhotoLimits) -> ImageFile.ImageFile:
    picture = Image.open(BytesIO(data), formats=(format_name,))
    check_size(picture.size, limits)
    return picture


def _gif(data: bytes, limits: PhotoLimits) -> bytes | None:
    """The first frame; a missing line is like the last one above that is there."""
    begin = next(_gif_images(data), None)
    if begin is None:
        return None
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        one, other = (_opened(_gif_filled(data, begin, index), "GIF", limits) for index in FILLS)
        picture = _opened(data, "GIF", limits)
        left, top, right, bottom = picture.tile[0].extents or (0, 0, 0, 0)
        lines = [
            row
            for row in range(top, bottom)
            if one.crop((left, row, right, row + 1)).tobytes() == other.crop((left, row, right, row + 1)).tobytes()
        ]
        picture.load()
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    if not lines or lines[0] != top or not 0 < bottom - top - len(lines) <= MAX_MISSING_SHARE * (bottom - top):
        return None
    for row, following in zip(lines, [*lines[1:], bottom], strict=True):
        for missing in range(row + 1, following):
            picture.paste(picture.crop((left, row, right, row + 1)), (left, missing))
    file = BytesIO()
    picture.save(file, "GIF")
    return file.getvalue()


def _gif_images(data: bytes) -> Iterator[int]:
    """Where the pictures begin, as far as the blocks in front of them are whole."""
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    while at < len(data) and data[at] in (GIF_IMAGE, GIF_EXTENSION):
        if data[at] == GIF_IMAGE:
            yield at
            at += 10 + (3 << (data[at + 9] & 7) + 1 if data[at + 9] & 0x80 else 0) + 1
        else:
            at += 2
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1


def _gif_filled(data: bytes, begin: int, index: int) -> bytes:
    """The file with an index of the palette that is transparent in the picture that begins there, which is what Pillow
    fills it with before it decodes."""
    return data[:begin] + bytes((GIF_EXTENSION, 0xF9, 4, 1, 0, 0, index, 0)) + data[begin:]


def _webp(data: bytes, limits: PhotoLimits) -> bytes | None:
    """A still picture; in the missing lines stands what its decoder makes of zeros."""
    at = 12
    while at + 8 <= len(data):
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        if end > len(data):
            break
        at = end + (end & 1)
    else:
        return None
    if data[at : at + 4] not in WEBP_PICTURES or end - at > limits.max_bytes:
        return None
    # Made up data may be read faster than what they stand for, so they go on beyond the end that the file names.
    missing_bytes = end + (end & 1) - len(data) + BEYOND_BYTES
    size = (len(data) + missing_bytes - at - 8).to_bytes(4, "little")
    forms = [_riff(data[12 : at + 4] + size + data[at + 8 :] + padding * missing_bytes) for padding in PADDINGS]
    # Grey alone, because two whole pictures in colour need more memory than one may.
    one, other = (_opened(form, "WEBP", limits).convert("L").tobytes() for form in forms)
    width, height = _opened(forms[0], "WEBP", limits).size
    lines = (slice(row * width, (row + 1) * width) for row in range(height))
    there = next((row for row, line in enumerate(lines) if one[line] != other[line]), height)
    return forms[0] if there >= height * (1 - MAX_MISSING_SHARE) else None


def _riff(chunks: bytes) -> bytes:
    body = b"WEBP" + chunks
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _bmp(data: bytes, limits: PhotoLimits) -> bytes | None:
    """Missing lines (mostly at the top: most files begin with the lowest) are like the last one that is there."""
    begin = int.from_bytes(data[10:14], "little")
    if int.from_bytes(data[14:18], "little") == OLD_BMP_BYTES:
        sides, packing = (data[18:20], data[20:22]), 0
        bits = int.from_bytes(data[24:26], "little")
    else:
        sides, packing = (data[18:22], data[22:26]), int.from_bytes(data[30:34], "little")
        bits = int.from_bytes(data[28:30], "little")
    width, height = (abs(int.from_bytes(side, "little", signed=len(side) == 4)) for side in sides)
    line_bytes = (width * bits + 31) // 32 * 4
    check_size((width, height), limits)
    if packing not in UNPACKED_BMP or not line_bytes:
        return None
    there = max(0, len(data) - begin) // line_bytes
    if not height * (1 - MAX_MISSING_SHARE) <= there < height:
        return None
    end = begin + there * line_bytes
    return data[:end] + data[end - line_bytes : end] * (height - there)
