"""StyleGAN2's generator in plain torch (Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN").

Eighteen W+ layers at 1024 px: the 4 px convolution, a pair for each of 8..1024 px, and the last colour layer; the
colour layers below share theirs with the next size's first convolution. Layers 0..15 are those of the default
generator. The numerics of half precision are those of StyleGAN2-ADA (Karras et al. 2020b, "Training Generative
Adversarial Networks with Limited Data", and its code, training/networks.py): weights and styles are brought to a
largest value of about 1 before they are rounded, activations are clamped, colours are summed in float32.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint as recomputed

from engine.errors import WrongGenerator
from engine.generator.checkpoint import MAPPING_RATE, Checkpoint, read_checkpoint
from engine.generator.interface import Generator, Synthesis
from engine.generator.layout import COLOURS, SMALLEST_PX, Layout

LEAKY_SLOPE = 0.2
ACTIVATION_GAIN = math.sqrt(2)
EPSILON = 1e-8
# Activations in half precision beyond this would overflow further on; no trained picture needs them.
HALF_CLAMP = 256.0
# Where the style has a gradient and the kernel none, a scaled kernel costs one of its own, half as many operations
# again, and scaled activations cost memory. Up to this size, the memory is little.
SCALED_INPUT_PX = 128
# The sizes that are worth half precision, counted from the largest: 128..1024 px hold nearly all operations.
HALF_SIZES = 4


def upsample(picture: torch.Tensor) -> torch.Tensor:
    """Twice the size with the filter [1,3,3,1], zeros beyond the border (upfirdn2d with up=2, gain=4).

    That is bilinear interpolation of the picture in a frame of zeros, which every backend has a quick kernel for.
    """
    framed = F.pad(picture, (1, 1, 1, 1))
    wide = F.interpolate(framed, scale_factor=2, mode="bilinear", align_corners=False)
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
        self.weight = _parameter(COLOURS, inputs, 1, 1)
        self.bias = _parameter(COLOURS)

    def forward(self, x: torch.Tensor, latent: torch.Tensor, clamp: float | None) -> torch.Tensor:
        style = self.affine(latent) / math.sqrt(self.weight.shape[1])
        colour = modulated_convolution(x, self.weight, style, up=False, demodulate=False)
        colour = colour + self.bias[:, None, None].to(x.dtype)
        return (colour if clamp is None else colour.clamp(-clamp, clamp)).to(latent.dtype)


class Block(nn.Module):
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


class StyleGAN2Generator(Generator):
    """Mapping and synthesis. Frozen unless the caller thaws some parameters. Parameters have NVIDIA's names."""

    def __init__(self, layout: Layout, mapping_rate: float = MAPPING_RATE, conv_clamp: float | None = None) -> None:
        super().__init__()
        self.layout = layout
        self.w_layers = layout.w_layers
        self.full_size_px = layout.size_px
        self.conv_clamp = conv_clamp
        self.half_dtype: torch.dtype | None = None
        self.gradient_dtype: torch.dtype | None = None
        self.recompute = False
        """Keep no activations for the backward pass but those between blocks: less memory, a third more time."""
        mapping = (Affine(layout.latent_size, layout.latent_size, mapping_rate) for _ in range(layout.mapping_layers))
        self.mapping_layers = nn.ModuleList(mapping)
        blocks, before = [], 0
        for side, channels in layout.channels.items():
            blocks.append(Block(before, channels, side, layout.latent_size))
            before = channels
        self.blocks = nn.ModuleList(blocks)
        self.eval().requires_grad_(False)

    def mapping(self, z: torch.Tensor) -> torch.Tensor:
        """Gaussian z (B,512) to W (B,512), in float32: pixel norm, then leaky ReLU layers."""
        x = z * (z.square().mean(1, keepdim=True) + EPSILON).rsqrt()
        for layer in self.mapping_layers:
            x = F.leaky_relu(layer(x), LEAKY_SLOPE) * ACTIVATION_GAIN
        return x

    def forward(self, latent: torch.Tensor, size_px: int | None = None) -> Synthesis:
        """Synthesise from W (B,512) or W+ (B,18,512).

        size_px: the full size (default), half of it (the full picture's area average: the colours up to there are no
        picture of their own), or a smaller one: stop there and give features only.
        """
        size_px = self.full_size_px if size_px is None else size_px
        with_picture = size_px >= self.full_size_px // 2
        w = self.w_plus(latent).to(self.base_dtype)
        x: torch.Tensor | None = None
        colour: torch.Tensor | None = None
        features: dict[int, torch.Tensor] = {}
        for index, block in enumerate(self.blocks):
            assert isinstance(block, Block)
            dtype, clamp = self._numerics(block.side_px)
            first = max(2 * index - 1, 0)
            latents = w[:, first : first + 2] if index else w[:, :1].expand(-1, 2, -1)
            if x is not None:
                x = x.to(dtype)
            if self.recompute and torch.is_grad_enabled():
                x = recomputed(block, x, latents, clamp, use_reentrant=False)
            else:
                x = block(x, latents, clamp)
            assert x is not None
            features[block.side_px] = x
            if with_picture:
                share = block.torgb(x, w[:, 2 * index + 1], clamp)
                colour = share if colour is None else upsample(colour) + share
            elif block.side_px >= size_px:
                break
        if colour is not None and size_px < self.full_size_px:
            colour = F.avg_pool2d(colour, 2)
        return Synthesis(colour, features)

    def use_half(self, dtype: torch.dtype | None) -> None:
        """Compute the largest sizes in float16 or bfloat16; None for float32 throughout. Parameters stay float32.

        Where gradients are taken, float16 gives way to bfloat16: a loss that is a mean over a picture has gradients
        below what float16 can tell from nought.
        """
        if dtype not in (None, torch.float16, torch.bfloat16):
            raise ValueError(f"{dtype} is not half precision: use float16 or bfloat16.")
        self.half_dtype = dtype
        self.gradient_dtype = None if dtype is None else torch.bfloat16

    def use_channels_last(self) -> None:
        """Lay kernels, and with them all activations, out with the channels innermost, as tensor cores want it."""
        for parameter in self.parameters():
            if parameter.ndim == 4:
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)

    @property
    def base_dtype(self) -> torch.dtype:
        """Of the parameters, of the latents' way and of the colours."""
        return next(self.parameters()).dtype

    def _numerics(self, side_px: int) -> tuple[torch.dtype, float | None]:
        """Precision and clamp of one size."""
        half = self.gradient_dtype if torch.is_grad_enabled() else self.half_dtype
        if half is None or side_px * 2**HALF_SIZES <= self.full_size_px or side_px == SMALLEST_PX:
            return self.base_dtype, self.conv_clamp
        return half, HALF_CLAMP if self.conv_clamp is None else self.conv_clamp

    def spare_memory(self) -> bool:
        """First recompute activations in the backward pass, then halve them on a GPU."""
        if not self.recompute:
            self.recompute = True
            return True
        if self.half_dtype is None and next(self.parameters()).device.type == "cuda":
            self.use_half(torch.bfloat16)
            return True
        return False

    def tunable_parameters(self) -> list[nn.Parameter]:
        """What may be fine-tuned on one photo: kernels and biases, never the styles that edits go through."""
        layers = [m for m in self.blocks.modules() if isinstance(m, (StyledConvolution, ToColour))]
        return [parameter for layer in layers for parameter in (layer.weight, layer.bias)]

    def randomised(self, seed: int) -> StyleGAN2Generator:
        """Itself with weights as training starts from them (Karras et al. 2020, appendix B), noise included."""
        rng = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for name, value in self.named_tensors().items():
                if name.endswith("bias") or name.endswith("noise_strength"):
                    value.fill_(1.0 if name.endswith("affine.bias") else 0.0)
                else:
                    value.copy_(torch.randn(value.shape, generator=rng))
                    if name.startswith("mapping."):
                        value.mul_(1 / MAPPING_RATE)
        return self

    def load(self, checkpoint: Checkpoint) -> None:
        """Take a checkpoint's tensors, which have this layout."""
        with torch.no_grad():
            for name, value in self.named_tensors().items():
                value.copy_(checkpoint.tensors[name])

    def named_tensors(self) -> dict[str, torch.Tensor]:
        """Parameters and noise by NVIDIA's names."""
        named: dict[str, torch.Tensor] = {}
        for name, value in self.state_dict().items():
            where, index, rest = name.split(".", 2)
            if where == "mapping_layers":
                named[f"mapping.fc{index}.{rest}"] = value
            else:
                named[f"synthesis.b{SMALLEST_PX << int(index)}.{rest}"] = value
        return named

    def fingerprint(self) -> str:
        """SHA-256 of all tensors by name: the same for the same network in any format."""
        digest = hashlib.sha256()
        for name, value in sorted(self.named_tensors().items()):
            digest.update(name.encode() + b"\0")
            digest.update(value.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()


def build_generator(checkpoint: Checkpoint, device: torch.device) -> StyleGAN2Generator:
    """The generator of a checkpoint, on a device."""
    generator = StyleGAN2Generator(checkpoint.layout, checkpoint.mapping_rate, checkpoint.conv_clamp)
    generator.load(checkpoint)
    return generator.to(device)


def load_stylegan2(
    path: Path, device: torch.device, *, size_px: int | None = 1024, latent_size: int | None = 512
) -> StyleGAN2Generator:
    """Load a checkpoint of any format. size_px, latent_size: what the engine needs; None takes any.

    Raises BadCheckpoint, UnsafeCheckpoint, and WrongGenerator where architecture or size are others.
    """
    checkpoint = read_checkpoint(path)
    layout = checkpoint.layout
    if size_px is not None and layout.size_px != size_px:
        raise WrongGenerator(
            f"This checkpoint draws pictures of {layout.size_px} px and the engine needs {size_px}: bring one trained "
            f"on faces at {size_px} px.",
            size_px=layout.size_px,
        )
    if latent_size is not None and layout.latent_size != latent_size:
        raise WrongGenerator(
            f"This checkpoint has latents of {layout.latent_size} numbers and the engine needs {latent_size}: bring a "
            "usual StyleGAN2.",
            latent_size=layout.latent_size,
        )
    return build_generator(checkpoint, device)


def _parameter(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.zeros(shape), requires_grad=False)
