"""Where faces are: boxes with five points, from RetinaFace (Deng et al. 2020) on a MobileNet, run by onnxruntime."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

# Long sides at which a photo is searched. Twice the one before each, because a face that is too large for one search
# is well within the next: the network knows faces of 16 to 512 px.
SEARCH_SIDES_PX = (320, 640, 1280, 2560)
# Enlarging further than this shows the network nothing new.
MAX_ENLARGEMENT = 2.0
# In the larger searches, what is wider than this was to be seen in the smaller ones; there, large faces are counted
# twice, by their halves.
LARGE_SEARCH_MAX_FACE_PX = 160
# A face is looked at twice: as it lies in the photo, where tiny and half hidden ones score low, and turned upright in
# a window of its own. In 60 test photos the 79 faces of 24 px and more had .96 and .989 at least; two clusters of curls
# that looked like a face had .86 and .899 at most.
MIN_CONFIDENCE, SECOND_CONFIDENCE = 0.8, 0.95
# Two boxes that share more of the smaller one, whose area is no smaller than this, are the same face.
MAX_SHARED, LEAST_AREA = 0.5, 1e-9
# Of a turned window: the face's side times this, so that hair and chin are in it; and its pixels.
UPRIGHT_MARGIN = 2.2
UPRIGHT_WINDOW_PX = 256
# Another turn's logit must be this much above the best one's before it: the turn found by the eyes is mostly right. Of
# 45 photos lying on a side or on their head, 8 came out wrong when probabilities were compared, which are all near 1.
TURN_ADVANTAGE = 1.0
# A face that is still turned by more, in degrees, is looked at a third time, turned by that.
UPRIGHT_WITHIN_DEGREES = 12.0
# The network's own constants: mean colour (blue, green, red), strides, anchor sizes, and scales of what it predicts.
MEAN_BGR = (104.0, 117.0, 127.0)
ANCHORS_PX = {8: (16, 32), 16: (64, 128), 32: (256, 512)}
CENTER_VARIANCE, SIZE_VARIANCE = 0.1, 0.2


@dataclass(frozen=True)
class Detection:
    """box: left, top, right, bottom; points (5,2): the eye at the picture's left, the other, nose, the two corners of
    the mouth, all in photo pixels; confidence: 0..1."""

    box: NDArray[np.float64]
    points: NDArray[np.float64]
    confidence: float

    @property
    def side_px(self) -> float:
        """The longer side of its box."""
        return float(max(self.box[2] - self.box[0], self.box[3] - self.box[1]))


def load_detector(path: Path) -> Any:
    """An onnxruntime session of the network that a Python file holds as `WEIGHTS = b"..."`. The file is parsed, never
    run. Raises ValueError where it holds something else."""
    tree = ast.parse(path.read_bytes())
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.Assign):
        raise ValueError(f"{path.name} holds more than one constant")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    # Waiting threads that spin take the processor from the engine beside them.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # An arena of its own would keep what the largest search took, 65 MiB, from all that comes after.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3  # its file names unused outputs, which onnxruntime warns of one by one
    return onnxruntime.InferenceSession(
        ast.literal_eval(tree.body[0].value), options, providers=["CPUExecutionProvider"]
    )


def detect(session: Any, photo: NDArray[np.uint8], confidence: float = MIN_CONFIDENCE) -> list[Detection]:
    """Every face of a photo (H,W,3 uint8, RGB) as it lies, at all scales, the surest first."""
    long_side = max(photo.shape[:2])
    found: list[Detection] = []
    for index, side_px in enumerate(SEARCH_SIDES_PX):
        scale = min(side_px / long_side, 1.0 if index > 1 else MAX_ENLARGEMENT)
        for detection in _detect_at(session, photo, scale, confidence):
            if index < 2 or detection.side_px * scale <= LARGE_SEARCH_MAX_FACE_PX:
                found.append(detection)
        if scale < side_px / long_side:  # all pixels were looked at
            break
    if not found:
        return []
    boxes, confidences = np.stack([one.box for one in found]), np.array([one.confidence for one in found])
    return [found[index] for index in _each_once(boxes, confidences)]


def upright(session: Any, photo: NDArray[np.uint8], detection: Detection) -> tuple[Detection, NDArray[np.float64]]:
    """The face looked at again, turned upright by its eyes or, where that is much surer, the other way up.

    Gives it in a turned window's pixels and the map (2,3) from the window to the photo. Its confidence is 0 where
    nothing was seen at second sight.
    """
    best: tuple[Detection, NDArray[np.float64]] | None = None
    for turn in (0.0, 180.0, 90.0, 270.0):
        seen = _seen_turned(session, photo, detection.box, _roll(detection) + turn)
        if seen is None:
            continue
        if best is None or _logit(seen[0].confidence) > _logit(best[0].confidence) + TURN_ADVANTAGE:
            best = seen
    if best is None:
        return Detection(detection.box, detection.points, 0.0), np.eye(2, 3)
    again, to_photo = best
    if abs(_roll(again)) <= UPRIGHT_WITHIN_DEGREES:
        return best
    # The eyes were seen badly at first sight, as those of faces on their head are.
    centre = to_photo[:, :2] @ ((again.box[:2] + again.box[2:]) / 2) + to_photo[:, 2]
    half_px = again.side_px * float(np.hypot(*to_photo[:, 0])) / 2
    across = to_photo[:, :2] @ (again.points[1] - again.points[0])
    third = _seen_turned(
        session,
        photo,
        np.concatenate([centre - half_px, centre + half_px]),
        float(np.degrees(np.arctan2(*across[::-1]))),
    )
    return best if third is None or third[0].confidence < SECOND_CONFIDENCE else third


def _roll(detection: Detection) -> float:
    """Degrees by which the eyes are turned to the right."""
    eyes = detection.points[1] - detection.points[0]
    return float(np.degrees(np.arctan2(eyes[1], eyes[0])))


def _seen_turned(
    session: Any, photo: NDArray[np.uint8], box: NDArray[np.float64], degrees: float
) -> tuple[Detection, NDArray[np.float64]] | None:
    """The surest face in the middle of a window around a box that is turned by `degrees`, and the map to the photo."""
    to_photo = _window_matrix(box, degrees)
    window = np.asarray(
        cv2.warpAffine(
            photo,
            to_photo,
            (UPRIGHT_WINDOW_PX, UPRIGHT_WINDOW_PX),
            flags=cv2.WARP_INVERSE_MAP | cv2.INTER_AREA,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )
    middle = np.full(2, UPRIGHT_WINDOW_PX / 2)
    seen = [
        one
        for one in _detect_at(session, window, 1.0, 0.0)
        if np.abs(one.points.mean(0) - middle).max() < UPRIGHT_WINDOW_PX / 5
    ]
    return (max(seen, key=lambda one: one.confidence), to_photo) if seen else None


def _logit(confidence: float) -> float:
    bounded = min(max(confidence, 1e-7), 1 - 1e-7)
    return float(np.log(bounded / (1 - bounded)))


def _window_matrix(box: NDArray[np.float64], degrees: float) -> NDArray[np.float64]:
    """From a square window around a box, turned by `degrees`, to the photo."""
    center = np.array([box[0] + box[2], box[1] + box[3]]) / 2
    pixel_px = UPRIGHT_MARGIN * max(box[2] - box[0], box[3] - box[1]) / UPRIGHT_WINDOW_PX
    angle = np.radians(degrees)
    turn = pixel_px * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.hstack([turn, (center - turn @ np.full(2, UPRIGHT_WINDOW_PX / 2))[:, None]])


def _detect_at(session: Any, photo: NDArray[np.uint8], scale: float, confidence: float) -> list[Detection]:
    """Faces of the photo resized by `scale`, in photo pixels, each once."""
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    picture = photo if scale == 1 else cv2.resize(photo, None, fx=scale, fy=scale, interpolation=interpolation)
    # The network halves its maps five times: sides that are multiples of 32 keep its anchors where they belong.
    height, width = (-(-side // 32) * 32 for side in picture.shape[:2])
    below, beside = height - picture.shape[0], width - picture.shape[1]
    padded = cv2.copyMakeBorder(picture, 0, below, 0, beside, cv2.BORDER_CONSTANT, value=MEAN_BGR[::-1])
    blob = cv2.dnn.blobFromImage(padded, mean=MEAN_BGR, swapRB=True)
    boxes, scores, points = session.run(None, {"input": blob})
    likely = scores[0, :, 1] >= max(confidence, 0.02)
    anchors = _anchors(height, width)[likely]
    sizes = anchors[:, 2:]
    centers = anchors[:, :2] + sizes * boxes[0, likely, :2] * CENTER_VARIANCE
    half = sizes * np.exp(boxes[0, likely, 2:] * SIZE_VARIANCE) / 2
    corners = np.hstack([centers - half, centers + half]) / scale
    five = (anchors[:, None, :2] + sizes[:, None] * points[0, likely].reshape(-1, 5, 2) * CENTER_VARIANCE) / scale
    confidences = scores[0, likely, 1].astype(np.float64)
    return [
        Detection(corners[index].astype(np.float64), five[index].astype(np.float64), float(confidences[index]))
        for index in _each_once(corners.astype(np.float64), confidences)
    ]


def _anchors(height: int, width: int) -> NDArray[np.float64]:
    """Centre and size (N,4, px) of the boxes that the network's answers are relative to, in its order."""
    rows = []
    for stride, sizes in ANCHORS_PX.items():
        x, y = np.meshgrid(np.arange(width // stride), np.arange(height // stride))
        centers = (np.column_stack([x.ravel(), y.ravel()]) + 0.5) * stride
        sides = np.tile(np.array(sizes, np.float64), len(centers))
        rows.append(np.column_stack([np.repeat(centers, len(sizes), 0), sides, sides]))
    return np.vstack(rows)


def _each_once(boxes: NDArray[np.float64], confidences: NDArray[np.float64]) -> list[int]:
    """Which of the boxes (N,4) are a face each, the surest first: what shares much of itself with a surer one is left
    out."""
    left = np.argsort(-confidences, kind="stable")
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    kept = []
    while left.size:
        one, left = int(left[0]), left[1:]
        kept.append(one)
        sides = np.minimum(boxes[left, 2:], boxes[one, 2:]) - np.maximum(boxes[left, :2], boxes[one, :2])
        shared = np.prod(np.clip(sides, 0, None), axis=1) / np.maximum(np.minimum(areas[left], areas[one]), LEAST_AREA)
        left = left[shared <= MAX_SHARED]
    return kept
