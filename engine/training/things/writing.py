"""Words and letters over the hair, as chats and meme programs write them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from engine.training.things.stage import Cover, Rng, Stage

LETTERS = "ABDEGHKMNORSTWXYZabdeghkmnoprstwz2345689!?&#"
WORDS = [
    "WHEN",
    "THE",
    "BARBER",
    "ASKS",
    "HOW",
    "SHORT",
    "AND",
    "YOU",
    "SAY",
    "YES",
    "lol",
    "no",
    "hair",
    "today",
    "Monday",
    "mood",
    "me",
    "at",
    "the",
    "end",
    "of",
    "2026",
    "bald",
    "soon",
]
FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)


def letters(stage: Stage, rng: Rng) -> list[Cover]:
    """A short text in one of OpenCV's own fonts, some with an outline or a bar below it."""
    text = "".join(rng.choice(list(LETTERS), int(rng.integers(3, 12))))
    return written(stage, [text], stage.place(rng), rng.uniform(0.06, 0.2), rng)


def written(stage: Stage, lines: list[str], place: NDArray[np.float64], height: float, rng: Rng) -> list[Cover]:
    """Lines of text around a place, so high; below them first their outline or bar, where they have one."""
    font = FONTS[int(rng.integers(len(FONTS)))]
    px = max(6, round(height * stage.axes.width_px))
    thick = max(1, round(px * rng.uniform(0.06, 0.2)))
    scale = cv2.getFontScaleFromHeight(font, px, thick)
    outlined, text = np.zeros(stage.shape, np.uint8), np.zeros(stage.shape, np.uint8)
    edge = max(1, round(px * rng.uniform(0.05, 0.12)))
    style = rng.choice(["plain", "outlined", "bar"], p=[0.45, 0.35, 0.2])
    for row, line in enumerate(lines):
        (width, _), _ = cv2.getTextSize(line, font, scale, thick)
        left, base = round(place[0] - width / 2), round(place[1] + (row - len(lines) / 2 + 0.8) * 1.5 * px)
        cv2.putText(text, line, (left, base), font, scale, 255, thick, cv2.LINE_AA)
        if style == "outlined":
            cv2.putText(outlined, line, (left, base), font, scale, 255, thick + 2 * edge, cv2.LINE_AA)
        elif style == "bar":
            corner = (left - px // 2, base - round(1.25 * px))
            cv2.rectangle(outlined, corner, (left + width + px // 2, base + px // 3), 255, -1)
    covers = [np.asarray(plane / np.float32(255), np.float32) for plane in (outlined, text)]
    return covers if style != "plain" else covers[1:]


def caption(stage: Stage, rng: Rng) -> list[Cover]:
    """One or two lines of words over the upper part of the head."""
    count = int(rng.integers(1, 3))
    lines = [" ".join(rng.choice(WORDS, int(rng.integers(2, 4)))) for _ in range(count)]
    axes = stage.axes
    place = axes.origin + axes.up * axes.width_px * rng.uniform(0.3, 0.6)
    return written(stage, lines, place, rng.uniform(0.07, 0.2), rng)


def printed(stage: Stage, rng: Rng) -> list[Cover]:
    """One to four lines in Pillow's own font, from small print to headlines, plain, outlined or on a bar."""
    height = max(6.0, float(np.exp(rng.uniform(np.log(0.03), np.log(0.25)))) * stage.axes.width_px)
    words = ["".join(rng.choice(list(LETTERS), int(rng.integers(2, 9)))) for _ in range(4)]
    lines = [" ".join(rng.choice(WORDS + words, int(rng.integers(1, 4)))) for _ in range(int(rng.integers(1, 5)))]
    font, place = ImageFont.load_default(height), stage.place(rng)
    style, edge_px = rng.choice(["plain", "outlined", "bar"], p=[0.6, 0.25, 0.15]), max(1, round(height * 0.08))

    def drawn(stroke_px: int) -> Cover:
        page = Image.new("L", stage.shape[::-1])
        pen = ImageDraw.Draw(page)
        at = (float(place[0]), float(place[1]))
        pen.multiline_text(at, "\n".join(lines), 255, font, "mm", align="center", stroke_width=stroke_px)
        return np.asarray(np.asarray(page) / np.float32(255), np.float32)

    text = drawn(0)
    if style == "plain" or not text.any():
        return [text]
    if style == "outlined":
        return [drawn(edge_px), text]
    rows, columns = np.nonzero(text)
    bar = np.zeros_like(text)
    px = round(height / 3)
    top, left = max(0, rows.min() - px), max(0, columns.min() - px)
    bar[top : rows.max() + px + 1, left : columns.max() + px + 1] = 1
    return [bar, text]
