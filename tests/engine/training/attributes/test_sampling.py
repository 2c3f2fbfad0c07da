"""Drawing many pictures, and few."""

from __future__ import annotations

import torch

from engine.generator import MobileGenerator
from engine.training.attributes.sampling import fast_drawing


def test_where_nothing_was_prepared_for_many_only_what_was_asked_for_is_drawn(
    generator: MobileGenerator, latents: torch.Tensor
) -> None:
    """What is compiled or recorded has one size of batch, and draws some in vain."""
    drawn: list[int] = []
    hook = generator.register_forward_pre_hook(lambda _, arguments: drawn.append(len(arguments[0])))
    try:
        draw = fast_drawing(generator, 0)  # with a copy, which the hook is copied with
    finally:
        hook.remove()
    assert draw(latents[:1]).shape == (1, 256, 256, 3)
    assert drawn == [1]
