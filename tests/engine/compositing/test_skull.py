"""The line of a skull over the angles, told from rays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.compositing.skull import Rays, SkullSettings, rays_of, skull_line

WIDTH_PX, RADIUS_PX = 200.0, 100.0


@pytest.fixture
def bald() -> Rays:
    """A round skull without any hair."""
    angles = np.arange(-80.0, 81.0)
    return Rays(angles, np.full(161, RADIUS_PX), np.full(161, RADIUS_PX), np.zeros(161, bool), WIDTH_PX)


def with_hair(rays: Rays, from_degrees: float, thick_px: float) -> Rays:
    """Hair within the outline from so many degrees on."""
    haired = np.abs(rays.angles) >= from_degrees
    return replace(rays, scalp=np.where(haired, rays.head - thick_px, rays.head), haired=haired)


def thickest(rays: Rays) -> NDArray[np.float64]:
    told = skull_line(rays, 0.4, SkullSettings())
    assert told is not None
    return told[2]


def test_a_round_bald_skull_is_its_own_line(bald: Rays) -> None:
    told = skull_line(bald, 0.4, SkullSettings())
    assert told is not None
    np.testing.assert_allclose(told[0][40:-40], RADIUS_PX, rtol=0.01)


def test_where_thin_hair_begins_it_has_no_thickness_and_more_the_further_down(bald: Rays) -> None:
    at = thickest(with_hair(bald, 55, 12))[np.searchsorted(bald.angles, [56, 58, 61, 65])]
    assert (np.diff(at) > 0).all()
    assert at[0] < 0.01 < 0.04 < at[-1]


def test_right_above_thin_hair_is_none(bald: Rays) -> None:
    """What was seen of some there ended along a ray, as a wedge."""
    at = thickest(with_hair(bald, 55, 12))[np.searchsorted(bald.angles, [-54, -51, 51, 54])]
    np.testing.assert_array_equal(at, 0)


def test_how_thick_hair_may_be_changes_in_no_step_along_the_skull(bald: Rays) -> None:
    """A step is a line from the outline inwards, skin on one side of it."""
    top = np.abs(bald.angles) < 60
    assert np.abs(np.diff(np.minimum(thickest(with_hair(bald, 55, 12))[top], 0.05))).max() < 0.01


def test_thick_hair_may_be_as_thick_as_it_is_drawn(bald: Rays) -> None:
    assert (thickest(with_hair(bald, 55, 30)) == 1).all()


def test_hair_that_a_parser_sees_higher_up_begins_there(bald: Rays) -> None:
    """Where it looks like the scalp its rim is told too low, and its top would be cut off."""
    low = with_hair(bald, 60, 12)
    higher = replace(low, haired=np.abs(low.angles) >= 45)
    below = np.searchsorted(bald.angles, 62)
    assert thickest(higher)[below] > 2 * thickest(low)[below]


def test_a_few_thin_rays_beside_thick_hair_are_nearly_as_thick(bald: Rays) -> None:
    """Grey hair that looks like scalp on a few rays: skin lay as a spoke in it."""
    thick = with_hair(bald, 55, 30)
    alike = (bald.angles >= 64) & (bald.angles <= 67)
    at = thickest(replace(thick, scalp=np.where(alike, thick.head, thick.scalp)))
    assert at[alike].min() > 0.07


def test_a_ray_without_head_tells_no_skull() -> None:
    degrees, radius_px = np.meshgrid(np.arange(-90.0, 91.0), np.arange(1.0, 120.0))
    head = (radius_px < RADIUS_PX) & (np.abs(degrees - 10) > 2)
    nothing = np.zeros_like(head)
    planes = radius_px.astype(np.float32), degrees.astype(np.float32)
    assert rays_of(*planes, head, head, nothing, WIDTH_PX, SkullSettings()) is None
    whole = rays_of(*planes, radius_px < RADIUS_PX, head, nothing, WIDTH_PX, SkullSettings())
    assert whole is not None
    assert not whole.haired.any()
