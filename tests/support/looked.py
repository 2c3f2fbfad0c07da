"""A photo looked at through the canvas of one of its faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.compositing import Canvas, canvas_and_view
from engine.compositing.view import View
from engine.face.alignment import crop_face
from engine.models.load import Parts
from engine.parsing import parse

# The face's square in the photo, its crop, the canvas, and what is seen on it.
Looked = tuple[NDArray[np.float64], NDArray[np.uint8], Canvas, View]


def look(parts: Parts, photo: NDArray[np.uint8], quad: NDArray[np.float64]) -> Looked:
    """All of it for a square (4,2)."""
    crop = crop_face(photo, quad)
    canvas, view = canvas_and_view(parts.parser, photo, quad, crop, parse(parts.parser, crop, mirrored=False))
    return quad, crop, canvas, view
