"""Is what lies on the hair kept or refused? Things drawn on the hair of photos, and the photos as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.edits.seen import Seen, see
from engine.errors import HatInTheWay
from engine.face.alignment import CROP_SIZE_PX, apply_inverse, crop_face, crop_matrix
from engine.face.faces import Face, choose_faces, find_faces
from engine.face.head_axes import head_axes
from engine.models.load import Models
from engine.parsing import FaceClass, parse_face
from engine.photo import read_photo
from engine.training.things.kinds import LEARNT, SHEER, UNSEEN
from engine.training.things.laid import SHEER_LAYING, Laying, laid
from engine.training.things.stage import Stage

# Of a thing's place on the hair, the share that must stay as it is for the thing to count as kept.
KEPT_SHARE = 0.9
# So much (0..1) of a pixel may change at most where it is kept.
CHANGES_BELOW = 0.5
VERDICTS = ("refused", "kept", "missed")
# Sheer ones come last: a seed then still draws the others as it did without them.
KINDS = {**LEARNT, **UNSEEN, **SHEER}


@dataclass(frozen=True)
class PhotoVerdicts:
    """bare: whether the photo by itself was refused; verdicts: of each drawing, its kind and one of VERDICTS."""

    name: str
    bare: bool
    verdicts: tuple[tuple[str, str], ...]


def measure_photo(
    models: Models, name: str, data: bytes, *, times: int, seed: int, tell: Callable[[float], None]
) -> PhotoVerdicts:
    """Draw each kind of thing so many times on the largest face's hair. Raises what finding that face does."""
    photo = read_photo(data)
    face = choose_faces(find_faces(models.face_tools, photo), "largest")[0]
    bare = refused(models, photo, face)
    stage = stage_of(models, photo, face)
    verdicts = []
    for index, (kind, draw) in enumerate(KINDS.items()):
        laying = SHEER_LAYING if kind in SHEER else Laying()
        for turn in range(times):
            rng = np.random.default_rng([seed, index, turn])
            done = laid(photo, stage, draw, photo, rng, laying)
            verdicts.append((kind, verdict(models, done.picture, done.where & stage.hair, face)))
        tell((index + 1) / len(KINDS))
    return PhotoVerdicts(name, bare, tuple(verdicts))


def verdict(models: Models, photo: NDArray[np.uint8], where: NDArray[np.bool_], face: Face) -> str:
    """What becomes of something that was drawn there (H,W) on the hair of a photo."""
    seen = _seen(models, photo, face)
    if seen is None:
        return "refused"
    crop_px = (CROP_SIZE_PX, CROP_SIZE_PX)
    to_crop = cv2.invertAffineTransform(crop_matrix(face.quad))
    there = cv2.warpAffine(where.astype(np.uint8), to_crop, crop_px, flags=cv2.INTER_NEAREST) > 0
    kept = seen.setting.fade[seen.canvas.crop_slice] < CHANGES_BELOW
    return "kept" if float(kept[there].mean() if there.any() else 1.0) >= KEPT_SHARE else "missed"


def refused(models: Models, photo: NDArray[np.uint8], face: Face) -> bool:
    """Whether something on the hair is the reason not to work on a face."""
    return _seen(models, photo, face) is None


def _seen(models: Models, photo: NDArray[np.uint8], face: Face) -> Seen | None:
    """The face, None where something on the hair is the reason not to work on it."""
    try:
        return see(models.parser, models.on_hair, photo, face, (), CROP_SIZE_PX)
    except HatInTheWay:
        return None


def stage_of(models: Models, photo: NDArray[np.uint8], face: Face) -> Stage:
    """Where things are drawn on the hair of a face in a photo."""
    landmarks = apply_inverse(crop_matrix(face.quad), face.landmarks)
    probabilities = parse_face(models.parser, crop_face(photo, face.quad), landmarks)
    large = cv2.resize(probabilities[FaceClass.HAIR], (CROP_SIZE_PX, CROP_SIZE_PX))
    hair = cv2.warpAffine(large, crop_matrix(face.quad), photo.shape[1::-1]) > 0.5
    return Stage(head_axes(face.landmarks), (photo.shape[0], photo.shape[1]), hair)


def totals(measured: Sequence[PhotoVerdicts]) -> dict[str, dict[str, int]]:
    """How many of each kind of thing were refused, kept and missed."""
    counts = Counter(one for photo in measured for one in photo.verdicts)
    return {kind: {verdict: counts[kind, verdict] for verdict in VERDICTS} for kind in KINDS}


def table(measured: Sequence[PhotoVerdicts]) -> str:
    """Markdown: a row for each kind of thing, and how many photos were refused by themselves."""
    lines = ["| thing | learnt from | refused | kept | missed |", "|---|---|---|---|---|"]
    for kind, counts in totals(measured).items():
        learnt = "yes" if kind in LEARNT else "no"
        lines.append(f"| {kind} | {learnt} | {' | '.join(str(counts[verdict]) for verdict in VERDICTS)} |")
    bare = [photo.name for photo in measured if photo.bare]
    lines += [
        "",
        f"Refused by themselves: {len(bare)} of {len(measured)} photos" + (f" ({', '.join(bare)})" if bare else ""),
    ]
    return "\n".join(lines)
