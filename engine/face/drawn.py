"""Whether a face was drawn: a camera sees no large area of one colour, and no picture that changes at lines alone."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import DrawnFace, FaceError
from engine.face.alignment import CROP_SIZE_PX
from engine.face.inked import Mask, in_dots, lines_in_hair
from engine.face.polygon import face_area


@dataclass(frozen=True)
class DrawnSettings:
    """How a crop is looked at, and from which score on a face is drawn. docs/photos.md has what each was chosen on."""

    # Side of the crop as it is looked at: a sensor's grain and a file's blocks are averaged away, lines are not.
    side_px: int = 256
    # Colours that differ by less in each channel are one: by this share of the face's own range of brightness, which is
    # told between the two quantiles, and by so many levels at least.
    same_colour: float = 0.05
    least_levels: float = 1.5
    range_quantiles: tuple[float, float] = (0.03, 0.97)
    # Lines are where it changes most: in this share of the area.
    lines_share: float = 0.1
    # Both shares added. Of 60 faces of photos none has more than .6, of 13 drawn in five styles the lowest has 1.11.
    # From the first on a face is drawn; from the second on one is that could not be edited anyway.
    certain: float = 1.0
    likely: float = 0.87
    # A photo so over-exposed that two channels of its commonest colour have this level is of one colour without being
    # drawn: it is never certain.
    blown_level: float = 248.0
    # What has no channel above this level may be a phone, a microphone or a mask before the face, which has one colour
    # as well; no drawn skin is so dark. So may what has at least the first share of the face and leaves the second free
    # of its colour, if that rest has none of this evidence: of drawings in three sizes the rest is 0.14 at most, of six
    # faces behind a phone 0.52 to 0.73, with a score of 0.37 to 0.63. So far around the colour (pixels of the crop that
    # is looked at) its edge is no rest.
    black_level: float = 40.0
    least_before: float = 0.25
    least_rest: float = 0.45
    rest_score: float = 0.7
    edge_looked_px: int = 2
    # A pencil's drawing is paper to this share of the face, and its hair lines on paper (`lines_in_hair`).
    paper: float = 0.34


@dataclass(frozen=True)
class DrawnEvidence:
    """one_colour: the share (0..1) of the face that has one colour; at_lines: the share of all change that lies in its
    lines; brightness: that colour's (0..255); blown: whether it is nearly white; before: whether it may be that of a
    thing before the face."""

    one_colour: float
    at_lines: float
    brightness: float
    blown: bool
    before: bool

    @property
    def score(self) -> float:
        """0..2."""
        return self.one_colour + self.at_lines


def drawn_evidence(
    crop: NDArray[np.uint8], landmarks: NDArray[np.float64], settings: DrawnSettings = DrawnSettings()
) -> DrawnEvidence:
    """What a crop (1024,1024,3) shows between jaw and brows of the landmarks (68,2 in its pixels)."""
    size = (settings.side_px, settings.side_px)
    small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    area = face_area(landmarks * settings.side_px / CROP_SIZE_PX, size)
    if not area.any():
        return DrawnEvidence(0.0, 0.0, 0.0, False, False)
    share, colour, step = _commonest(small[area], settings)
    blown = bool(np.sort(colour)[1] >= settings.blown_level)
    black = bool(colour.max() <= settings.black_level)
    one = np.abs(small - colour).max(-1) <= step
    before = black or (share >= settings.least_before and _rest_is_none(small, area, one, settings))
    return DrawnEvidence(share, _at_lines(small, area, settings.lines_share), float(colour.mean()), blown, before)


def check_photographed(
    crop: NDArray[np.uint8], landmarks: NDArray[np.float64], settings: DrawnSettings = DrawnSettings()
) -> None:
    """Raise DrawnFace where a face (as in `drawn_evidence`) was certainly drawn."""
    seen = drawn_evidence(crop, landmarks, settings)
    if seen.score >= settings.certain and not (seen.blown or seen.before):
        raise _drawn()


def check_not_inked(
    crop: NDArray[np.uint8], landmarks: NDArray[np.float64], hair: Mask, settings: DrawnSettings = DrawnSettings()
) -> None:
    """Raise DrawnFace where a face of one colour (as in `drawn_evidence`) and its hair (a mask of any size) are printed
    in dots, or lines on paper. What has more colours is worked on if hair is seen in it."""
    if in_dots(crop, landmarks):
        raise _drawn()
    seen = drawn_evidence(crop, landmarks, settings)
    if seen.one_colour >= settings.paper and lines_in_hair(crop, landmarks, hair, seen.brightness):
        raise _drawn()


@contextmanager
def drawn_if_refused(
    crop: NDArray[np.uint8], landmarks: NDArray[np.float64], settings: DrawnSettings = DrawnSettings()
) -> Iterator[None]:
    """What is done in here raises DrawnFace instead of another FaceError, where the face (as in `drawn_evidence`) was
    likely drawn, or is in dots: a drawing is not blurred, and has no hat on that could be taken off."""
    try:
        yield
    except FaceError as error:
        seen = drawn_evidence(crop, landmarks, settings)
        if (seen.score >= settings.likely and not seen.before) or in_dots(crop, landmarks):
            raise _drawn() from error
        raise


def _drawn() -> DrawnFace:
    return DrawnFace(
        "This face looks drawn, or printed in dots or lines, and only photographed hair can be taken here. If it is a "
        "photo, send a larger or better lit one."
    )


def _rest_is_none(
    picture: NDArray[np.float32], area: NDArray[np.bool_], one: NDArray[np.bool_], settings: DrawnSettings
) -> bool:
    """Whether much of an area (H,W) has not its one colour (H,W), and looks photographed."""
    side_px = 2 * settings.edge_looked_px + 1
    rest = area & (cv2.dilate((one & area).astype(np.uint8), np.ones((side_px, side_px), np.uint8)) == 0)
    if rest.sum() < settings.least_rest * area.sum():
        return False
    share, _, _ = _commonest(picture[rest], settings)
    return share + _at_lines(picture, rest, settings.lines_share) < settings.rest_score


def _commonest(colours: NDArray[np.float32], settings: DrawnSettings) -> tuple[float, NDArray[np.float32], float]:
    """Of colours (N,3): the share that is one, as far as `same_colour` says, that colour (3), and how far off others
    count as it."""
    low, high = np.quantile(colours.mean(-1), settings.range_quantiles)
    step = max(settings.least_levels, settings.same_colour * float(high - low))
    cells = np.floor(colours / step).astype(np.intp)
    counts = np.zeros(cells.max(0) + 2, np.int32)
    np.add.at(counts, tuple(cells.T), 1)
    # Cells of twice the side, at every place: a colour on the edge of one is whole in the next.
    ends = [length - 1 for length in counts.shape]
    corners = itertools.product((0, 1), repeat=3)
    pairs = sum(counts[i : i + ends[0], j : j + ends[1], k : k + ends[2]] for i, j, k in corners)
    assert isinstance(pairs, np.ndarray)
    best = np.array(np.unravel_index(int(pairs.argmax()), pairs.shape))
    return float(pairs.max()) / len(colours), np.asarray((best + 1) * step, np.float32), step


def _at_lines(picture: NDArray[np.float32], area: NDArray[np.bool_], share: float) -> float:
    """How much (0..1) of a picture's change from pixel to pixel lies in that share of an area which changes most."""
    change = np.zeros(area.shape, np.float32)
    change[:, :-1] = np.abs(np.diff(picture, axis=1)).max(-1)
    change[:-1] = np.maximum(change[:-1], np.abs(np.diff(picture, axis=0)).max(-1))
    inside = np.sort(change[area])
    return float(inside[-max(1, int(share * len(inside))) :].sum() / max(float(inside.sum()), 1e-6))
