"""Down a loss whose steps are costly, by steps whose length is found on the way: for descents of few steps."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class DownhillSettings:
    """How the length of steps is found, by what brought the loss of six photos down the furthest."""

    # So much of the last direction is kept beside the steepest one, both of length one.
    momentum: float = 0.7
    # Where the loss fell, the next step is so many times as long; where it rose, a step from the lowest point is.
    longer: float = 1.25
    shorter: float = 0.4
    # The first step down another loss is so many times as long.
    onwards: float = 1.0


@dataclass(frozen=True)
class _Lowest:
    """loss: the lowest so far; value: where; steepest: the direction there, of length one."""

    loss: float
    value: torch.Tensor
    steepest: torch.Tensor


class Downhill:
    """Steepest descent with momentum and a bold driver's steps (Battiti 1989) on `value`, which it changes in place.

    Adam's first steps move each number as far, whatever its gradient: in thousands of them that is a long way aside,
    which a descent of few steps does not get back. length: of the first step, as a norm of all of `value`.
    """

    def __init__(self, value: torch.Tensor, length: float, settings: DownhillSettings = DownhillSettings()) -> None:
        self._value, self._length, self._settings = value, length, settings
        self._direction: torch.Tensor | None = None
        self._lowest: _Lowest | None = None

    def step(self, loss: torch.Tensor) -> None:
        """One step down the loss, which was computed from the value; where it has risen, another from the lowest."""
        height = float(loss.detach())
        if self._lowest is not None and height > self._lowest.loss:
            self._length *= self._settings.shorter
            self._direction = self._lowest.steepest
            self._go_from(self._lowest.value)
            return
        (gradient,) = torch.autograd.grad(loss, self._value)
        steepest = _unit(gradient)
        if self._direction is None:
            self._direction = steepest
        else:
            self._direction = _unit(steepest + self._settings.momentum * self._direction)
            self._length *= self._settings.longer
        self._lowest = _Lowest(height, self._value.detach().clone(), steepest)
        self._go_from(self._lowest.value)

    def go_on(self, lowest: torch.Tensor) -> None:
        """Another loss follows, from where the last one was lowest."""
        self._lowest = None
        if self._direction is not None:
            self._length *= self._settings.onwards
        with torch.no_grad():
            self._value.copy_(lowest)

    def _go_from(self, value: torch.Tensor) -> None:
        assert self._direction is not None  # whoever asks has set it
        with torch.no_grad():
            self._value.copy_(value - self._length * self._direction)


def _unit(direction: torch.Tensor) -> torch.Tensor:
    unit: torch.Tensor = direction / direction.norm().clamp_min(torch.finfo(direction.dtype).tiny)
    return unit
