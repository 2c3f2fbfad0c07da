"""Read the constants of an OpenVINO intermediate representation without the OpenVINO runtime."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import torch


@dataclass(frozen=True)
class Constant:
    """One float32 constant of a graph, in the order in which the file lists them."""

    name: str
    value: torch.Tensor


def read_constants(xml_path: Path, bin_path: Path) -> list[Constant]:
    """All float32 constants of an IR (version 10 or 11).

    The .xml names each constant with its shape and its place in the .bin, which is plain little-endian data: no
    code is executed. Raises ValueError where the two files do not belong together.
    """
    layers = ElementTree.parse(xml_path).getroot().find("layers")
    if layers is None:
        raise ValueError(f"{xml_path.name} has no layers: it is not an OpenVINO IR.")
    data = bytearray(bin_path.read_bytes())
    constants = []
    for layer in layers:
        attributes = layer.find("data")
        if layer.get("type") != "Const" or attributes is None or attributes.get("element_type") != "f32":
            continue
        offset, size_bytes = int(attributes.get("offset", "0")), int(attributes.get("size", "0"))
        if offset + size_bytes > len(data):
            raise ValueError(f"{bin_path.name} is shorter than {xml_path.name} says.")
        shape = [int(side) for side in attributes.get("shape", "").split(",") if side.strip()]
        value = torch.frombuffer(data, dtype=torch.float32, count=size_bytes // 4, offset=offset).reshape(shape)
        constants.append(Constant(layer.get("name", ""), value.clone()))
    return constants
