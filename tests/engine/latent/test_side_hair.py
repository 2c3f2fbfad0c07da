"""How high hair stands at the sides of a horseshoe."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
import torch

from engine.face.faces import find_faces
from engine.face.head_axes import head_axes
from engine.generator import moved
from engine.generator.picture import to_uint8
from engine.latent.side_hair import LowerSideSettings, SideHair, lowest_share, with_lower_sides
from engine.models.load import Models
from engine.parsing import parse
from engine.parsing.classes import HAIR_CLASSES

SETTINGS = LowerSideSettings()


def at(
    highs: Mapping[float, float], lows: Mapping[float, tuple[float, float]] | None = None
) -> Callable[[float], SideHair]:
    """What is seen at each share, alike on both sides but for the low hair that is told."""

    def seen(share: float) -> SideHair:
        return SideHair((lows or {}).get(share, (0.5, 0.5)), (highs[share], highs[share]))

    return seen


def test_it_goes_on_while_hair_stands_high() -> None:
    assert lowest_share(at({0.0: 0.4, 0.1: 0.3, 0.2: 0.2, 0.3: 0.1})) == SETTINGS.shares[-1]


def test_it_ends_where_little_stands_high() -> None:
    assert lowest_share(at({0.0: 0.4, 0.1: 0.05})) == 0.1
    assert lowest_share(at({0.0: 0.05})) == 0


def test_hair_that_does_not_get_lower_stays() -> None:
    """What hangs before a face does not, and each share costs some of the person."""
    assert lowest_share(at({0.0: 0.4, 0.1: 0.39})) == 0


@pytest.mark.parametrize("low", [(0.1, 0.7), (0.7, 0.1), (0.3, 0.3)])
def test_neither_side_loses_its_low_hair(low: tuple[float, float]) -> None:
    assert lowest_share(at({0.0: 0.4, 0.1: 0.3, 0.2: 0.2}, {0.2: low})) == 0.1


def test_a_drawn_horseshoe_has_less_at_its_sides_and_keeps_them(
    models: Models, pictures: torch.Tensor, latents: torch.Tensor
) -> None:
    picture = to_uint8(pictures[1:])
    axes = head_axes(find_faces(models.face_tools, picture)[0].landmarks * 2 + 0.5)
    probabilities = parse(models.parser, picture, mirrored=False)
    latent = models.generator.w_plus(latents[1:])
    horseshoe = models.bald_start("horseshoe", latent, probabilities, axes)
    beyond = models.beyond_horseshoe(probabilities, axes)
    # However much it costs, so that the way itself is seen.
    settings = LowerSideSettings(enough=0, most_high_left=1.1, least_low_left=0.3, least_side_left=0.3)
    lower = with_lower_sides(models.networks, latent, horseshoe, beyond, probabilities, axes, settings)
    step = lower.delta
    assert lower.picture is not None
    with torch.no_grad():
        assert torch.equal(lower.picture, models.generator.full_picture(moved(latent, step)))
    share = float((step - horseshoe).norm() / beyond.norm())
    assert share == pytest.approx(0.3, abs=1e-3)

    def hair(delta: torch.Tensor, heights: tuple[float, float]) -> float:
        drawn = parse(models.parser, to_uint8(models.generator(moved(latent, delta)).picture), 256, mirrored=False)
        u, v = axes.coordinates(drawn.shape[1], 1024 / drawn.shape[1])
        beside = (np.abs(u) > 0.3) & (np.abs(u) < 0.62) & (v > heights[0]) & (v < heights[1])
        return float(np.isin(drawn.argmax(0), HAIR_CLASSES)[beside].mean())

    before, after = (hair(delta, (SETTINGS.low[0], SETTINGS.high[1])) for delta in (horseshoe, step))
    assert 0.5 * before < after < 0.95 * before
