"""Gradient steps on one tensor: what descents in latent space share."""

from __future__ import annotations

from typing import Protocol

import torch

# Adam's memory of gradients and of their squares. Kingma and Ba's 0.999 would outlast these descents of tens of steps.
BETAS = (0.9, 0.99)
# A rate falls linearly to this share of itself.
LEAST_RATE = 0.25


class Stepper(Protocol):
    """Steps down a loss on one tensor, which it changes in place."""

    def step(self, loss: torch.Tensor) -> None:
        """One step down the loss, which was computed from the tensor."""
        ...

    def go_on(self, lowest: torch.Tensor) -> None:
        """Another loss follows; lowest: where the last one was."""
        ...


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


class FallingRate:
    """Adam at a rate that falls over so many steps. It goes straight over what a loss has risen for: for ways that lead
    through worse pictures to what is wanted."""

    def __init__(self, value: torch.Tensor, rate: float, steps: int) -> None:
        self._gradient, self._rate, self._steps, self._taken = Gradient(value), rate, steps, 0

    def step(self, loss: torch.Tensor) -> None:
        """One step down the loss, which was computed from the value."""
        self._gradient.step(loss, self._rate * max(LEAST_RATE, 1 - self._taken / self._steps))
        self._taken += 1

    def go_on(self, lowest: torch.Tensor) -> None:
        """Another loss follows, from where the value is."""
