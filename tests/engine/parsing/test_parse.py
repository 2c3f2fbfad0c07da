"""Class probabilities of real and generated faces."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from engine.face.alignment import CROP_SIZE_PX, crop_face, crop_matrix
from engine.face.faces import choose_faces, find_faces
from engine.models.load import Parts
from engine.parsing import FaceClass, as_tensor, class_logits, normalise, parse

Crop = tuple[NDArray[np.uint8], NDArray[np.float64]]


@pytest.fixture(scope="module")
def crop(parts: Parts, astronaut: NDArray[np.uint8]) -> Crop:
    """The astronaut's crop, and her landmarks (68,2) in it."""
    (face,) = choose_faces(find_faces(parts.face_tools, astronaut), "largest")
    matrix = np.linalg.inv(np.vstack([crop_matrix(face.quad), [0, 0, 1]]))
    return crop_face(astronaut, face.quad), face.landmarks @ matrix[:2, :2].T + matrix[:2, 2]


@pytest.fixture(scope="module")
def probabilities(parts: Parts, crop: Crop) -> NDArray[np.float32]:
    return parse(parts.parser, crop[0])


def test_probabilities_are_shares_of_one(probabilities: NDArray[np.float32]) -> None:
    assert probabilities.shape == (19, 512, 512)
    assert probabilities.dtype == np.float32
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(0), 1, atol=1e-4)


def test_the_astronauts_face_is_taken_apart_rightly(probabilities: NDArray[np.float32], crop: Crop) -> None:
    landmarks = crop[1]

    def at(points: slice) -> FaceClass:
        x, y = np.rint(landmarks[points].mean(0) * 512 / CROP_SIZE_PX).astype(int)
        return FaceClass(int(probabilities[:, y, x].argmax()))

    assert at(slice(30, 31)) == FaceClass.NOSE
    # Which eye is which, the network cannot tell: it was trained on mirrored pictures too.
    assert {at(slice(36, 42)), at(slice(42, 48))} <= {FaceClass.LEFT_EYE, FaceClass.RIGHT_EYE}
    assert at(slice(60, 68)) in (FaceClass.MOUTH, FaceClass.UPPER_LIP, FaceClass.LOWER_LIP)
    assert at(slice(2, 15, 12)) in (FaceClass.SKIN, FaceClass.NOSE, FaceClass.UPPER_LIP)
    hair = probabilities[FaceClass.HAIR] > 0.5
    assert 0.08 < hair.mean() < 0.5
    assert hair[: int(landmarks[27, 1] / 2)].sum() > hair[int(landmarks[8, 1] / 2) :].sum()
    assert (probabilities[FaceClass.HAT] > 0.5).mean() < 0.01


def test_a_mirrored_crop_has_the_mirrored_answer_with_left_and_right_exchanged(
    parts: Parts, crop: Crop, probabilities: NDArray[np.float32]
) -> None:
    mirrored = parse(parts.parser, crop[0][:, ::-1])[:, :, ::-1]
    exchanged = list(range(19))
    for left, right in ((2, 3), (4, 5), (7, 8)):
        exchanged[left], exchanged[right] = right, left
    np.testing.assert_allclose(mirrored[exchanged], probabilities, atol=2e-3)


def test_a_single_look_agrees_with_two_for_the_most_part(
    parts: Parts, crop: Crop, probabilities: NDArray[np.float32]
) -> None:
    single = parse(parts.parser, crop[0], mirrored=False)
    assert 0.95 < (single.argmax(0) == probabilities.argmax(0)).mean() < 1


def test_a_crop_can_be_looked_at_in_another_size(parts: Parts, crop: Crop) -> None:
    small = parse(parts.parser, crop[0], 256, mirrored=False)
    assert small.shape == (19, 256, 256)
    assert small[:, 128, 128].argmax() in (FaceClass.SKIN, FaceClass.NOSE)


def test_normalised_pictures_are_averaged_and_scaled_for_imagenet() -> None:
    picture = torch.linspace(-1, 1, 3 * 64 * 64).reshape(1, 3, 64, 64)
    normal = normalise(picture, 32)
    expected = (F.avg_pool2d(picture, 2) + 1) / 2
    torch.testing.assert_close(normal[0, 0], (expected[0, 0] - 0.485) / 0.229)
    torch.testing.assert_close(normal[0, 2], (expected[0, 2] - 0.406) / 0.225)
    assert normalise(picture, 64).shape == picture.shape


def test_logits_pass_a_gradient_to_the_picture(parts: Parts, pictures: torch.Tensor) -> None:
    """One step up the logit of skin makes less of the picture hair."""
    picture = pictures[:1].clone().requires_grad_()
    before = class_logits(parts.parser, picture, 128).softmax(1)[:, FaceClass.HAIR].mean()
    (gradient,) = torch.autograd.grad(before, picture)
    with torch.no_grad():
        changed = picture - 0.3 * gradient / gradient.abs().max()
        after = class_logits(parts.parser, changed, 128).softmax(1)[:, FaceClass.HAIR].mean()
    assert float(after) < float(before.detach())


def test_logits_are_enlarged_as_the_network_enlarges_its_own(parts: Parts, pictures: torch.Tensor) -> None:
    with torch.no_grad():
        its_own = parts.parser(normalise(pictures[:1], 256))
        torch.testing.assert_close(class_logits(parts.parser, pictures[:1], 256), its_own, atol=1e-3, rtol=1e-4)


def test_a_crop_is_looked_at_as_its_area_average(parts: Parts, crop: Crop) -> None:
    with torch.no_grad():
        averaged = class_logits(parts.parser, as_tensor(crop[0][None], torch.device("cpu")), 256)[0].softmax(0)
    np.testing.assert_allclose(parse(parts.parser, crop[0], 256, mirrored=False), averaged.numpy(), atol=1e-4)
