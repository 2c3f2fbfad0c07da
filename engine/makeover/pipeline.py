"""A photo's way through an attribute edit: the steps in order, a report after each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.animation import encode, preview_jpeg, years_for_frames
from engine.animation.sheet import png, side_by_side
from engine.animation.sizing import fitted_size, resize
from engine.attributes import check_attributes
from engine.compositing import Head, covered, paste, placement
from engine.face import Face
from engine.makeover.layers import Timed, merged
from engine.makeover.plan import layers_for, stages_of
from engine.makeover.studio import Studio
from engine.models import Models
from engine.own_attributes import own_names
from engine.photo import read_photo
from engine.protocol import YEARS, AnimationOptions, EditOptions, Rendered, StageProgress
from engine.retouch.colour import COLOURS
from engine.steps import FacesMade, Report, answer, each_face, total_seconds, within

SHEET_MOMENTS = (0.0, 0.25, 0.5, 0.75, 1.0)
DRAWING, ENCODING = 0.86, 0.94


@dataclass(frozen=True)
class EditedFace:
    """One face with the layers that its edits put over the photo."""

    studio: Studio
    layers: tuple[Timed, ...]

    def head(self, progress: float) -> Head:
        """What lies over the photo at a moment, 0..1."""
        return merged([layer.head(progress) for layer in self.layers])

    @property
    def unchanged(self) -> bool:
        """Whether no edit was strong enough to be seen."""
        return not self.layers

    def mask(self) -> NDArray[np.bool_]:
        """The photo's pixels (H,W) that any moment may change."""
        canvas, photo = self.studio.canvas, self.studio.photo
        place = placement(canvas.matrix, (canvas.height_px, canvas.width_px), photo.shape)
        if self.unchanged:
            return np.zeros(photo.shape[:2], bool)
        cover = np.max([layer.layer.cover for layer in self.layers], 0)
        return covered(cover, photo.shape, place)


def edit(
    models: Models, photo_bytes: bytes, options: EditOptions, animation: AnimationOptions, report: Report
) -> Rendered:
    """A photo file becomes an animation from the photo to the edit and back, or a still of the edit.

    report may raise to stop the work between steps. Raises PhotoError, FaceError and RequestError.
    """
    started = time.perf_counter()
    check_attributes(options, own_names())
    report(StageProgress("reading the photo", 0.0))
    photo = read_photo(photo_bytes)
    faces = edit_faces(models, photo, options, within(report, 0.02, DRAWING - 0.03))
    width_px, height_px = fitted_size(photo.shape[1], photo.shape[0], animation.size_px)
    small = resize(photo, width_px, height_px)
    scale = width_px / photo.shape[1]
    last = next(frames_of(small, faces, [1.0], scale))
    report(StageProgress("drawing the edit", DRAWING, preview_jpeg(last)))
    years = years_for_frames(2 if animation.format == "png" else animation.frames)
    frames = []
    for index, frame in enumerate(frames_of(small, faces, [year / YEARS for year in years], scale)):
        frames.append(frame)
        share = (index + 1) / len(years)
        report(StageProgress("drawing the edit", DRAWING + (ENCODING - DRAWING) * share))
    encoded = encode(
        frames,
        years,
        replace(animation, counter=False),
        lambda fraction: report(StageProgress("encoding", ENCODING + 0.05 * fraction)),
    )
    sheet = None
    if animation.sheet:
        sheet = png(side_by_side([small, *frames_of(small, faces, SHEET_MOMENTS[1:], scale)]))
    report(StageProgress("done", 1.0))
    seconds = total_seconds(face.studio.seconds for face in faces)
    measured = {f"{name.replace(' ', '_')}_s": round(value, 3) for name, value in seconds.items()}
    measured |= {"seconds": round(time.perf_counter() - started, 3), **faces.counts()}
    measured |= {f"strength_{edit.attribute}": edit.strength for edit in options.edits}
    return answer(encoded, animation.format, _alt_text(len(faces), options), measured, sheet)


def edit_faces(models: Models, photo: NDArray[np.uint8], options: EditOptions, report: Report) -> FacesMade[EditedFace]:
    """Find the chosen faces and make each one's layers.

    With several faces, one that cannot be edited is passed over, as long as another can. Raises FaceError.
    """

    def edited(face: Face, tell: Report) -> EditedFace:
        stages = staged(tell, stages_of(options.edits))
        studio = Studio(models, photo, face, options.preset, options.seed, stages, options.hold)
        return EditedFace(studio, layers_for(studio, options.edits))

    return each_face(models.face_tools, photo, options.faces, report, edited)


def frames_of(
    photo: NDArray[np.uint8], faces: Sequence[EditedFace], moments: Sequence[float], scale: float = 1.0
) -> Iterator[NDArray[np.uint8]]:
    """The photo (already resized by `scale`) at moments 0..1 on the way to the edit."""
    places = [
        placement(
            face.studio.canvas.matrix, (face.studio.canvas.height_px, face.studio.canvas.width_px), photo.shape, scale
        )
        for face in faces
    ]
    for moment in moments:
        frame = photo
        if moment > 0:
            for face, place in zip(faces, places, strict=True):
                if face.unchanged:
                    continue
                frame = paste(frame, face.head(moment), place)
        yield frame.copy() if frame is photo else frame


def staged(report: Report, stages: Sequence[tuple[str, float]]) -> Callable[[str, float], None]:
    """Turns a stage's own fraction into that of the whole. stages: names in their order, with what each costs."""
    total = sum(cost for _, cost in stages)
    starts: dict[str, tuple[float, float]] = {}
    begin = 0.0
    for name, cost in stages:
        starts[name] = (begin / total, cost / total)
        begin += cost
    furthest = 0.0

    def tell(stage: str, fraction: float) -> None:
        nonlocal furthest
        start, length = starts.get(stage, (furthest, 0.0))
        # A stage that two edits share is passed through twice: progress never goes back.
        furthest = max(furthest, min(1.0, start + length * fraction))
        report(StageProgress(stage, furthest))

    return tell


def _alt_text(faces: int, options: EditOptions) -> str:
    who = "a person" if faces == 1 else f"{faces} people"
    words = [f"{'more' if edit.strength > 0 else 'less'} {_in_words(edit.attribute)}" for edit in options.edits]
    return f"Edited picture: {who} with {' and '.join(words)}, before and after."


def _in_words(attribute: str) -> str:
    words = {"bald": "baldness", "receding_hairline": "receding of the hairline"}
    hair = " hair" if attribute in (*COLOURS, "wavy", "straight") else ""
    return words.get(attribute, attribute.replace("_", " ") + hair)
