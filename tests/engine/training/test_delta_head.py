"""Fitting the encoder's deltas of W+ through the generator, to a few dozen faces."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from engine.models.load import Models
from engine.training.attributes.shards import encode_picture
from engine.training.delta_head import fit_delta_head

pytestmark = pytest.mark.slow

FACES, REPEATS = 8, 6


@pytest.fixture(scope="module")
def faces(models: Models) -> list[bytes]:
    """Ordinary faces (256,256,3), encoded as a sample set's are."""
    z = torch.randn(FACES, 512, generator=torch.Generator().manual_seed(2))
    encoded = []
    with torch.no_grad():
        for row in torch.lerp(models.statistics.mean, models.generator.mapping(z), 0.8):
            picture = models.generator(row[None], 128).picture.float().clamp(-1, 1)
            picture = torch.nn.functional.interpolate(picture, scale_factor=2, mode="bilinear")
            values = ((picture[0] + 1) * 127.5).round().byte().permute(1, 2, 0).contiguous().numpy()
            encoded.append(encode_picture(np.asarray(values, np.uint8)))
    return encoded


def test_a_fit_lowers_the_loss_where_the_descent_begins_and_leaves_w_as_it_was(
    models: Models, faces: list[bytes]
) -> None:
    encoder = copy.deepcopy(models.encoder)
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    heard: list[float] = []
    scores = fit_delta_head(
        encoder,
        models.for_descents(models.generator),
        faces * REPEATS,
        held_out=faces,
        seed=1,
        tell=heard.append,
        warm_up_steps=2,
    )
    assert scores["start_loss_with_deltas"] < 0.99 * scores["start_loss_of_w_alone"]
    assert 0 < scores["deltas_rms"] < 0.5
    assert heard == pytest.approx([(step + 1) / REPEATS for step in range(REPEATS)])
    after = encoder.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all(name.startswith("delta_head.") for name in changed)
    assert not any(parameter.requires_grad for parameter in encoder.parameters())
