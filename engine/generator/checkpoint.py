"""A generator's checkpoint, in any of the formats that people have it in.

- `.pkl` of stylegan2-ada-pytorch and of stylegan3's trainer for StyleGAN2 (training/training_loop.py): a pickled
  dictionary whose `G_ema` is a "persistent" object (torch_utils/persistence.py), that is a call of
  _reconstruct_persistent_obj with the class's source text, its name and its state. The text is never run: the state
  alone is read.
- `.pt` of rosinality/stylegan2-pytorch and what grew from it (train.py, convert_weight.py): `torch.save` of a
  dictionary whose `g_ema` is a state dictionary.
- `.safetensors` with either's names, as `recede weights convert` writes it.

The format is found out from the file's contents, not from its name.
"""

from __future__ import annotations

import math
import mmap
import os
import re
import struct
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from engine.errors import BadCheckpoint, WeightsUnwritable, WrongGenerator
from engine.generator.layout import Layout, layout_of, with_nvidia_names
from engine.generator.pickled import Call, read_pickle
from engine.generator.storage import (
    MAGIC_NUMBER,
    TorchFile,
    damaged,
    entries,
    read_legacy,
    read_zip,
    rebuild_tensor,
)

PERSISTENT = "torch_utils.persistence._reconstruct_persistent_obj"
TENSORFLOW = "dnnlib.tflib.network.Network"
SUFFIX = ".safetensors"
METADATA_KIND = "stylegan2-generator"
# Learning rate multiplier of the mapping network (Karras et al. 2019, appendix C), by which its weights are scaled.
MAPPING_RATE = 0.01
MAX_MODULES = 4096
NO_NETWORK = "This file holds no generator ({what}): give a StyleGAN2 checkpoint as .pkl, .pt or .safetensors."

Format = Literal["pkl", "pt", "safetensors"]


@dataclass(frozen=True)
class Checkpoint:
    """A generator's tensors as float32 on the CPU, by NVIDIA's names (see engine/generator/layout.py).

    mapping_rate: what the mapping network's weights and biases are multiplied by. conv_clamp: what a layer's
    activations were clamped to in training, None where they were not.
    """

    format: Format
    tensors: dict[str, torch.Tensor]
    layout: Layout
    mapping_rate: float
    conv_clamp: float | None


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint without running anything in it.

    Raises BadCheckpoint where it is truncated, damaged or no checkpoint at all, UnsafeCheckpoint where it is a pickle
    that asks for more than tensors, WrongGenerator where the network in it is not a StyleGAN2.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < 16:
                raise BadCheckpoint(NO_NETWORK.format(what="it is empty or nearly so"))
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return _read(path, file, content)
    except (ValueError, TypeError, OverflowError, RecursionError, RuntimeError) as error:
        raise damaged() from error
    except OSError as error:
        raise BadCheckpoint(
            f"The checkpoint {path} cannot be read ({error.strerror or error}): check its path and permissions."
        ) from error


def write_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write it as safetensors, whole or not at all. Raises WeightsUnwritable."""
    metadata = {
        "kind": METADATA_KIND,
        "size_px": str(checkpoint.layout.size_px),
        "mapping_rate": repr(checkpoint.mapping_rate),
        "conv_clamp": "" if checkpoint.conv_clamp is None else repr(checkpoint.conv_clamp),
    }
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        os.close(handle)
        try:
            save_file({key: value.contiguous() for key, value in checkpoint.tensors.items()}, name, metadata)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except (OSError, SafetensorError) as error:
        raise WeightsUnwritable(
            f"{path} could not be written ({error}): make room or permission there, or choose another folder."
        ) from error


def _read(path: Path, file: BinaryIO, content: mmap.mmap) -> Checkpoint:
    if content[:2] == b"PK":
        return _from_torch(read_zip(file))
    header_bytes = struct.unpack("<Q", content[:8])[0]
    if content[8:9] == b"{" and header_bytes < len(content):
        return _from_safetensors(path)
    if content[:1] != b"\x80":
        raise BadCheckpoint(NO_NETWORK.format(what="its format is not known here"))
    root = read_pickle(content)
    if root == MAGIC_NUMBER:
        return _from_torch(read_legacy(content))
    return _from_nvidia(root)


def _from_safetensors(path: Path) -> Checkpoint:
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  it is not a dictionary
    except (SafetensorError, OSError) as error:
        raise damaged() from error
    try:
        rate = float(metadata.get("mapping_rate", MAPPING_RATE))
        clamp = float(metadata["conv_clamp"]) if metadata.get("conv_clamp") else None
    except ValueError as error:
        raise damaged() from error
    return _checked("safetensors", tensors, rate, clamp)


def _from_torch(file: TorchFile) -> Checkpoint:
    """A `.pt`: the state dictionary `g_ema`, or the file's whole content if that is one itself."""
    root = entries(file.root)
    state = entries(root["g_ema"]) if "g_ema" in root else root
    if "input.input" not in state and "synthesis.b4.const" not in state:
        raise WrongGenerator(NO_NETWORK.format(what="it has no g_ema that looks like a StyleGAN2's"))
    tensors = {_text(name): rebuild_tensor(value, file.fetch) for name, value in state.items()}
    return _checked("pt", tensors, MAPPING_RATE, None)


def _from_nvidia(root: Any) -> Checkpoint:
    """A `.pkl`: the state of the persistent object `G_ema`."""
    if _is_tensorflow(root):
        raise WrongGenerator(
            "This .pkl is from the TensorFlow days and holds no tensors of its own: convert it with stylegan2-ada-"
            "pytorch's legacy.py, and give the result."
        )
    network = root
    if isinstance(root, dict):
        if "G_ema" not in root:
            raise WrongGenerator(NO_NETWORK.format(what="it has no G_ema"))
        network = root["G_ema"]
    tensors: dict[str, torch.Tensor] = {}
    facts = _Facts()
    _collect(network, "", tensors, facts)
    if facts.architecture - {"skip"}:
        raise WrongGenerator("This checkpoint's generator has no skip connections: bring a StyleGAN2 that has them.")
    if facts.activation - {"lrelu", "linear"}:
        raise WrongGenerator("This checkpoint's generator has other activations than leaky ReLU: bring a usual one.")
    if len(facts.clamps) > 1 or len(facts.mapping_rates) > 1:
        raise WrongGenerator("This checkpoint's layers differ in their clamps or rates: bring a usual StyleGAN2.")
    return _checked("pkl", tensors, next(iter(facts.mapping_rates), MAPPING_RATE), next(iter(facts.clamps), None))


class _Facts:
    """What the modules' own attributes say beside their tensors."""

    def __init__(self) -> None:
        self.architecture: set[str] = set()
        self.activation: set[str] = set()
        self.clamps: set[float | None] = set()
        self.mapping_rates: set[float] = set()
        self.modules = 0

    def note(self, name: str, state: Mapping[Any, Any]) -> None:
        if isinstance(kind := state.get("architecture"), str):
            self.architecture.add(kind)
        if isinstance(kind := state.get("activation"), str):
            self.activation.add(kind)
        if "conv_clamp" in state:
            self.clamps.add(None if state["conv_clamp"] is None else _number(state["conv_clamp"]))
        if re.fullmatch(r"mapping\.fc\d+\.", name) and "bias_gain" in state:
            self.mapping_rates.add(_number(state["bias_gain"]))


def _collect(module: Any, prefix: str, tensors: dict[str, torch.Tensor], facts: _Facts) -> None:
    """Parameters and buffers of a persistent module and all below it, by their dotted names."""
    facts.modules += 1
    if not isinstance(module, Call) or module.name != PERSISTENT or len(module.arguments) != 1:
        raise WrongGenerator(NO_NETWORK.format(what="its G_ema is not a network of the usual trainers"))
    if facts.modules > MAX_MODULES or prefix.count(".") > 8:
        raise damaged()
    state = entries(entries(module.arguments[0]).get("state", {}))
    facts.note(prefix, state)
    for kind in ("_parameters", "_buffers"):
        for name, value in entries(state.get(kind, {})).items():
            if value is not None:
                tensors[prefix + _text(name)] = rebuild_tensor(value, _nowhere)
    for name, child in entries(state.get("_modules", {})).items():
        if child is not None:
            _collect(child, f"{prefix}{_text(name)}.", tensors, facts)


def _checked(kind: Format, tensors: dict[str, torch.Tensor], mapping_rate: float, clamp: float | None) -> Checkpoint:
    tensors = {name: value.float() for name, value in with_nvidia_names(tensors).items()}
    layout = layout_of(tensors)
    if not all(bool(value.isfinite().all()) for value in tensors.values()):
        raise damaged()
    if not (math.isfinite(mapping_rate) and mapping_rate > 0) or (clamp is not None and not clamp > 0):
        raise damaged()
    return Checkpoint(kind, tensors, layout, mapping_rate, clamp)


def _is_tensorflow(root: Any) -> bool:
    networks = root if isinstance(root, tuple) else (root,)
    return bool(networks) and all(isinstance(part, Call) and part.name == TENSORFLOW for part in networks)


def _number(value: Any) -> float:
    """A number, also one that NumPy pickled: scalar(dtype, bytes)."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, Call) and value.name == "numpy.core.multiarray.scalar" and len(value.arguments) == 2:
        kind, data = value.arguments
        codes = {"f8": "<d", "f4": "<f", "i8": "<q", "i4": "<i"}
        if isinstance(kind, Call) and kind.arguments and isinstance(data, bytes):
            code = codes.get(str(kind.arguments[0]))
            if code is not None and len(data) == struct.calcsize(code):
                return float(struct.unpack(code, data)[0])
    raise damaged()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise damaged()
    return value


def _nowhere(key: str, size_bytes: int) -> bytes:
    """NVIDIA's files hold every storage where it is used; one that lies elsewhere is missing."""
    raise damaged()
