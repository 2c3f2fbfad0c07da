"""How far hair goes beyond a crop, and the canvas with it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.face.alignment import CROP_SIZE_PX, crop_face, inside_photo
from engine.parsing import BiSeNet, FaceClass, parse


@dataclass(frozen=True)
class CanvasSettings:
    """How far a canvas goes beyond the crop, set by eye. Lengths in `_px` are the crop's own pixels, those in
    `_parsed_px` the parser's, two of them: both are as coarse whatever the face."""

    # The wide look shows so many times the crop's side.
    wide_margin: float = 1.75
    # A canvas is padded by multiples of the second, which the fill's pyramid divides, up to the first.
    max_pad_px: int = 384
    pad_multiple_px: int = 64
    # And so far below: where all hair is to go (`ALL_HAIR`) long hair would else end on a straight line.
    max_below_px: int = 384
    # The parser sees that look at this side: at its usual one faces so small get lost, and at one where they are as
    # large as usual clothes that far below are taken for background.
    tall_look_px: int = 640
    # Beyond the hair that the wide look shows, room for strands that it does not.
    stray_room_px: int = 80
    # Hair touches an edge of the crop where it covers more than this share of so many rows or columns.
    touch_parsed_px: int = 4
    touch_share: float = 0.01
    # Hair that ends so near to an edge leaves too little of what is around it to go on behind it: where the photo goes
    # on, the canvas does by the multiple above, without another look, with the classes that the edge has.
    near_parsed_px: int = 20
    # Probabilities (0..1) from which on the parser sees hair in the crop, and in the wide look, which is coarser.
    crop_hair: float = 0.5
    wide_hair: float = 0.4
    # From the close look to the wide one over so much of the crop's edge.
    seam_parsed_px: int = 24

    @property
    def to_the_ends(self) -> bool:
        """Whether hair that hangs is looked at to its ends."""
        return self.max_below_px > self.max_pad_px

    @property
    def tall_margin(self) -> float:
        """So many times the crop's side is shown by a look that goes so far below it."""
        return 1 + 2 * self.max_below_px / CROP_SIZE_PX


ALL_HAIR = CanvasSettings(max_below_px=CROP_SIZE_PX)


def touching(
    probabilities: NDArray[np.float32], shown: NDArray[np.bool_], by: int, settings: CanvasSettings
) -> frozenset[str]:
    """The crop's edges that hair comes so near to (pixels of the parser) where the photo is shown."""
    hair = (probabilities[FaceClass.HAIR] > settings.crop_hair) & shown
    edges = {"left": hair[:, :by], "top": hair[:by], "right": hair[:, -by:], "bottom": hair[-by:]}
    return frozenset(name for name, edge in edges.items() if float(edge.mean()) > settings.touch_share)


def look_around(
    parser: BiSeNet,
    photo: NDArray[np.uint8],
    quad: NDArray[np.float64],
    side_px: int,
    margin: float,
    settings: CanvasSettings,
) -> tuple[NDArray[np.float32], tuple[int, int, int, int]]:
    """Class probabilities (19,S,S) of so many times the crop's side, and what to add to the crop."""
    seen = parse(parser, crop_face(photo, quad, side_px, margin), side_px, mirrored=False)
    return seen, _pads(seen, inside_photo(photo.shape, quad, side_px, margin), margin, settings)


def _pads(
    wide: NDArray[np.float32], shown: NDArray[np.bool_], margin: float, settings: CanvasSettings
) -> tuple[int, int, int, int]:
    """Pixels to add left, above, right and below, multiples of what the fill's pyramid divides."""
    hair = (wide[FaceClass.HAIR] > settings.wide_hair).astype(np.uint8)
    count, labels, _, _ = cv2.connectedComponentsWithStats(hair)
    size = wide.shape[1]
    lower, upper = round(size * (0.5 - 0.5 / margin)), round(size * (0.5 + 0.5 / margin))
    if count <= 1:
        return 0, 0, 0, 0
    # Only hair that is connected with what the crop shows; a neighbour's stays theirs.
    own = np.unique(labels[lower:upper, lower:upper])
    of_person = np.isin(labels, own[own > 0]) & shown
    if not of_person.any():
        return 0, 0, 0, 0
    pads, most = [], (*(settings.max_pad_px,) * 3, settings.max_below_px)
    for reach, available, most_px in zip(_beyond(of_person, margin), _beyond(shown, margin), most, strict=True):
        wanted = 0 if reach <= 1 or available <= 1 else reach + settings.stray_room_px
        whole = -(-min(wanted, available) // settings.pad_multiple_px) * settings.pad_multiple_px
        pads.append(int(min(most_px, whole)))
    return pads[0], pads[1], pads[2], pads[3]


def _beyond(where: NDArray[np.bool_], margin: float) -> tuple[float, float, float, float]:
    """How far (crop pixels) a mask of the wide look reaches beyond the crop's left, upper, right and lower edge;
    negative where it ends before."""
    rows, columns = np.nonzero(where)
    scale = CROP_SIZE_PX * margin / where.shape[1]
    corner = CROP_SIZE_PX * (margin - 1) / 2
    return (
        corner - columns.min() * scale,
        corner - rows.min() * scale,
        (columns.max() + 1) * scale - corner - CROP_SIZE_PX,
        (rows.max() + 1) * scale - corner - CROP_SIZE_PX,
    )
