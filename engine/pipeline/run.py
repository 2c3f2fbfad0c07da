"""A photo's way through the engine: see the faces, prepare their edits, draw every moment, encode.

Going bald is one edit among the others. What differs is how far it goes, and what is said about it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from engine.animation import contact_sheet, preview_jpeg, years_for_frames
from engine.animation.sheet import png, sheet_frames, side_by_side
from engine.animation.sizing import fitted_size, resize
from engine.attributes.custom import custom_names
from engine.attributes.table import check_attributes
from engine.compositing import Overlay, crop_px_for
from engine.edits.first_look import look_and_learn
from engine.edits.layers import Reveal, Timed
from engine.edits.portrait import Portrait
from engine.edits.receding import going_bald
from engine.edits.registry import BALD_STAGES, layers_for, stages_of
from engine.edits.screen import EditedFace, Screen
from engine.face.drawn import drawn_if_refused
from engine.face.faces import Face, cut_if_refused
from engine.hair.recolour import COLOURS
from engine.latent.baldness import check_hair, norwood_stage
from engine.models.load import Models
from engine.parsing import FaceClass
from engine.pipeline.faces import FacesMade, answer, each_face
from engine.pipeline.film import Film, Keep, drop
from engine.pipeline.framed import beyond_frame, is_framed
from engine.pipeline.prepared import Prepared, is_learnt
from engine.pipeline.scene import Scene, pictures_of
from engine.protocol import YEARS, AnimationOptions, BaldOptions, EditOptions, Rendered, StageProgress
from engine.runtime.progress import Hear, staged, timed, total_seconds, within
from engine.runtime.side_by_side import wholes_at_once

# Parts of the whole, for the progress bar: reading, the faces, drawing, encoding.
READ, DRAWING, ENCODING = 0.02, 0.86, 0.94
FIRST_LOOK_PX = 512
# Names of stages, as progress tells them.
DRAWING_YEARS, DRAWING_EDIT = "drawing the years", "drawing the edit"
SHEET_MOMENTS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class BaldFrames:
    """frames: one uint8 H,W,3 picture for each year, made as they are asked for; edit_mask: H,W, the pixels that may
    differ from the photo; faces: where they are; seconds: by stage, over all faces."""

    frames: Iterator[NDArray[np.uint8]]
    edit_mask: NDArray[np.bool_]
    faces: tuple[Face, ...]
    inversion_ms_ssim: float
    seconds: dict[str, float]


def bald(
    models: Models,
    photo_bytes: bytes,
    options: BaldOptions,
    animation: AnimationOptions,
    hear: Hear,
    known: Prepared | None = None,
    keep: Keep = drop,
) -> Rendered:
    """A photo file becomes an animation of its people going bald.

    photo_bytes: as engine.photo.open_photo takes them; hear: may raise to stop the work; known: of this photo, and
    options that are prepared alike; gets to know what is found out now; keep: gets the pictures that the file was made
    of. The answer's alternative text says what was done, `measured` what it took, and the Norwood stage of today.
    Raises PhotoError, FaceError, ResultTooLarge, and DiskFull where MP4 finds no room.
    """
    known = known or Prepared()

    def prepared(photo: NDArray[np.uint8], tell: Hear) -> FacesMade[EditedFace]:
        return bald_faces(models, photo, options, tell, known, shown_px=animation.size_px, first_looks=True)

    def told(faces: Sequence[EditedFace]) -> tuple[str, Mapping[str, float]]:
        stage = norwood_stage(faces[0].portrait.probabilities[FaceClass.HAIR], *faces[0].portrait.crop_coordinates)
        return _bald_text(len(faces), options), {"norwood_stage": round(stage, 1)}

    return _rendered(models, photo_bytes, animation, _EditKind(prepared, told, in_years=True), hear, known, keep)


def edit(
    models: Models,
    photo_bytes: bytes,
    options: EditOptions,
    animation: AnimationOptions,
    hear: Hear,
    known: Prepared | None = None,
    keep: Keep = drop,
) -> Rendered:
    """A photo file becomes an animation from the photo to the edit and back, or a still of the edit.

    photo_bytes, hear, known, keep: as in `bald`. Raises what that does, BadOption for an attribute that the engine has
    not, and WeightsError where a boundary cannot be read.
    """
    check_attributes(options, custom_names())
    known = known or Prepared()

    def prepared(photo: NDArray[np.uint8], tell: Hear) -> FacesMade[EditedFace]:
        return edit_faces(models, photo, options, tell, known)

    def told(faces: Sequence[EditedFace]) -> tuple[str, Mapping[str, float]]:
        strengths = {f"strength_{edit.attribute}": edit.strength for edit in options.edits}
        return _edit_text(len(faces), options), strengths

    return _rendered(models, photo_bytes, animation, _EditKind(prepared, told, in_years=False), hear, known, keep)


def bald_frames(
    models: Models, photo: NDArray[np.uint8], options: BaldOptions, years: Sequence[float], hear: Hear
) -> BaldFrames:
    """Going bald at the photo's full size, unencoded, for those who measure or want to go on from there.

    photo: H,W,3 uint8 RGB, upright; years: 0..20, in any order. Raises FaceError.
    """
    faces = bald_faces(models, photo, options, hear)
    mask = np.zeros(photo.shape[:2], bool)
    for face in faces:
        mask |= face.mask(photo.shape)
    similarity = float(np.mean([face.portrait.inversion_ms_ssim for face in faces]))
    screen = Screen(photo, faces)
    frames = (screen.frame(year / YEARS) for year in years)
    return BaldFrames(frames, mask, tuple(face.face for face in faces), similarity, _seconds(faces))


def bald_faces(
    models: Models,
    photo: NDArray[np.uint8],
    options: BaldOptions,
    hear: Hear,
    known: Prepared | None = None,
    *,
    shown_px: int | None = None,
    first_looks: bool = False,
) -> FacesMade[EditedFace]:
    """Find the chosen faces and make each ready for any year. photo: H,W,3 uint8 RGB, upright; known: as in `bald`;
    shown_px: the photo's long side as it will be shown, its own by default; first_looks: show each as soon as there is
    anything.

    With several faces, one that cannot be edited is passed over, as long as another can. Raises FaceError.
    """

    known = known or Prepared()
    scale = 1.0 if shown_px is None else fitted_size(photo.shape[1], photo.shape[0], shown_px)[0] / photo.shape[1]

    def ready(face: Face, others: Sequence[Face], tell: Hear) -> EditedFace:
        stages = staged(tell, BALD_STAGES)
        portrait = known.portrait(models, photo, face, options, stages, others, crop_px_for(face.quad, scale))
        hair = portrait.probabilities[FaceClass.HAIR]
        with drawn_if_refused(portrait.crop, portrait.landmarks), cut_if_refused(portrait.face, portrait.photo.shape):
            check_hair(hair, *portrait.crop_coordinates, everywhere=options.clean)
        if first_looks and not is_learnt(portrait):
            look_and_learn(portrait, "clean" if options.clean else "horseshoe", partial(_first_look, portrait, photo))
        layer = going_bald(portrait, float(options.stage), clean=options.clean)
        return EditedFace(portrait, (Timed(layer),))

    hear(StageProgress("looking for faces", 0.0))
    found = known.found(models.face_tools, photo)
    return each_face(found, options.faces, hear, ready, _faces_at_once(models, options))


def edit_faces(
    models: Models, photo: NDArray[np.uint8], options: EditOptions, hear: Hear, known: Prepared | None = None
) -> FacesMade[EditedFace]:
    """Find the chosen faces and make each one's layers. photo: H,W,3 uint8 RGB, upright; known: as in `bald`.

    With several faces, one that cannot be edited is passed over, as long as another can. Raises FaceError.
    """
    stages = stages_of(options.edits)
    known = known or Prepared()

    def edited(face: Face, others: Sequence[Face], tell: Hear) -> EditedFace:
        portrait = known.portrait(models, photo, face, options, staged(tell, stages), others)
        return EditedFace(portrait, layers_for(portrait, options.edits))

    hear(StageProgress("looking for faces", 0.0))
    found = known.found(models.face_tools, photo)
    return each_face(found, options.faces, hear, edited, _faces_at_once(models, options))


def _faces_at_once(models: Models, options: BaldOptions | EditOptions) -> int:
    return wholes_at_once(models.device, large=models.efforts[options.preset].learns_large)


@dataclass(frozen=True)
class _EditKind:
    """What differs from one kind of edit to another. prepared: a photo's chosen faces, ready for any moment; told:
    their alternative text, and numbers about them; in_years: whether the moments are years."""

    prepared: Callable[[NDArray[np.uint8], Hear], FacesMade[EditedFace]]
    told: Callable[[Sequence[EditedFace]], tuple[str, Mapping[str, float]]]
    in_years: bool


def _rendered(
    models: Models,
    photo_bytes: bytes,
    animation: AnimationOptions,
    kind: _EditKind,
    hear: Hear,
    known: Prepared,
    keep: Keep,
) -> Rendered:
    """The one way from a photo's bytes to an answer."""
    started = time.perf_counter()
    hear(StageProgress("reading the photo", 0.0))
    seconds: dict[str, float] = {}
    with timed(seconds, "reading"):
        opened, frame_number = known.open(models, photo_bytes)
    framed = opened.alpha is not None and is_framed(opened.alpha)
    photo = opened.pixels if opened.alpha is None or not framed else beyond_frame(opened.pixels, opened.alpha)
    faces = kind.prepared(photo, within(hear, READ, DRAWING - READ - 0.01))
    years = years_for_frames(2 if animation.format == "png" else animation.frames)
    moments = [year / YEARS for year in years]
    if animation.sheet and not kind.in_years:
        moments += SHEET_MOMENTS
    stage = DRAWING_YEARS if kind.in_years else DRAWING_EDIT
    scene = Scene(photo, opened.alpha, framed, faces)
    hear_drawing = within(hear, DRAWING, ENCODING - DRAWING)
    pictures = pictures_of(scene, animation.size_px, moments, hear_drawing, stage, seconds)
    frames = pictures[: len(years)]
    text, numbers = kind.told(faces)
    numbers = {**faces.counts(), **numbers}
    if opened.animated:
        numbers["frame_used"] = float(frame_number + 1)
    film = Film(frames, years, kind.in_years, animation.size_px, text, numbers)
    with timed(seconds, "encoding"):
        encoded = film.encoded(animation, lambda part: hear(StageProgress("encoding", ENCODING + 0.05 * part)))
    sheet = None
    if animation.sheet and kind.in_years:
        chosen = sheet_frames(years)
        sheet = contact_sheet([frames[index] for index, _ in chosen], [year for _, year in chosen])
    elif animation.sheet:
        sheet = png(side_by_side(pictures[len(years) :]))
    hear(StageProgress("done", 1.0))
    clocks = {"reading": seconds.pop("reading"), **_seconds(faces), **seconds}
    measured = {f"{name.replace(' ', '_')}_s": round(value, 3) for name, value in clocks.items()}
    measured |= {"seconds": round(time.perf_counter() - started, 3), **numbers}
    keep(film)
    return answer(encoded, animation.format, text, measured, sheet)


def _first_look(portrait: Portrait, photo: NDArray[np.uint8], look: Overlay) -> bytes:
    """A small JPEG of the photo in the last year, before anything has been refined."""
    width_px, height_px = fitted_size(photo.shape[1], photo.shape[0], FIRST_LOOK_PX)
    face = EditedFace(portrait, (Timed(Reveal(look.picture, look.alpha, np.zeros_like(look.alpha))),))
    screen = Screen(resize(photo, width_px, height_px), [face], width_px / photo.shape[1])
    return preview_jpeg(screen.frame(1.0))


def _seconds(faces: Sequence[EditedFace]) -> dict[str, float]:
    return total_seconds(face.portrait.seconds for face in faces)


def _bald_text(faces: int, options: BaldOptions) -> str:
    who = "A person" if faces == 1 else f"{faces} people"
    end = "no hair at all" if options.clean else f"stage {options.stage} of the Norwood scale"
    return f"Edited picture: {who} going bald over twenty years, until {end}."


def _edit_text(faces: int, options: EditOptions) -> str:
    who = "a person" if faces == 1 else f"{faces} people"
    words = [f"{'more' if edit.strength > 0 else 'less'} {_in_words(edit.attribute)}" for edit in options.edits]
    return f"Edited picture: {who} with {' and '.join(words)}, before and after."


def _in_words(attribute: str) -> str:
    words = {"bald": "baldness", "receding_hairline": "receding of the hairline"}
    hair = " hair" if attribute in (*COLOURS, "wavy", "straight") else ""
    return words.get(attribute, attribute.replace("_", " ") + hair)
