"""Apparent age and gender by two small networks on aligned chips (dlib-models, Cydral Technology)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dlib
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from engine.weights import weights_path

AGE_CHIP_PX, GENDER_CHIP_PX = 64, 32
CHIP_PADDING = 0.2
# Of the gender's logit, where the network's probability is no longer told from 0 or 1.
LOGIT_LIMIT = 6.0


@dataclass(frozen=True)
class AgeGender:
    """Both networks, the landmarks of their alignment, and what the manifest says of their input and output."""

    age: Any
    gender: Any
    predictor: Any
    means: NDArray[np.float32]  # 3, RGB
    scale: float
    age_weights: NDArray[np.float32]  # 81, years


def load_age_gender() -> AgeGender:
    """Fetch and load. Raises WeightsUnreachable and WeightsCorrupt."""
    manifest = json.loads(weights_path("age-gender.json").read_text(encoding="utf-8"))["models"]
    normalization = manifest["age"]["input"]["normalization"]
    options = onnxruntime.SessionOptions()
    # Chips come in batches of a few; more threads would only wait for one another.
    options.intra_op_num_threads = 1
    options.log_severity_level = 3

    def session(path: Path) -> Any:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    return AgeGender(
        age=session(weights_path("age.onnx")),
        gender=session(weights_path("gender.onnx")),
        predictor=dlib.shape_predictor(str(weights_path("age-gender-landmarks.dat"))),
        means=np.array(normalization["means"], np.float32),
        scale=float(normalization["scale"]),
        age_weights=np.array(manifest["age"]["age_weights"], np.float32),
    )


def chips(nets: AgeGender, picture: NDArray[np.uint8], box: Any) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The aligned chips (64,64,3 and 32,32,3) of the face in a box of a picture (H,W,3 uint8)."""
    shape = nets.predictor(picture, box)
    cut = [
        dlib.extract_image_chip(picture, dlib.get_face_chip_details(shape, size, CHIP_PADDING))
        for size in (AGE_CHIP_PX, GENDER_CHIP_PX)
    ]
    return np.asarray(cut[0], np.uint8), np.asarray(cut[1], np.uint8)


def estimate(
    nets: AgeGender, age_chips: NDArray[np.uint8], gender_chips: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Years (N) and the logit (N) of being seen as a man; each the mean over the chip and its mirror image."""

    def mirrored(batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        pixels = (batch.astype(np.float32) - nets.means) * nets.scale
        return np.ascontiguousarray(np.concatenate([pixels, pixels[:, :, ::-1]]).transpose(0, 3, 1, 2))

    count = len(age_chips)
    ages = nets.age.run(None, {"images": mirrored(age_chips)})[0] @ nets.age_weights
    men = nets.gender.run(None, {"images": mirrored(gender_chips)})[0].astype(np.float64)
    logits = np.clip(np.log(men[:, 1] + 1e-12) - np.log(men[:, 0] + 1e-12), -LOGIT_LIMIT, LOGIT_LIMIT)
    return (ages[:count] + ages[count:]) / 2, ((logits[:count] + logits[count:]) / 2).astype(np.float32)
