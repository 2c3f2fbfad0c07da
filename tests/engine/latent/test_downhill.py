"""Steps down a loss whose length is found on the way."""

from __future__ import annotations

import torch

from engine.latent.downhill import Downhill, DownhillSettings


def bowl(value: torch.Tensor) -> torch.Tensor:
    """A loss that is thirty times as steep one way as the other."""
    return value[0] ** 2 / 2 + 30 * value[1] ** 2 / 2


def test_the_first_step_has_the_length_that_was_asked_for_and_goes_straight_down() -> None:
    value = torch.tensor([3.0, 4.0], requires_grad=True)
    Downhill(value, 0.5).step((value**2).sum())
    torch.testing.assert_close(value.detach(), torch.tensor([2.7, 3.6]))


def test_after_a_step_that_was_too_long_a_shorter_one_goes_from_where_it_was_lowest() -> None:
    value = torch.tensor([1.0, 0.0], requires_grad=True)
    downhill = Downhill(value, 10.0)
    downhill.step(bowl(value))
    assert float(value.detach()[0]) == -9.0
    downhill.step(bowl(value))
    assert -9.0 < float(value.detach()[0]) < 1.0
    torch.testing.assert_close(value.detach(), torch.tensor([-3.0, 0.0]))


def test_steps_end_near_the_bottom_whatever_the_first_one_s_length() -> None:
    for length in (0.01, 1.0, 100.0):
        value = torch.tensor([3.0, 1.0], requires_grad=True)
        downhill, losses = Downhill(value, length), []
        for _ in range(60):
            loss = bowl(value)
            losses.append(float(loss.detach()))
            downhill.step(loss)
        assert min(losses) < 0.02 * losses[0]


def test_another_loss_is_gone_down_from_the_value_that_is_said_though_it_is_higher() -> None:
    value = torch.tensor([1.0, 0.0], requires_grad=True)
    downhill = Downhill(value, 0.1)
    downhill.step(bowl(value))
    downhill.go_on(torch.tensor([0.5, 0.0]))
    assert float(value.detach()[0]) == 0.5
    downhill.step(100 + bowl(value))
    assert float(value.detach()[0]) < 0.5


def test_the_first_step_down_another_loss_is_shorter_by_the_settings_share() -> None:
    value = torch.tensor([8.0, 0.0], requires_grad=True)
    downhill = Downhill(value, 1.0, DownhillSettings(longer=1.0, onwards=0.25))
    downhill.step(bowl(value))
    downhill.go_on(torch.tensor([6.0, 0.0]))
    downhill.step(bowl(value))
    torch.testing.assert_close(value.detach(), torch.tensor([5.75, 0.0]))


def test_where_nothing_changes_the_loss_the_value_stays() -> None:
    value = torch.tensor([1.0, 2.0], requires_grad=True)
    Downhill(value, 1.0).step((0 * value).sum())
    torch.testing.assert_close(value.detach(), torch.tensor([1.0, 2.0]))
