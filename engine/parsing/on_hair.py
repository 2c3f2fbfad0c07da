"""What lies on hair and is none: a small head on the face parser's own trunk, which has drawn its features anyway.

The parser's classes call a bow, a clip or a letter hair, because they lie where hair does; what the trunk saw there is
no hair all the same. Fitted on things drawn on generated faces (`recede train on-hair`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

from engine.parsing.bisenet import BiSeNet, TrunkFeatures
from engine.parsing.parse import as_tensor, normalise, parse_with_features

# Channels of the trunk's features at 1/4, 1/8 and 1/16, what each becomes, and what the head goes on with.
TRUNK_CHANNELS = (64, 128, 256)
PROJECTED = (32, 48, 48)
HIDDEN = 64
# The part of an aligned crop that is looked at again from closer, in shares of its side: the hair from the brows up.
# And how large (width, height; whole cells of the trunk): 1.6 times what the parser sees, at which pins and pearls fill
# a cell. Twice as large costs half as much again, and bare heads then show more that looks like a thing.
CLOSE_ROWS, CLOSE_COLUMNS = (0.0, 0.5625), (0.125, 0.875)
CLOSE_SIZE_PX = (608, 448)


class OnHair(nn.Module):
    """Features of a picture of H by W pixels to logits (B,H/8,W/8) of something lying there."""

    def __init__(self) -> None:
        super().__init__()
        quarter, eighth, sixteenth = TRUNK_CHANNELS
        self.quarter = nn.Conv2d(quarter, PROJECTED[0], 3, 2, 1)
        self.eighth = nn.Conv2d(eighth, PROJECTED[1], 1)
        self.sixteenth = nn.Conv2d(sixteenth, PROJECTED[2], 1)
        self.near = nn.Conv2d(sum(PROJECTED), HIDDEN, 3, padding=1)
        self.far = nn.Conv2d(HIDDEN, HIDDEN, 3, padding=2, dilation=2)
        self.farther = nn.Conv2d(HIDDEN, HIDDEN, 3, padding=4, dilation=4)
        self.out = nn.Conv2d(HIDDEN, 1, 1)

    def forward(self, quarter: torch.Tensor, eighth: torch.Tensor, sixteenth: torch.Tensor) -> torch.Tensor:
        size = eighth.shape[2:]
        coarse = F.interpolate(self.sixteenth(sixteenth), size, mode="bilinear", align_corners=False)
        x = F.relu(torch.cat([self.quarter(quarter), self.eighth(eighth), coarse], 1))
        near = F.relu(self.near(x))
        far = F.relu(self.far(near))
        logits: torch.Tensor = self.out(near + far + F.relu(self.farther(far)))
        return logits[:, 0]


@dataclass(frozen=True)
class HairWatch:
    """whole: the head for the whole crop; close: that head, learnt on for the hair above the brows that is seen from
    closer."""

    whole: OnHair
    close: OnHair


def load_hair_watch(folder: Path, device: torch.device) -> HairWatch:
    """Both heads from their assets in a folder."""
    return HairWatch(*(load_on_hair(folder / f"{name}.safetensors", device) for name in ("on_hair", "on_hair_close")))


def load_on_hair(path: Path, device: torch.device) -> OnHair:
    """A head from its asset, in float32."""
    head = OnHair()
    head.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    return head.requires_grad_(False).eval().to(device)


def on_hair(head: OnHair, features: TrunkFeatures) -> torch.Tensor:
    """Log-odds (B,H/8,W/8) that something lies there which is no hair; only on and beside hair they mean anything."""
    with torch.no_grad():
        planes = (features.quarter.float(), features.eighth.float(), features.sixteenth.float())
        out: torch.Tensor = head(*planes)
    return out


def seen_both_ways(
    watch: HairWatch,
    parser: BiSeNet,
    crop: NDArray[np.uint8],
    features: TrunkFeatures,
    close: tuple[NDArray[np.float32], slice, slice],
) -> tuple[torch.Tensor, tuple[NDArray[np.float32], slice, slice]]:
    """What `on_hair` and `on_hair_close` say, each averaged with what they say of the mirrored crop. A thing is one in
    both; of the bare hair that is taken for one some is not.

    features: of the crop (S,S,3) as it is; close: what `on_hair_close` says of that.
    """
    mirrored = np.ascontiguousarray(crop[:, ::-1])
    turned = on_hair(watch.whole, parse_with_features(parser, mirrored, mirrored=False)[1])
    wide = (on_hair(watch.whole, features) + turned.flip(-1)) / 2
    # The columns that are looked at are as far from both sides of the crop.
    plane, rows, columns = close
    both = np.asarray((plane + on_hair_close(watch, parser, mirrored)[0][:, ::-1]) / 2, np.float32)
    return wide, (both, rows, columns)


def on_hair_close(
    watch: HairWatch, parser: BiSeNet, crop: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], slice, slice]:
    """The same log-odds (h,w) for the hair above the brows in an aligned crop (S,S,3), seen from closer, at half the
    crop's size; and their rows and columns there. The mean of both heads counts: each by itself takes some hair for a
    thing that the other does not."""
    side_px = crop.shape[0]
    top, bottom, left, right = (round(share * side_px) for share in (*CLOSE_ROWS, *CLOSE_COLUMNS))
    part = cv2.resize(crop[top:bottom, left:right].astype(np.float32), CLOSE_SIZE_PX, interpolation=cv2.INTER_AREA)
    picture = as_tensor(np.asarray(part, np.float32)[None], next(parser.parameters()).device)
    with torch.no_grad():
        features = parser.upper_trunk(normalise(picture, CLOSE_SIZE_PX[1]).to(parser.dtype))
        planes = [plane.float() for plane in features]
        odds = ((watch.whole(*planes) + watch.close(*planes))[0] / 2).cpu().numpy()
    rows, columns = slice(top // 2, bottom // 2), slice(left // 2, right // 2)
    size = (columns.stop - columns.start, rows.stop - rows.start)
    return np.asarray(cv2.resize(odds, size, interpolation=cv2.INTER_LINEAR), np.float32), rows, columns
