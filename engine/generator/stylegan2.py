"""StyleGAN2's generator in plain torch (Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN").

Eighteen W+ layers at 1024 px: the 4 px convolution, a pair for each of 8..1024 px, and the last colour layer; the
colour layers below share theirs with the next size's first convolution. Layers 0..15 are those of the default
generator. The numerics of half precision are those of StyleGAN2-ADA (Karras et al. 2020b, "Training Generative
Adversarial Networks with Limited Data", and its code, training/networks.py): weights and styles are brought to a
largest value of about 1 before they are rounded, activations are clamped, colours are summed in float32.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint as recomputed

from engine.errors import WrongGenerator
from engine.face.alignment import CROP_SIZE_PX
from engine.generator.checkpoint import MAPPING_RATE, Checkpoint, read_checkpoint
from engine.generator.interface import Generator, Synthesis
from engine.generator.layout import SMALLEST_PX, Layout
from engine.generator.styled import (
    ACTIVATION_GAIN,
    EPSILON,
    LEAKY_SLOPE,
    Affine,
    StyledConvolution,
    SynthesisBlock,
    ToColour,
    upsample,
)
from engine.generator.w_space import LATENT_SIZE

# Activations in half precision beyond this would overflow further on; no trained picture needs them.
HALF_CLAMP = 256.0
# The sizes that are worth half precision, counted from the largest: 128..1024 px hold nearly all operations.
HALF_SIZES = 4


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
            blocks.append(SynthesisBlock(before, channels, side, layout.latent_size))
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
            assert isinstance(block, SynthesisBlock)
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
        below what float16 can tell from nought. Raises ValueError for another type.
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
    path: Path, device: torch.device, *, size_px: int | None = CROP_SIZE_PX, latent_size: int | None = LATENT_SIZE
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
