"""The default generator: MobileStyleGAN at 1024 px, distilled from StyleGAN2-FFHQ (Belousov, 2021).

Its published IR has noise and demodulation folded into constants, so a style only scales the channels before each
convolution and the convolutions are static. Sixteen style slots: the 4 px convolution, a pair for each of 8..512 px,
and the picture head; they are slots 0..15 of StyleGAN2's eighteen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from engine.generator.interface import Generator, Synthesis
from engine.generator.ir import Constant, read_constants

LATENT_SIZE = 512
SLOTS = 16
FULL_SIZE_PX = 1024
LEAKY_SLOPE = 0.2


# Columns: the four bands LL, LH, HL, HH; rows: the four pixels of a 2 by 2 square, left to right, top to bottom.
HAAR = ((0.5, 0.5, 0.5, 0.5), (0.5, 0.5, -0.5, -0.5), (0.5, -0.5, 0.5, -0.5), (0.5, -0.5, -0.5, 0.5))


def inverse_haar(bands: torch.Tensor, scales: torch.Tensor | None = None) -> torch.Tensor:
    """Haar sub-bands (B,4C,H,W; LL, LH, HL, HH of each channel in turn) to a picture (B,C,2H,2W).

    scales (B,4C) multiply the bands first; folded into the transform, that costs no pass over the data.
    """
    batch, channels4, height, width = bands.shape
    channels = channels4 // 4
    kernel = torch.tensor(HAAR, device=bands.device, dtype=bands.dtype)
    if scales is None:
        kernel = kernel.expand(batch * channels, 4, 4)
    else:
        kernel = kernel * scales.reshape(batch * channels, 1, 4)
    corners = torch.bmm(kernel, bands.reshape(batch * channels, 4, height * width))
    return F.pixel_shuffle(corners.view(batch, channels4, height, width), 2)


def _band_order(channels4: int) -> torch.Tensor:
    """From the file's order (LL of all channels, then LH, HL, HH of each) to one channel's four bands side by side."""
    channels = channels4 // 4
    low = torch.arange(channels)
    high = channels + torch.arange(3 * channels).reshape(channels, 3)
    return torch.cat([low[:, None], high], 1).reshape(-1)


class Style(nn.Module):
    """The affine map from one slot's latent to channel scales."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor, gain: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight * gain, requires_grad=False)  # C,512
        self.bias = nn.Parameter(bias.reshape(-1) * gain, requires_grad=False)  # C

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        return F.linear(latent, self.weight, self.bias)  # B,C

    def reorder(self, order: torch.Tensor) -> None:
        """Put the channels in another order."""
        self.weight.data, self.bias.data = self.weight.data[order], self.bias.data[order]


class Block(nn.Module):
    """Modulated depthwise (absent in the first block) and pointwise convolution, noise, bias, activation."""

    def __init__(
        self,
        style: Style,
        depthwise: torch.Tensor | None,
        pointwise: torch.Tensor,
        bias: torch.Tensor,
        noise: torch.Tensor,
    ) -> None:
        super().__init__()
        self.style = style
        self.depthwise = None if depthwise is None else _frozen(depthwise)
        self.pointwise = _frozen(pointwise)
        self.bias = _frozen(bias.reshape(-1))  # C
        self.noise = _frozen(noise)  # 1,1,H,W

    def forward(self, x: torch.Tensor, latent: torch.Tensor) -> torch.Tensor:
        x = x * self.style(latent)[:, :, None, None]
        if self.depthwise is None:
            x = F.conv2d(x, self.pointwise, self.bias, padding=1)
        else:
            x = F.conv2d(x, self.depthwise, padding=1, groups=x.shape[1])
            x = F.conv2d(x, self.pointwise, self.bias)
        return F.leaky_relu(x + self.noise, LEAKY_SLOPE)

    def reorder_output(self, order: torch.Tensor) -> None:
        """Put the output channels in another order."""
        self.pointwise.data, self.bias.data = self.pointwise.data[order], self.bias.data[order]


class MobileGenerator(Generator):
    """Mapping and synthesis. Frozen unless the caller thaws some parameters."""

    slots = SLOTS
    full_size_px = FULL_SIZE_PX

    def __init__(self, mapping: Iterable[Constant], synthesis: Iterable[Constant]) -> None:
        super().__init__()
        mapping = list(mapping)
        self.mapping_weights = nn.ParameterList(_frozen(c.value) for c in mapping if c.value.shape == (512, 512))
        self.mapping_biases = nn.ParameterList(_frozen(c.value) for c in mapping if c.value.shape == (512,))

        synthesis = list(synthesis)
        named = {constant.name: constant.value for constant in synthesis}
        planes = (c.value for c in synthesis if c.value.ndim == 4 and c.value.shape[:2] == (1, 1))
        noises = (plane for plane in planes if plane.shape[2] > 3)
        pointwises = (c.value for c in synthesis if c.name.startswith("Mul_") and c.name.endswith("_copy"))

        def style(name: str, gain: float = 1.0) -> Style:
            return Style(named[f"{name}.modulation.weight"], named[f"{name}.modulation.bias"], gain)

        def block(name: str, noises: Iterator[torch.Tensor], pointwises: Iterator[torch.Tensor]) -> Block:
            depthwise = named.get(f"{name}.conv.weight_dw")
            kernels = None if depthwise is None else depthwise.reshape(-1, 1, 3, 3)
            fan_in = (LATENT_SIZE if kernels is None else kernels.shape[0]) * 9
            scales = style(f"{name}.conv", 1 / math.sqrt(fan_in))
            return Block(scales, kernels, next(pointwises), named[f"{name}.bias"], next(noises))

        self.constant = _frozen(named["m.input.input"])
        self.first = block("m.conv1", noises, pointwises)
        self.ups = nn.ModuleList(style(f"m.layers.{i}.up") for i in range(7))
        self.blocks = nn.ModuleList(
            block(f"m.layers.{i}.conv{j}", noises, pointwises) for i in range(7) for j in (1, 2)
        )
        self.to_picture_style = style("m.layers.6.to_img.conv", 1 / math.sqrt(64))
        order = _band_order(12)
        self.to_picture_weight = _frozen(named["m.layers.6.to_img.conv.weight"][order])
        self.to_picture_bias = _frozen(named["m.layers.6.to_img.bias"][:, order])
        feeders = [self.first, *(self.blocks[2 * i + 1] for i in range(6))]
        for feeder, up in zip(feeders, self.ups, strict=True):
            assert isinstance(feeder, Block)
            assert isinstance(up, Style)
            order = _band_order(up.weight.shape[0])
            feeder.reorder_output(order)
            up.reorder(order)

    def mapping(self, z: torch.Tensor) -> torch.Tensor:
        """Gaussian z (B,512) to W (B,512): pixel norm and eight layers (Karras et al. 2019, section 3)."""
        x = z * (z.pow(2).mean(1, keepdim=True) + 1e-8).rsqrt()
        for weight, bias in zip(self.mapping_weights, self.mapping_biases, strict=True):
            x = F.leaky_relu(F.linear(x, weight, bias), LEAKY_SLOPE) * math.sqrt(2)
        return x

    def forward(self, latent: torch.Tensor, size_px: int = FULL_SIZE_PX) -> Synthesis:
        """Synthesise from W (B,512) or per-slot W (B,16,512).

        size_px: 1024, 512 (the low Haar band of the last layer, half the price of the head), or 8..256: stop there and
        give features only.
        """
        w = self.per_slot(latent)
        x = self.first(self.constant, w[:, 0])
        features = {4: x}
        for level in range(7):
            side = 8 << level
            x = inverse_haar(x, self.ups[level](w[:, 2 * level + 1]))
            x = self.blocks[2 * level](x, w[:, 2 * level + 1])
            x = self.blocks[2 * level + 1](x, w[:, 2 * level + 2])
            features[side] = x
            if side == size_px and side < 512:
                return Synthesis(None, features)
        weight: torch.Tensor = self.to_picture_weight
        bias: torch.Tensor = self.to_picture_bias
        if size_px == 512:
            weight, bias = weight[::4], bias[:, ::4]  # the LL bands
        bands = F.conv2d(x * self.to_picture_style(w[:, 15])[:, :, None, None], weight) + bias
        return Synthesis(bands * 0.5 if size_px == 512 else inverse_haar(bands), features)

    def tunable_parameters(self) -> list[nn.Parameter]:
        """What may be fine-tuned on one photo: kernels and biases, never the styles that edits go through."""
        tunable: list[nn.Parameter] = [self.to_picture_weight, self.to_picture_bias]
        for module in (self.first, *self.blocks):
            assert isinstance(module, Block)
            tunable += [p for p in (module.depthwise, module.pointwise, module.bias) if p is not None]
        return tunable


def load_mobile_generator(paths: dict[str, Path], device: torch.device) -> MobileGenerator:
    """Build the generator from the four files of its IR: mapping.xml, mapping.bin, synthesis.xml, synthesis.bin."""
    mapping = read_constants(paths["mapping.xml"], paths["mapping.bin"])
    synthesis = read_constants(paths["synthesis.xml"], paths["synthesis.bin"])
    return MobileGenerator(mapping, synthesis).eval().requires_grad_(False).to(device)


def _frozen(value: torch.Tensor) -> nn.Parameter:
    return nn.Parameter(value.clone(), requires_grad=False)
