"""Lettering is found with its outline and its bar; hair before a wall is not taken for it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from engine.compositing.lettering import LetteringSettings, lettering
from tests.support.haired_head import BLACK, BLOND, BROWN, head

Levels = NDArray[np.uint8]
Colour = tuple[int, int, int]
DARK, LIGHT = (0, 0, 0), (255, 255, 255)


def as_jpeg(picture: NDArray[np.generic]) -> Levels:
    """As chats send it: with half of the colour's pixels."""
    _, file = cv2.imencode(".jpg", np.asarray(picture, np.uint8)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
    decoded = cv2.imdecode(file, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.ascontiguousarray(decoded[..., ::-1])


def written(picture: Levels, words: str, letters: Colour, outline: Colour | None = None) -> Levels:
    out = Image.fromarray(picture)
    font = ImageFont.load_default(90)
    width_px = 0 if outline is None else 6
    ImageDraw.Draw(out).text((512, 300), words, letters, font, "mm", stroke_width=width_px, stroke_fill=outline)
    return np.asarray(out)


@pytest.mark.parametrize("hair_colour", [BROWN, BLOND, BLACK])
@pytest.mark.parametrize(
    ("letters", "outline"), [(LIGHT, DARK), ((255, 225, 0), DARK), ((220, 20, 40), LIGHT), ((255, 60, 160), LIGHT)]
)
def test_thin_letters_are_found_with_their_outline(hair_colour: Colour, letters: Colour, outline: Colour) -> None:
    picture = head(hair_colour)[0].astype(np.uint8)
    drawn = written(picture, "SO TIRED", letters, outline)
    shape = (drawn != picture).any(2)
    found = lettering(as_jpeg(drawn))
    inside = cv2.erode(shape.astype(np.uint8), np.ones((5, 5))).astype(bool)  # the rim is `drawn_over`'s
    assert found[inside].mean() > 0.98
    around = cv2.dilate(shape.astype(np.uint8), np.ones((17, 17))).astype(bool)
    assert (found & ~around).sum() < 0.01 * shape.sum()


@pytest.mark.parametrize(("bar", "letters"), [(LIGHT, DARK), (DARK, LIGHT)])
def test_a_bar_is_found_whole_with_the_letters_on_it(bar: Colour, letters: Colour) -> None:
    picture = head(BROWN)[0].astype(np.uint8)
    picture[240:360] = bar
    found = lettering(as_jpeg(written(picture, "SO TIRED", letters)))
    assert found[243:357].all()
    assert not found[:230].any()
    assert not found[370:].any()


@pytest.mark.parametrize("hair_colour", [BROWN, BLOND, BLACK])
def test_hair_before_a_wall_is_not_lettering(hair_colour: Colour) -> None:
    picture, hair, skin = head(hair_colour)
    assert not lettering(as_jpeg(picture)).any()
    white = np.where((hair | skin)[..., None], picture, 255)
    assert not lettering(as_jpeg(white)).any()


def test_gaps_of_many_colours_between_black_locks_are_not_lettering() -> None:
    rng = np.random.default_rng(2)
    picture = np.full((1024, 1024, 3), 12, np.uint8)
    for x, y in rng.integers(60, 960, (40, 2)):
        cv2.circle(picture, (int(x), int(y)), 12, tuple(int(level) for level in rng.integers(60, 255, 3)), -1)
    assert not lettering(as_jpeg(picture), LetteringSettings(same_levels=12)).any()


def test_two_catchlights_are_too_few() -> None:
    picture = np.full((1024, 1024, 3), 12, np.uint8)
    for x in (400, 600):
        cv2.circle(picture, (x, 500), 20, LIGHT, -1)
    assert not lettering(as_jpeg(picture)).any()
