"""The layers of StyleGAN2: convolutions whose kernels a style scales, and the colours drawn from them."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

from engine.generator.layout import COLOUR_CHANNELS, SMALLEST_PX

LEAKY_SLOPE = 0.2
ACTIVATION_GAIN = math.sqrt(2)
EPSILON = 1e-8
# Where the style has a gradient and the kernel none, a scaled kernel costs one of its own, half as many operations
# again, and scaled activations cost memory. Up to this size, the memory is little.
SCALED_INPUT_PX = 128


def upsample(picture: torch.Tensor) -> torch.Tensor:
    """Twice the size with the filter [1,3,3,1], zeros beyond the border (upfirdn2d with up=2, gain=4).

    That is bilinear interpolation of the picture with zeros around it, which every backend has a quick kernel for.
    """
    wider = F.pad(picture, (1, 1, 1, 1))
    wide = F.interpolate(wider, scale_factor=2, mode="bilinear", align_corners=False)
    return wide[:, :, 2:-2, 2:-2]


def modulated_convolution(
    x: torch.Tensor, weight: torch.Tensor, style: torch.Tensor, *, up: bool, demodulate: bool, gain: float = 1.0
) -> torch.Tensor:
    """Convolution whose input channels a style scales, its output brought back to unit variance (section 2.2).

    x: B,I,H,W in the precision to compute in; weight: O,I,k,k and style: B,I, both float32; up: transposed, of stride
    2, then smoothed by [1,3,3,1]. Returns B,O,H,W or B,O,2H,2W, multiplied by gain.
    """
    if x.dtype in (torch.float16, torch.bfloat16) and demodulate:  # demodulation undoes both scales
        weight = weight / (weight.abs().amax((1, 2, 3), keepdim=True) * math.sqrt(weight[0].numel())).clamp_min(EPSILON)
        style = style / style.abs().amax(1, keepdim=True).clamp_min(EPSILON)
    outputs = torch.full_like(style[:, :1], gain)  # B,1
    if demodulate:
        energy = style.square() @ weight.square().sum((2, 3)).T
        outputs = gain * (energy + EPSILON).rsqrt()  # B,O
    descends = style.requires_grad and not weight.requires_grad
    if x.shape[0] == 1 and not (descends and x.shape[2] <= SCALED_INPUT_PX):
        # One picture: scale the small kernel, not the large activations.
        kernel = weight * style[:, :, None, None] * outputs.T[:, :, None, None]
        return _convolve(x, kernel.to(x.dtype), up)
    x = _convolve(x * style[:, :, None, None].to(x.dtype), weight.to(x.dtype), up)
    return x * outputs[:, :, None, None].to(x.dtype)


def _convolve(x: torch.Tensor, kernel: torch.Tensor, up: bool) -> torch.Tensor:
    if not up:
        return F.conv2d(x, kernel, padding=kernel.shape[2] // 2)
    x = F.conv_transpose2d(x, kernel.transpose(0, 1), stride=2)
    row = x.new_full((4,), 0.25)  # made on the device: a copy from the host would wait for it, and break a CUDA graph
    row[1:3] = 0.75
    blur = torch.outer(row, row).expand(x.shape[1], 1, 4, 4)
    return F.conv2d(x, blur, padding=1, groups=x.shape[1])


class Affine(nn.Module):
    """A linear layer with an equalised learning rate (Karras et al. 2018, section 4.1)."""

    def __init__(self, inputs: int, outputs: int, rate: float = 1.0) -> None:
        super().__init__()
        self.weight = _parameter(outputs, inputs)
        self.bias = _parameter(outputs)
        self.rate = rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gain = self.rate / math.sqrt(self.weight.shape[1])
        return F.linear(x, self.weight * gain, self.bias * self.rate)


class StyledConvolution(nn.Module):
    """Modulated convolution, noise, bias, leaky ReLU."""

    def __init__(self, inputs: int, outputs: int, side_px: int, latent_size: int, *, up: bool) -> None:
        super().__init__()
        self.up = up
        self.affine = Affine(latent_size, inputs)
        self.weight = _parameter(outputs, inputs, 3, 3)
        self.bias = _parameter(outputs)
        self.noise_strength = _parameter()
        self.register_buffer("noise_const", torch.zeros(side_px, side_px))
        self.noise_const: torch.Tensor

    def forward(self, x: torch.Tensor, latent: torch.Tensor, clamp: float | None) -> torch.Tensor:
        # The activation's gain goes through a leaky ReLU unchanged, so that it costs no pass over the data.
        x = modulated_convolution(
            x, self.weight, self.affine(latent), up=self.up, demodulate=True, gain=ACTIVATION_GAIN
        )
        x = x.add_((self.noise_const * (self.noise_strength * ACTIVATION_GAIN)).to(x.dtype))
        x = x.add_((self.bias * ACTIVATION_GAIN)[:, None, None].to(x.dtype))
        x = F.leaky_relu_(x, LEAKY_SLOPE)
        return x if clamp is None else x.clamp(-clamp, clamp)


class ToColour(nn.Module):
    """One size's share of the picture."""

    def __init__(self, inputs: int, latent_size: int) -> None:
        super().__init__()
        self.affine = Affine(latent_size, inputs)
        self.weight = _parameter(COLOUR_CHANNELS, inputs, 1, 1)
        self.bias = _parameter(COLOUR_CHANNELS)

    def forward(self, x: torch.Tensor, latent: torch.Tensor, clamp: float | None) -> torch.Tensor:
        style = self.affine(latent) / math.sqrt(self.weight.shape[1])
        colour = modulated_convolution(x, self.weight, style, up=False, demodulate=False)
        colour = colour + self.bias[:, None, None].to(x.dtype)
        return (colour if clamp is None else colour.clamp(-clamp, clamp)).to(latent.dtype)


class SynthesisBlock(nn.Module):
    """All layers of one size."""

    def __init__(self, inputs: int, outputs: int, side_px: int, latent_size: int) -> None:
        super().__init__()
        self.side_px = side_px
        if side_px == SMALLEST_PX:
            self.const = _parameter(outputs, side_px, side_px)
        else:
            self.conv0 = StyledConvolution(inputs, outputs, side_px, latent_size, up=True)
        self.conv1 = StyledConvolution(outputs, outputs, side_px, latent_size, up=False)
        self.torgb = ToColour(outputs, latent_size)

    def forward(self, x: torch.Tensor | None, latents: torch.Tensor, clamp: float | None) -> torch.Tensor:
        """latents: B,2,L, of which the first block takes the second. Gives the activations B,outputs,side,side."""
        if x is None:
            x = self.const.expand(latents.shape[0], -1, -1, -1)
        else:
            x = self.conv0(x, latents[:, 0], clamp)
        result: torch.Tensor = self.conv1(x, latents[:, 1], clamp)
        return result


def _parameter(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.zeros(shape), requires_grad=False)
