"""What lies on the hair of a photo is told before anything is learnt of the face."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.bench.worn import refused, stage_of, verdict
from engine.compositing.canvas import LEAST_CROP_PX
from engine.edits.seen import see
from engine.errors import DrawnFace, FaceBlurred, FaceCut
from engine.face.faces import MIN_FACE_WIDTH_PX, Face, check_face, choose_faces, find_faces
from engine.face.head_axes import head_axes
from engine.models.load import Models
from engine.parsing import FaceClass
from engine.photo import read_photo
from engine.training.samples import sample_faces
from engine.training.things.kinds import LEARNT, UNSEEN
from engine.training.things.laid import laid
from tests.support.drawn_avatar import drawn_avatar
from tests.support.inks import pencilled, printed

pytestmark = pytest.mark.slow


def chosen(models: Models, photo: NDArray[np.uint8]) -> Face:
    return choose_faces(find_faces(models.face_tools, photo), "largest")[0]


@pytest.mark.parametrize("name", ["woman-long-dark", "man-curly-glasses", "woman-braids"])
def test_bare_hair_is_no_thing(models: Models, shared_photos: Path, name: str) -> None:
    photo = read_photo((shared_photos / "aligned" / f"{name}.jpg").read_bytes())
    assert not refused(models, photo, chosen(models, photo))


@pytest.mark.parametrize("kind", ["bow", "flower", "glasses", "cap"])
def test_a_thing_on_the_hair_is_told(models: Models, shared_photos: Path, kind: str) -> None:
    photo = read_photo((shared_photos / "aligned" / "man-curly-long.jpg").read_bytes())
    face = chosen(models, photo)
    stage = stage_of(models, photo, face)
    u, v = stage.axes.coordinates(stage.shape)
    # By the parser's hair alone, a few pixels that another processor sees otherwise would move it to the rim.
    upper = replace(stage, hair=(np.abs(u) < 0.3) & (v > 0.5) & (v < 0.68))
    done = laid(photo, upper, {**LEARNT, **UNSEEN}[kind], photo, np.random.default_rng(3))
    assert verdict(models, done.picture, done.where & stage.hair, face) != "missed"


@pytest.mark.parametrize("seed", [1, 2])
def test_thin_pins_are_seen_from_closer(models: Models, shared_photos: Path, seed: int) -> None:
    photo = read_photo((shared_photos / "wild" / "woman-long-brown.jpg").read_bytes())
    face = chosen(models, photo)
    stage = stage_of(models, photo, face)
    u, v = stage.axes.coordinates(stage.shape)
    upper = replace(stage, hair=stage.hair & (np.abs(u) < 0.3) & (v > 0.5) & (v < 0.68))
    done = laid(photo, upper, LEARNT["pins"], photo, np.random.default_rng(seed))
    assert refused(models, done.picture, face)


@pytest.mark.parametrize("name", ["woman-long-blond", "man-red-freckles"])
def test_a_string_of_pearls_is_seen_from_closer(models: Models, shared_photos: Path, name: str) -> None:
    photo = read_photo((shared_photos / "aligned" / f"{name}.jpg").read_bytes())
    face = chosen(models, photo)
    place = list(LEARNT).index("pearls")
    done = laid(photo, stage_of(models, photo, face), LEARNT["pearls"], photo, np.random.default_rng([8302, place, 0]))
    assert refused(models, done.picture, face)


@pytest.mark.parametrize("side_px", [300, 400, 450])
def test_bare_hair_of_a_small_photo_is_no_thing_from_closer(models: Models, shared_photos: Path, side_px: int) -> None:
    photo = read_photo((shared_photos / "aligned" / "man-blond-beard.jpg").read_bytes())
    small = np.asarray(cv2.resize(photo, (side_px, side_px), interpolation=cv2.INTER_AREA), np.uint8)
    assert not refused(models, small, chosen(models, small))


def test_a_cap_on_the_back_of_the_head_that_the_parser_takes_for_hair_is_told(models: Models) -> None:
    (sample,) = sample_faces(models.generator, models.statistics.mean, 1, seed=550011, truncation=(0.9, 0.9))
    picture = ((sample.picture.float().permute(1, 2, 0) + 1) * 127.5).round().byte().cpu().numpy()
    assert refused(models, picture, chosen(models, picture))


def cut_above(models: Models, photo: NDArray[np.uint8], height: float) -> NDArray[np.uint8]:
    """The photo without what is higher over the brows, in face widths."""
    axes = head_axes(chosen(models, photo).landmarks)
    return photo[round(float(axes.origin[1]) - height * axes.width_px) :]


def test_where_the_photo_ends_on_the_forehead_nothing_lies_on_the_hair(models: Models, shared_photos: Path) -> None:
    """Beyond its edge the crop is mirrored: the long hair at the sides, and the parting, meet themselves."""
    photo = cut_above(models, read_photo((shared_photos / "aligned" / "woman-long-dark.jpg").read_bytes()), 0.4)
    assert not refused(models, photo, chosen(models, photo))


def test_where_the_photo_ends_at_the_brows_the_head_is_cut(models: Models, shared_photos: Path) -> None:
    photo = read_photo((shared_photos / "aligned" / "woman-long-dark.jpg").read_bytes())
    held = cut_above(models, photo, 0.2).copy()
    held[:40, ::2] = (220, 30, 90)  # what is left of a hat
    with pytest.raises(FaceCut, match="top of the head"):
        see(models.parser, models.on_hair, held, chosen(models, held), [], LEAST_CROP_PX)


@pytest.mark.parametrize("side_px", [128, 256, 512])
def test_a_cartoon_is_told_to_be_drawn_and_neither_blurred_nor_with_a_hat(models: Models, side_px: int) -> None:
    avatar = drawn_avatar(side_px)
    with pytest.raises(DrawnFace):
        see(models.parser, models.on_hair, avatar, chosen(models, avatar), [], LEAST_CROP_PX)


@pytest.mark.parametrize("name", ["man-curly-glasses", "woman-braids"])
def test_a_pencil_drawing_is_told_to_be_drawn(models: Models, shared_photos: Path, name: str) -> None:
    photo = read_photo((shared_photos / "aligned" / f"{name}.jpg").read_bytes())
    drawing = pencilled(cv2.resize(photo, (800, 800), interpolation=cv2.INTER_AREA).astype(np.uint8))
    with pytest.raises(DrawnFace):
        see(models.parser, models.on_hair, drawing, chosen(models, drawing), [], LEAST_CROP_PX)


def test_a_newspaper_s_dots_are_told_to_be_that_and_no_hat(models: Models, shared_photos: Path) -> None:
    photo = read_photo((shared_photos / "aligned" / "man-curly-long.jpg").read_bytes())
    dots = printed(cv2.resize(photo, (800, 800), interpolation=cv2.INTER_AREA).astype(np.uint8))
    with pytest.raises(DrawnFace, match="printed in dots"):
        see(models.parser, models.on_hair, dots, chosen(models, dots), [], LEAST_CROP_PX)


@pytest.mark.parametrize("name", ["woman-long-dark", "man-curly-long", "woman-braids"])
def test_blocks_of_a_compressed_file_are_no_things_on_the_hair(models: Models, shared_photos: Path, name: str) -> None:
    photo = read_photo((shared_photos / "aligned" / f"{name}.jpg").read_bytes())
    small = cv2.resize(photo, (256, 256), interpolation=cv2.INTER_AREA)
    _, file = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 12])
    blocky = read_photo(file.tobytes())
    assert not refused(models, blocky, chosen(models, blocky))


@pytest.mark.parametrize(
    ("name", "side_px"), [("woman-long-dark", 48), ("woman-long-dark", 40), ("man-curly-long", 56)]
)
def test_an_avatar_in_squares_is_too_small_and_has_no_hat_on_and_is_not_drawn(
    models: Models, shared_photos: Path, name: str, side_px: int
) -> None:
    photo = read_photo((shared_photos / "aligned" / f"{name}.jpg").read_bytes())
    face = chosen(models, photo)
    small = cv2.resize(photo, (side_px, side_px), interpolation=cv2.INTER_AREA)
    squares = np.asarray(cv2.resize(small, photo.shape[1::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
    with pytest.raises(FaceBlurred):
        see(models.parser, models.on_hair, squares, face, [], LEAST_CROP_PX)


def test_of_people_with_faces_of_a_few_pixels_hair_is_seen(models: Models, shared_photos: Path) -> None:
    photo = read_photo((shared_photos / "wild" / "group-four-dark.jpg").read_bytes())
    small = np.asarray(cv2.resize(photo, (256, 137), interpolation=cv2.INTER_AREA), np.uint8)
    faces = find_faces(models.face_tools, small)
    assert len(faces) == 4
    assert all(MIN_FACE_WIDTH_PX < face.width_px < 32 for face in faces)
    for face in faces:
        check_face(face, small.shape)
        others = [other for other in faces if other is not face]
        seen = see(models.parser, models.on_hair, small, face, others, LEAST_CROP_PX)
        assert (seen.probabilities[FaceClass.HAIR] > 0.5).mean() > 0.05


def test_a_cartoon_in_squares_is_told_to_be_drawn(models: Models) -> None:
    avatar = drawn_avatar(512)
    face = chosen(models, avatar)
    small = cv2.resize(avatar, (48, 48), interpolation=cv2.INTER_AREA)
    squares = np.asarray(cv2.resize(small, (512, 512), interpolation=cv2.INTER_NEAREST), np.uint8)
    with pytest.raises(DrawnFace):
        see(models.parser, models.on_hair, squares, face, [], LEAST_CROP_PX)
