"""Random generators, written to files in the formats in which people have them."""

from __future__ import annotations

import argparse
import pickle
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from engine.generator.layout import Layout, shapes

SMALL = Layout({4: 9, 8: 8, 16: 6, 32: 5}, 16, 3)
# As large and with as many W+ layers as the published one, but with next to no channels: quick.
THIN = Layout({4 << level: max(8 >> level // 2, 2) for level in range(9)}, 512, 8)
# What a trainer's module looks like, as far as its state goes: parameters, buffers, attributes. The text itself is
# pickled with every object.
TRAINER_SOURCE = """
import numpy as np
import torch
from torch_utils import persistence

@persistence.persistent_class
class FullyConnectedLayer(torch.nn.Module):
    def __init__(self, weight, bias, lr_multiplier=1, activation='linear'):
        super().__init__()
        self.activation = activation
        self.weight = torch.nn.Parameter(weight)
        self.bias = torch.nn.Parameter(bias)
        self.weight_gain = lr_multiplier / np.sqrt(weight.shape[1])
        self.bias_gain = lr_multiplier

@persistence.persistent_class
class SynthesisLayer(torch.nn.Module):
    def __init__(self, tensors, resample_filter, conv_clamp=None):
        super().__init__()
        self.use_noise = True
        self.activation = 'lrelu'
        self.conv_clamp = conv_clamp
        self.register_buffer('resample_filter', resample_filter)
        self.act_gain = np.sqrt(2)
        self.affine = FullyConnectedLayer(tensors['affine.weight'], tensors['affine.bias'])
        self.weight = torch.nn.Parameter(tensors['weight'].to(memory_format=torch.channels_last))
        self.register_buffer('noise_const', tensors['noise_const'])
        self.noise_strength = torch.nn.Parameter(tensors['noise_strength'])
        self.bias = torch.nn.Parameter(tensors['bias'])

@persistence.persistent_class
class ToRGBLayer(torch.nn.Module):
    def __init__(self, tensors, conv_clamp=None):
        super().__init__()
        self.conv_clamp = conv_clamp
        self.affine = FullyConnectedLayer(tensors['affine.weight'], tensors['affine.bias'])
        self.weight = torch.nn.Parameter(tensors['weight'])
        self.bias = torch.nn.Parameter(tensors['bias'])
        self.weight_gain = 1 / np.sqrt(self.weight.shape[1])

def under(tensors, name):
    return {key[len(name) + 1:]: value for key, value in tensors.items() if key.startswith(name + '.')}

@persistence.persistent_class
class SynthesisBlock(torch.nn.Module):
    def __init__(self, tensors, resolution, resample_filter, architecture='skip', conv_clamp=None):
        super().__init__()
        self.resolution = resolution
        self.architecture = architecture
        self.register_buffer('resample_filter', resample_filter)
        if 'const' in tensors:
            self.const = torch.nn.Parameter(tensors['const'])
        else:
            self.conv0 = SynthesisLayer(under(tensors, 'conv0'), resample_filter, conv_clamp)
        self.conv1 = SynthesisLayer(under(tensors, 'conv1'), resample_filter, conv_clamp)
        self.torgb = ToRGBLayer(under(tensors, 'torgb'), conv_clamp)

@persistence.persistent_class
class SynthesisNetwork(torch.nn.Module):
    def __init__(self, tensors, resolutions, **block_kwargs):
        super().__init__()
        self.block_resolutions = resolutions
        for resolution in resolutions:
            block = SynthesisBlock(under(tensors, f'b{resolution}'), resolution, **block_kwargs)
            setattr(self, f'b{resolution}', block)

@persistence.persistent_class
class MappingNetwork(torch.nn.Module):
    def __init__(self, tensors, lr_multiplier=0.01):
        super().__init__()
        self.num_layers = sum(1 for name in tensors if name.endswith('.weight'))
        for index in range(self.num_layers):
            layer = under(tensors, f'fc{index}')
            layer = FullyConnectedLayer(layer['weight'], layer['bias'], lr_multiplier, 'lrelu')
            setattr(self, f'fc{index}', layer)
        self.register_buffer('w_avg', torch.zeros(self.fc0.weight.shape[0]))

@persistence.persistent_class
class Generator(torch.nn.Module):
    def __init__(self, tensors, resolutions, lr_multiplier=0.01, **block_kwargs):
        super().__init__()
        self.img_resolution = max(resolutions)
        self.synthesis = SynthesisNetwork(under(tensors, 'synthesis'), resolutions, **block_kwargs)
        self.mapping = MappingNetwork(under(tensors, 'mapping'), lr_multiplier)
"""


def random_tensors(layout: Layout = SMALL, seed: int = 0) -> dict[str, torch.Tensor]:
    """A random network by NVIDIA's names, of the sizes that training starts from, noise and biases included."""
    rng = torch.Generator().manual_seed(seed)
    tensors = {}
    for name, shape in shapes(layout).items():
        value = torch.randn(shape, generator=rng)
        if name.startswith("mapping."):
            value = value * 100 * (1.0 if name.endswith("weight") else 0.1)
        elif name.endswith("affine.bias"):
            value = 1 + 0.2 * value
        elif name.endswith((".bias", "noise_strength")):
            value = 0.3 * value
        tensors[name] = value
    return tensors


def as_numpy(tensors: dict[str, torch.Tensor]) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
    return {name: value.double().numpy() for name, value in tensors.items()}


def resample_filter() -> torch.Tensor:
    row = torch.tensor([1.0, 3.0, 3.0, 1.0])
    return torch.outer(row, row) / 64


def community_state(tensors: dict[str, torch.Tensor], *, noise: bool = True) -> dict[str, torch.Tensor]:
    """The same network as rosinality/stylegan2-pytorch's Generator.state_dict() names it."""
    sides = sorted(int(name.split(".")[1][1:]) for name in tensors if name.endswith(".torgb.bias"))
    layers = [(f"synthesis.b{side}.{conv}", side) for side in sides for conv in ("conv0", "conv1")][1:]
    state: dict[str, torch.Tensor] = {}
    index = 0
    while f"mapping.fc{index}.weight" in tensors:
        for part in ("weight", "bias"):
            state[f"style.{index + 1}.{part}"] = tensors[f"mapping.fc{index}.{part}"]
        index += 1
    state["input.input"] = tensors["synthesis.b4.const"][None]
    for index, (theirs, _) in enumerate(layers):
        ours = "conv1" if index == 0 else f"convs.{index - 1}"
        state[f"{ours}.conv.weight"] = tensors[f"{theirs}.weight"][None]
        if theirs.endswith("conv0"):
            state[f"{ours}.conv.blur.kernel"] = resample_filter() * 4
        state[f"{ours}.conv.modulation.weight"] = tensors[f"{theirs}.affine.weight"]
        state[f"{ours}.conv.modulation.bias"] = tensors[f"{theirs}.affine.bias"]
        state[f"{ours}.noise.weight"] = tensors[f"{theirs}.noise_strength"].reshape(1)
        state[f"{ours}.activate.bias"] = tensors[f"{theirs}.bias"]
        if noise:
            state[f"noises.noise_{index}"] = tensors[f"{theirs}.noise_const"][None, None]
    for level, side in enumerate(sides):
        ours, theirs = "to_rgb1" if level == 0 else f"to_rgbs.{level - 1}", f"synthesis.b{side}.torgb"
        if level:
            state[f"{ours}.upsample.kernel"] = resample_filter() * 4
        state[f"{ours}.conv.weight"] = tensors[f"{theirs}.weight"][None]
        state[f"{ours}.conv.modulation.weight"] = tensors[f"{theirs}.affine.weight"]
        state[f"{ours}.conv.modulation.bias"] = tensors[f"{theirs}.affine.bias"]
        state[f"{ours}.bias"] = tensors[f"{theirs}.bias"].reshape(1, 3, 1, 1)
    return state


def write_pt(path: Path, tensors: dict[str, torch.Tensor], *, zipped: bool = True, noise: bool = True) -> Path:
    """As rosinality's train.py saves it: g_ema beside an optimiser's state and the command line."""
    parameter = torch.nn.Parameter(torch.ones(3))
    optimizer = torch.optim.Adam([parameter])
    parameter.sum().backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    content = {
        "g_ema": community_state(tensors, noise=noise),
        "g_optim": optimizer.state_dict(),
        "latent_avg": torch.zeros(SMALL.latent_size),
        "args": argparse.Namespace(size=32, lr=0.002, path="faces"),
    }
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    return path


def write_safetensors(path: Path, tensors: dict[str, torch.Tensor], *, community: bool = False) -> Path:
    named = community_state(tensors) if community else tensors
    save_file({name: value.contiguous() for name, value in named.items()}, path)
    return path


def write_pkl(
    path: Path,
    tensors: dict[str, torch.Tensor],
    *,
    source: str = TRAINER_SOURCE,
    protocol: int = 4,
    **said: Any,
) -> Path:
    """As NVIDIA's training_loop.py dumps it: persistent objects that carry their module's source text.

    said: what the generator's modules are to say of themselves in another way than config F's.
    """
    usual = {"lr_multiplier": 0.01, "resample_filter": resample_filter(), "conv_clamp": None, "architecture": "skip"}
    sides = sorted(int(name.split(".")[1][1:]) for name in tensors if name.endswith(".conv1.bias"))
    with _trainer(source) as networks:
        generator = networks.Generator(tensors, sides, **(usual | said))
        generator.eval().requires_grad_(False)
        content = {"training_set_kwargs": None, "G": generator, "D": None, "G_ema": generator, "augment_pipe": None}
        path.write_bytes(pickle.dumps(content, protocol))
    return path


@contextmanager
def _trainer(source: str) -> Iterator[Any]:
    """The trainer's module of networks, whose objects pickle themselves with `source` as their module's text."""

    def _reconstruct_persistent_obj(meta: dict[str, Any]) -> Any:
        raise AssertionError("nobody may call this")

    def reduce(self: Any) -> Any:
        kind = type(self).__name__
        meta = {"type": "class", "version": 6, "module_src": source, "class_name": kind, "state": self.__dict__}
        return _reconstruct_persistent_obj, (meta,), None

    def persistent_class(kind: Any) -> Any:
        kind.__reduce__ = reduce
        return kind

    persistence: Any = types.ModuleType("torch_utils.persistence")
    _reconstruct_persistent_obj.__module__ = persistence.__name__
    _reconstruct_persistent_obj.__qualname__ = "_reconstruct_persistent_obj"
    persistence._reconstruct_persistent_obj = _reconstruct_persistent_obj
    persistence.persistent_class = persistent_class
    package: Any = types.ModuleType("torch_utils")
    package.persistence = persistence
    networks = types.ModuleType("networks")
    added = {module.__name__: module for module in (package, persistence)}
    sys.modules.update(added)
    try:
        exec(TRAINER_SOURCE, networks.__dict__)
        yield networks
    finally:
        for name in added:
            del sys.modules[name]


def mapping_of(default: Any) -> dict[str, torch.Tensor]:
    """The default generator's mapping network as NVIDIA's files have it: undone by 0.01 and by sqrt(512)."""
    tensors = {}
    for index, (weight, bias) in enumerate(zip(default.mapping_weights, default.mapping_biases, strict=True)):
        tensors[f"mapping.fc{index}.weight"] = weight.detach() * 100 * weight.shape[1] ** 0.5
        tensors[f"mapping.fc{index}.bias"] = bias.detach() * 100
    return tensors
