"""Layers over a photo, and their way from nothing to all."""

from __future__ import annotations

import itertools

import numpy as np

from engine.compositing import over
from engine.edits.layers import Limited, Reveal, Timed, ordered


def layer(level: float, alpha: float, order: np.ndarray | None = None) -> Reveal:
    shape = (8, 10)
    times = np.zeros(shape, np.float32) if order is None else order
    return Reveal(np.full((*shape, 3), level, np.float32), np.full(shape, alpha, np.float32), times)


def test_a_reveal_begins_with_nothing_ends_with_all_and_never_goes_back() -> None:
    order = np.linspace(0, 1, 80, dtype=np.float32).reshape(8, 10)
    shown = [layer(200, 0.8, order).overlay(moment).alpha for moment in np.linspace(0, 1, 9)]
    assert shown[0].max() == 0
    np.testing.assert_array_equal(shown[-1], np.full((8, 10), 0.8, np.float32))
    assert all((later >= earlier).all() for earlier, later in itertools.pairwise(shown))
    assert shown[4][0, 0] > shown[4][-1, -1]


def test_a_timed_layer_waits_for_its_part_of_the_time() -> None:
    timed = Timed(layer(200, 1.0), 0.5, 1.0)
    assert timed.overlay(0.4).alpha.max() == 0
    assert 0 < timed.overlay(0.6).alpha.max() < 1
    assert timed.overlay(1.0).alpha.min() == 1


def test_an_order_is_spread_evenly_over_what_appears() -> None:
    alpha = np.ones((50, 50), np.float32)
    alpha[:, 25:] = 0
    times = ordered(np.linspace(3, 90, 2500, dtype=np.float32).reshape(50, 50) ** 2, alpha)
    shown = times[alpha > 0]
    assert shown.min() < 0.01
    assert shown.max() > 0.99
    assert abs(float(np.median(shown)) - 0.5) < 0.03


def test_a_limited_layer_changes_nothing_outside_of_its_limit() -> None:
    shape = (8, 8)
    layer = Reveal(np.full((*shape, 3), 200, np.float32), np.ones(shape, np.float32), np.zeros(shape, np.float32))
    limit = np.zeros(shape, np.float32)
    limit[:, 4:] = 1
    limited = Limited(layer, limit)
    photo = np.full((*shape, 3), 90, np.float32)
    changed = over(photo, limited.overlay(1.0))
    np.testing.assert_array_equal(changed[:, :4], photo[:, :4])
    assert (changed[:, 4:] == 200).all()
    np.testing.assert_array_equal(limited.cover, limit)


def halved(values: np.ndarray) -> np.ndarray:
    return np.asarray(values.reshape(4, 2, 5, 2, *values.shape[2:]).mean((1, 3)), np.float32)


def test_on_other_pixels_a_layer_shows_what_it_showed() -> None:
    order = np.repeat(np.repeat(np.linspace(0, 1, 20, dtype=np.float32).reshape(4, 5), 2, 0), 2, 1)
    reveal = layer(200, 0.8, order)
    limit = np.zeros((8, 10), np.float32)
    limit[:, 4:] = 1
    for whole in (reveal, Limited(reveal, limit), Timed(reveal, 0.2, 0.9)):
        small = whole.warped(halved, 0.5)
        for moment in (0.0, 0.5, 1.0):
            np.testing.assert_allclose(small.overlay(moment).alpha, halved(whole.overlay(moment).alpha), atol=1e-5)
            seen = small.overlay(moment).alpha > 0
            np.testing.assert_allclose(small.overlay(moment).picture[seen], 200, rtol=1e-4)


def test_nothing_unseen_of_a_reveal_is_blended_into_its_rim_on_other_pixels() -> None:
    reveal = layer(200, 0.0)
    alpha, picture = reveal.alpha.copy(), reveal.picture.copy()
    alpha[:, 5:] = 1
    picture[:, :5] = 0
    small = Reveal(picture, alpha, reveal.order).warped(halved, 0.5)
    np.testing.assert_allclose(small.picture[:, 2:], 200, rtol=1e-4)
    np.testing.assert_allclose(small.alpha[:, 2], 0.5)
