"""Gradient steps."""

from __future__ import annotations

from itertools import pairwise

import torch

from engine.latent.gradient import LEAST_RATE, FallingRate, Gradient


def test_steps_lead_down_the_loss_and_a_rate_of_nothing_stays() -> None:
    value = torch.tensor([3.0, -2.0], requires_grad=True)
    gradient = Gradient(value)
    gradient.step((value**2).sum(), 0.5)
    torch.testing.assert_close(value.detach(), torch.tensor([2.5, -1.5]))  # Adam's first step has the rate's length
    gradient.step((value**2).sum(), 0.0)
    torch.testing.assert_close(value.detach(), torch.tensor([2.5, -1.5]))
    for _ in range(100):
        gradient.step((value**2).sum(), 0.1)
    assert float(value.detach().abs().max()) < 0.2


def test_a_falling_rate_s_steps_become_shorter_and_never_shorter_than_the_least() -> None:
    value = torch.tensor([100.0], requires_grad=True)
    falling, places = FallingRate(value, 1.0, 4), [100.0]
    for _ in range(8):
        falling.step(value.sum())  # as steep everywhere
        falling.go_on(torch.tensor([50.0]))
        places.append(float(value.detach()))
    lengths = [before - after for before, after in pairwise(places)]
    assert all(later <= earlier + 1e-3 for earlier, later in pairwise(lengths))
    torch.testing.assert_close(torch.tensor(lengths[::7]), torch.tensor([1.0, LEAST_RATE]), atol=1e-3, rtol=0)
