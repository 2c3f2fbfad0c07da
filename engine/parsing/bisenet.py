"""BiSeNet on a ResNet-18 trunk (Yu et al., 2018), as published for the 19 classes of CelebAMask-HQ.

Only what inference needs: the auxiliary heads are left out and batch normalisation is folded into the convolutions.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from engine.parsing.convolution import SettledConvolution, can_settle, settle

CLASSES = 19
# Kernels are laid out for pictures of the size in which descents and drawn heads are looked at.
SETTLED_FOR_PX = 256


@dataclass(frozen=True)
class TrunkFeatures:
    """Activations of the residual trunk at 1/4, 1/8, 1/16 and 1/32 of the input's size."""

    quarter: torch.Tensor  # B,64,H/4,W/4
    eighth: torch.Tensor  # B,128,H/8,W/8
    sixteenth: torch.Tensor  # B,256,H/16,W/16
    thirty_second: torch.Tensor  # B,512,H/32,W/32

    def first(self) -> TrunkFeatures:
        """Those of the first picture alone."""
        return TrunkFeatures(self.quarter[:1], self.eighth[:1], self.sixteenth[:1], self.thirty_second[:1])


class ConvBNReLU(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, kernel: int = 3, stride: int = 1, padding: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _activated(self.conv, self.bn, x)


class BasicBlock(nn.Module):
    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Sequential | None = None
        if in_channels != out_channels or stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        residual = self.bn2(self.conv2(_activated(self.conv1, self.bn1, x)))
        return F.relu((x if self.downsample is None else self.downsample(x)) + residual)


class ResNet18Trunk(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = nn.Sequential(BasicBlock(64, 64, 1), BasicBlock(64, 64, 1))
        self.layer2 = nn.Sequential(BasicBlock(64, 128, 2), BasicBlock(128, 128, 1))
        self.layer3 = nn.Sequential(BasicBlock(128, 256, 2), BasicBlock(256, 256, 1))
        self.layer4 = nn.Sequential(BasicBlock(256, 512, 2), BasicBlock(512, 512, 1))

    def forward(self, x: torch.Tensor) -> TrunkFeatures:
        quarter, eighth, sixteenth = self.upper(x)
        return TrunkFeatures(quarter, eighth, sixteenth, self.layer4(sixteenth))

    def upper(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """All but the last of the features, whose layer holds most of the weights."""
        quarter = self.layer1(F.max_pool2d(_activated(self.conv1, self.bn1, x), 3, 2, 1))
        eighth = self.layer2(quarter)
        return quarter, eighth, self.layer3(eighth)


class AttentionRefinement(nn.Module):
    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = ConvBNReLU(in_channels, out_channels)
        self.conv_atten = nn.Conv2d(out_channels, out_channels, 1, bias=False)
        self.bn_atten = nn.BatchNorm2d(out_channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)
        return x * torch.sigmoid(self.bn_atten(self.conv_atten(x.mean((2, 3), keepdim=True))))


class ContextPath(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.resnet = ResNet18Trunk()
        self.arm16 = AttentionRefinement(256, 128)
        self.arm32 = AttentionRefinement(512, 128)
        self.conv_head32 = ConvBNReLU(128, 128)
        self.conv_head16 = ConvBNReLU(128, 128)
        self.conv_avg = ConvBNReLU(512, 128, 1, 1, 0)

    def forward(self, features: TrunkFeatures) -> torch.Tensor:
        """Context at 1/8 of the input's size: B,128,H/8,W/8."""
        average = self.conv_avg(features.thirty_second.mean((2, 3), keepdim=True))
        coarse = self.arm32(features.thirty_second) + average
        coarse = self.conv_head32(F.interpolate(coarse, features.sixteenth.shape[2:], mode="nearest"))
        middle = self.arm16(features.sixteenth) + coarse
        fine: torch.Tensor = self.conv_head16(F.interpolate(middle, features.eighth.shape[2:], mode="nearest"))
        return fine


class FeatureFusion(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.convblk = ConvBNReLU(256, 256, 1, 1, 0)
        self.conv1 = nn.Conv2d(256, 64, 1, bias=False)
        self.conv2 = nn.Conv2d(64, 256, 1, bias=False)

    def forward(self, spatial: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        x: torch.Tensor = self.convblk(torch.cat([spatial, context], 1))
        attention = torch.sigmoid(self.conv2(F.relu(self.conv1(x.mean((2, 3), keepdim=True)))))
        return x * attention + x


class OutputHead(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = ConvBNReLU(256, 256)
        self.conv_out = nn.Conv2d(256, CLASSES, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.conv_out(self.conv(x))
        return logits


class BiSeNet(nn.Module):
    """Pictures normalised as for ImageNet (B,3,H,W; sides divisible by 32) to class logits (B,19,H,W)."""

    def __init__(self) -> None:
        super().__init__()
        self.cp = ContextPath()
        self.ffm = FeatureFusion()
        self.conv_out = OutputHead()

    @property
    def dtype(self) -> torch.dtype:
        """The type that it computes in, and wants its pictures in."""
        dtype: torch.dtype = self.cp.resnet.conv1.weight.dtype
        return dtype

    def settled(self) -> BiSeNet:
        """Itself, for good in the type that it is in now, and quicker where it is on a CPU."""
        weight = self.cp.resnet.conv1.weight
        if can_settle(weight.device, weight.dtype):
            settle(self, weight.new_zeros(1, 3, SETTLED_FOR_PX, SETTLED_FOR_PX))
        return self

    def trunk(self, x: torch.Tensor) -> TrunkFeatures:
        """The residual network alone; a feature space in which pictures can be compared."""
        features: TrunkFeatures = self.cp.resnet(x)
        return features

    def upper_trunk(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The same without the features at 1/32."""
        return self.cp.resnet.upper(x)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.of_features(self.trunk(x), (x.shape[2], x.shape[3]))

    def of_features(self, features: TrunkFeatures, size: tuple[int, int]) -> torch.Tensor:
        """Class logits of a picture of that size (height, width) whose trunk features these are."""
        return F.interpolate(self.coarse_logits(features), size, mode="bilinear", align_corners=True)

    def coarse_logits(self, features: TrunkFeatures) -> torch.Tensor:
        """The same at an eighth of the size, where they are told."""
        logits: torch.Tensor = self.conv_out(self.ffm(features.eighth, self.cp(features)))
        return logits


def _activated(convolution: nn.Module, normalisation: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """ReLU of the normalised convolution of x, in one go where that can be."""
    if isinstance(convolution, SettledConvolution):
        settled: torch.Tensor = convolution(x, relu=True)
        return settled
    return F.relu(normalisation(convolution(x)))


def load_bisenet(path: Path, device: torch.device) -> BiSeNet:
    """Load the published checkpoint (tensors only, nothing is unpickled that is not a tensor), frozen and fused."""
    model = BiSeNet()
    state = torch.load(path, map_location="cpu", weights_only=True)
    wanted = {name: value for name, value in state.items() if not name.startswith(("conv_out16.", "conv_out32."))}
    model.load_state_dict(wanted)
    model.eval()
    _fuse(model)
    model.requires_grad_(False).to(device)
    for convolution in model.modules():
        if isinstance(convolution, nn.Conv2d):  # by hand: the annotations of Module.to know no memory formats
            convolution.weight.data = convolution.weight.data.contiguous(memory_format=torch.channels_last)
    return model


def _fuse(module: nn.Module) -> None:
    """Fold each batch normalisation into the convolution that feeds it."""
    for child in module.children():
        _fuse(child)
    pairs = [("conv", "bn"), ("conv1", "bn1"), ("conv2", "bn2"), ("conv_atten", "bn_atten"), ("0", "1")]
    for conv_name, bn_name in pairs:
        conv, bn = getattr(module, conv_name, None), getattr(module, bn_name, None)
        if isinstance(conv, nn.Conv2d) and isinstance(bn, nn.BatchNorm2d):
            setattr(module, conv_name, fuse_conv_bn_eval(conv, bn))
            setattr(module, bn_name, nn.Identity())
