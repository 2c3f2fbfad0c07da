"""What a photo may cost, and how it is refused."""

from __future__ import annotations

from dataclasses import dataclass

# Not the protocol's: the process that decodes imports nothing else of the engine.
MIB = 2**20
# Lines of a cut file that may be missing: viewers show whatever there is, and a head does not begin in the last ones.
MAX_MISSING_SHARE = 1 / 12
NEUTRAL_GREY = (128, 128, 128)  # behind transparency; neither a light nor a dark halo around a cut-out head


@dataclass(frozen=True)
class PhotoLimits:
    """What a photo may cost.

    max_bytes: of the file. max_pixels: what is decoded; a JPEG may hold more, because it is decoded scaled down.
    min_side_px: shorter side, below which no face can be seen, of what is worked on. max_side_px: a longer side is
    scaled down to this, which keeps every pixel of a 12-megapixel phone photo (4032 x 3024) and bounds what the later
    steps have to carry. memory_bytes: address space of the decoding child; 40 megapixels of the hungriest format (WebP)
    fit. cpu_s, deadline_s: processor and wall-clock time of the child; a 200-megapixel photo takes 2 s.
    """

    max_bytes: int = 25 * MIB
    max_pixels: int = 40_000_000
    min_side_px: int = 64
    max_side_px: int = 4096
    memory_bytes: int = 1024 * MIB
    cpu_s: int = 5
    deadline_s: float = 30.0


class Refusal(Exception):
    """A picture that is not taken: the code of an error class, its sentence, and the sentence's numbers."""

    def __init__(self, code: str, sentence: str, **details: int) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.details = details


def fitted_size(size: tuple[int, int], max_side_px: int) -> tuple[int, int]:
    """The size scaled down, if need be, until the long side is at most ``max_side_px``."""
    width, height = size
    scale = min(1.0, max_side_px / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def check_size(size: tuple[int, int], limits: PhotoLimits) -> None:
    """Raise Refusal for a picture of too many pixels to decode, or of too few to see a face in once scaled down."""
    width_px, height_px = size
    if width_px * height_px > limits.max_pixels:
        raise too_many_pixels(width_px * height_px, limits.max_pixels)
    check_sides(size, limits)


def check_sides(size: tuple[int, int], limits: PhotoLimits) -> None:
    """Raise Refusal for a picture whose shorter side is too short, as it is or once the longer one is scaled down."""
    width_px, height_px = size
    details = {"width_px": width_px, "height_px": height_px, "min_side_px": limits.min_side_px}
    if min(size) < limits.min_side_px:
        raise Refusal(
            "photo_too_small",
            f"This picture has only {width_px} x {height_px} pixels: send one with at least "
            f"{limits.min_side_px} on each side.",
            **details,
        )
    if min(fitted_size(size, limits.max_side_px)) < limits.min_side_px:
        raise Refusal(
            "photo_too_small",
            f"This picture is a strip of {width_px} x {height_px} pixels, in which no face can be seen: "
            "cut out the part with the face and send that.",
            **details,
        )


def too_many_pixels(pixels: int, max_pixels: int, advice: str = "scale it down, or save it as JPEG,") -> Refusal:
    """The refusal of so many pixels; both numbers in its sentence, and what to do about it."""
    apart = pixels / 1e6 >= 1.005 * max_pixels / 1e6
    number, limit, unit = (
        (f"{pixels / 1e6:.3g}", f"{max_pixels / 1e6:.3g}", "megapixels") if apart else (pixels, max_pixels, "pixels")
    )
    return Refusal(
        "photo_too_many_pixels",
        f"This picture has {number} {unit}, and {limit} is the limit for its kind: {advice} and send it again.",
        pixels=pixels,
        max_pixels=max_pixels,
    )
