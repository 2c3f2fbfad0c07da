"""The person as they are, drawn once for a descent and for the first head."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.edits.head_parsing import Look
from engine.edits.own_head import own_head
from engine.edits.portrait import Portrait
from engine.generator import Generator, moved
from engine.generator.picture import to_uint8
from engine.latent.descent import EDIT_LAYERS, FINE_SIZE_PX, seen_in
from engine.latent.inversion import Inversion
from engine.models.load import Models

SMALL = Look(256, mirrored=False)


def test_it_is_what_the_generator_draws_at_each_size(models: Models, latents: torch.Tensor) -> None:
    generator = models.generator
    latent = generator.w_plus(latents[:1])
    own = own_head(Inversion(latent, generator))
    with torch.no_grad():
        assert np.array_equal(own.picture, to_uint8(generator.full_picture(latent)))
        for size_px in (generator.coarse_size_px, FINE_SIZE_PX):
            alone = seen_in(generator(latent, size_px))
            assert torch.equal(own.before[size_px].picture, alone.picture)
            assert torch.equal(own.before[size_px].features, alone.features)


def test_a_known_picture_is_laid_as_if_it_were_drawn(portrait: Portrait, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = torch.zeros(1, EDIT_LAYERS, 512)
    known = own_head(portrait.inversion).picture
    drawn = portrait.drawn(nowhere, SMALL)
    monkeypatch.setattr(type(portrait.inversion.generator), "full_picture", None)
    again = portrait.drawn(nowhere, SMALL, known)
    assert np.array_equal(again.picture, drawn.picture)
    assert np.array_equal(again.probabilities, drawn.probabilities)


def test_heads_of_a_way_that_its_search_has_drawn_are_not_drawn_again(
    portrait: Portrait, monkeypatch: pytest.MonkeyPatch
) -> None:
    latent, network = portrait.inversion.latent, type(portrait.inversion.generator)
    whole = network.full_picture
    asked: list[torch.Tensor] = []

    def full_picture(generator: Generator, latent: torch.Tensor) -> torch.Tensor:
        asked.append(latent)
        picture: torch.Tensor = whole(generator, latent)
        return picture

    monkeypatch.setattr(network, "full_picture", full_picture)
    for name in ("horseshoe", "balding"):
        vars(portrait).pop(name, None)
    end = portrait.horseshoe
    own, last = portrait.already["person"], portrait.already["horseshoe"]
    assert own is not None
    assert np.array_equal(own, portrait.render(portrait.inversion.generator, latent, 0 * end, SMALL)[0])
    if last is not None:
        assert np.array_equal(last, portrait.render(portrait.inversion.generator, latent, end, SMALL)[0])
    asked.clear()
    heads = len(portrait.balding.heads)
    assert not portrait.already, "pictures are held after their last use"
    assert not any(torch.equal(drawn, latent) for drawn in asked)
    assert len(asked) >= heads - 2
    assert any(torch.equal(drawn, moved(latent, end)) for drawn in asked) == (last is None)
