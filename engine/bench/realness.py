"""Can a classifier tell our bald heads from real ones? ``recede bench realness``.

Real are photos of bald and balding people, and the generator's own bald people as it draws them; ours are frames of
year 20. The features are the parser's trunk's over the upper half of the head, so colours, textures and edges there.
Balanced accuracy .5 is a coin's; 1 means that every one is told. Since most real ones here are drawn, and all of ours
lie in photos, the same is done with the lower half of the face, which no edit touches: what can be told there is the
difference between photographs and drawings, not our doing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch.nn import functional as F

from engine.attributes.boundaries import BOUNDARIES_ASSET, load_boundaries
from engine.attributes.scoring import NAMES, SCORE_SIZE_PX, load_scorer, score_pictures
from engine.bench.judge import PARSED_PX, halved, in_crop
from engine.errors import BadOption, FaceError
from engine.face.alignment import CROP_SIZE_PX, crop_face, inside_photo
from engine.face.faces import choose_faces, find_faces
from engine.face.head_axes import head_axes
from engine.generator import LATENT_SIZE
from engine.models.load import Models
from engine.parsing import BiSeNet, FaceClass, as_tensor, parse
from engine.parsing.parse import normalise
from engine.photo import read_photo
from engine.pipeline.run import bald_frames
from engine.protocol import BaldOptions, StageProgress
from engine.runtime.progress import Hear

FOLDS = 5
# Strength of the ridge: there are more features than people, so a strong one.
INVERSE_RIDGE = 0.01
LAYERS = ("quarter", "eighth", "sixteenth")
# All lengths in face widths from the midline at brow height. The upper half begins above the brows, where pixels of
# the photo end, and has room for what stands off the skull; the lower half is cheeks, nose and mouth.
UPPER = (0.08, 1.0)
LOWER = (-0.80, -0.10)
HALF_WIDTH = 0.70
RIM = 0.06  # how much background beside the head counts: its outline
# Bald as the scorer has it: more skin than hair on the skull's upper part.
MIN_BALD_SCORE = 0.5
# Drawn, of the latents that lie farthest on the bald side: one in so many.
LATENTS_PER_SAMPLE = 50
TRUNCATION = 0.7
LATENT_BATCH = 1000


@dataclass(frozen=True)
class Head:
    """What is known of one picture: whose it is, whether it is real, and its features of both halves (D,)."""

    person: str
    real: bool
    upper: NDArray[np.float32]
    lower: NDArray[np.float32]


@dataclass(frozen=True)
class Realness:
    """Cross-validated balanced accuracies, and for each picture how likely (0..1) it was called real when it was not
    learnt from."""

    balanced_accuracy: float
    control_balanced_accuracy: float
    called_real: dict[str, float]


def judge_heads(heads: Sequence[Head]) -> Realness:
    """Cross-validate by person. Raises BadOption where there are fewer than 5 people of either kind."""
    real = np.array([head.real for head in heads])
    people = np.array([head.person for head in heads])
    for kind in (True, False):
        count = len(set(people[real == kind]))
        if count < FOLDS:
            what = "real bald heads" if kind else "photos that could be edited"
            raise BadOption(f"There are only {count} {what}; a classifier needs {FOLDS} at least: give more of them.")
    upper = probabilities_of_real(np.stack([head.upper for head in heads]), real, people)
    lower = probabilities_of_real(np.stack([head.lower for head in heads]), real, people)
    return Realness(
        float(balanced_accuracy_score(real, upper > 0.5)),
        float(balanced_accuracy_score(real, lower > 0.5)),
        {str(person): round(float(value), 3) for person, value in zip(people, upper, strict=True)},
    )


def probabilities_of_real(
    features: NDArray[np.float32], real: NDArray[np.bool_], people: NDArray[np.str_]
) -> NDArray[np.float64]:
    """For each row (N, D), from the other folds alone, how likely (0..1) it is real; a person is in one fold only."""
    classifier = make_pipeline(
        StandardScaler(), LogisticRegression(C=INVERSE_RIDGE, class_weight="balanced", max_iter=2000)
    )
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    every = cross_val_predict(classifier, features, real, groups=people, cv=folds, method="predict_proba")
    return np.asarray(every[:, 1], dtype=np.float64)


def head_of(
    parser: BiSeNet,
    picture: NDArray[np.uint8],
    quad: NDArray[np.float64],
    landmarks: NDArray[np.float64],
    person: str,
    *,
    real: bool,
) -> Head:
    """Features of the face with this quad (4, 2) and these landmarks (68, 2) in a picture (H, W, 3)."""
    crop = halved(crop_face(picture, quad, CROP_SIZE_PX))
    classes = parse(parser, crop, PARSED_PX).argmax(axis=0)
    head = ~np.isin(classes, (FaceClass.BACKGROUND, FaceClass.CLOTH, FaceClass.NECK, FaceClass.NECKLACE))
    axes = head_axes(in_crop(landmarks, quad, PARSED_PX))
    side = 2 * round(RIM * axes.width_px) + 1
    near = cv2.dilate(head.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))) > 0
    near &= inside_photo(picture.shape, quad, PARSED_PX)
    u, v = axes.coordinates(PARSED_PX)
    halves = [near & (np.abs(u) < HALF_WIDTH) & (v > low) & (v < high) for low, high in (UPPER, LOWER)]
    upper, lower = pooled(parser, crop, halves)
    return Head(person, real, upper, lower)


def pooled(parser: BiSeNet, crop: NDArray[np.uint8], regions: Sequence[NDArray[np.bool_]]) -> list[NDArray[np.float32]]:
    """For each region (S, S) of a crop (S, S, 3): means and deviations (896,) of the trunk's channels inside."""
    device = next(parser.parameters()).device
    with torch.no_grad():
        trunk = parser.trunk(normalise(as_tensor(crop[None], device), crop.shape[0]).to(parser.dtype))
    told: list[NDArray[np.float32]] = []
    for region in regions:
        mask = torch.from_numpy(region.astype(np.float32))[None, None].to(device)
        parts = []
        for layer in LAYERS:
            values = getattr(trunk, layer)[0].float()
            weight = F.interpolate(mask, size=values.shape[1:], mode="area")[0]
            total = weight.sum().clamp(min=1e-6)
            mean = (values * weight).sum((1, 2)) / total
            square = ((values - mean[:, None, None]) ** 2 * weight).sum((1, 2)) / total
            parts += [mean, square.sqrt()]
        told.append(np.asarray(torch.cat(parts).cpu().numpy(), dtype=np.float32))
    return told


def real_head(models: Models, name: str, data: bytes) -> Head:
    """The largest face of an unedited photo (its file's bytes). Raises PhotoError and FaceError."""
    photo = read_photo(data)
    face = choose_faces(find_faces(models.face_tools, photo), "largest")[0]
    return head_of(models.parser, photo, face.quad, face.landmarks, name, real=True)


def our_head(models: Models, name: str, data: bytes, options: BaldOptions, hear: Hear) -> Head:
    """The same of our frame of year 20. Raises PhotoError and FaceError."""
    photo = read_photo(data)
    result = bald_frames(models, photo, options, [0.0, 20.0], hear)
    *_, frame = result.frames
    face = result.faces[0]
    return head_of(models.parser, frame, face.quad, face.landmarks, name, real=False)


def drawn_heads(models: Models, count: int, seed: int, hear: Hear) -> list[Head]:
    """The generator's own bald people, at most `count`, as it draws them.

    Only latents far on the bald side are drawn, for bald people are rare; whether they are is the scorer's word.
    Raises WeightsCorrupt where the generator's W space has no boundaries.
    """
    boundaries = load_boundaries(models.assets.path(BOUNDARIES_ASSET.name), models.generator.w_space)
    scorer = load_scorer(models.parser, models.face_tools, with_nets=False)
    latents = _baldest(models, boundaries.distance, 2 * count, seed)
    heads: list[Head] = []
    for index, latent in enumerate(latents):
        hear(StageProgress("drawing bald people", index / len(latents)))
        with torch.no_grad():
            drawn = models.generator(latent[None]).picture[0].float().clamp(-1, 1)
        picture = ((drawn + 1) * 127.5).round().byte().permute(1, 2, 0).contiguous().cpu().numpy()
        small = cv2.resize(picture, (SCORE_SIZE_PX, SCORE_SIZE_PX), interpolation=cv2.INTER_AREA)
        bald = float(score_pictures(scorer, np.asarray(small, np.uint8)[None])[0][NAMES.index("bald")])
        if not bald >= MIN_BALD_SCORE:
            continue
        try:
            face = choose_faces(find_faces(models.face_tools, picture), "largest")[0]
        except FaceError:
            continue
        person = f"drawn-{index}"
        heads.append(head_of(models.parser, picture, face.quad, face.landmarks, person, real=True))
        if len(heads) == count:
            break
    return heads


def _baldest(
    models: Models, distance: Callable[[str, torch.Tensor], torch.Tensor], count: int, seed: int
) -> torch.Tensor:
    """Of many latents W, the `count` (count, 512) farthest on the bald side of its boundary."""
    rng = torch.Generator().manual_seed(seed)
    mean = models.statistics.mean
    found = []
    with torch.no_grad():
        for _ in range(-(-count * LATENTS_PER_SAMPLE // LATENT_BATCH)):
            z = torch.randn(LATENT_BATCH, LATENT_SIZE, generator=rng).to(models.device)
            found.append(mean + TRUNCATION * (models.generator.mapping(z) - mean))
    latents = torch.cat(found)
    order = distance("bald", latents.cpu()).flatten().argsort(descending=True)
    return latents[order[:count].to(latents.device)]
