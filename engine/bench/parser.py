"""How well hair and skin are still told apart in degraded pictures of a face, against the clean picture's own parse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.bench.degraded import DEGRADATIONS
from engine.bench.tables import parser_table
from engine.compositing.view import SKIN
from engine.face.alignment import apply_inverse, crop_face, crop_matrix
from engine.face.faces import choose_faces, find_faces
from engine.models.load import Parts
from engine.parsing import FaceClass, parse, parse_face
from engine.parsing.parse import PARSE_SIZE_PX
from engine.photo import read_photo

Probabilities = NDArray[np.float32]


@dataclass(frozen=True)
class Agreement:
    """Intersection over union (0..1) of hair and of skin with the clean picture's."""

    hair: float
    skin: float


@dataclass(frozen=True)
class PhotoAgreement:
    """by_degradation: for each by its name, once for the parser as it is ("before"), once for the engine's
    way ("now")."""

    name: str
    by_degradation: Mapping[str, Mapping[str, Agreement]]


def measure_photo(parts: Parts, name: str, data: bytes) -> PhotoAgreement:
    """Degrade the largest face's crop in every way. Raises what finding it does."""
    photo = read_photo(data)
    face = choose_faces(find_faces(parts.face_tools, photo), "largest")[0]
    crop = crop_face(photo, face.quad)
    landmarks = apply_inverse(crop_matrix(face.quad), face.landmarks)
    clean = parse(parts.parser, crop)
    measured = {}
    for degradation in DEGRADATIONS:
        picture = degradation.apply(crop, np.random.default_rng(0))
        ways = {"before": parse(parts.parser, picture), "now": parse_face(parts.parser, picture, landmarks)}
        measured[degradation.name] = {way: agreement(seen, clean) for way, seen in ways.items()}
    return PhotoAgreement(name, measured)


def agreement(seen: Probabilities, clean: Probabilities) -> Agreement:
    """Of two parses (19,S,S), each at its own size."""
    ours, theirs = _labels(seen), _labels(clean)
    return Agreement(_iou(ours, theirs, (FaceClass.HAIR,)), _iou(ours, theirs, SKIN))


def means(measured: Sequence[PhotoAgreement]) -> dict[str, dict[str, Agreement]]:
    """Over the photos, by degradation and way; the last row is over all degradations."""
    rows: dict[str, dict[str, Agreement]] = {}
    for degradation in DEGRADATIONS:
        found = [photo.by_degradation[degradation.name] for photo in measured]
        rows[degradation.name] = {way: _mean([one[way] for one in found]) for way in ("before", "now")}
    rows["mean"] = {way: _mean([row[way] for row in rows.values()]) for way in ("before", "now")}
    return rows


def table(measured: Sequence[PhotoAgreement]) -> str:
    """Markdown: a row for each degradation."""
    return parser_table(_plain(means(measured)))


def report_json(measured: Sequence[PhotoAgreement]) -> dict[str, object]:
    """Everything that was measured, as JSON holds it."""
    return {"mean": _plain(means(measured)), "photos": {one.name: _plain(one.by_degradation) for one in measured}}


def _plain(rows: Mapping[str, Mapping[str, Agreement]]) -> dict[str, dict[str, dict[str, float]]]:
    return {name: {way: dict(vars(value)) for way, value in ways.items()} for name, ways in rows.items()}


def _labels(probabilities: Probabilities) -> NDArray[np.uint8]:
    small = probabilities.argmax(0).astype(np.uint8)
    size = (PARSE_SIZE_PX, PARSE_SIZE_PX)
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_NEAREST), np.uint8)


def _iou(ours: NDArray[np.uint8], theirs: NDArray[np.uint8], classes: Sequence[int]) -> float:
    a, b = np.isin(ours, list(classes)), np.isin(theirs, list(classes))
    return float((a & b).sum() / max(int((a | b).sum()), 1))


def _mean(values: Sequence[Agreement]) -> Agreement:
    return Agreement(float(np.mean([value.hair for value in values])), float(np.mean([value.skin for value in values])))
