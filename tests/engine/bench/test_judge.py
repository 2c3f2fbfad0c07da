"""One frame's verdict, with the real parser and descriptor on a real face."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.bench.identity import load_descriptor
from engine.bench.judge import FrameJudge, in_crop
from engine.errors import WeightsUnreachable
from engine.face.alignment import crop_matrix
from engine.face.faces import Face, choose_faces, find_faces, load_face_tools
from engine.parsing import BiSeNet, load_bisenet
from engine.weights import dlib_model_path, weights_path

Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def parser() -> BiSeNet:
    try:
        path = weights_path("bisenet.pth")
    except WeightsUnreachable as error:
        pytest.skip(str(error))
    return load_bisenet(path, torch.device("cpu"))


@pytest.fixture(scope="module")
def face(astronaut: Picture) -> Face:
    tools = load_face_tools(dlib_model_path("shape_predictor_68_face_landmarks.dat"))
    return choose_faces(find_faces(tools, astronaut), "largest")[0]


@pytest.fixture(scope="module")
def judge(parser: BiSeNet, astronaut: Picture, face: Face) -> FrameJudge:
    return FrameJudge(parser, load_descriptor(), astronaut, face.quad, face.landmarks)


def bald(photo: Picture, face: Face) -> Picture:
    """A crude bald head: an ellipse of the nose's colour where the skull is."""
    x, y = face.landmarks[:, 0], face.landmarks[:, 1]
    centre = (round(float(x[27])), round(float(y[27])))
    size = (round(face.width_px * 0.50), round(face.width_px * 0.72))
    mask = np.zeros(photo.shape[:2], np.float32)
    cv2.ellipse(mask, centre, size, 0, 180, 360, 1.0, -1)
    mask[round(float(y[17:27].min())) - 4 :] = 0
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), 2))[..., None]
    nose = face.landmarks[28].astype(int)
    skin = photo[nose[1] - 3 : nose[1] + 4, nose[0] - 3 : nose[0] + 4].reshape(-1, 3).mean(axis=0)
    noise = np.random.default_rng(0).normal(0, 3, photo.shape)
    picture: Picture = np.clip(photo * (1 - soft) + (skin + noise) * soft, 0, 255).astype(np.uint8)
    return picture


def test_points_go_into_the_crop_and_back(face: Face) -> None:
    matrix = crop_matrix(face.quad, 512)
    there = in_crop(face.landmarks, face.quad, 512)
    assert there @ matrix[:, :2].T + matrix[:, 2] == pytest.approx(face.landmarks)


@pytest.mark.slow
def test_the_photo_itself_has_hair_and_is_the_same_person(judge: FrameJudge, astronaut: Picture) -> None:
    verdict = judge(astronaut)
    assert verdict.identity == 0.0
    assert verdict.hair_px > verdict.crown_hair_px > 1000
    # Two judges that know nothing of each other agree on what was hair.
    assert verdict.crown_hair_colour_px > 0.8 * judge.scalp.sum() > 200


@pytest.mark.slow
def test_a_bald_crown_is_seen_by_both_judges(judge: FrameJudge, astronaut: Picture, face: Face) -> None:
    before, after = judge(astronaut), judge(bald(astronaut, face))
    assert after.crown_hair_px < 0.5 * before.crown_hair_px
    assert after.crown_hair_colour_px < 0.15 * before.crown_hair_colour_px
    assert 0.0 < after.identity < 0.5
