"""Whether a face is a child's: a small network's apparent age (dlib-models, Cydral Technology), on an aligned chip."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import cv2
import dlib
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from engine.errors import TooYoung
from engine.weights import weights_path


@dataclass(frozen=True)
class AgeSettings:
    """How a face is looked at. docs/photos.md has the error rates."""

    # Below it, in years as the network sees them, somebody is a child for certain: it thought so of none of 622
    # grown-ups, the youngest of whom it took for 12, and of 70 % of the children (docs/photos.md).
    least_years: float = 10.0
    chip_px: int = 64
    chip_padding: float = 0.2
    # Where dlib's detector sees a face in an aligned crop of this side (left, top, right, bottom, in crop sides): the
    # median over generated faces. The network's landmarks were fitted to its boxes.
    crop_px: int = 256
    box: tuple[float, float, float, float] = (0.25, 0.33, 0.76, 0.84)


@dataclass(frozen=True)
class AgeTools:
    """The network, the landmarks of its chips, and what the manifest says of its input and output."""

    network: Any
    predictor: Any
    means: NDArray[np.float32]  # 3, RGB
    scale: float
    years: NDArray[np.float32]  # 81, of the network's classes
    settings: AgeSettings = AgeSettings()


def load_age_tools() -> AgeTools:
    """Fetch and load. Raises WeightsUnreachable and WeightsCorrupt."""
    manifest = json.loads(weights_path("age-gender.json").read_text(encoding="utf-8"))["models"]["age"]
    normalization = manifest["input"]["normalization"]
    return AgeTools(
        session("age.onnx"),
        dlib.shape_predictor(str(weights_path("age-gender-landmarks.dat"))),
        np.array(normalization["means"], np.float32),
        float(normalization["scale"]),
        np.array(manifest["age_weights"], np.float32),
    )


def session(name: str) -> Any:
    """One of the fetched networks. Raises WeightsUnreachable and WeightsCorrupt."""
    options = onnxruntime.SessionOptions()
    # Chips come in batches of a few; more threads would only wait for one another.
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(weights_path(name)), options, providers=["CPUExecutionProvider"])


def age_chip(tools: AgeTools, picture: NDArray[np.uint8], box: Any) -> NDArray[np.uint8]:
    """The aligned chip (64,64,3) of the face in a box of a picture (H,W,3 uint8)."""
    details = dlib.get_face_chip_details(
        tools.predictor(picture, box), tools.settings.chip_px, tools.settings.chip_padding
    )
    return np.asarray(dlib.extract_image_chip(picture, details), np.uint8)


def ages_of(tools: AgeTools, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Years (N) of aligned chips (N,64,64,3 uint8); each the mean over the chip and its mirror image."""
    classes: NDArray[np.float32] = tools.network.run(None, {"images": mirrored(tools, chips)})[0]
    years = np.asarray(classes @ tools.years, np.float32)
    return np.asarray(years.reshape(2, -1).mean(0), np.float32)


def mirrored(tools: AgeTools, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Chips (N,S,S,3 uint8) and then their mirror images as the networks take them (2N,3,S,S)."""
    pixels = (chips.astype(np.float32) - tools.means) * tools.scale
    return np.ascontiguousarray(np.concatenate([pixels, pixels[:, :, ::-1]]).transpose(0, 3, 1, 2))


def apparent_age(tools: AgeTools, crop: NDArray[np.uint8]) -> float:
    """Years of the face in an aligned crop (S,S,3 uint8), as the network sees them."""
    side_px = tools.settings.crop_px
    small = np.ascontiguousarray(cv2.resize(crop, (side_px, side_px), interpolation=cv2.INTER_AREA), np.uint8)
    box = dlib.rectangle(*(round(share * side_px) for share in tools.settings.box))
    return float(ages_of(tools, age_chip(tools, small, box)[None])[0])


def check_grown_up(tools: AgeTools, crop: NDArray[np.uint8]) -> None:
    """Raise TooYoung where the face in an aligned crop (S,S,3 uint8) is certainly a child's."""
    if apparent_age(tools, crop) < tools.settings.least_years:
        raise TooYoung(
            "This looks like a child's face, and this is for grown-ups: choose a photo of one. Where that is wrong, "
            "another photo of the same person may help; [engine] grown_ups_only = false switches the check off."
        )
