"""The face parser's network."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from engine.models.load import Parts
from engine.parsing import BiSeNet, load_bisenet
from engine.weights import weights_path


@pytest.fixture(scope="module")
def picture() -> torch.Tensor:
    return torch.randn(1, 3, 96, 128, generator=torch.Generator().manual_seed(0))


def test_folding_the_normalisation_into_the_convolutions_changes_no_answer(parts: Parts, picture: torch.Tensor) -> None:
    plain = BiSeNet()
    state = torch.load(weights_path("bisenet.pth"), map_location="cpu", weights_only=True)
    plain.load_state_dict({name: value for name, value in state.items() if name in plain.state_dict()})
    assert any(isinstance(module, nn.BatchNorm2d) for module in plain.modules())
    assert not any(isinstance(module, nn.BatchNorm2d) for module in parts.parser.modules())
    with torch.no_grad():
        expected = plain.eval()(picture)
        torch.testing.assert_close(parts.parser(picture), expected, atol=2e-3, rtol=1e-3)
    assert float(expected.std()) > 0.5


def test_logits_have_the_pictures_size_and_one_channel_for_each_class(parts: Parts, picture: torch.Tensor) -> None:
    with torch.no_grad():
        assert parts.parser(picture).shape == (1, 19, 96, 128)


def test_the_trunks_activations_shrink_by_two_from_a_quarter_on(parts: Parts, picture: torch.Tensor) -> None:
    with torch.no_grad():
        features = parts.parser.trunk(picture)
    shapes = [features.quarter.shape, features.eighth.shape, features.sixteenth.shape, features.thirty_second.shape]
    assert shapes == [(1, 64, 24, 32), (1, 128, 12, 16), (1, 256, 6, 8), (1, 512, 3, 4)]


def test_the_network_is_frozen(parts: Parts) -> None:
    assert not parts.parser.training
    assert not any(parameter.requires_grad for parameter in parts.parser.parameters())


def test_a_file_that_is_no_checkpoint_of_it_is_refused(tmp_path: Path) -> None:
    torch.save({"conv.weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(RuntimeError, match="Missing key"):
        load_bisenet(tmp_path / "other.pth", torch.device("cpu"))
