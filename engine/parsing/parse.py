"""Class probabilities of a face crop."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from engine.parsing.bisenet import CLASSES, BiSeNet, TrunkFeatures
from engine.parsing.classes import MIRRORED_PAIRS

PARSE_SIZE_PX = 512
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def normalise(picture: torch.Tensor, size_px: int) -> torch.Tensor:
    """A picture in -1..1 (B,3,H,W) as BiSeNet wants it, area-averaged to size_px."""
    if picture.shape[2] != size_px:
        picture = F.interpolate(picture, size=(size_px, size_px), mode="area")
    mean = torch.tensor(IMAGENET_MEAN, device=picture.device, dtype=picture.dtype)[:, None, None]
    std = torch.tensor(IMAGENET_STD, device=picture.device, dtype=picture.dtype)[:, None, None]
    return ((picture + 1) / 2 - mean) / std


def _shrunk(crop: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8] | NDArray[np.float32]:
    """A square crop as `normalise` would average it, before it is a tensor: in a third of the time."""
    if crop.shape[0] % size_px or crop.shape[0] == size_px:
        return crop
    size = (size_px, size_px)
    return np.asarray(cv2.resize(crop.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)


def as_tensor(pictures: NDArray[np.uint8] | NDArray[np.float32], device: torch.device) -> torch.Tensor:
    """Pictures (B,H,W,3 in 0..255) as B,3,H,W in -1..1."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).to(device).permute(0, 3, 1, 2).float() / 127.5 - 1


def class_logits(parser: BiSeNet, picture: torch.Tensor, size_px: int = PARSE_SIZE_PX) -> torch.Tensor:
    """Differentiable logits (B,19,size,size) of a picture in -1..1 (B,3,H,W)."""
    features = parser.trunk(normalise(picture, size_px).to(parser.dtype))
    return _enlarged(parser.coarse_logits(features).float(), size_px)


def _enlarged(planes: torch.Tensor, size_px: int) -> torch.Tensor:
    """Square planes (B,C,s,s) at another size, as the network enlarges its own (bilinear, the corners' centres stay).

    As two small products, which with their gradient take a CPU half the time of an interpolation and what comes after
    it: that one leaves the channels last, where a softmax is slow.
    """
    each = _interpolation(planes.shape[3], size_px).to(planes)
    return each @ planes.contiguous() @ each.T


@lru_cache(maxsize=8)
def _interpolation(points: int, places: int) -> torch.Tensor:
    """How much each of so many points in a row counts at each place (places,points)."""
    at = torch.linspace(0, points - 1, places)
    return (1 - (at[:, None] - torch.arange(points)).abs()).clamp_min(0)


def parse(
    parser: BiSeNet, crop: NDArray[np.uint8], size_px: int = PARSE_SIZE_PX, *, mirrored: bool = True
) -> NDArray[np.float32]:
    """Class probabilities (19,size,size) of a crop (H,W,3 uint8), averaged with the mirrored crop's if `mirrored`."""
    return parse_with_features(parser, crop, size_px, mirrored=mirrored)[0]


def parse_with_features(
    parser: BiSeNet, crop: NDArray[np.uint8], size_px: int = PARSE_SIZE_PX, *, mirrored: bool = True
) -> tuple[NDArray[np.float32], TrunkFeatures]:
    """As `parse`, and what the parser's trunk saw in the crop as it is."""
    device = next(parser.parameters()).device
    picture = as_tensor(_shrunk(crop, size_px)[None], device)
    with torch.no_grad():
        # Both in one pass, which is a tenth quicker and gives the same.
        pictures = torch.cat([picture, picture.flip(3)]) if mirrored else picture
        features = parser.trunk(normalise(pictures, size_px).to(parser.dtype))
        # Plane by plane: over channels that lie side by side a softmax makes a copy of its own first.
        logits = parser.of_features(features, (size_px, size_px)).to(
            torch.float32, memory_format=torch.contiguous_format
        )
        if not mirrored:
            return logits.softmax(1)[0].cpu().numpy(), features.first()
        probabilities, turned = logits[:1].softmax(1), logits[1:].softmax(1)
        del logits  # each of these three holds 20 MiB at 512 px
        order = list(range(CLASSES))
        for left, right in MIRRORED_PAIRS:
            order[left], order[right] = right, left
        probabilities.add_(turned.flip(3)[:, order]).div_(2)
    return probabilities[0].cpu().numpy(), features.first()
