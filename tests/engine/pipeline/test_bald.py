"""A photo's way through the whole engine.

One run takes enough steps for its pictures to be judged; the others take one of each kind, since all that they ask is
what happens around the steps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from engine.edits.registry import BALD_STAGES
from engine.errors import Cancelled, FaceTooSmall, HatInTheWay, NoFace, NoHairLeft, NoSuchFace, NotAnImage
from engine.face.alignment import crop_face
from engine.face.faces import choose_faces, find_faces
from engine.generator import moved
from engine.generator.picture import to_uint8
from engine.latent.descent import Steps
from engine.latent.inversion import InversionSteps
from engine.models.load import Models, Parts
from engine.parsing import FaceClass, parse
from engine.photo import read_photo
from engine.pipeline.run import DRAWING, READ, BaldFrames, bald, bald_faces, bald_frames
from engine.protocol import NEARLY_DONE, AnimationOptions, BaldOptions, Rendered, StageProgress
from engine.runtime.progress import staged, within
from tests.support.effort import in_steps

STAGES_TOLD = ("reading", "parse", "encoder", "first_look", "inversion", "edit", "heads", "years", "encoding")
YEARS = (0.0, 4.0, 8.0, 12.0, 16.0, 20.0)
SMALL = AnimationOptions(frames=4, size_px=256, counter=False, sheet=True)


@dataclass(frozen=True)
class Run:
    """What came of bald_frames on the astronaut's portrait."""

    result: BaldFrames
    frames: list[NDArray[np.uint8]]
    heard: list[StageProgress]


@pytest.fixture(scope="module")
def hasty(models: Models) -> Models:
    """One step of each kind."""
    return in_steps(models, InversionSteps(1, 1, 0, 128), Steps(1, 1))


@pytest.fixture(scope="module")
def run(models: Models, astronaut: NDArray[np.uint8]) -> Run:
    heard: list[StageProgress] = []
    few = in_steps(models, InversionSteps(4, 3, 0, 128), Steps(4, 2))
    result = bald_frames(few, astronaut, BaldOptions(), YEARS, heard.append)
    return Run(result, list(result.frames), heard)


@pytest.fixture(scope="module")
def rendered(hasty: Models, astronaut_jpeg: bytes) -> tuple[Rendered, list[StageProgress]]:
    heard: list[StageProgress] = []
    return bald(hasty, astronaut_jpeg, BaldOptions(), SMALL, heard.append), heard


@pytest.fixture(scope="module")
def hat(parts: Parts, latents: torch.Tensor) -> NDArray[np.uint8]:
    """The first generated face wears a hat."""
    return drawn(parts, parts.generator.w_plus(latents[:1]))


def drawn(parts: Parts, latent: torch.Tensor) -> NDArray[np.uint8]:
    with torch.no_grad():
        return to_uint8(parts.generator(latent).picture)


def nothing(progress: StageProgress) -> None:
    """A report that nobody hears."""


@pytest.mark.slow
def test_year_zero_is_the_photo_bit_for_bit(run: Run, astronaut: NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(run.frames[0], astronaut)
    assert run.frames[0] is not astronaut


@pytest.mark.slow
def test_outside_of_the_edit_nothing_changes_in_any_year(run: Run, astronaut: NDArray[np.uint8]) -> None:
    outside = ~run.result.edit_mask
    assert 0.3 < outside.mean() < 0.95
    for frame in run.frames:
        assert frame.shape == astronaut.shape
        assert frame.dtype == np.uint8
        np.testing.assert_array_equal(frame[outside], astronaut[outside])


@pytest.mark.slow
def test_eyes_nose_and_mouth_stay_as_they_are(run: Run, astronaut: NDArray[np.uint8]) -> None:
    landmarks = run.result.faces[0].landmarks[27:68]
    features = np.zeros(astronaut.shape[:2], np.uint8)
    cv2.fillConvexPoly(features, cv2.convexHull(np.rint(landmarks).astype(np.int32)), (1,))
    for frame in run.frames:
        changed = np.abs(frame.astype(int) - astronaut).max(2) > 8
        assert changed[features > 0].mean() < 0.01


@pytest.mark.slow
def test_hair_gets_less_from_year_to_year_until_the_top_is_bald(models: Models, run: Run) -> None:
    face = run.result.faces[0]
    shares = []
    for frame in run.frames:
        hair = parse(models.parser, crop_face(frame, face.quad), mirrored=False)[FaceClass.HAIR] > 0.5
        shares.append(float(hair[:200].mean()))
    assert shares[0] > 0.25
    # The parser wavers over thin hair, so that a little is allowed for.
    assert all(later < earlier + 0.02 for earlier, later in pairwise(shares))
    assert shares[-1] < 0.3 * shares[0]


@pytest.mark.slow
def test_how_alike_the_learned_face_is_can_be_told(run: Run) -> None:
    assert 0.3 < run.result.inversion_ms_ssim < 1


@pytest.mark.slow
def test_every_steps_time_is_told(run: Run) -> None:
    assert set(run.result.seconds) == {"parse", "encoder", "inversion", "edit", "heads"}
    assert all(seconds > 0 for seconds in run.result.seconds.values())


@pytest.mark.slow
def test_progress_names_the_steps_in_their_order(run: Run) -> None:
    stages = list(dict.fromkeys(progress.stage for progress in run.heard))
    assert stages == [
        "looking for faces",
        "parsing the face",
        "learning the face",
        "looking under the hair",
        "taking the hair off",
    ]
    fractions = [progress.fraction for progress in run.heard]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_bytes_become_an_animation_with_a_sheet_and_a_text(rendered: tuple[Rendered, list[StageProgress]]) -> None:
    result = rendered[0]
    with Image.open(BytesIO(result.animation)) as image:
        assert image.format == "GIF"
        assert image.size == (result.width_px, result.height_px) == (256, 256)
        assert len(list(ImageSequence.Iterator(image))) >= result.frames == 4
    assert result.sheet_png is not None
    with Image.open(BytesIO(result.sheet_png)) as sheet:
        assert sheet.width > 2 * sheet.height
    assert "A person going bald" in result.alt_text
    assert "stage 7" in result.alt_text
    assert result.gave_up == ()


def test_what_was_measured_is_told_in_plain_numbers(rendered: tuple[Rendered, list[StageProgress]]) -> None:
    measured = rendered[0].measured
    stages = {f"{n}_s" for n in STAGES_TOLD}
    counts = {"faces", "faces_found", "faces_passed_over"}
    assert set(measured) == {"seconds", "norwood_stage", *counts, *stages}
    assert all(type(value) is float for value in measured.values())
    assert measured["faces"] == 1
    assert 1 <= measured["norwood_stage"] < 4
    assert measured["seconds"] > measured["inversion_s"] > 0


def test_a_first_look_comes_before_the_bald_head_is_looked_for_and_another_before_the_years_are_drawn(
    rendered: tuple[Rendered, list[StageProgress]],
) -> None:
    heard = rendered[1]
    previews = [progress for progress in heard if progress.preview_jpeg is not None]
    assert [progress.stage for progress in previews] == ["a first look", "drawing the years"]
    stages = [progress.stage for progress in heard]
    assert heard.index(previews[0]) < stages.index("looking under the hair")
    assert heard.index(previews[1]) < len(heard) - 4
    for progress in previews:
        assert progress.preview_jpeg is not None
        with Image.open(BytesIO(progress.preview_jpeg)) as image:
            assert image.format == "JPEG"


def test_the_whole_jobs_progress_never_goes_back(rendered: tuple[Rendered, list[StageProgress]]) -> None:
    fractions = [progress.fraction for progress in rendered[1]]
    assert fractions == sorted(fractions)


def test_the_whole_jobs_progress_ends_at_one(rendered: tuple[Rendered, list[StageProgress]]) -> None:
    assert rendered[1][0].fraction == 0
    assert rendered[1][-1] == StageProgress("done", 1.0)
    assert all(0 <= progress.fraction <= 1 for progress in rendered[1])


@pytest.mark.slow
def test_the_same_photo_options_and_seed_make_the_same_bytes(
    hasty: Models, astronaut_jpeg: bytes, rendered: tuple[Rendered, list[StageProgress]]
) -> None:
    again = bald(hasty, astronaut_jpeg, BaldOptions(), SMALL, nothing)
    assert again.animation == rendered[0].animation
    assert again.sheet_png == rendered[0].sheet_png


@pytest.mark.slow
def test_of_two_faces_one_that_cannot_be_edited_is_passed_over(
    hasty: Models, astronaut: NDArray[np.uint8], hat: NDArray[np.uint8]
) -> None:
    """Beside the astronaut's portrait, that of somebody with a hat."""
    pair = np.hstack([astronaut[:300], np.asarray(cv2.resize(hat, (300, 300), interpolation=cv2.INTER_AREA), np.uint8)])
    assert len(find_faces(hasty.face_tools, pair)) == 2
    result = bald_frames(hasty, pair, BaldOptions(faces="all", clean=True), (0.0, 20.0), nothing)
    assert len(result.faces) == 1
    last = list(result.frames)[1]
    np.testing.assert_array_equal(last[:, 512:], pair[:, 512:])
    assert (last[:, :512] != pair[:, :512]).any(axis=2).mean() > 0.05


def test_a_job_leaves_room_for_the_next_once_its_heads_are_drawn() -> None:
    heard: list[StageProgress] = []
    tell = staged(within(heard.append, READ, DRAWING - READ - 0.01), BALD_STAGES)
    heads = 6
    tell("looking under the hair", 1.0)
    for drawn_heads in range(1, heads + 1):
        tell("taking the hair off", drawn_heads / (2 * heads))
    assert [progress.fraction >= NEARLY_DONE for progress in heard] == [False] * heads + [True]


def test_a_headband_that_the_parser_takes_for_hair_is_an_error(models: Models, shared_photos: Path) -> None:
    photo = read_photo((shared_photos / "wild" / "woman-headband.jpg").read_bytes())
    with pytest.raises(HatInTheWay, match="lies on the hair"):
        bald_faces(models, photo, BaldOptions(), nothing)


def test_a_hat_is_an_error(models: Models, hat: NDArray[np.uint8]) -> None:
    with pytest.raises(HatInTheWay, match="without it"):
        bald_faces(models, hat, BaldOptions(), nothing)


@pytest.mark.slow
@pytest.mark.parametrize("clean", [False, True])
def test_no_hair_is_an_error(hasty: Models, latents: torch.Tensor, clean: bool) -> None:
    """The second generated face, which is seen as a child's, made bald."""
    hasty = replace(hasty, ages=None)
    latent = hasty.generator.w_plus(latents[1:])
    picture = drawn(hasty, moved(latent, 1.7 * hasty.bald_directions["clean_short"]))
    with pytest.raises(NoHairLeft, match="no hair left"):
        bald_faces(hasty, picture, BaldOptions(clean=clean), nothing)


def test_no_face_is_an_error(models: Models) -> None:
    with pytest.raises(NoFace, match="No face was found"):
        bald_faces(models, np.full((300, 400, 3), 90, np.uint8), BaldOptions(), nothing)


def test_a_face_too_small_is_an_error_that_says_its_size(models: Models, astronaut: NDArray[np.uint8]) -> None:
    tiny = np.asarray(cv2.resize(astronaut, (120, 120), interpolation=cv2.INTER_AREA), np.uint8)
    face = choose_faces(find_faces(models.face_tools, tiny), "largest")[0]
    with pytest.raises(FaceTooSmall, match=f"only {face.width_px:.0f} pixels"):
        bald_faces(models, tiny, BaldOptions(), nothing)


def test_a_face_that_is_not_there_is_an_error(models: Models, astronaut: NDArray[np.uint8]) -> None:
    with pytest.raises(NoSuchFace, match="no face number 9"):
        bald_faces(models, astronaut, BaldOptions(faces="9"), nothing)


def test_a_file_that_is_no_photo_is_an_error(models: Models) -> None:
    with pytest.raises(NotAnImage):
        bald(models, b"no photo at all", BaldOptions(), SMALL, nothing)


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["looking for faces", "learning the face"])
def test_a_report_that_raises_stops_the_job(models: Models, astronaut: NDArray[np.uint8], stage: str) -> None:
    heard = []

    def cancel(progress: StageProgress) -> None:
        heard.append(progress.stage)
        if progress.stage == stage:
            raise Cancelled("The job was cancelled.")

    with pytest.raises(Cancelled):
        bald_faces(models, astronaut, BaldOptions(), cancel)
    assert heard.count(stage) == 1
    assert heard[-1] == stage
