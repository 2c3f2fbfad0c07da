"""A photo's way through an attribute edit, with the real models."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.edits.screen import EditedFace, Screen
from engine.errors import BadOption, Cancelled, NoFace, NothingToEdit
from engine.latent.descent import Steps
from engine.latent.inversion import InversionSteps
from engine.models.load import Models
from engine.pipeline.prepared import Prepared
from engine.pipeline.run import edit, edit_faces
from engine.protocol import AnimationOptions, AttributeEdit, EditOptions, StageProgress
from tests.support.effort import in_steps

STILL = AnimationOptions(format="png", frames=2, size_px=2048)


def options(*edits: tuple[str, float]) -> EditOptions:
    return EditOptions(tuple(AttributeEdit(*each) for each in edits))


def nothing(progress: StageProgress) -> None:
    """A report that nobody hears."""


@pytest.fixture(scope="module")
def hasty(models: Models) -> Models:
    """One step of each kind: what comes out is ugly, but it has gone all the way."""
    return in_steps(models, InversionSteps(1, 1, 0, 128), Steps(1, 1))


@pytest.fixture(scope="module")
def known() -> Prepared:
    """Of the portrait, what edits by the hasty models have learnt so far: the next one goes on from there."""
    return Prepared()


@pytest.fixture(scope="module")
def blackened(models: Models, astronaut: NDArray[np.uint8]) -> EditedFace:
    return edit_faces(models, astronaut, options(("black", 2.0)), nothing)[0]


def frame_of(face: EditedFace, photo: NDArray[np.uint8], moment: float) -> NDArray[np.uint8]:
    return Screen(photo, [face]).frame(moment)


def test_a_colour_edit_changes_the_hair_alone(blackened: EditedFace, astronaut: NDArray[np.uint8]) -> None:
    frame = frame_of(blackened, astronaut, 1.0)
    changed = (frame != astronaut).any(2)
    assert not (changed & ~blackened.mask(astronaut.shape)).any()
    hair = blackened.portrait.strands.alpha[blackened.portrait.canvas.crop_slice] > 0.9
    assert hair.sum() > 10_000
    top = frame[10:40, 180:260].astype(float).mean()
    assert top < astronaut[10:40, 180:260].mean() - 15
    # The orange suit, the flag behind her and her face stay hers.
    np.testing.assert_array_equal(frame[300:], astronaut[300:])
    np.testing.assert_array_equal(frame[:, :60], astronaut[:, :60])
    np.testing.assert_array_equal(frame[110:180, 200:245], astronaut[110:180, 200:245])


def test_the_way_to_the_edit_begins_with_the_photo_and_only_goes_forward(
    blackened: EditedFace, astronaut: NDArray[np.uint8]
) -> None:
    np.testing.assert_array_equal(frame_of(blackened, astronaut, 0.0), astronaut)
    end = frame_of(blackened, astronaut, 1.0).astype(int)
    left = [np.abs(frame_of(blackened, astronaut, moment) - end).mean() for moment in (0.0, 0.3, 0.6, 0.9, 1.0)]
    assert left == sorted(left, reverse=True)
    assert left[0] > left[2] > left[4] == 0


def test_a_still_is_the_whole_photo_with_its_edit_and_says_so(models: Models, astronaut_jpeg: bytes) -> None:
    heard: list[StageProgress] = []
    rendered = edit(models, astronaut_jpeg, options(("gray", 2.0)), STILL, heard.append)
    with Image.open(BytesIO(rendered.animation)) as image:
        assert (image.format, image.size) == ("PNG", (512, 512))
    assert (rendered.format, rendered.frames) == ("png", 1)
    assert rendered.alt_text == "Edited picture: a person with more gray hair, before and after."
    assert rendered.measured["strength_gray"] == 2.0
    assert rendered.measured["faces"] == 1.0
    fractions = [progress.fraction for progress in heard]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert any(progress.preview_jpeg for progress in heard)


@pytest.mark.slow
def test_shapes_and_colours_go_together_in_one_animation(hasty: Models, astronaut_jpeg: bytes) -> None:
    heard: list[StageProgress] = []
    film = AnimationOptions(frames=3, size_px=128, sheet=True)
    rendered = edit(hasty, astronaut_jpeg, options(("black", 1.0), ("bangs", 2.0)), film, heard.append)
    assert rendered.animation.startswith(b"GIF89a")
    assert rendered.frames == 3
    assert (
        "more bangs and more black hair" in rendered.alt_text or "more black hair and more bangs" in rendered.alt_text
    )
    assert {"inversion_s", "growing_s"} <= set(rendered.measured)
    stages = list(dict.fromkeys(progress.stage for progress in heard))
    assert stages.index("learning the face") < stages.index("growing hair") < stages.index("encoding")
    fractions = [progress.fraction for progress in heard]
    assert fractions == sorted(fractions)
    assert rendered.sheet_png is not None
    with Image.open(BytesIO(rendered.sheet_png)) as sheet:
        assert sheet.height == 128
        assert sheet.width > 5 * 128


@pytest.mark.slow
@pytest.mark.parametrize(
    ("attribute", "strength"),
    [
        ("bald", 2.0),
        ("bald", -2.0),
        ("bangs", 2.0),
        ("bangs", -2.0),
        ("long_hair", 2.0),
        ("receding_hairline", 2.0),
        ("beard", 2.0),
        ("mustache", 2.0),
    ],
)
def test_no_shape_edit_touches_eyes_mouth_or_suit(
    hasty: Models, known: Prepared, astronaut: NDArray[np.uint8], attribute: str, strength: float
) -> None:
    face = edit_faces(hasty, astronaut, options((attribute, strength)), nothing, known)[0]
    frame = frame_of(face, astronaut, 1.0)
    assert not ((frame != astronaut).any(2) & ~face.mask(astronaut.shape)).any()
    x, y = np.rint(face.portrait.face.landmarks[[39, 42, 62, 66]]).astype(int).T
    np.testing.assert_array_equal(frame[y, x], astronaut[y, x])
    np.testing.assert_array_equal(frame[400:, 200:300], astronaut[400:, 200:300])


def test_hair_that_is_short_already_is_not_cut(hasty: Models, known: Prepared, astronaut: NDArray[np.uint8]) -> None:
    with pytest.raises(NothingToEdit, match="not long enough"):
        edit_faces(hasty, astronaut, options(("long_hair", -1.0)), nothing, known)


@pytest.mark.parametrize("attribute", ["beard", "mustache", "sideburns"])
def test_a_face_without_a_beard_is_not_shaved(models: Models, astronaut: NDArray[np.uint8], attribute: str) -> None:
    with pytest.raises(NothingToEdit, match="on this face that could go"):
        edit_faces(models, astronaut, options((attribute, -2.0)), nothing)


def test_no_strength_is_no_edit(models: Models, astronaut: NDArray[np.uint8]) -> None:
    face = edit_faces(models, astronaut, options(("bangs", 0.0)), nothing)[0]
    assert face.layers == ()
    np.testing.assert_array_equal(frame_of(face, astronaut, 1.0), astronaut)
    assert not face.mask(astronaut.shape).any()


def test_an_unknown_attribute_is_refused_before_anything_else(models: Models) -> None:
    with pytest.raises(BadOption, match="Did you mean bangs"):
        edit(models, b"no photo", options(("bangz", 1.0)), STILL, nothing)


def test_a_photo_without_a_face_is_refused(models: Models) -> None:
    file = BytesIO()
    Image.fromarray(np.full((200, 200, 3), 90, np.uint8)).save(file, "PNG")
    with pytest.raises(NoFace):
        edit(models, file.getvalue(), options(("black", 1.0)), STILL, nothing)


def test_a_report_that_raises_stops_the_work(models: Models, astronaut_jpeg: bytes) -> None:
    def stop(progress: StageProgress) -> None:
        if progress.stage == "learning the face":
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        edit(models, astronaut_jpeg, options(("bangs", 1.0)), STILL, stop)
