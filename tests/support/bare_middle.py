"""A head with hair beside a bare middle, as a parser sees it."""

from __future__ import annotations

import numpy as np

from engine.compositing import Setting
from engine.compositing.view import View
from engine.imaging.ops import Picture, Plane
from engine.parsing.classes import FaceClass

SKIN = (210.0, 165.0, 145.0)
# In face widths off the midline: where a parser's hair begins, and where the head ends.
BEGINS, ENDS = 0.35, 0.7


def somebody(setting: Setting) -> Plane:
    """Where the head is (H,W, 0 or 1)."""
    return ((np.abs(setting.u) < ENDS) & (setting.v < 0.6)).astype(np.float32)


def hair_beside(setting: Setting) -> Plane:
    """What a parser calls hair (H,W, 0 or 1)."""
    return somebody(setting) * (np.abs(setting.u) > BEGINS)


def parsed(person: Plane, told: Plane, picture: Picture) -> View:
    """A picture (H,W,3) of a person (H,W, 0 or 1) of whom a parser calls so much hair (told: H,W, 0 or 1)."""
    probabilities = np.zeros((len(FaceClass), *told.shape), np.float32)
    probabilities[FaceClass.SKIN], probabilities[FaceClass.HAIR] = person * (1 - told), person * told
    probabilities[FaceClass.BACKGROUND] = 1 - person
    return View(picture, probabilities, np.ones(told.shape, bool))
