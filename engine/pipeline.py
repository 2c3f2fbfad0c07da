"""A photo's way through the engine: the steps in order, a callback after each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import count

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from engine.animation import contact_sheet, encode, preview_jpeg, years_for_frames
from engine.animation.sheet import sheet_frames
from engine.animation.sizing import fitted_size, resize
from engine.boundaries import BOUNDARIES_ASSET, load_boundaries
from engine.compositing import (
    Canvas,
    Fall,
    border_fade,
    build_plate,
    canvas_and_view,
    covered,
    draw,
    hair_share,
    placement,
    prepare_fall,
    render_view,
    scene_of,
    times_for_years,
)
from engine.editing import EDIT_STEPS, edit_bald, edit_regions, hangs_long, moved
from engine.encoder import encode as encode_latent
from engine.errors import FaceError, HatInTheWay, NoHairLeft
from engine.face import CROP_SIZE_PX, Face, check_face, crop_face, crop_matrix, find_faces, inside_photo, undone
from engine.head import HeadFrame, head_frame
from engine.inversion import HAIR_TUNING_WEIGHT, HAIR_WEIGHT, INVERSION_STEPS, Inversion, invert
from engine.models import Models, Parts
from engine.parsing import FaceClass, as_tensor, check_seen, parse
from engine.photo import read_photo
from engine.protocol import AnimationOptions, BaldOptions, Preset, Rendered, StageProgress
from engine.similarity import ms_ssim
from engine.steps import FacesMade, Report, answer, each_face, timed, total_seconds, within

PADDING_WEIGHT = 0.05
EDIT_RATE = {"short": 0.03, "long": 0.045}
MAX_HAT_SHARE = 0.03
MIN_CROWN_HAIR = 0.03
MIN_HAIR_AREA = 0.01
# Share of a usual head of hair that each Norwood stage, 1 to 7, still shows from the front.
NORWOOD_HAIR = (0.85, 0.70, 0.55, 0.40, 0.28, 0.15, 0.03)
SAMPLE_TRUNCATION = 0.7
# NumPy and OpenCV let go of the interpreter's lock while they compute.
FRAME_THREADS = 2


@dataclass(frozen=True)
class BaldFace:
    """One face, ready for any year. landmarks, quad: in photo pixels."""

    landmarks: NDArray[np.float64]
    quad: NDArray[np.float64]
    norwood_stage: float
    canvas: Canvas
    fall: Fall
    times: NDArray[np.float64]
    crop: NDArray[np.uint8]
    inversion: Inversion
    seconds: dict[str, float]

    @cached_property
    def inversion_ms_ssim(self) -> float:
        """How alike the crop and the inversion's picture of it are."""
        return ms_ssim(to_uint8(self.inversion.picture), self.crop)


@dataclass(frozen=True)
class BaldFrames:
    """frames: one uint8 H,W,3 picture for each year, made as they are asked for; edit_mask: H,W, the pixels that may
    differ from the photo; seconds: by step, over all faces."""

    frames: Iterator[NDArray[np.uint8]]
    edit_mask: NDArray[np.bool_]
    faces: tuple[BaldFace, ...]
    inversion_ms_ssim: float
    seconds: dict[str, float]


def bald(
    models: Models, photo_bytes: bytes, options: BaldOptions, animation: AnimationOptions, report: Report
) -> Rendered:
    """A photo file becomes an animation of its people going bald.

    report may raise to stop the work between steps. Raises PhotoError, FaceError and RequestError.
    """
    started = time.perf_counter()
    report(StageProgress("reading the photo", 0.0))
    seconds: dict[str, float] = {}
    with timed(seconds, "reading"):
        photo = read_photo(photo_bytes)
    years = years_for_frames(animation.frames)
    faces = bald_faces(models, photo, options, years, within(report, 0.02, 0.83))
    width_px, height_px = fitted_size(photo.shape[1], photo.shape[0], animation.size_px)
    small = resize(photo, width_px, height_px)
    scale = width_px / photo.shape[1]
    stage = _Stage(small, faces, scale)
    report(StageProgress("drawing the years", 0.86, preview_jpeg(stage.frame(len(years) - 1))))
    frames = []
    with timed(seconds, "years"), ThreadPoolExecutor(FRAME_THREADS) as pool:
        for index, frame in enumerate(pool.map(stage.frame, range(len(years)))):
            frames.append(frame)
            report(StageProgress("drawing the years", 0.86 + 0.08 * (index + 1) / len(years)))
    with timed(seconds, "encoding"):
        encoded = encode(
            frames, years, animation, lambda fraction: report(StageProgress("encoding", 0.94 + 0.05 * fraction))
        )
    sheet = None
    if animation.sheet:
        chosen = sheet_frames(years)
        sheet = contact_sheet([frames[index] for index, _ in chosen], [year for _, year in chosen])
    report(StageProgress("done", 1.0))
    seconds = {"reading": seconds.pop("reading"), **_seconds(faces), **seconds}
    measured = {f"{name}_s": round(value, 3) for name, value in seconds.items()}
    measured |= {
        "seconds": round(time.perf_counter() - started, 3),
        **faces.counts(),
        "norwood_stage": round(faces[0].norwood_stage, 1),
    }
    return answer(encoded, animation.format, _alt_text(len(faces), options), measured, sheet)


def bald_frames(
    models: Models, photo: NDArray[np.uint8], options: BaldOptions, years: Sequence[float], report: Report
) -> BaldFrames:
    """The same at the photo's full size, unencoded, for those who measure or want to go on from there."""
    faces = bald_faces(models, photo, options, years, report)
    mask = np.zeros(photo.shape[:2], bool)
    for face in faces:
        change = face.fall.change
        place = placement(face.canvas.matrix, (change.shape[0], change.shape[1]), photo.shape)
        mask |= covered(change, photo.shape, place)
    similarity = float(np.mean([face.inversion_ms_ssim for face in faces]))
    frames = _frames(photo, faces, range(len(years)))
    return BaldFrames(frames, mask, tuple(faces), similarity, _seconds(faces))


def bald_faces(
    models: Models, photo: NDArray[np.uint8], options: BaldOptions, years: Sequence[float], report: Report
) -> FacesMade[BaldFace]:
    """Find the chosen faces and make each ready for any year.

    With several faces, one that cannot be edited is passed over, as long as another can. Raises FaceError.
    """

    def ready(face: Face, tell: Report) -> BaldFace:
        return _bald_face(models, photo, face, options, years, tell)

    return each_face(models.face_tools, photo, options.faces, report, ready)


def sample_photo(parts: Parts, seed: int) -> NDArray[np.uint8]:
    """An invented face (1024,1024,3 uint8) with hair to lose, for those who have no photo at hand.

    A grown-up's, where the generator's W space has the boundaries that tell.
    """
    rng = torch.Generator().manual_seed(seed)
    path = parts.assets.found(BOUNDARIES_ASSET.name)
    boundaries = None if path is None else load_boundaries(path, parts.generator.w_space)
    for _ in count():
        z = torch.randn(1, 512, generator=rng).to(parts.device)
        with torch.no_grad():
            latent = parts.statistics.mean + SAMPLE_TRUNCATION * (parts.generator.mapping(z) - parts.statistics.mean)
            if boundaries is not None and float(boundaries.distance("age", latent.cpu())) < 0:
                continue
            picture = to_uint8(parts.generator(latent).picture)
        probabilities = parse(parts.parser, picture, mirrored=False)
        hair = float((probabilities[FaceClass.HAIR] > 0.5).mean())
        hat = float((probabilities[FaceClass.HAT] > 0.5).mean())
        try:
            faces = find_faces(parts.face_tools, picture)
        except FaceError:
            continue
        if len(faces) == 1 and hair > 0.10 and hat < 0.005:
            return picture
    raise AssertionError("the loop above never ends without a face")


def _bald_face(
    models: Models, photo: NDArray[np.uint8], face: Face, options: BaldOptions, years: Sequence[float], report: Report
) -> BaldFace:
    seconds: dict[str, float] = {}
    check_face(face, photo.shape)
    report(StageProgress("parsing the face", 0.01))
    with timed(seconds, "parse"):
        crop = crop_face(photo, face.quad)
        probabilities = parse(models.parser, crop)
        landmarks = undone(crop_matrix(face.quad), face.landmarks)
        check_seen(probabilities, landmarks)
        frame = head_frame(landmarks)
        u, v = frame.coordinates(probabilities.shape[1], CROP_SIZE_PX / probabilities.shape[1])
        _check_hair(probabilities, u, v, options)
        canvas, view = canvas_and_view(models.parser, photo, face.quad, crop, probabilities)
    with timed(seconds, "inversion"):
        inversion = invert_crop(
            models,
            crop,
            probabilities,
            inside_photo(photo.shape, face.quad),
            options.preset,
            lambda fraction: report(StageProgress("learning the face", 0.03 + 0.65 * fraction)),
        )
    with timed(seconds, "edit"):
        render = bald_picture(
            models,
            inversion,
            probabilities,
            landmarks,
            frame,
            options.preset,
            lambda fraction: report(StageProgress("taking the hair off", 0.68 + 0.25 * fraction)),
        )
    report(StageProgress("compositing", 0.94))
    with timed(seconds, "plate"):
        rng = np.random.default_rng(options.seed)
        on_canvas = canvas.to_canvas(face.landmarks)
        render_on_canvas = render_view(canvas, render, parse(models.descent_parser, render, mirrored=False))
        fade = border_fade(canvas, photo.shape)
        plate = build_plate(view, render_on_canvas, on_canvas, head_frame(on_canvas), fade, rng)
        fall = prepare_fall(plate, view.picture, rng)
        times = times_for_years(fall, np.asarray(years, np.float64), options.stage, options.clean)
    report(StageProgress("compositing", 1.0))
    stage = float(np.interp(-hair_share(probabilities[FaceClass.HAIR], u, v), -np.array(NORWOOD_HAIR), np.arange(1, 8)))
    return BaldFace(face.landmarks, face.quad, stage, canvas, fall, times, crop, inversion, seconds)


def invert_crop(
    models: Models,
    crop: NDArray[np.uint8],
    probabilities: NDArray[np.float32],
    inside: NDArray[np.bool_],
    preset: Preset,
    report: Callable[[float], None],
) -> Inversion:
    """Latent and tuned generator for a crop (1024,1024,3), its class probabilities (19,S,S) and what of it is photo."""
    target = as_tensor(crop[None], models.device)
    estimate = encode_latent(models.encoder, models.parser, target)
    return invert(
        models.generator,
        models.descent_parser,
        models.statistics,
        estimate,
        target,
        _weight(probabilities, inside, HAIR_WEIGHT, models.device),
        _weight(probabilities, inside, HAIR_TUNING_WEIGHT, models.device),
        INVERSION_STEPS[preset],
        report=report,
    )


def bald_picture(
    models: Models,
    inversion: Inversion,
    probabilities: NDArray[np.float32],
    landmarks: NDArray[np.float64],
    frame: HeadFrame,
    preset: Preset,
    report: Callable[[float], None],
) -> NDArray[np.uint8]:
    """The inverted crop without any hair, as the generator draws it (1024,1024,3)."""
    kind = "long" if hangs_long(probabilities, frame) else "short"
    edit = edit_bald(
        inversion.generator,
        models.descent_parser,
        inversion.latent,
        edit_regions(probabilities, landmarks, frame, models.device),
        models.bald_directions[kind],
        steps=EDIT_STEPS[preset],
        rate=EDIT_RATE[kind],
        report=report,
    )
    with torch.no_grad():
        return to_uint8(inversion.generator(moved(inversion.latent, edit.delta)).picture)


def check_hat(probabilities: NDArray[np.float32], u: NDArray[np.float32], v: NDArray[np.float32]) -> None:
    """Raise HatInTheWay where class probabilities (19,S,S) show one; u, v (S,S): head coordinates."""
    head = (v > 0.05) & (np.abs(u) < 0.7)
    if float((probabilities[FaceClass.HAT] > 0.5)[head].mean()) > MAX_HAT_SHARE:
        raise HatInTheWay("A hat or cloth covers the hair in this photo. Use one without it.")


def _check_hair(
    probabilities: NDArray[np.float32], u: NDArray[np.float32], v: NDArray[np.float32], options: BaldOptions
) -> None:
    """Raise HatInTheWay or NoHairLeft where there is nothing to take off."""
    check_hat(probabilities, u, v)
    hair = probabilities[FaceClass.HAIR] > 0.5
    if options.clean:
        nothing = float(hair.mean()) < MIN_HAIR_AREA
    else:
        nothing = float(hair[(v > 0.05) & (np.abs(u) < 0.42)].mean()) < MIN_CROWN_HAIR
    if nothing:
        raise NoHairLeft("There is no hair left to lose on top of this head: the years have done it already.")


class _Stage:
    """The photo, already resized by `scale`, and every face's scene on it."""

    def __init__(self, photo: NDArray[np.uint8], faces: Sequence[BaldFace], scale: float) -> None:
        self._photo = photo
        self._scenes = []
        for face in faces:
            canvas = face.canvas
            place = placement(canvas.matrix, (canvas.height_px, canvas.width_px), photo.shape, scale)
            scene = scene_of(photo, face.fall, place)
            if scene is not None:
                self._scenes.append((scene, face.times))

    def frame(self, index: int) -> NDArray[np.uint8]:
        """The photo at an index of the faces' times."""
        frame = self._photo.copy()
        for scene, times in self._scenes:
            frame = draw(frame, scene, float(times[index]))
        return frame


def _frames(photo: NDArray[np.uint8], faces: Sequence[BaldFace], indices: Sequence[int]) -> Iterator[NDArray[np.uint8]]:
    stage = _Stage(photo, faces, 1.0)
    for index in indices:
        yield stage.frame(index)


def _weight(
    probabilities: NDArray[np.float32], inside: NDArray[np.bool_], hair_weight: float, device: torch.device
) -> torch.Tensor:
    hair = probabilities[FaceClass.HAIR] + probabilities[FaceClass.HAT]
    size = (CROP_SIZE_PX, CROP_SIZE_PX)
    weight = cv2.resize(1 - (1 - hair_weight) * hair, size, interpolation=cv2.INTER_LINEAR)
    weight = np.clip(np.where(inside, weight, PADDING_WEIGHT), 0.01, 1).astype(np.float32)
    return torch.from_numpy(weight)[None, None].to(device)


def to_uint8(picture: torch.Tensor) -> NDArray[np.uint8]:
    """A generated picture (1,3,H,W in -1..1) as H,W,3."""
    scaled = ((picture[0].float().clamp(-1, 1) + 1) * 127.5).round().byte()
    return scaled.permute(1, 2, 0).contiguous().cpu().numpy()


def _seconds(faces: Sequence[BaldFace]) -> dict[str, float]:
    return total_seconds(face.seconds for face in faces)


def _alt_text(faces: int, options: BaldOptions) -> str:
    who = "A person" if faces == 1 else f"{faces} people"
    end = "no hair at all" if options.clean else f"stage {options.stage} of the Norwood scale"
    return f"Edited picture: {who} going bald over twenty years, until {end}."
