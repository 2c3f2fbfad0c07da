"""A picture that goes on, mirrored, beyond an area."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.imaging.nearest import nearest_labels
from engine.imaging.ops import Mask, Picture, Plane


def mirrored_beyond(picture: Picture, inside: Mask) -> Picture:
    """A picture (H,W,3) whose pixels outside of an area (H,W, not empty) show what lies as far inside of it, beyond the
    area's pixel that is nearest to them."""
    whose, places = nearest_labels(inside), np.flatnonzero(inside)
    rows, columns = np.divmod(places, inside.shape[1])

    def mirror(nearest: NDArray[np.intp], here: Plane) -> Plane:
        """One coordinate alone: rows of two are gathered at half the pace."""
        twice_nearest = np.zeros(int(whose.max()) + 1, np.float32)
        twice_nearest[whose.ravel()[places]] = 2 * nearest
        return np.asarray(np.take(twice_nearest, whose) - here, np.float32)

    from_x, from_y = map(mirror, (columns, rows), _places(*inside.shape))
    return np.asarray(cv2.remap(picture, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.float32)


@lru_cache(maxsize=2)
def _places(height: int, width: int) -> tuple[Plane, Plane]:
    """Where each pixel is (H,W each: x, y)."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    return columns, rows
