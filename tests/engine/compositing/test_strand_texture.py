"""Strands and the gaps between them."""

from __future__ import annotations

import numpy as np

from engine.compositing.strand_texture import lock_texture, strand_texture
from engine.imaging.ops import Picture, blur, luminance

SIDE_PX = 160
ROWS, COLUMNS = np.mgrid[:SIDE_PX, :SIDE_PX] - (SIDE_PX - 1) / 2


def test_strands_are_told_from_gaps() -> None:
    """Light strands are positive, and all together they are neither."""
    rng = np.random.default_rng(0)
    photo = np.repeat(blur(rng.normal(128, 40, (80, 80)), 1.5)[..., None], 3, 2).astype(np.float32)
    texture = strand_texture(photo)
    assert np.abs(texture).max() <= 1
    assert abs(float(texture.mean())) < 0.1
    assert np.corrcoef(texture.ravel(), luminance(photo).ravel())[0, 1] > 0.8


def test_strands_show_as_well_where_the_hair_is_dark() -> None:
    waves = np.sin(np.arange(SIDE_PX) / 1.5)[None, :] * np.ones((SIDE_PX, 1))
    grey = np.where(ROWS > 0, 40 + 10 * waves, 180 + 40 * waves)
    texture = strand_texture(np.repeat(grey[..., None], 3, 2).astype(np.float32))
    dark, light = (float(texture[rows].std()) for rows in (slice(110, 150), slice(10, 50)))
    assert dark > 2 * 10 / 40 * light


def test_locks_are_told_without_a_sensor_s_noise() -> None:
    rng = np.random.default_rng(0)
    waves = np.sin(COLUMNS / 3)

    def noisy() -> Picture:
        return np.repeat((128 + 20 * waves + rng.normal(0, 20, waves.shape))[..., None], 3, 2).astype(np.float32)

    one, other = noisy(), noisy()
    strands, locks = (
        float(np.corrcoef(texture(one).ravel(), texture(other).ravel())[0, 1])
        for texture in (strand_texture, lambda photo: lock_texture(photo, 1.0))
    )
    assert locks > 0.9
    assert locks > strands + 0.2
    assert np.corrcoef(lock_texture(one, 1.0).ravel(), waves.ravel())[0, 1] > 0.9
