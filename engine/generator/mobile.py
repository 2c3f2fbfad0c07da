"""The default generator: MobileStyleGAN at 1024 px, distilled from StyleGAN2-FFHQ (Belousov, 2021).

Its published IR has noise and demodulation folded into constants, so a style only scales the channels before each
convolution and the convolutions are static. Sixteen W+ layers: the 4 px convolution, a pair for each of 8..512 px,
and the picture head; they are layers 0..15 of StyleGAN2's eighteen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from engine.generator.haar import HAAR, LOW, band_order, inverse_haar, squares_laid_out
from engine.generator.interface import Generator, Synthesis
from engine.generator.ir import Constant, read_constants
from engine.generator.picture_head import HEAD_SIZE_PX, PictureHead
from engine.generator.still import Still, convolved
from engine.generator.styled import LEAKY_SLOPE
from engine.generator.w_space import LATENT_SIZE
from engine.parsing.convolution import SettledConvolution, can_settle

W_LAYERS = 16
FULL_SIZE_PX = 1024
# From this size on what a gradient to all styles holds is 16 MiB a copy and more.
HELD_FROM_PX = 128
# Noise that is nowhere more than half of bfloat16's step from 1 on is what rounding makes of activations as it is: in
# four of the largest blocks. The others have .0097 and more.
LOST_NOISE = 2**-8


class Style(nn.Module):
    """The affine map from one W+ layer's latent to channel scales."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor, gain: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight * gain, requires_grad=False)  # C,512
        self.bias = nn.Parameter(bias.reshape(-1) * gain, requires_grad=False)  # C

    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        return F.linear(latent, self.weight, self.bias)  # B,C

    def reorder(self, order: torch.Tensor) -> None:
        """Put the channels in another order."""
        self.weight.data, self.bias.data = self.weight.data[order], self.bias.data[order]


class MobileBlock(nn.Module):
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
        # By kernels that are laid out for good, and where those lie that they were made of.
        self._settled: tuple[Callable[[torch.Tensor], torch.Tensor], int] | None = None
        # Whether the noise is left out in bfloat16, in which it is lost.
        self._is_noiseless = False

    def forward(self, x: torch.Tensor, latent: torch.Tensor) -> torch.Tensor:
        return self.scaled(x, self.style(latent))

    def scaled(self, x: torch.Tensor, scales: torch.Tensor | None) -> torch.Tensor:
        """The block for its style's scales (B,C); None where the channels of x have them already."""
        if self.depthwise is None:
            x = x if scales is None else x * scales[:, :, None, None]
            return F.leaky_relu_(self._square(x).add_(self.noise), LEAKY_SLOPE)
        depthwise: torch.Tensor = self.depthwise
        if scales is not None and len(scales) == 1 and not scales.requires_grad:
            depthwise = depthwise * scales[0][:, None, None, None]  # saves a pass over x
        elif scales is not None:
            x = x * scales[:, :, None, None]
        if self.pointwise.requires_grad:
            return convolved(x, depthwise, self.pointwise, self.bias, self.noise)
        noise = None if self._is_noiseless and x.dtype == torch.bfloat16 else self.noise
        if not x.requires_grad:
            return convolved(x, depthwise, self.pointwise, self.bias, noise)
        still: torch.Tensor = Still.apply(x, depthwise, self.pointwise, self.bias, noise)  # type: ignore[no-untyped-call]
        return still

    def _square(self, x: torch.Tensor) -> torch.Tensor:
        """The one convolution of a block that has no depthwise one."""
        if self._settled is not None and not self.pointwise.requires_grad:
            convolution, place = self._settled
            if self.pointwise.data_ptr() == place:  # a copy's kernels, or those of another type, lie elsewhere
                return convolution(x)
        return F.conv2d(x, self.pointwise, self.bias, padding=1)

    def settle(self) -> None:
        """Make ready for good: the kernels of that convolution are laid out, which are much larger than what they see;
        in a block with two, noise that is lost in bfloat16 is left out, so that the second one can do the rest."""
        dtype, device = self.pointwise.dtype, self.pointwise.device
        if self.depthwise is not None:
            lost = float(self.noise.abs().max()) < LOST_NOISE
            self._is_noiseless = lost and dtype == torch.bfloat16 and can_settle(device, dtype)
        elif can_settle(device, dtype):
            outputs, inputs, size_px, _ = self.pointwise.shape
            plain = nn.Conv2d(inputs, outputs, size_px, padding=1)
            plain.weight, plain.bias = self.pointwise, self.bias
            settled = SettledConvolution(plain, (self.noise.shape[2], self.noise.shape[3]))
            self._settled = settled.forward, self.pointwise.data_ptr()

    def reorder_output(self, order: torch.Tensor) -> None:
        """Put the output channels in another order."""
        self.pointwise.data, self.bias.data = self.pointwise.data[order], self.bias.data[order]


class MobileGenerator(Generator):
    """Mapping and synthesis. Frozen unless the caller thaws some parameters."""

    w_layers = W_LAYERS
    full_size_px = FULL_SIZE_PX

    def __init__(self, mapping: Iterable[Constant], synthesis: Iterable[Constant]) -> None:
        super().__init__()
        mapping = list(mapping)
        self.mapping_weights = nn.ParameterList(
            _frozen(c.value) for c in mapping if c.value.shape == (LATENT_SIZE, LATENT_SIZE)
        )
        self.mapping_biases = nn.ParameterList(_frozen(c.value) for c in mapping if c.value.shape == (LATENT_SIZE,))

        synthesis = list(synthesis)
        named = {constant.name: constant.value for constant in synthesis}
        planes = (c.value for c in synthesis if c.value.ndim == 4 and c.value.shape[:2] == (1, 1))
        noises = (plane for plane in planes if plane.shape[2] > 3)
        pointwises = (c.value for c in synthesis if c.name.startswith("Mul_") and c.name.endswith("_copy"))

        def style(name: str, gain: float = 1.0) -> Style:
            return Style(named[f"{name}.modulation.weight"], named[f"{name}.modulation.bias"], gain)

        def block(name: str, noises: Iterator[torch.Tensor], pointwises: Iterator[torch.Tensor]) -> MobileBlock:
            depthwise = named.get(f"{name}.conv.weight_dw")
            kernels = None if depthwise is None else depthwise.reshape(-1, 1, 3, 3)
            fan_in = (LATENT_SIZE if kernels is None else kernels.shape[0]) * 9
            scales = style(f"{name}.conv", 1 / math.sqrt(fan_in))
            return MobileBlock(scales, kernels, next(pointwises), named[f"{name}.bias"], next(noises))

        self.constant = _frozen(named["m.input.input"].contiguous(memory_format=torch.channels_last))
        self.first = block("m.conv1", noises, pointwises)
        self.ups = nn.ModuleList(style(f"m.layers.{i}.up") for i in range(7))
        self.blocks = nn.ModuleList(
            block(f"m.layers.{i}.conv{j}", noises, pointwises) for i in range(7) for j in (1, 2)
        )
        self.picture_head: PictureHead | None = None
        self.to_picture_style = style("m.layers.6.to_img.conv", 1 / math.sqrt(64))
        order = band_order(12)
        self.to_picture_weight = _frozen(named["m.layers.6.to_img.conv.weight"][order])
        self.to_picture_bias = _frozen(named["m.layers.6.to_img.bias"][:, order])
        feeders = [self.first, *(self.blocks[2 * i + 1] for i in range(6))]
        for feeder, up in zip(feeders, self.ups, strict=True):
            assert isinstance(feeder, MobileBlock)
            assert isinstance(up, Style)
            order = band_order(up.weight.shape[0])
            feeder.reorder_output(order)
            up.reorder(order)

    @property
    def coarse_size_px(self) -> int:
        """The smallest side at which there is a picture: the head's estimate, where there is a head."""
        return FULL_SIZE_PX // 2 if self.picture_head is None else HEAD_SIZE_PX

    def mapping(self, z: torch.Tensor) -> torch.Tensor:
        """Gaussian z (B,512) to W (B,512): pixel norm and eight layers (Karras et al. 2019, section 3)."""
        x = z * (z.pow(2).mean(1, keepdim=True) + 1e-8).rsqrt()
        for weight, bias in zip(self.mapping_weights, self.mapping_biases, strict=True):
            x = F.leaky_relu(F.linear(x, weight, bias), LEAKY_SLOPE) * math.sqrt(2)
        return x

    def forward(self, latent: torch.Tensor, size_px: int = FULL_SIZE_PX) -> Synthesis:
        """Synthesise from W (B,512) or W+ (B,16,512).

        size_px: 1024, 512 (the low Haar band of the last layer, half the price of the head), or 8..256: stop there and
        give features only, at 128 px with the picture head's estimate of the picture where there is a head. The latent
        may be of another type than the synthesis network, which computes in its own.
        """
        return self._drawn(self.w_plus(latent).to(self.constant.dtype).unbind(1), size_px)

    def for_descent(self, latent: torch.Tensor, delta: torch.Tensor, size_px: int) -> Synthesis:
        """The picture of W+ with a delta (B,S,512) on its first S layers, for a gradient to the delta."""
        dtype, layers, w_plus = self.constant.dtype, delta.shape[1], self.w_plus(latent)
        # Layer by layer: a style that the delta does not move then has no gradient, which costs two passes over memory.
        moving, still = (w_plus[:, :layers] + delta).to(dtype), w_plus[:, layers:].to(dtype)
        return self._drawn((*moving.unbind(1), *still.unbind(1)), size_px)

    def full_picture(self, latent: torch.Tensor) -> torch.Tensor:
        w = self.w_plus(latent).to(self.constant.dtype).unbind(1)
        return self._drawn(w, self.full_size_px, keeps_features=False).picture

    def _drawn(self, w: Sequence[torch.Tensor], size_px: int, *, keeps_features: bool = True) -> Synthesis:
        """The picture of W+, layer by layer (16 of B,512) in the network's type."""
        x = self.first(self.constant, w[0])
        features = {4: x} if keeps_features else {}
        for level in range(7):
            side = 8 << level
            x = self._twice_as_large(x, level, w[2 * level + 1])
            x = self.blocks[2 * level + 1](x, w[2 * level + 2])
            if keeps_features:
                features[side] = x
            if side == size_px and side < 512:
                break
        return Synthesis(self._seen(x, w, size_px), features)

    def at_sizes(self, latent: torch.Tensor, sizes_px: Sequence[int]) -> dict[int, Synthesis]:
        w = self.w_plus(latent).to(self.constant.dtype).unbind(1)
        largest_px = max(sizes_px)
        drawn = {largest_px: self._drawn(w, largest_px)}
        features = drawn[largest_px].features
        for size_px in sizes_px:
            if size_px not in drawn:
                seen = self._seen(features[min(size_px, FULL_SIZE_PX // 2)], w, size_px)
                drawn[size_px] = Synthesis(seen, {side: x for side, x in features.items() if side <= size_px})
        return drawn

    def _seen(self, x: torch.Tensor, w: Sequence[torch.Tensor], size_px: int) -> torch.Tensor | None:
        """The picture at a size, of the activations there (at most 512 px): None where there is none so small."""
        if size_px >= FULL_SIZE_PX // 2:
            return self._picture(x, self.to_picture_style(w[15]), size_px)
        return None if self.picture_head is None or size_px != HEAD_SIZE_PX else self.picture_head(x)

    def _twice_as_large(self, x: torch.Tensor, level: int, latent: torch.Tensor) -> torch.Tensor:
        """A level's four bands joined, and its first block, for one layer's latent (B,512)."""
        block = self.blocks[2 * level]
        assert isinstance(block, MobileBlock)
        up, scales = self.ups[level](latent), block.style(latent)
        if not scales.requires_grad or x.shape[2] < HELD_FROM_PX:
            return block.scaled(inverse_haar(x, up), scales)
        # Each channel is joined by itself: scaled before, nothing of the larger size is held for the scales' gradient.
        return block.scaled(inverse_haar(x, up * scales.repeat(1, 4)), None)

    def _picture(self, x: torch.Tensor, scales: torch.Tensor, size_px: int) -> torch.Tensor:
        """The picture (B,3,S,S) at 512 or 1024 px of the last activations (B,64,512,512) and their scales (B,64)."""
        # Haar's sums are taken over the kernels, before any rounding: over the large picture they cost ten times more.
        sums = torch.tensor(LOW if size_px == 512 else HAAR, device=x.device)
        weight = (sums @ self.to_picture_weight.float().reshape(4, -1)).reshape(-1, x.shape[1])
        bias = (sums @ self.to_picture_bias.float().reshape(4, -1)).reshape(-1)
        if len(scales) == 1:
            weight = weight * scales.float()  # saves a pass over x, and a copy of it that a gradient would hold
        else:
            x = x * scales[:, :, None, None]
        pixels = F.conv2d(x, weight[:, :, None, None].to(x.dtype), bias.to(x.dtype))
        return pixels if size_px == 512 else squares_laid_out(pixels)

    def settle(self) -> MobileGenerator:
        """Itself, for good in the type that it is in now, and a little quicker where it is on a CPU."""
        for block in (self.first, *self.blocks):
            assert isinstance(block, MobileBlock)
            block.settle()
        return self

    def tunable_parameters(self) -> list[nn.Parameter]:
        """What may be fine-tuned on one photo: kernels and biases, never the styles that edits go through.

        Without the depthwise kernels, whose gradients take a tenth of a step and bring nothing that can be measured.
        """
        tunable: list[nn.Parameter] = [self.to_picture_weight, self.to_picture_bias]
        for module in (self.first, *self.blocks):
            assert isinstance(module, MobileBlock)
            tunable += [module.pointwise, module.bias]
        return tunable


def load_mobile_generator(paths: dict[str, Path], device: torch.device) -> MobileGenerator:
    """Build the generator from the four files of its IR: mapping.xml, mapping.bin, synthesis.xml, synthesis.bin."""
    mapping = read_constants(paths["mapping.xml"], paths["mapping.bin"])
    synthesis = read_constants(paths["synthesis.xml"], paths["synthesis.bin"])
    return MobileGenerator(mapping, synthesis).eval().requires_grad_(False).to(device)


def _frozen(value: torch.Tensor) -> nn.Parameter:
    return nn.Parameter(value.clone(), requires_grad=False)
