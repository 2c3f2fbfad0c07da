"""Apparent age and gender by two small networks on aligned chips (dlib-models, Cydral Technology)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dlib
import numpy as np
from numpy.typing import NDArray

from engine.face.age import AgeTools, age_chip, ages_of, load_age_tools, mirrored, session

GENDER_CHIP_PX = 32
# Of the gender's logit, where the network's probability is no longer told from 0 or 1.
LOGIT_LIMIT = 6.0


@dataclass(frozen=True)
class AgeGender:
    """Both networks."""

    age: AgeTools
    gender: Any


def load_age_gender() -> AgeGender:
    """Fetch and load. Raises WeightsUnreachable and WeightsCorrupt."""
    return AgeGender(load_age_tools(), session("gender.onnx"))


def chips(nets: AgeGender, picture: NDArray[np.uint8], box: Any) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The aligned chips (64,64,3 and 32,32,3) of the face in a box of a picture (H,W,3 uint8)."""
    shape = nets.age.predictor(picture, box)
    details = dlib.get_face_chip_details(shape, GENDER_CHIP_PX, nets.age.settings.chip_padding)
    return age_chip(nets.age, picture, box), np.asarray(dlib.extract_image_chip(picture, details), np.uint8)


def estimate(
    nets: AgeGender, age_chips: NDArray[np.uint8], gender_chips: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Years (N) and the logit (N) of being seen as a man; each the mean over the chip and its mirror image."""
    count = len(age_chips)
    men = nets.gender.run(None, {"images": mirrored(nets.age, gender_chips)})[0].astype(np.float64)
    logits = np.clip(np.log(men[:, 1] + 1e-12) - np.log(men[:, 0] + 1e-12), -LOGIT_LIMIT, LOGIT_LIMIT)
    return ages_of(nets.age, age_chips), ((logits[:count] + logits[count:]) / 2).astype(np.float32)
