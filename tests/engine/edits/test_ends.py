"""Where strands end."""

from __future__ import annotations

import numpy as np

from engine.edits.ends import strand_ends


def test_ends_differ_from_strand_to_strand_but_not_along_one() -> None:
    u = np.tile(np.linspace(-0.8, 0.8, 640, dtype=np.float32), (30, 1))
    ends = strand_ends(u, np.random.default_rng(1))
    assert np.ptp(ends, axis=0).max() == 0
    assert 0.6 < ends[0].std() < 1.4
    neighbours = np.corrcoef(ends[0, :-1], ends[0, 1:])[0, 1]
    assert 0.8 < neighbours < 0.9999


def test_the_same_seed_gives_the_same_ends() -> None:
    u = np.linspace(-1, 1, 50, dtype=np.float32)[None]
    first, second, other = (strand_ends(u, np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - other).max() > 0.1
