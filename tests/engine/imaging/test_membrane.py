"""A membrane through what is known."""

from __future__ import annotations

import numpy as np
import pytest

from engine.imaging.membrane import membrane
from engine.imaging.ops import erode


def test_a_membrane_keeps_known_values_and_carries_a_slope_through_a_hole() -> None:
    rows, columns = np.mgrid[:128, :128].astype(np.float32)
    slope = np.stack([rows, 2 * columns, 100 - rows], -1)
    known = np.ones((128, 128), bool)
    known[40:90, 30:100] = False
    filled = membrane(np.where(known[..., None], slope, 0), known, np.ones_like(known))
    inner = erode(known, 8)[8:-8, 8:-8]
    assert np.abs(filled - slope)[8:-8, 8:-8][inner].max() < 3
    assert np.abs(filled - slope)[~known].mean() < 4


def test_a_membrane_stays_within_what_is_known_and_a_pull_brings_it_back_to_zero() -> None:
    known = np.zeros((128, 128), bool)
    known[:, :20] = True
    values = np.where(known[..., None], 10.0, 0.0).astype(np.float32)
    carried = membrane(values, known, np.ones_like(known))
    pulled = membrane(values, known, np.ones_like(known), pull=0.05)
    np.testing.assert_allclose(carried[:, 24:, 0], 10, atol=0.5)
    assert pulled[64, 10, 0] == pytest.approx(10, abs=0.5)
    assert (np.diff(pulled[64, 24::16, 0]) < 0).all()
    assert pulled[64, -1, 0] < 2


def test_nothing_flows_across_the_domains_border() -> None:
    """Two known sides, a wall between them: each half takes the value of its own side."""
    known = np.zeros((128, 128), bool)
    known[:, :16], known[:, -16:] = True, True
    values = np.zeros((128, 128, 1), np.float32)
    values[:, :16], values[:, -16:] = 1, 9
    domain = np.ones_like(known)
    domain[:, 56:72] = False
    parted, joined = (membrane(values, known, where)[64, :, 0] for where in (domain, np.ones_like(known)))
    np.testing.assert_allclose(parted[20:48], 1, atol=1)
    np.testing.assert_allclose(parted[80:108], 9, atol=1)
    assert joined[47] > 3 > 2 > parted[47]
