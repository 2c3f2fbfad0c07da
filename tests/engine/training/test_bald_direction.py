"""The mean of many edits."""

from __future__ import annotations

import pytest
import torch

from engine.training.bald_direction import unit_direction


def test_the_mean_direction_has_a_mean_norm_of_one_per_layer() -> None:
    rng = torch.Generator().manual_seed(0)
    deltas = [torch.randn(1, 6, 512, generator=rng) for _ in range(5)]
    direction = unit_direction(deltas)
    assert direction.shape == (1, 6, 512)
    assert float(direction.norm(dim=2).mean()) == pytest.approx(1)


def test_long_edits_count_no_more_than_short_ones() -> None:
    rng = torch.Generator().manual_seed(1)
    first, second = torch.randn(2, 1, 6, 512, generator=rng)
    torch.testing.assert_close(unit_direction([first, 9 * second]), unit_direction([first, second]))
    torch.testing.assert_close(
        torch.cosine_similarity(unit_direction([first]).flatten(), first.flatten(), dim=0), torch.tensor(1.0)
    )


def test_what_the_edits_share_stays_and_what_is_each_ones_own_fades() -> None:
    rng = torch.Generator().manual_seed(2)
    common = torch.randn(1, 6, 512, generator=rng)
    deltas = [common + torch.randn(1, 6, 512, generator=rng) for _ in range(20)]
    alike = torch.cosine_similarity(unit_direction(deltas).flatten(), common.flatten(), dim=0)
    single = torch.cosine_similarity(deltas[0].flatten(), common.flatten(), dim=0)
    assert float(alike) > 0.95 > float(single)
