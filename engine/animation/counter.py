"""The year in a corner: white on a dark translucent plate, with a line that fills up."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from engine.animation.sizing import Frame
from engine.protocol import YEARS, CounterLanguage

Corner = Literal["bottom left", "bottom right", "top left", "top right"]
CORNERS: tuple[Corner, ...] = ("bottom left", "bottom right", "top left", "top right")

# What stands before the number and after it, in Simplified and Traditional Chinese alike.
WORDS: dict[CounterLanguage, tuple[str, str]] = {"en": ("Year", ""), "zh": ("第", "年")}
# These two letters of Noto Sans CJK JP (SIL Open Font License 1.1, beside the file): pyftsubset --text=第年
HAN_FONT = Path(__file__).parents[1] / "assets" / "counter-han.otf"

HEIGHT_SHARE = 0.068  # of the long side
HEIGHT_LIMITS_PX = (20, 120)
SHORT_SIDE_SHARE = 0.25  # at most: the plate is three times as wide as high, and has to fit
SMALLEST_HEIGHT_PX = 12  # below, digits cannot be read, and none are drawn
MARGIN_SHARE = 0.4  # of the plate's height
PLATE_OPACITY = 165  # of 255: white on it reaches a contrast of 5:1 even before a white wall
SUPERSAMPLING = 4
CHANGED_LEVELS = 8  # of 255
CALM_SHARE = 0.02


def plate_height_px(width_px: int, height_px: int) -> int:
    """Height of the counter's plate on a picture of this size, 0 where it could not be read."""
    wanted = min(max(HEIGHT_SHARE * max(width_px, height_px), HEIGHT_LIMITS_PX[0]), HEIGHT_LIMITS_PX[1])
    height = int(min(wanted, SHORT_SIDE_SHARE * min(width_px, height_px)))
    return height if height >= SMALLEST_HEIGHT_PX else 0


# The same in every animation of that size, most of which have 24 frames: a few kilobytes each.
@lru_cache(maxsize=64)
def plate(year: float, height_px: int, language: CounterLanguage = "en") -> tuple[Image.Image, Image.Image]:
    """Two coverage masks (mode L) of one size: the dark plate, and the white writing on it.

    Every digit has a cell of the same width, so that nothing but the digits moves from year to year.
    """
    height = height_px * SUPERSAMPLING
    font = ImageFont.load_default(height * 0.58)
    before, after = WORDS[language]
    words = font if language == "en" else ImageFont.truetype(HAN_FONT, height * 0.54)
    space = font.getlength(" ")
    digit_width = max(font.getlength(digit) for digit in "0123456789")
    padding = height * 0.42
    digits_left = padding + words.getlength(before) + space
    after_left = digits_left + 2 * digit_width + space
    width = int((after_left + words.getlength(after) if after else digits_left + 2 * digit_width) + padding)

    white = Image.new("L", (width, height))
    draw = ImageDraw.Draw(white)
    middle = height * 0.44
    draw.text((padding, middle), before, font=words, fill=230, anchor="lm")
    draw.text((after_left, middle), after, font=words, fill=230, anchor="lm")
    digits = str(round(year))
    # Before a word, the digits stand in the middle of their room; at the end, they begin where they always do.
    indent = digit_width * (2 - len(digits)) / 2 if after else 0.0
    for place, digit in enumerate(digits):
        centre = digits_left + indent + digit_width * (place + 0.5)
        draw.text((centre, middle), digit, font=font, fill=255, anchor="mm")
    line_height, line_top = height * 0.09, height * 0.80
    track = width - 2 * padding
    filled = max(line_height, track * min(max(year / YEARS, 0.0), 1.0))
    for length, level in ((track, 80), (filled, 255)):
        box = (padding, line_top, padding + length, line_top + line_height)
        draw.rounded_rectangle(box, radius=line_height / 2, fill=level)

    size = (round(width / SUPERSAMPLING), height_px)
    return _dark(width, height, size), white.resize(size, Image.Resampling.LANCZOS)


@lru_cache(maxsize=1)
def _dark(width: int, height: int, size: tuple[int, int]) -> Image.Image:
    """The plate without writing, drawn so large and reduced to a size: the same in every frame."""
    dark = Image.new("L", (width, height))
    ImageDraw.Draw(dark).rounded_rectangle((0, 0, width - 1, height - 1), radius=height * 0.32, fill=PLATE_OPACITY)
    return dark.resize(size, Image.Resampling.LANCZOS)


def calmest_corner(frames: Sequence[Frame]) -> Corner:
    """The corner that the edit leaves alone, so that the counter hides nothing; the bottom left if it will do."""
    before, after = frames[0].astype(np.int16), frames[-1].astype(np.int16)
    changed = (np.abs(after - before) > CHANGED_LEVELS).any(axis=2)
    height, width = changed.shape
    rows = {"bottom": slice(height - height // 6, None), "top": slice(0, height // 6)}
    columns = {"left": slice(0, width // 3), "right": slice(width - width // 3, None)}
    shares: dict[Corner, float] = {}
    for corner in CORNERS:
        row, column = corner.split()
        patch = changed[rows[row], columns[column]]
        shares[corner] = float(patch.mean()) if patch.size else 1.0
    return next((corner for corner in CORNERS if shares[corner] < CALM_SHARE), min(CORNERS, key=shares.__getitem__))


def draw_year(frame: Frame, year: float, corner: Corner = "bottom left", language: CounterLanguage = "en") -> Frame:
    """A copy of the frame (H,W,3 uint8) with the year drawn in a corner; the frame itself where it is too small."""
    height_px, width_px = frame.shape[:2]
    size = plate_height_px(width_px, height_px)
    if not size:
        return frame
    dark, white = plate(year, size, language)
    margin = round(size * MARGIN_SHARE)
    row, column = corner.split()
    left = margin if column == "left" else width_px - dark.width - margin
    top = margin if row == "top" else height_px - dark.height - margin
    image = Image.fromarray(frame)
    for colour, cover in (((0, 0, 0), dark), ((255, 255, 255), white)):
        if image.mode == "RGBA":  # pasting would mix the colour that hides below what is transparent
            drawn = Image.new("RGBA", cover.size, colour)
            drawn.putalpha(cover)
            image.alpha_composite(drawn, (left, top))
        else:
            image.paste(colour, (left, top), cover)
    return np.asarray(image)


def draw_years(frames: Sequence[Frame], years: Sequence[float], language: CounterLanguage = "en") -> list[Frame]:
    """Every frame (H,W,3 uint8) with its year, all in the corner that suits the whole sequence."""
    corner = calmest_corner(frames)
    return [draw_year(frame, year, corner, language) for frame, year in zip(frames, years, strict=True)]
