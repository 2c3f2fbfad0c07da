"""Class logits of a generated picture straight from the activations that drew it.

A linear classifier per pixel on the synthesis network's own feature maps (after Xu and Zheng 2021, "Linear Semantics
in Generative Adversarial Networks"), fitted on BiSeNet's labels (`recede train feature-parser`). It needs the synthesis
only up to 128 px and no second network, so that a gradient through it costs a fraction of one through BiSeNet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch.nn import functional as F

from engine.errors import WeightsCorrupt
from engine.parsing.classes import FaceClass
from engine.weights.table import source_of_file

FEATURE_SIZES_PX = (32, 64, 128)
# What each of its classes means in BiSeNet's terms; the last one takes all others.
FEATURE_CLASSES: dict[str, tuple[FaceClass, ...]] = {
    "background": (FaceClass.BACKGROUND,),
    "skin": (FaceClass.SKIN, FaceClass.LEFT_EAR, FaceClass.RIGHT_EAR, FaceClass.NOSE, FaceClass.NECK),
    "hair": (FaceClass.HAIR,),
    "cloth": (FaceClass.CLOTH,),
    "other": (
        FaceClass.LEFT_BROW,
        FaceClass.RIGHT_BROW,
        FaceClass.LEFT_EYE,
        FaceClass.RIGHT_EYE,
        FaceClass.GLASSES,
        FaceClass.EARRING,
        FaceClass.MOUTH,
        FaceClass.UPPER_LIP,
        FaceClass.LOWER_LIP,
        FaceClass.NECKLACE,
        FaceClass.HAT,
    ),
}


@dataclass(frozen=True)
class FeatureParser:
    """weight: C,D, where D counts the channels of the feature maps of `sizes_px`, one after the other; bias: C."""

    weight: torch.Tensor
    bias: torch.Tensor
    sizes_px: tuple[int, ...]
    classes: tuple[str, ...]

    def index(self, name: str) -> int:
        """Channel of a class in the logits. Raises ValueError for a name that it does not know."""
        return self.classes.index(name)


def generator_sha256() -> str:
    """Hash of the weights whose activations a feature parser reads; those of any other network mean nothing to it."""
    return source_of_file("synthesis.bin")[1].sha256


def load_feature_parser(path: Path, device: torch.device, fingerprint: str = "") -> FeatureParser:
    """Load an asset as float32, with the card beside it.

    fingerprint: of the generator whose activations it is to read, "" for the default one. Raises WeightsCorrupt where
    it was fitted to another.
    """
    card = json.loads(path.with_suffix(".json").read_text())
    if card.get("generator_sha256") != (fingerprint or generator_sha256()):
        raise WeightsCorrupt(
            f"{path.name} was fitted to another generator: run `recede train feature-parser` to fit it again.",
            name=path.name,
        )
    tensors = {name: value.to(device).float() for name, value in load_file(path).items()}
    return FeatureParser(tensors["weight"], tensors["bias"], tuple(card["sizes_px"]), tuple(card["classes"]))


def feature_logits(parser: FeatureParser, features: Mapping[int, torch.Tensor]) -> torch.Tensor:
    """Differentiable logits (B,C,S,S) of feature maps by their side (B,D_side,side,side); S is the largest side.

    Same as the classifier on all maps enlarged to S and concatenated: a linear map commutes with bilinear
    interpolation, so only C channels instead of D have to be enlarged.
    """
    maps = [features[side] for side in parser.sizes_px]
    weights = torch.split(parser.weight, [values.shape[1] for values in maps], 1)
    size = (max(parser.sizes_px),) * 2
    logits = parser.bias[:, None, None].expand(maps[0].shape[0], -1, *size)
    for values, weight in zip(maps, weights, strict=True):
        part = F.conv2d(values, weight[:, :, None, None].to(values.dtype))
        logits = logits + F.interpolate(part, size=size, mode="bilinear", align_corners=False)
    return logits
