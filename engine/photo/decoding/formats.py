"""Which format a file has, by its first bytes, and the one decoder that it needs."""

from __future__ import annotations

from .limits import Refusal

BMP_HEADER_SIZES = {12, 16, 40, 52, 56, 64, 108, 124}  # two letters alone would take "BMW" for a picture
AVIF_BRANDS = {b"avif", b"avis"}
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


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


def load_plugin(format_name: str) -> None:
    """Import the one decoder that is needed, so that Pillow has no reason to import all of them. Raises Refusal
    where it is not installed."""
    if format_name == "WEBP":
        from PIL import WebPImagePlugin  # noqa: F401
    elif format_name == "AVIF":
        from PIL import AvifImagePlugin

        AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # each thread's stack and heap counts against the address space
    elif format_name == "HEIF":
        try:
            from pi_heif import register_heif_opener
        except ImportError:
            raise Refusal(
                "heic_not_read",
                "This is a HEIC picture, which this machine has no decoder for: send it as JPEG instead "
                "(on an iPhone: Settings, Camera, Formats, Most Compatible; or send a screenshot of it).",
            ) from None
        register_heif_opener(thumbnails=False, decode_threads=1)


def trimmed(data: bytes, format_name: str) -> bytes:
    """The file without what others have appended to it, where a decoder would stumble over that."""
    if format_name == "WEBP":
        return _trimmed_riff(data)
    if format_name in ("AVIF", "HEIF"):
        return _trimmed_boxes(data)
    return data


def _trimmed_riff(data: bytes) -> bytes:
    """A RIFF file of the size that its header says; where that is off by a few bytes, the header is put right."""
    chunks_end = 12
    while chunks_end + 8 <= len(data):
        size = int.from_bytes(data[chunks_end + 4 : chunks_end + 8], "little")
        name = data[chunks_end : chunks_end + 4]
        if not (name.isascii() and name.rstrip(b" ").isalnum()) or chunks_end + 8 + size > len(data):
            break
        chunks_end += 8 + size + (size & 1)
    chunks_end = min(chunks_end, len(data))
    said = int.from_bytes(data[4:8], "little") + 8
    if said == len(data) or (said < len(data) and said <= chunks_end and said > 12):
        return data[:said]
    return data[:4] + (chunks_end - 8).to_bytes(4, "little") + data[8:chunks_end]


def _trimmed_boxes(data: bytes) -> bytes:
    """An ISO base media file up to the last top-level box that is whole and has a name."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size == 0:
            return data
        if size < 8 or at + size > len(data) or not data[at + 4 : at + 8].isalnum():
            break
        at += size
    return data[:at] if at else data
