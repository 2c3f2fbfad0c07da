"""Heads that lie within one another."""

from __future__ import annotations

import numpy as np

from engine.compositing import Setting
from engine.compositing.nested import nested
from engine.imaging.ops import Plane


def narrow_then_wide(setting: Setting) -> tuple[list[Plane], list[Plane]]:
    """A head with more hair, drawn narrower than the bald one after it, and the hair of both, beside u = .4."""
    heads = [((np.abs(setting.u) < width) & (setting.v < 0.5)).astype(np.float32) for width in (0.5, 0.55)]
    return heads, [head * (np.abs(setting.u) > 0.4) for head in heads]


def test_no_head_is_narrower_at_the_sides_than_those_after_it(setting: Setting) -> None:
    heads, hairs = nested(*narrow_then_wide(setting), 1, np.ones_like(setting.u))
    np.testing.assert_array_equal(heads[0], heads[1])
    np.testing.assert_array_equal(hairs[0], hairs[1])


def test_off_the_sides_each_head_keeps_its_own_outline(setting: Setting) -> None:
    drawn, hair = narrow_then_wide(setting)
    right = (setting.u > 0).astype(np.float32)
    heads, hairs = nested(drawn, hair, 1, right)
    np.testing.assert_array_equal(heads[0][setting.u < 0], drawn[0][setting.u < 0])
    np.testing.assert_array_equal(hairs[0][setting.u < 0], hair[0][setting.u < 0])
    np.testing.assert_array_equal(heads[0][setting.u > 0], drawn[1][setting.u > 0])


def test_where_it_is_side_in_part_the_outline_is_between_both_and_no_veil(setting: Setting) -> None:
    drawn, hair = narrow_then_wide(setting)
    (first, _), _ = nested(drawn, hair, 1, np.full_like(setting.u, 0.4))
    row = first[np.argmin(np.abs(setting.v[:, 0]))]
    assert ((row > 0.02) & (row < 0.98)).sum() <= 4
    across = np.abs(setting.u[0])
    assert row[across < 0.51].min() > 0.9
    assert row[across > 0.53].max() < 0.1


def test_beyond_the_bald_head_narrower_ones_follow(setting: Setting) -> None:
    drawn, hair = narrow_then_wide(setting)
    heads, _ = nested(drawn, hair, 0, np.ones_like(setting.u))
    np.testing.assert_array_equal(heads[0], drawn[0])
