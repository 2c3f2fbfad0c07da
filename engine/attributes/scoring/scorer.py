"""Pictures to scores, in batches."""

from __future__ import annotations

import copy
from dataclasses import dataclass, fields
from typing import Any

import dlib
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from engine.attributes.scoring.age_gender import AgeGender, chips, estimate, load_age_gender
from engine.attributes.scoring.face import face_scores
from engine.attributes.scoring.hair import hair_scores
from engine.attributes.scoring.view import SCORE_SIZE_PX, face_view
from engine.attributes.table import TABLE
from engine.face.age import AgeSettings
from engine.face.faces import FaceTools
from engine.generator.precision import fast_type
from engine.parsing import BiSeNet, as_tensor, class_logits
from engine.parsing.bisenet import CLASSES

NAMES = tuple(TABLE)


@dataclass(frozen=True)
class ScorerSettings:
    """How pictures are looked at."""

    # Where the detector sees a face in an aligned crop. A box of less than this share of its width is somebody else's,
    # or no face.
    aligned_box: tuple[float, float, float, float] = AgeSettings.box
    least_width: float = 0.6
    # Pictures at a time.
    batch: int = 8
    # The parser learnt at 512 px. From 256 px pictures enlarged to 384 its hair agrees with that of the 512 px picture
    # by an IoU of 0.96 (0.91 without enlarging), at two thirds of the price of 512.
    parse_px: int = 384


@dataclass(frozen=True)
class Observations:
    """What the networks see, from which all scores follow: labels N,256,256 (FaceClass); landmarks N,68,2 in px; ages N
    in years; genders N, logits."""

    labels: NDArray[np.uint8]
    landmarks: NDArray[np.float32]
    ages: NDArray[np.float32]
    genders: NDArray[np.float32]


@dataclass(frozen=True)
class Scorer:
    """The parser in bfloat16 where the hardware has it (the same hair up to an IoU of 0.998, in .65 of the time),
    dlib's landmarks, its HOG detector (with whose boxes the boundaries were fitted), and the age and gender networks;
    without them age and gender are NaN."""

    parser: BiSeNet
    tools: FaceTools
    detector: Any
    nets: AgeGender | None
    settings: ScorerSettings = ScorerSettings()


def load_scorer(parser: BiSeNet, tools: FaceTools, *, with_nets: bool = True) -> Scorer:
    """Load what is not loaded yet. Raises WeightsUnreachable and WeightsCorrupt.

    with_nets: False where neither age nor gender is asked for.
    """
    nets = load_age_gender() if with_nets else None
    quick = copy.deepcopy(parser).to(fast_type(next(parser.parameters()).device))
    return Scorer(quick, tools, dlib.get_frontal_face_detector(), nets)


def score_pictures(scorer: Scorer, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Scores (N,19), in the order of the table of attributes, of aligned crops (N,256,256,3 uint8 RGB).

    Each rises with its attribute; units as in the table. NaN where a score cannot be told, such as hair under a hat.
    """
    return scores_of(pictures, observe(scorer, pictures))


def observe(scorer: Scorer, pictures: NDArray[np.uint8]) -> Observations:
    """What the networks see in aligned crops (N,256,256,3 uint8 RGB)."""
    pictures = np.ascontiguousarray(pictures)  # dlib takes no other
    batch = scorer.settings.batch
    parts = [_observe_batch(scorer, pictures[first : first + batch]) for first in range(0, len(pictures), batch)]
    return Observations(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Observations))
    )


def scores_of(pictures: NDArray[np.uint8], seen: Observations) -> NDArray[np.float32]:
    """Scores (N,19) from pictures and what the networks saw in them."""
    rows = []
    for index, picture in enumerate(pictures):
        shares = (seen.labels[index] == np.arange(CLASSES, dtype=np.uint8)[:, None, None]).astype(np.float32)
        view = face_view(picture, shares, seen.landmarks[index].astype(np.float64))
        scores = hair_scores(view) | face_scores(view)
        scores |= {"age": float(seen.ages[index]), "gender": float(seen.genders[index])}
        rows.append([scores[name] for name in NAMES])
    return np.array(rows, np.float32).reshape(len(pictures), len(NAMES))


def _observe_batch(scorer: Scorer, pictures: NDArray[np.uint8]) -> Observations:
    boxes = [_face_box(scorer.detector, picture, scorer.settings) for picture in pictures]
    ages = genders = np.full(len(pictures), np.nan, np.float32)
    if scorer.nets is not None:
        cut = [chips(scorer.nets, picture, box) for picture, box in zip(pictures, boxes, strict=True)]
        ages, genders = estimate(scorer.nets, np.stack([age for age, _ in cut]), np.stack([sex for _, sex in cut]))
    shapes = [scorer.tools.predictor(picture, box) for picture, box in zip(pictures, boxes, strict=True)]
    landmarks = np.array([[(point.x, point.y) for point in shape.parts()] for shape in shapes], np.float32)
    return Observations(_parsed(scorer.parser, pictures, scorer.settings.parse_px), landmarks, ages, genders)


def _parsed(parser: BiSeNet, pictures: NDArray[np.uint8], parse_px: int) -> NDArray[np.uint8]:
    """The likeliest class (N,256,256) of each pixel."""
    device = next(parser.parameters()).device
    batch = as_tensor(pictures, device)
    batch = F.interpolate(batch, size=(parse_px, parse_px), mode="bicubic", align_corners=False)
    with torch.no_grad():
        logits = class_logits(parser, batch.to(parser.dtype), parse_px).float()
        logits = F.interpolate(logits, size=(SCORE_SIZE_PX, SCORE_SIZE_PX), mode="area")
        return logits.argmax(1).byte().cpu().numpy()


def _face_box(detector: Any, picture: NDArray[np.uint8], settings: ScorerSettings) -> Any:
    """The detector's box nearest the middle, or where one would be."""
    side = picture.shape[0]
    left, top, right, bottom = (round(share * side) for share in settings.aligned_box)
    usual = dlib.rectangle(left, top, right, bottom)
    found = list(detector(picture, 0))
    near = [box for box in found if usual.contains(box.center()) and box.width() > settings.least_width * usual.width()]
    return max(near, key=lambda box: float(box.area())) if near else usual
