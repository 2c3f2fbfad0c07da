"""What attribute edits do to a photo: ``recede bench edits``.

Every attribute is edited at several strengths on the same face, seen and inverted once. Measured at full size: how far
the attribute's own score moved, in standard deviations among invented faces; how much the face is still the same
person's; and whether a pixel changed where the attribute has no business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from engine.animation.sizing import resize
from engine.attributes.boundaries import BOUNDARIES_ASSET, load_boundaries
from engine.attributes.scoring import NAMES, SCORE_SIZE_PX, Scorer, load_scorer, score_pictures
from engine.attributes.table import TABLE
from engine.bench.identity import describe, distance, load_descriptor
from engine.bench.judge import in_crop
from engine.compositing import covered, merged, over, placement
from engine.edits.portrait import Portrait
from engine.edits.regions import hair_region, lower_face_region, scalp_region
from engine.edits.registry import layers_for
from engine.edits.screen import EditedFace, Screen
from engine.errors import FaceError
from engine.face.alignment import CROP_SIZE_PX, crop_face
from engine.face.faces import choose_faces, find_faces
from engine.models.load import Models
from engine.photo import read_photo
from engine.protocol import EDIT_ATTRIBUTES, AttributeEdit, Preset, StageProgress
from engine.runtime.progress import Hear

STRENGTHS = (-2.0, -1.0, 1.0, 2.0)
CELL_PX = 256
LABEL_PX = 22


@dataclass(frozen=True)
class EditVerdict:
    """One edit in numbers.

    own_change: of the attribute's score, in standard deviations, None where the photo or the edit has no such score
    (nobody bald has a hair colour); identity: dlib distance from the photo's face; outside_changed: pixels that changed
    outside of the attribute's region; changed_share: of all pixels; refused: the error's code where the edit cannot be
    made.
    """

    own_change: float | None = None
    identity: float = 0.0
    outside_changed: int = 0
    changed_share: float = 0.0
    refused: str = ""


@dataclass(frozen=True)
class PhotoEdits:
    """One photo: verdicts by attribute and strength, and by attribute a row of small pictures, from the lowest strength
    over the photo itself to the highest, None where an edit was refused."""

    name: str
    verdicts: Mapping[str, Mapping[float, EditVerdict]]
    rows: Mapping[str, Sequence[NDArray[np.uint8] | None]]


@dataclass(frozen=True)
class EditJudge:
    """What measures edited photos. descriptor: of dlib's faces; population: mean and standard deviation of each score
    among invented faces."""

    descriptor: Any
    scorer: Scorer
    population: Mapping[str, tuple[float, float]]

    def scores(self, crop: NDArray[np.uint8]) -> dict[str, float]:
        """All scores of an aligned crop, in standard deviations from the mean face's."""
        small = cv2.resize(crop, (SCORE_SIZE_PX, SCORE_SIZE_PX), interpolation=cv2.INTER_AREA)
        raw = score_pictures(self.scorer, np.asarray(small, np.uint8)[None])[0]
        means = [self.population[name] for name in NAMES]
        return {name: (float(value) - mean) / sd for name, value, (mean, sd) in zip(NAMES, raw, means, strict=True)}


def load_judge(models: Models) -> EditJudge:
    """Load descriptor and scorer. Raises WeightsUnreachable, and WeightsCorrupt where there are no boundaries."""
    boundaries = load_boundaries(models.assets.path(BOUNDARIES_ASSET.name), models.generator.w_space)
    return EditJudge(load_descriptor(), load_scorer(models.parser, models.face_tools), boundaries.population)


def measure_photo(
    models: Models,
    judge: EditJudge,
    name: str,
    data: bytes,
    attributes: Sequence[str],
    preset: Preset,
    hear: Hear,
) -> PhotoEdits:
    """Edit the largest face of one photo (its file's bytes) in every way. Raises PhotoError and FaceError."""
    photo = read_photo(data)
    face = choose_faces(find_faces(models.face_tools, photo), "largest")[0]
    done = 0
    total = len(attributes) * len(STRENGTHS)

    def tell(stage: str, fraction: float, preview_jpeg: bytes | None = None) -> None:
        hear(StageProgress(f"{name}: {stage}", min(1.0, (done + fraction) / total), preview_jpeg))

    portrait = Portrait(models, photo, face, preset, 0, tell)
    landmarks = in_crop(face.landmarks, face.quad, CROP_SIZE_PX)
    own = describe(judge.descriptor, crop_face(photo, face.quad), landmarks)
    before = judge.scores(portrait.crop)
    verdicts: dict[str, dict[float, EditVerdict]] = {}
    rows: dict[str, Sequence[NDArray[np.uint8] | None]] = {}
    for attribute in attributes:
        verdicts[attribute] = {}
        row: list[NDArray[np.uint8] | None] = []
        for strength in STRENGTHS:
            try:
                frame, region = edited(portrait, attribute, strength)
            except FaceError as error:
                verdicts[attribute][strength] = EditVerdict(refused=error.code)
                row.append(None)
            else:
                crop = crop_face(frame, face.quad)
                changed = (frame != photo).any(2)
                moved = judge.scores(crop)[attribute] - before[attribute]
                verdicts[attribute][strength] = EditVerdict(
                    None if np.isnan(moved) else moved,
                    distance(own, describe(judge.descriptor, crop, landmarks)),
                    int((changed & ~region).sum()),
                    float(changed.mean()),
                )
                row.append(resize(crop, CELL_PX, CELL_PX))
            done += 1
        rows[attribute] = (*row[:2], resize(portrait.crop, CELL_PX, CELL_PX), *row[2:])
    return PhotoEdits(name, verdicts, rows)


def edited(portrait: Portrait, attribute: str, strength: float) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The whole photo with one edit, and where (H,W) that attribute may have changed it. Raises FaceError."""
    face = EditedFace(portrait, layers_for(portrait, [AttributeEdit(attribute, strength)]))
    frame = Screen(portrait.photo, [face]).frame(1.0)
    overlay = merged([layer.overlay(1.0) for layer in face.layers])
    after = portrait.seen_again(over(portrait.view.picture, overlay))
    kind = TABLE[attribute].region
    if kind == "hair":
        region = hair_region(portrait.view, after, portrait.face_px)
    elif kind == "scalp":
        region = scalp_region(portrait.view, after, portrait.u, portrait.v, portrait.face_px)
    else:
        region = lower_face_region(portrait.view, portrait.on_canvas, portrait.u, portrait.v, portrait.face_px)
    canvas = portrait.canvas
    place = placement(canvas.matrix, (canvas.height_px, canvas.width_px), portrait.photo.shape)
    return frame, covered(region.astype(np.float32), portrait.photo.shape, place)


def sheet_of(names: Sequence[str], rows: Sequence[Sequence[NDArray[np.uint8] | None]]) -> NDArray[np.uint8]:
    """A picture (H,W,3) of rows of cells (CELL_PX square, None where an edit was refused) below the strengths, each
    under its name."""
    columns = [*STRENGTHS[:2], 0.0, *STRENGTHS[2:]]
    width = CELL_PX * len(columns)
    sheet = Image.new("RGB", (width, LABEL_PX + (CELL_PX + LABEL_PX) * len(rows)), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(LABEL_PX * 0.7)
    for column, strength in enumerate(columns):
        draw.text((CELL_PX * (column + 0.5), LABEL_PX / 2), f"{strength:+g}", font=font, fill="black", anchor="mm")
    for index, (name, row) in enumerate(zip(names, rows, strict=True)):
        top = LABEL_PX + index * (CELL_PX + LABEL_PX)
        draw.text((6, top + LABEL_PX / 2), name.replace("_", " "), font=font, fill="black", anchor="lm")
        for column, cell in enumerate(row):
            if cell is None:
                middle = (CELL_PX * (column + 0.5), top + LABEL_PX + CELL_PX / 2)
                draw.text(middle, "refused", font=font, fill="gray", anchor="mm")
            else:
                sheet.paste(Image.fromarray(cell), (column * CELL_PX, top + LABEL_PX))
    return np.asarray(sheet)


def sheets_of(measured: Sequence[PhotoEdits]) -> dict[str, NDArray[np.uint8]]:
    """By attribute, all photos in a sheet: a row for each, a column for each strength."""
    names = [photo.name for photo in measured]
    attributes = list(dict.fromkeys(attribute for photo in measured for attribute in photo.rows))
    return {attribute: sheet_of(names, [photo.rows[attribute] for photo in measured]) for attribute in attributes}


def summary(measured: Sequence[PhotoEdits]) -> dict[str, dict[str, dict[str, float | None]]]:
    """Means over the photos by attribute and strength, refused edits left out; `photos` counts those that count."""
    means: dict[str, dict[str, dict[str, float | None]]] = {}
    for attribute in EDIT_ATTRIBUTES:
        for strength in STRENGTHS:
            made = [
                verdict
                for photo in measured
                if (verdict := photo.verdicts.get(attribute, {}).get(strength)) is not None and not verdict.refused
            ]
            if made:
                scored = [verdict.own_change for verdict in made if verdict.own_change is not None]
                means.setdefault(attribute, {})[f"{strength:+g}"] = {
                    "photos": float(len(made)),
                    "own_change": float(np.mean(scored)) if scored else None,
                    "identity": float(np.mean([verdict.identity for verdict in made])),
                    "outside_changed": float(max(verdict.outside_changed for verdict in made)),
                    "changed_share": float(np.mean([verdict.changed_share for verdict in made])),
                }
    return means


def report_json(measured: Sequence[PhotoEdits], failed: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Everything as one object for JSON."""
    photos: list[dict[str, Any]] = [
        {
            "name": photo.name,
            "edits": {
                attribute: {f"{strength:+g}": vars(verdict) for strength, verdict in verdicts.items()}
                for attribute, verdicts in photo.verdicts.items()
            },
        }
        for photo in measured
    ]
    photos += [{"name": name, "error": dict(error)} for name, error in failed.items()]
    return {"photos": photos, "mean": summary(measured)}


def table(measured: Sequence[PhotoEdits]) -> str:
    """The means as text, a row for each attribute."""
    means = summary(measured)
    lines = ["attribute          strength  photos  own score  identity  outside  changed"]
    for attribute, strengths in means.items():
        for strength, numbers in strengths.items():
            own = numbers["own_change"]
            lines.append(
                f"{attribute:<18} {strength:>8}  {numbers['photos']:>6.0f}  {'-' if own is None else f'{own:+.2f}':>9}"
                f"  {numbers['identity']:>8.3f}  {numbers['outside_changed']:>7.0f}"
                f"  {100 * (numbers['changed_share'] or 0):>6.1f}%"
            )
    return "\n".join(lines)
