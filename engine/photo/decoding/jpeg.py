"""A JPEG's structure, read without decoding anything: what it would cost, and how much of a cut one is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageChops

from .limits import MAX_MISSING_SHARE, PhotoLimits, Refusal, too_many_pixels

END = b"\xff\xd9"
SCAN, APP0, APP14 = 0xDA, 0xE0, 0xEE
FRAME_STARTS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # DHT, JPG and DAC lie between the start-of-frame markers
PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
# What ends a scan: a marker that is neither a stuffed zero, a restart nor fill.
NEXT_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
# Every scan walks over all blocks of the picture, however little is stored for them: 24 s of a core for a small file.
# A photo's ten or so scans at 200 megapixels are 2,000; this many take 4 s.
MAX_SCAN_MEGAPIXELS = 2600
# Largest factor that a JPEG can be scaled down by while it is decoded, per side.
SCALES = (1, 2, 4, 8)
# Even scaled, all that is stored has to be read: this much takes 3 s.
MAX_STORED_PIXELS = 260_000_000
# Pictures in several scans are held whole as coefficients of two bytes; this share of the memory is left for them.
COEFFICIENT_BYTES = 2
COEFFICIENT_SHARE = 0.7
# Two ways to go on behind the end of a cut file; where they give different pixels, the file had none.
PADDINGS = (bytes(4096), b"\xaa" * 4096)


@dataclass(frozen=True)
class Scan:
    """Components, first and last coefficient, and whether its first bits are in it; whole: something follows it."""

    components: frozenset[int]
    first: int
    last: int
    refines: bool
    whole: bool


@dataclass(frozen=True)
class Structure:
    """size: width, height as stored, (0, 0) where no frame was found; samples: of a pixel in all components; ended: an
    end marker is there."""

    size: tuple[int, int]
    samples: float
    components: frozenset[int]
    progressive: bool
    scans: tuple[Scan, ...]
    ended: bool


def markers(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Each marker segment's code, and where it begins and ends; a scan's ends where its data begin."""
    at = 2
    while at + 4 <= len(data):
        found = NEXT_MARKER.search(data, at)
        if found is None:
            return
        begin, code = found.end() - 2, data[found.end() - 1]
        if code == END[1]:
            yield code, begin, begin + 2
            return
        if code == 0x01 or code == 0xD8:
            at = begin + 2
            continue
        end = begin + 2 + int.from_bytes(data[begin + 2 : begin + 4], "big")
        yield code, begin, min(end, len(data))
        at = end


def structure(data: bytes) -> Structure:
    """What the file's markers tell."""
    size, components = (0, 0), frozenset[int]()
    progressive = ended = False
    samples = 3.0
    begun: list[tuple[frozenset[int], int, int, bool]] = []
    last = 0
    for code, begin, end in markers(data):
        last = code
        body = data[begin + 4 : end]
        if code in FRAME_STARTS and size == (0, 0) and len(body) >= 6:
            size = int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big")
            components = frozenset(body[6 : 6 + 3 * body[5] : 3])
            progressive = code in PROGRESSIVE
            factors = [(packed >> 4, packed & 15) for packed in body[7 : 7 + 3 * body[5] : 3]]
            largest = max((h for h, _ in factors), default=1) * max((v for _, v in factors), default=1)
            samples = sum(h * v for h, v in factors) / max(largest, 1)
        elif code == SCAN and body and len(body) >= 2 * body[0] + 4:
            told = body[1 + 2 * body[0] :]
            begun.append((frozenset(body[1 : 1 + 2 * body[0] : 2]), told[0], told[1], told[2] >> 4 > 0))
        ended = code == END[1]
    scans = [Scan(*scan, whole=index < len(begun) - 1 or last != SCAN) for index, scan in enumerate(begun)]
    return Structure(size, samples, components, progressive, tuple(scans), ended)


def check(found: Structure, limits: PhotoLimits) -> None:
    """Raise Refusal for what would take too long, before anything of it is decoded."""
    pixels = found.size[0] * found.size[1]
    if pixels > MAX_STORED_PIXELS:
        raise too_many_pixels(pixels, MAX_STORED_PIXELS, "scale it down")
    if -(-found.size[0] // SCALES[-1]) * -(-found.size[1] // SCALES[-1]) > limits.max_pixels:
        raise too_many_pixels(pixels, limits.max_pixels * SCALES[-1] ** 2, "scale it down")
    held_bytes = COEFFICIENT_BYTES * found.samples * pixels if found.progressive or len(found.scans) > 1 else 0
    if held_bytes > COEFFICIENT_SHARE * limits.memory_bytes:
        raise Refusal(
            "photo_decode_failed",
            f"This JPEG of {pixels / 1e6:.3g} megapixels is stored in passes, which needs more memory than a photo may "
            "use: save it without 'progressive', or scale it down, and send that.",
        )
    if len(found.scans) * pixels > MAX_SCAN_MEGAPIXELS * 10**6:
        raise Refusal(
            "photo_decode_failed",
            f"This JPEG is stored in {len(found.scans)} passes of {pixels / 1e6:.3g} megapixels, which takes too long "
            "to decode: save it as an ordinary JPEG and send that.",
        )


def scaled_size(size: tuple[int, int], max_side_px: int, max_pixels: int) -> tuple[int, int]:
    """What to ask `draft` for: no smaller than the longest side that is kept, unless that were too many pixels."""
    width, height = size
    best = size
    for scale in SCALES:
        scaled = -(-width // scale), -(-height // scale)
        if scale > 1 and max(scaled) < max_side_px and best[0] * best[1] <= max_pixels:
            break
        best = scaled
    # Pillow takes the largest scale whose sides are at least those asked for, by whole pixels.
    return max(1, best[0] - 1), max(1, best[1] - 1)


def without_metadata(data: bytes) -> bytes:
    """The same picture with nothing in front of its scans but what decoding needs, for where metadata are damaged."""
    parts = [data[:2]]
    for code, begin, end in markers(data):
        if code == SCAN:
            return b"".join(parts) + data[begin:]
        if code in (APP0, APP14) or not (0xE0 <= code <= 0xEF or code == 0xFE):
            parts.append(data[begin:end])
    return data


def ended(data: bytes, found: Structure) -> bytes | None:
    """A file that was cut with an end put to it, or None where too much is missing to be shown as a whole."""
    whole = data + END
    if found.ended:
        return whole
    if not found.scans or frozenset().union(*(scan.components for scan in found.scans)) != found.components:
        return None
    if found.progressive:
        # A cut in a refining pass costs sharpness alone.
        complete = [scan for scan in found.scans if scan.whole and not scan.refines]
        known = {(part, k) for scan in complete for part in scan.components for k in range(scan.first, scan.last + 1)}
        first = min(found.components)
        return whole if all((part, 0) in known for part in found.components) and (first, 5) in known else None
    pictures = []
    data = data.rstrip(END[:1])  # half a marker, or a byte of data whose second half is lost
    for padding in PADDINGS:
        picture = Image.open(BytesIO(data + padding + END), formats=("JPEG",))
        picture.draft(None, (1, 1))  # rows are counted, so small ones do
        picture.load()
        pictures.append(picture)
    differ = ImageChops.difference(*pictures).getbbox()
    missing = 0.0 if differ is None else 1 - differ[1] / pictures[0].height
    return whole if missing <= MAX_MISSING_SHARE else None
