"""Gradient steps on one tensor, each at a rate of its own: what all descents in latent space share."""

from __future__ import annotations

import torch

# Adam's memory of gradients and of their squares. Kingma and Ba's 0.999 would outlast these descents of tens of steps.
BETAS = (0.9, 0.99)


class Gradient:
    """Adam (Kingma and Ba 2015) on `value`, which it changes in place."""

    def __init__(self, value: torch.Tensor) -> None:
        self._optimizer = torch.optim.Adam([value], betas=BETAS)

    def step(self, loss: torch.Tensor, rate: float) -> None:
        """One step down the loss, which was computed from the value."""
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
