"""Moving a photo along a boundary by its own score."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.attributes.scoring import NAMES, SCORE_SIZE_PX, load_scorer, score_pictures
from engine.compositing.view import View
from engine.edits import steering
from engine.edits.portrait import Portrait
from engine.edits.steering import SteeringSettings, first_delta, furthest, steered
from engine.latent.descent import EDIT_LAYERS
from engine.models.load import Models


@pytest.mark.slow
@pytest.mark.parametrize("strength", [-1.5, 1.5])
def test_the_drawn_picture_s_own_score_moves_as_far_as_the_strength_says(portrait: Portrait, strength: float) -> None:
    scorer = load_scorer(portrait.models.parser, portrait.models.face_tools, with_nets=False)
    rows, columns = portrait.canvas.crop_slice

    def black(picture: NDArray[np.float32]) -> float:
        block_px = (rows.stop - rows.start) // SCORE_SIZE_PX
        crop = picture[rows, columns].reshape(SCORE_SIZE_PX, block_px, SCORE_SIZE_PX, block_px, 3).mean((1, 3))
        return float(score_pictures(scorer, np.rint(crop).astype(np.uint8)[None])[0, NAMES.index("black")])

    unmoved = black(_unmoved(portrait).picture)
    moved = black(steered(portrait, "black", strength).picture)
    assert np.sign(moved - unmoved) == np.sign(strength)
    assert abs(moved - unmoved) > 8


@pytest.mark.slow
def test_the_search_for_the_strength_is_told(portrait: Portrait, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, float]] = []
    monkeypatch.setattr(portrait, "tell", lambda stage, fraction, preview_jpeg=None: heard.append((stage, fraction)))
    steered(portrait, "wavy", 1.0)
    told = [fraction for stage, fraction in heard if stage == "finding the strength"]
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.slow
def test_a_search_begins_close_to_the_photo_however_far_the_boundary_is(portrait: Portrait) -> None:
    for name in ("long_hair", "bangs", "receding_hairline"):
        for strength in (-3.0, 0.5, 3.0):
            delta = first_delta(portrait, name, strength, EDIT_LAYERS)
            assert delta.shape == (1, EDIT_LAYERS, 512)
            assert 0 < float(delta.norm(dim=2).max()) <= SteeringSettings().max_first_length + 1e-4


def test_a_step_leads_no_further_than_the_generator_draws_faces(models: Models, latents: torch.Tensor) -> None:
    limits = SteeringSettings()
    latent = latents[:1, None].expand(-1, 16, -1)
    away = latent - models.statistics.mean
    short, long = furthest(latent, 0.1 * away, models.statistics), furthest(latent, 9 * away, models.statistics)
    assert short == limits.max_stretch
    assert 0 < long < 1
    assert float(models.statistics.mahalanobis(latent + long * 9 * away)) <= limits.max_mahalanobis
    assert float(models.statistics.mahalanobis(latent + (long + 0.1) * 9 * away)) > limits.max_mahalanobis


@pytest.mark.slow
def test_hair_that_no_score_follows_moves_as_on_average(portrait: Portrait, monkeypatch: pytest.MonkeyPatch) -> None:
    """A score that never changes would hold the step back for ever."""
    monkeypatch.setattr(steering, "_score", lambda *arguments: 1.0)
    still = _unmoved(portrait).picture
    assert float(np.abs(steered(portrait, "straight", -2.0).picture - still).mean()) > 1


def _unmoved(portrait: Portrait) -> View:
    return portrait.drawn(torch.zeros(1, EDIT_LAYERS, 512))
