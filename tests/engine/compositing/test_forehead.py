"""The drawn light on the own forehead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.compositing import Setting
from engine.compositing.forehead import ForeheadLight, ForeheadSettings, forehead_light, with_own_forehead
from engine.imaging.ops import Picture, Plane, blur, erode, smoothstep
from engine.parsing import FaceClass


@pytest.fixture(scope="module")
def change(setting: Setting) -> Plane:
    """Drawn skin from the middle of the forehead upwards, with a narrow seam."""
    return smoothstep(setting.v, 0.24, 0.26) * (np.abs(setting.u) < 0.45)


@pytest.fixture(scope="module")
def light(setting: Setting, change: Plane) -> ForeheadLight:
    light = forehead_light(setting, change)
    assert light is not None
    return light


@pytest.fixture(scope="module")
def brighter(setting: Setting) -> Picture:
    """A drawn person of the photo's own colours in more light."""
    return np.asarray(setting.photo.picture * 1.15, np.float32)


@pytest.fixture(scope="module")
def handed_over(setting: Setting, brighter: Picture, change: Plane, light: ForeheadLight) -> Picture:
    """What is seen: the photo, with what may change of it changed."""
    person = with_own_forehead(setting, brighter, np.zeros_like(change), change, light)
    changed = light.changed[..., None]
    return np.asarray(setting.photo.picture * (1 - changed) + person * changed, np.float32)


def gains(setting: Setting, picture: Picture) -> list[float]:
    """How much brighter than the photo a forehead's middle is, from low to high."""
    middle = np.abs(setting.u) < 0.12
    rows = [middle & (setting.v > low) & (setting.v < low + 0.02) for low in np.arange(0.06, 0.34, 0.02)]
    return [float(picture[row].mean() / setting.photo.picture[row].mean()) for row in rows]


def test_the_drawn_light_fades_over_the_forehead_instead_of_ending_at_the_seam(
    setting: Setting, handed_over: Picture
) -> None:
    gain = gains(setting, handed_over)
    assert gain[0] < 1.02
    assert gain[-1] == pytest.approx(1.15, abs=0.01)
    assert max(np.diff(gain)) < 0.05


def test_pores_and_lines_of_the_forehead_stay_the_persons(
    setting: Setting, change: Plane, light: ForeheadLight
) -> None:
    grain = np.random.default_rng(0).normal(0, 4, setting.v.shape).astype(np.float32)[..., None]
    photo = replace(setting.photo, picture=setting.photo.picture + grain)
    grainy = replace(setting, photo=photo)
    person = with_own_forehead(grainy, setting.photo.picture * np.float32(1.1), np.zeros_like(change), change, light)
    own = (light.reach > 0.3) & (change < 0.01) & (np.abs(setting.u) < 0.12)
    seen = person[..., 0] - blur(person[..., 0], 2.0)
    assert np.corrcoef(seen[own], grain[own][:, 0])[0, 1] > 0.9


def test_brows_and_what_lies_below_them_are_left_alone(
    setting: Setting, light: ForeheadLight, handed_over: Picture
) -> None:
    below = setting.v < ForeheadSettings().heights[0]
    assert not light.reach[below].any()
    assert light.reach[setting.protected].max() < 0.5
    np.testing.assert_array_equal(handed_over[below], setting.photo.picture[below])


def test_ears_that_stand_higher_than_the_brows_are_no_forehead(
    setting: Setting, change: Plane, light: ForeheadLight
) -> None:
    """Where the photo may change and no drawn head is, the background behind it is seen: ears were cut off."""
    ear = (np.abs(setting.u - 0.3) < 0.06) & (np.abs(setting.v - 0.17) < 0.05)
    probabilities = setting.photo.probabilities.copy()
    probabilities[:, ear[::2, ::2]] = 0
    probabilities[FaceClass.LEFT_EAR, ear[::2, ::2]] = 1
    seen = replace(setting, photo=replace(setting.photo, probabilities=probabilities))
    spared = forehead_light(seen, change)
    assert spared is not None
    inner = erode(ear, 4)
    assert light.changed[inner].min() > 0.9
    assert spared.changed[inner].max() < 0.3
    other = np.abs(setting.u + 0.3) < 0.05
    np.testing.assert_array_equal(spared.changed[other], light.changed[other])


def test_where_no_drawn_skin_is_seen_no_light_goes_on(setting: Setting, brighter: Picture) -> None:
    nowhere = np.zeros_like(setting.v)
    assert forehead_light(setting, nowhere) is None
    dark = ForeheadLight(nowhere, nowhere, np.ones_like(nowhere, bool))
    np.testing.assert_array_equal(with_own_forehead(setting, brighter, nowhere, nowhere, dark), brighter)
