"""CIEDE2000 against the pairs that its authors published to test it with."""

from __future__ import annotations

import numpy as np
import pytest

from engine.bench.ciede import ciede2000

# Sharma, Wu and Dalal 2005, table 1: hues on both sides of a turn, opposite hues, greys, blues, large differences.
PUBLISHED = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0009), 7.1792),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0011), 7.2195),
    ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("first", "second", "expected"), PUBLISHED)
def test_the_published_pairs_differ_as_published(
    first: tuple[float, ...], second: tuple[float, ...], expected: float
) -> None:
    assert ciede2000(np.array(first), np.array(second)) == pytest.approx(expected, abs=5e-5)
    assert ciede2000(np.array(second), np.array(first)) == pytest.approx(expected, abs=5e-5)


def test_any_two_colours_differ_as_another_implementation_says() -> None:
    color = pytest.importorskip("skimage.color")
    rng = np.random.default_rng(0)
    pairs = rng.uniform((0, -80, -80), (100, 80, 80), (200, 2, 3))
    ours = [ciede2000(first, second) for first, second in pairs]
    assert ours == pytest.approx(color.deltaE_ciede2000(pairs[:, 0], pairs[:, 1]), abs=1e-6)
