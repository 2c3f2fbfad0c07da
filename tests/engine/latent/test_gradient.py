"""Gradient steps."""

from __future__ import annotations

import torch

from engine.latent.gradient import Gradient


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
