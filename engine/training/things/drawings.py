"""Faces that things were drawn on, as the face parser's trunk sees them: what is learnt from (`on_hair.py`)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from engine.face.head_axes import HeadAxes
from engine.generator.precision import fast_type, lowered
from engine.imaging.ops import closed, dilate
from engine.latent.networks import Networks
from engine.parsing import BiSeNet, FaceClass, class_logits
from engine.parsing.parse import as_tensor, normalise
from engine.training.samples import SAMPLE_SIZE_PX, sample_faces
from engine.training.things.kinds import Draw
from engine.training.things.laid import Laying, before, hairdo, laid, taken
from engine.training.things.stage import Stage

TRUNCATION = (0.7, 1.0)
# The head's axes in an aligned picture of 512 px: the mean of many faces.
AXES = HeadAxes(np.array([256.0, 230.0]), np.array([1.0, 0.0]), np.array([0.0, -1.0]), 275.0)
# Faces with less hair (share of the picture), or more of a hat, are left out.
LEAST_HAIR, MOST_HAT = 0.05, 0.002
# How large a cell is.
CELL_PX = 8
# Shares of things half beside the hair and of those that may lie below the brows; of pictures with other hair and
# before another wall, and of walls with something on them.
RIM_SHARE, LOW_SHARE, HAIRDO_SHARE, WALL_SHARE, BEHIND_SHARE = 0.25, 0.35, 0.5, 0.3, 0.5
# How low those lie at most (face widths from the brows up), and how far from the head those behind it at most.
LOWEST, BEHIND = -0.6, 0.25
# Watermarks let most of the picture through.
LAYING = Laying(clear=(0.3, 0.95))
# Letters and pearls so close to each other (face widths) are learnt as one thing.
TOGETHER = 0.035
# Cells within such a square around hair are learnt from, too.
NEAR_CELLS = 7


@dataclass(frozen=True)
class Look:
    """How faces are looked at. The trunk's cells are CELL_PX of these pictures' pixels."""

    # Faces are drawn, and their hair is told, in squares with these sides; of these squares, these rows and columns
    # (shares of the side) are the pictures, so wide and high, with the head's axes in them.
    drawn_px: int = SAMPLE_SIZE_PX
    parsed_px: int = 256
    rows: tuple[float, float] = (0.0, 1.0)
    columns: tuple[float, float] = (0.0, 1.0)
    size_px: tuple[int, int] = (SAMPLE_SIZE_PX, SAMPLE_SIZE_PX)
    axes: HeadAxes = AXES
    # So many rows are seen, down to the chin. The lowest cells saw the nothing beyond, and those that a thing covers to
    # between these shares are its edge: neither is learnt from.
    rows_px: int = 416
    edge_cells: int = 2
    cover: tuple[float, float] = (0.15, 0.4)
    # How often no thing, one, two and three are drawn; and kinds that are drawn so many times as often as others.
    counts: tuple[float, ...] = (0.3, 0.35, 0.2, 0.15)
    often: tuple[str, ...] = ()
    times_as_often: float = 3.0

    def part_of(self, square: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Of a square (S,S,...), the rows and columns that are looked at."""
        rows, columns = (
            slice(*(round(share * len(square)) for share in shares)) for shares in (self.rows, self.columns)
        )
        return square[rows, columns]


@dataclass(frozen=True)
class FaceSample:
    """picture: H,W,3, as large as a Look's; classes: likewise, FaceClass."""

    picture: NDArray[np.uint8]
    classes: NDArray[np.uint8]

    @property
    def hair(self) -> NDArray[np.bool_]:
        """H,W."""
        return np.asarray(self.classes == FaceClass.HAIR, bool)


@dataclass(frozen=True)
class Drawing:
    """features: at 1/4, 1/8 and 1/16 (C,h,w, float16); thing: h,w, 0..1, how much of a cell a thing covers; known:
    h,w, the cells that are learnt from."""

    features: tuple[torch.Tensor, ...]
    thing: torch.Tensor
    known: torch.Tensor


def sampled(
    networks: Networks, count: int, seed: int, tell: Callable[[float], None], look: Look = Look()
) -> list[FaceSample]:
    """Of so many generated faces those with hair and without a hat."""
    out = []
    quick = lowered(copy.deepcopy(networks.generator), fast_type(networks.statistics.mean.device))
    drawn = sample_faces(
        quick, networks.statistics.mean, count, seed=seed, truncation=TRUNCATION, size_px=look.drawn_px
    )
    for index, sample in enumerate(drawn):
        with torch.no_grad():
            logits = class_logits(networks.parser, sample.picture[None].float(), look.parsed_px)
        picture = ((sample.picture.float().permute(1, 2, 0) + 1) * 127.5).round().byte().cpu().numpy()
        face = as_sample(picture, logits[0].argmax(0).byte().cpu().numpy(), look)
        if face is not None:
            out.append(face)
        tell((index + 1) / count)
    return out


def as_sample(picture: NDArray[np.uint8], classes: NDArray[np.uint8], look: Look = Look()) -> FaceSample | None:
    """A face (S,S,3) as a sample, None where it has no hair or a hat. classes: of any size (s,s)."""
    hair, hat = ((classes == one).mean() for one in (FaceClass.HAIR, FaceClass.HAT))
    if hair < LEAST_HAIR or hat > MOST_HAT:
        return None
    seen, told = look.part_of(picture), look.part_of(classes)
    if not (told == FaceClass.HAIR).any():
        return None
    small = cv2.resize(seen.astype(np.float32), look.size_px, interpolation=cv2.INTER_AREA)
    return FaceSample(
        np.rint(small).astype(np.uint8),
        np.asarray(cv2.resize(told, look.size_px, interpolation=cv2.INTER_NEAREST), np.uint8),
    )


def drawing(
    parser: BiSeNet,
    samples: Sequence[FaceSample],
    kinds: Mapping[str, Draw],
    rng: np.random.Generator,
    count: int | None = None,
    look: Look = Look(),
) -> Drawing:
    """One of the faces with so many things of these kinds on its hair, or as many as the look says."""
    if count is None:
        count = int(rng.choice(len(look.counts), p=look.counts))
    face, other = (samples[int(rng.integers(len(samples)))] for _ in range(2))
    picture, classes = (face.picture, face.classes)
    if rng.random() < 0.5:
        picture, classes = picture[:, ::-1], classes[:, ::-1]
    hair = classes == FaceClass.HAIR
    stage = Stage(look.axes, hair.shape, hair)
    where = np.zeros(hair.shape, bool)
    if rng.random() < WALL_SHARE:
        picture = before(picture, classes != FaceClass.BACKGROUND, _wall(other.picture, stage, kinds, rng), rng)
    if rng.random() < HAIRDO_SHARE:
        picture = hairdo(picture, stage, other.picture, rng)
    for _ in range(count):
        there = replace(stage, lowest=LOWEST) if rng.random() < LOW_SHARE else stage
        there = there.at_rim() if rng.random() < RIM_SHARE else there
        done = laid(picture, there, _one_of(kinds, rng, look), other.picture, rng, LAYING)
        picture, where = done.picture, where | done.where
    shown = taken(picture, rng)[: look.rows_px]
    with torch.no_grad():
        seen = normalise(as_tensor(shown[None], torch.device("cpu")), look.rows_px)
        features = parser.upper_trunk(seen.to(next(parser.parameters()).device, parser.dtype))
    cells = (hair.shape[1] // CELL_PX, look.rows_px // CELL_PX)
    thing, on = (
        torch.from_numpy(cv2.resize(plane[: look.rows_px].astype(np.float32), cells, interpolation=cv2.INTER_AREA))
        for plane in (closed(where, TOGETHER * look.axes.width_px), hair)
    )
    # Beside the hair as well: there lies the other half of some things, and leaves, a sign, a neighbour are none.
    near = torch.from_numpy(cv2.dilate(on.numpy(), np.ones((NEAR_CELLS, NEAR_CELLS), np.float32)))
    least, most = look.cover
    known = (near > 0.3) & ((thing < least) | (thing > most))
    known[len(known) - look.edge_cells :] = False
    return Drawing(tuple(one[0].half().cpu() for one in features), thing, known)


def _one_of(kinds: Mapping[str, Draw], rng: np.random.Generator, look: Look = Look()) -> Draw:
    if not look.often:
        return list(kinds.values())[int(rng.integers(len(kinds)))]
    shares = np.array([look.times_as_often if name in look.often else 1.0 for name in kinds])
    return list(kinds.values())[int(rng.choice(len(kinds), p=shares / shares.sum()))]


def _wall(
    picture: NDArray[np.uint8], stage: Stage, kinds: Mapping[str, Draw], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Another picture as a wall, some with one of these kinds beside the hair: behind it, no thing lies on it."""
    beside = dilate(stage.hair, BEHIND * stage.axes.width_px) & ~stage.hair
    if rng.random() > BEHIND_SHARE or not beside.any():
        return picture
    return laid(picture, replace(stage, hair=beside), _one_of(kinds, rng), picture, rng).picture
