"""The inverse Haar transform: from four bands of half the size to a picture."""

from __future__ import annotations

from typing import Any

import torch

# Columns: the four bands LL, LH, HL, HH; rows: the four pixels of a 2 by 2 square, left to right, top to bottom.
HAAR = ((0.5, 0.5, 0.5, 0.5), (0.5, 0.5, -0.5, -0.5), (0.5, -0.5, 0.5, -0.5), (0.5, -0.5, -0.5, 0.5))
# The mean of each square alone.
LOW = ((0.5, 0.0, 0.0, 0.0),)


class _Squares(torch.autograd.Function):
    """HAAR without its factor of a half, as sums and differences of whole bands.

    The convolutions are two to six times as fast on channels-last tensors, and this keeps them so; autograd's own way
    through strided views would cost five passes over memory more.
    """

    @staticmethod
    def forward(_: Any, bands: torch.Tensor) -> torch.Tensor:
        batch, channels4, height, width = bands.shape
        channels = channels4 // 4
        # LL with LH and HL with HH, both at once: sums and differences of short rows take longer.
        pairs = _last(bands).view(batch, height, width, 2, 2, channels)
        one, other = pairs[:, :, :, :, 0], pairs[:, :, :, :, 1]
        out = bands.new_empty(batch, height, 2, width, 2, channels)
        for row, sides in enumerate((one + other, one - other)):
            middle, detail = sides.unbind(3)
            torch.add(middle, detail, out=out[:, :, row, :, 0])
            torch.sub(middle, detail, out=out[:, :, row, :, 1])
        return out.view(batch, 2 * height, 2 * width, channels).permute(0, 3, 1, 2)

    @staticmethod
    def backward(_: Any, gradient: torch.Tensor) -> torch.Tensor:
        batch, channels, height2, width2 = gradient.shape
        squares = _last(gradient).view(batch, height2 // 2, 2, width2 // 2, 2, channels)
        left, right = squares[:, :, :, :, 0], squares[:, :, :, :, 1]
        sums, differences = left + right, left - right
        out = gradient.new_empty(batch, height2 // 2, width2 // 2, 4, channels)
        torch.add(sums[:, :, 0], sums[:, :, 1], out=out[:, :, :, 0])
        torch.sub(sums[:, :, 0], sums[:, :, 1], out=out[:, :, :, 1])
        torch.add(differences[:, :, 0], differences[:, :, 1], out=out[:, :, :, 2])
        torch.sub(differences[:, :, 0], differences[:, :, 1], out=out[:, :, :, 3])
        return out.view(batch, height2 // 2, width2 // 2, 4 * channels).permute(0, 3, 1, 2)


def _last(x: torch.Tensor) -> torch.Tensor:
    """B,C,H,W as a contiguous B,H,W,C; free where x is channels-last already."""
    return x.permute(0, 2, 3, 1).contiguous()


def inverse_haar(bands: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """Haar sub-bands (B,4C,H,W; LL of all channels, then LH, HL and HH of all), times scales (B,4C), to a picture
    (B,C,2H,2W)."""
    picture: torch.Tensor = _Squares.apply(bands * (scales * 0.5)[:, :, None, None])  # type: ignore[no-untyped-call]
    return picture


def squares_laid_out(pixels: torch.Tensor) -> torch.Tensor:
    """The four pixels of each square (B,4C,H,W; all channels of one pixel after the other's) side by side
    (B,C,2H,2W)."""
    batch, channels4, height, width = pixels.shape
    pairs = _last(pixels).view(batch, height, width, 2, channels4 // 2).transpose(2, 3)
    return pairs.reshape(batch, 2 * height, 2 * width, channels4 // 4).permute(0, 3, 1, 2)


def band_order(channels4: int) -> torch.Tensor:
    """From the file's order (LL of all channels, then LH, HL, HH of each) to one band after the other."""
    channels = channels4 // 4
    high = channels + torch.arange(3 * channels).reshape(channels, 3)
    return torch.cat([torch.arange(channels), high.T.reshape(-1)])
