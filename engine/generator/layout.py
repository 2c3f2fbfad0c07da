"""Names and shapes of a StyleGAN2 generator's tensors, as the files that people have call them.

Two layouts are common, and this project uses the first one's names:

NVIDIA's (stylegan2-ada-pytorch, training/networks.py; stylegan3, training/networks_stylegan2.py): `mapping.fc0.weight`,
`synthesis.b4.const`, `synthesis.b8.conv0.affine.weight`, `synthesis.b8.torgb.bias`, ...; `noise_const` is H,W and
`noise_strength` a scalar. `conv0` enlarges.

The community's (rosinality/stylegan2-pytorch, model.py; convert_weight.py writes the TensorFlow weights into it):
`style.1.weight`, `input.input`, `convs.0.conv.weight`, `convs.0.conv.modulation.bias`, `convs.0.activate.bias`,
`to_rgbs.0.bias`, `noises.noise_1`, ...; kernels have a leading 1, and so do constants, noise and colour biases.

The numbers are the same in both: equalised learning rates (Karras et al. 2018, section 4.1) scale weights when they are
used, style biases include the 1 that they start from, and a kernel that enlarges is stored as the transposed
convolution takes it (legacy.py and convert_weight.py both turn TensorFlow's by 180 degrees).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch

from engine.errors import WrongGenerator

COLOUR_CHANNELS = 3
SMALLEST_PX = 4
# The file has these too; they are the same for all, or of use in training alone.
IDLE = re.compile(r"(.*\.)?(resample_filter|blur\.kernel|upsample\.kernel|w_avg)")
FILTER = (1.0, 3.0, 3.0, 1.0)


@dataclass(frozen=True)
class Layout:
    """The shape of one generator.

    channels: by side in px, from 4 on, each twice the one before; latent_size: of z and W; mapping_layers: how many.
    """

    channels: dict[int, int]
    latent_size: int
    mapping_layers: int

    @property
    def size_px(self) -> int:
        """Side of the picture."""
        return max(self.channels)

    @property
    def w_layers(self) -> int:
        """One latent for each convolution, and one for the last colour layer: 18 at 1024 px."""
        return 2 * len(self.channels)


# Config-f of StyleGAN2 (Karras et al. 2020, table 1): min(32768 / side, 512) channels.
CONFIG_F = Layout({4 << level: min(32768 // (4 << level), 512) for level in range(9)}, 512, 8)


def shapes(layout: Layout) -> dict[str, tuple[int, ...]]:
    """Every tensor of a generator by NVIDIA's name."""
    latent = layout.latent_size
    table: dict[str, tuple[int, ...]] = {}
    for index in range(layout.mapping_layers):
        table[f"mapping.fc{index}.weight"] = (latent, latent)
        table[f"mapping.fc{index}.bias"] = (latent,)
    before = 0
    for side, channels in layout.channels.items():
        block = f"synthesis.b{side}"
        if side == SMALLEST_PX:
            table[f"{block}.const"] = (channels, side, side)
        else:
            table |= _convolution(f"{block}.conv0", before, channels, side, latent)
        table |= _convolution(f"{block}.conv1", channels, channels, side, latent)
        table[f"{block}.torgb.weight"] = (COLOUR_CHANNELS, channels, 1, 1)
        table[f"{block}.torgb.bias"] = (COLOUR_CHANNELS,)
        table[f"{block}.torgb.affine.weight"] = (channels, latent)
        table[f"{block}.torgb.affine.bias"] = (channels,)
        before = channels
    return table


def layout_of(tensors: Mapping[str, torch.Tensor]) -> Layout:
    """The layout that a file's tensors (by NVIDIA's names) have. Raises WrongGenerator where they fit no StyleGAN2."""
    channels: dict[int, int] = {}
    side = SMALLEST_PX
    while (weight := tensors.get(f"synthesis.b{side}.conv1.weight")) is not None and side <= 2**14:
        channels[side] = weight.shape[0] if weight.ndim else 0
        side *= 2
    first = tensors.get("mapping.fc0.weight")
    layers = sum(1 for name in tensors if re.fullmatch(r"mapping\.fc\d+\.weight", name))
    if not channels or first is None or first.ndim != 2:
        raise WrongGenerator(
            "This checkpoint holds no StyleGAN2 generator: bring one of StyleGAN2 or StyleGAN2-ADA (StyleGAN3 and "
            "others draw in another way)."
        )
    layout = Layout(channels, int(first.shape[0]), layers)
    wanted = shapes(layout)
    for name, shape in wanted.items():
        if name not in tensors:
            raise WrongGenerator(f"This checkpoint's generator lacks {name}: bring a StyleGAN2 with skip connections.")
        if tuple(tensors[name].shape) != shape:
            found = "x".join(map(str, tensors[name].shape))
            raise WrongGenerator(
                f"This checkpoint's {name} is {found} where a StyleGAN2 has {'x'.join(map(str, shape))}: bring a "
                "StyleGAN2 with skip connections."
            )
    unknown = sorted(name for name in tensors if name not in wanted)
    if unknown:
        raise WrongGenerator(
            f"This checkpoint's generator has {unknown[0]}, which a StyleGAN2 with skip connections and without labels "
            "has not: bring one of that kind."
        )
    return layout


def with_nvidia_names(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same tensors by NVIDIA's names and shapes, whichever of the two layouts they had.

    Noise that a file lacks (older community files drew it for every picture) is drawn from a fixed seed. Raises
    WrongGenerator where the file's resampling filter is not [1,3,3,1].
    """
    community = "input.input" in tensors
    renamed: dict[str, torch.Tensor] = {}
    for name, value in tensors.items():
        if IDLE.fullmatch(name):
            _check_filter(name, value)
            continue
        renamed[_nvidia_name(name) if community else name] = value
    result = {name: _reshaped(name, value) if community else value for name, value in renamed.items()}
    rng = torch.Generator().manual_seed(0)
    for name in [name for name in result if name.endswith(".noise_strength")]:
        match = re.match(r"synthesis\.b(\d{1,5})\.", name)
        constant = name.replace("noise_strength", "noise_const")
        if match and constant not in result and int(match[1]) <= 2**14:
            result[constant] = torch.randn(int(match[1]), int(match[1]), generator=rng)
    return result


def _convolution(name: str, before: int, channels: int, side: int, latent: int) -> dict[str, tuple[int, ...]]:
    return {
        f"{name}.weight": (channels, before, 3, 3),
        f"{name}.bias": (channels,),
        f"{name}.noise_const": (side, side),
        f"{name}.noise_strength": (),
        f"{name}.affine.weight": (before, latent),
        f"{name}.affine.bias": (before,),
    }


def _nvidia_name(name: str) -> str:
    """The community's name in NVIDIA's words; names that are not known stay, and are then refused."""
    if match := re.fullmatch(r"style\.(\d+)\.(weight|bias)", name):
        return f"mapping.fc{int(match[1]) - 1}.{match[2]}"
    if name == "input.input":
        return f"synthesis.b{SMALLEST_PX}.const"
    if match := re.fullmatch(r"noises\.noise_(\d+)", name):
        return f"{_layer(int(match[1]))}.noise_const"
    if match := re.fullmatch(r"(conv1|convs\.(\d+))\.(.*)", name):
        layer = _layer(0 if match[2] is None else int(match[2]) + 1)
        return f"{layer}.{_part(match[3])}"
    if match := re.fullmatch(r"(to_rgb1|to_rgbs\.(\d+))\.(.*)", name):
        level = 0 if match[2] is None else int(match[2]) + 1
        return f"synthesis.b{SMALLEST_PX << min(level, 16)}.torgb.{_part(match[3])}"
    return name


def _layer(index: int) -> str:
    """Convolutions are counted 0 (4 px), then two for each size."""
    level = min((index + 1) // 2, 16)
    return f"synthesis.b{SMALLEST_PX << level}.conv{0 if index % 2 else 1}"


def _part(name: str) -> str:
    parts = {
        "conv.weight": "weight",
        "conv.modulation.weight": "affine.weight",
        "conv.modulation.bias": "affine.bias",
        "noise.weight": "noise_strength",
        "activate.bias": "bias",
    }
    return parts.get(name, name)


def _reshaped(name: str, value: torch.Tensor) -> torch.Tensor:
    """Without the community's leading and trailing ones."""
    if name.endswith(".noise_strength") and value.numel() == 1:
        return value.reshape(())
    if name.endswith(".noise_const"):
        return value[0, 0] if value.ndim == 4 and value.shape[:2] == (1, 1) else value
    if name.endswith((".const", ".conv0.weight", ".conv1.weight", ".torgb.weight")):
        return value[0] if value.ndim and value.shape[0] == 1 and value.ndim in (4, 5) else value
    if name.endswith(".bias") and value.ndim == 4:
        return value.reshape(-1)
    return value


def _check_filter(name: str, value: torch.Tensor) -> None:
    if name.endswith("w_avg"):
        return
    row = torch.tensor(FILTER)
    usual = torch.outer(row, row) / row.sum() ** 2
    given = value.float()
    total = float(given.sum())
    if given.shape != usual.shape or not total or not torch.allclose(given / total, usual, atol=1e-4):
        raise WrongGenerator("This checkpoint resamples with another filter than [1,3,3,1]: bring one with the usual.")
