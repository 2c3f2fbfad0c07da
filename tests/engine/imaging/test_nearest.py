"""Which pixel of an area is nearest."""

from __future__ import annotations

import numpy as np

from engine.imaging.nearest import nearest_labels


def test_outside_of_an_area_each_pixel_has_the_number_of_the_nearest_one_in_it() -> None:
    area = np.zeros((20, 30), bool)
    area[4, 5], area[15, 25] = True, True
    labels = nearest_labels(area)
    assert labels[4, 5] != labels[15, 25]
    assert labels[0, 0] == labels[8, 10] == labels[4, 5]
    assert labels[19, 29] == labels[12, 20] == labels[15, 25]


def test_within_an_area_each_pixel_has_a_number_of_its_own() -> None:
    area = np.zeros((20, 30), bool)
    area[5:10, 5:12] = True
    assert len(np.unique(nearest_labels(area)[area])) == 35
