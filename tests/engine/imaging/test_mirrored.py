"""A picture that goes on, mirrored, beyond an area."""

from __future__ import annotations

import numpy as np

from engine.imaging.mirrored import mirrored_beyond


def test_beyond_an_area_lies_what_is_as_far_inside_of_it() -> None:
    picture = np.repeat(np.arange(40, dtype=np.float32)[None, :, None] * np.ones((30, 1, 3), np.float32), 1, 0)
    inside = np.zeros((30, 40), bool)
    inside[:, :20] = True
    beyond = mirrored_beyond(picture, inside)
    np.testing.assert_array_equal(beyond[:, :20], picture[:, :20])
    # The area's last column is the nearest, 19.
    np.testing.assert_array_equal(beyond[:, 20:38], picture[:, 18:0:-1])
