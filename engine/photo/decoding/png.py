"""PNG's chunks: what decoding needs is kept, what else may be damaged is left out; and a file cut in its last lines.

W3C, Portable Network Graphics Specification (third edition).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from .limits import MAX_MISSING_SHARE

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CRITICAL = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
ANIMATION = {b"acTL", b"fcTL", b"fdAT"}
# What tells how the pixels are meant. All else is text, times and thumbnails.
TELLING = {b"tRNS", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP", b"eXIf"}
KEPT = CRITICAL | ANIMATION | TELLING
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
UP = b"\x02"  # the filter that adds the line above: over zeros, it repeats it


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Each chunk's name, and where it begins and ends; the last one may reach beyond the file."""
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], at, end
        if data[at + 4 : at + 8] == b"IEND":
            return
        at = end


def cleaned(data: bytes) -> bytes:
    """The file without chunks that nothing here needs, and without needless ones whose checksum is wrong.

    Chunks that hold the picture stay as they are, so that damage to them is seen.
    """
    parts = [SIGNATURE]
    dropped = False
    for name, begin, end in chunks(data):
        keep = name in KEPT or not name[:1].islower()  # a critical chunk of a kind unknown here is Pillow's to refuse
        if name in TELLING and end <= len(data):
            keep = zlib.crc32(data[begin + 4 : end - 4]) == int.from_bytes(data[end - 4 : end], "big")
        if keep:
            parts.append(data[begin:end])
        dropped |= not keep
    return b"".join(parts) if dropped else data


def coding(data: bytes) -> tuple[int, int, bool] | None:
    """Colour primaries, transfer and whether the range is full, as the cICP chunk says (ITU-T H.273), or None."""
    for name, begin, end in chunks(data):
        if name == b"cICP" and end - begin == 16 and end <= len(data):
            primaries, transfer, matrix, full = data[begin + 8 : begin + 12]
            return (primaries, transfer, bool(full)) if matrix == 0 else None
        if name == b"IDAT":
            break
    return None


def completed(data: bytes) -> bytes | None:
    """A file cut in its last lines, with the last line that is there repeated; None where too much is missing."""
    if len(data) < 33 or data[12:16] != b"IHDR":
        return None
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    depth, colour, interlaced = data[24], data[25], data[28]
    if interlaced or colour not in CHANNELS:
        return None
    line_bytes = 1 + (width * depth * CHANNELS[colour] + 7) // 8
    packed, before = [], [SIGNATURE]
    for name, begin, end in chunks(data):
        if name == b"IDAT":
            sound = end <= len(data) and zlib.crc32(data[begin + 4 : end - 4]) == int.from_bytes(
                data[end - 4 : end], "big"
            )
            if end <= len(data) and not sound:
                return None
            packed.append(data[begin + 8 : end - 4] if sound else data[begin + 8 :])
        elif name in KEPT - ANIMATION - {b"IEND"} and not packed:
            before.append(data[begin:end])
    try:
        lines = zlib.decompressobj().decompress(b"".join(packed), line_bytes * height)
    except zlib.error:
        return None
    there = len(lines) // line_bytes
    if there < height * (1 - MAX_MISSING_SHARE):
        return None
    lines = lines[: there * line_bytes] + (UP + bytes(line_bytes - 1)) * (height - there)
    return b"".join(before) + _chunk(b"IDAT", zlib.compress(lines, 1)) + _chunk(b"IEND", b"")


def _chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")


def size(data: bytes) -> tuple[int, int]:
    """Width and height as the header says."""
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
