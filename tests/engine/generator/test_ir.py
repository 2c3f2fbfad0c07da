"""Reading constants out of an intermediate representation."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.generator.ir import read_constants
from engine.models.load import Parts
from engine.weights import weights_path

LAYER = (
    '<layer id="{id}" name="{name}" type="{type}">'
    '<data element_type="{kind}" shape="{shape}" offset="{at}" size="{size}"/></layer>'
)


def write_ir(folder: Path, layers: str, data: bytes) -> tuple[Path, Path]:
    (folder / "net.xml").write_text(f'<net name="n" version="11"><layers>{layers}</layers></net>')
    (folder / "net.bin").write_bytes(data)
    return folder / "net.xml", folder / "net.bin"


def layer(name: str, shape: str, at: int, size: int, *, type_name: str = "Const", kind: str = "f32") -> str:
    return LAYER.format(id=0, name=name, type=type_name, kind=kind, shape=shape, at=at, size=size)


def test_constants_keep_their_order_name_shape_and_values(tmp_path: Path) -> None:
    values = torch.arange(8, dtype=torch.float32)
    layers = layer("second", "3, 2", 8, 24) + layer("first", "2", 0, 8) + layer("scalar", "", 8, 4)
    constants = read_constants(*write_ir(tmp_path, layers, values.numpy().tobytes()))
    assert [constant.name for constant in constants] == ["second", "first", "scalar"]
    assert torch.equal(constants[0].value, values[2:].reshape(3, 2))
    assert torch.equal(constants[1].value, values[:2])
    assert torch.equal(constants[2].value, values[2])


def test_other_layers_and_other_types_are_passed_over(tmp_path: Path) -> None:
    layers = layer("shape", "2", 0, 16, kind="i64") + layer("input", "2", 0, 8, type_name="Parameter")
    layers += '<layer id="1" name="sum" type="Add"/>'
    assert read_constants(*write_ir(tmp_path, layers, bytes(16))) == []


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shorter"):
        read_constants(*write_ir(tmp_path, layer("a", "4", 8, 16), bytes(16)))
    (tmp_path / "net.xml").write_text("<net/>")
    with pytest.raises(ValueError, match="no layers"):
        read_constants(tmp_path / "net.xml", tmp_path / "net.bin")


def test_the_published_mapping_holds_eight_square_layers(parts: Parts) -> None:
    constants = read_constants(weights_path("mapping.xml"), weights_path("mapping.bin"))
    weights = [constant.value for constant in constants if constant.value.shape == (512, 512)]
    assert len(weights) == 8
    assert all(bool(weight.isfinite().all()) and float(weight.std()) > 0 for weight in weights)
    # Its values are copies: the file's buffer may go.
    assert weights[0].is_contiguous()
