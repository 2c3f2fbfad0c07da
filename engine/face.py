"""Faces in a photo: detection, 68 landmarks, the FFHQ-aligned crop and the way back.

Alignment: Karras et al. 2019 (StyleGAN), appendix "The FFHQ dataset", after their published `recreate_aligned_images`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

from engine.errors import FaceCut, FaceTooSmall, NoFace, NoSuchFace

CROP_SIZE_PX = 1024
# The detector's cost grows with the picture; every face of the test photos was found at this long side.
DETECT_LONG_SIDE_PX = 800
# A small face in a large photo is looked for once more at this side, before giving up.
DETECT_RETRY_LONG_SIDE_PX = 2000
# Long side and least confidence of each try. Real faces score 0.8 and more, emblems and curtains up to 0.2; a dim or
# turned face is taken from there only where nothing better is found.
DETECT_TRIES = ((DETECT_LONG_SIDE_PX, 0.5), (DETECT_RETRY_LONG_SIDE_PX, 0.5), (DETECT_LONG_SIDE_PX, 0.0))
# Below this the distance between jaw ends holds too few pixels for landmarks and parser to agree.
MIN_FACE_WIDTH_PX = 40
# The share of landmarks that may lie outside of the photo.
MAX_OUTSIDE_LANDMARKS = 0.25


@dataclass(frozen=True)
class FaceTools:
    """The detector and the landmark predictor, loaded once."""

    detector: Any
    predictor: Any


@dataclass(frozen=True)
class Face:
    """landmarks: 68,2 in photo pixels; quad: the FFHQ square's corners (4,2: top left, bottom left, bottom right, top
    right) in photo pixels."""

    landmarks: NDArray[np.float64]
    quad: NDArray[np.float64]

    @property
    def width_px(self) -> float:
        """Distance between the two ends of the jaw line."""
        return float(np.linalg.norm(self.landmarks[16] - self.landmarks[0]))


def load_face_tools(predictor_path: Path) -> FaceTools:
    """Load dlib's HOG detector and the 68-point predictor."""
    return FaceTools(dlib.get_frontal_face_detector(), dlib.shape_predictor(str(predictor_path)))


def find_faces(tools: FaceTools, photo: NDArray[np.uint8]) -> list[Face]:
    """All faces of a photo (H,W,3 uint8), from left to right. Raises NoFace where there is none."""
    long_side = max(photo.shape[:2])
    for target_px, confidence in DETECT_TRIES:
        scale = target_px / long_side
        if target_px > DETECT_LONG_SIDE_PX:
            scale = min(scale, 2.0)
        small = _resized(photo, scale)
        boxes = list(tools.detector.run(small, 0, confidence)[0])
        if boxes:
            break
    else:
        raise NoFace(
            "No face was found in this photo. Use one where the face looks towards the camera, is well lit and not cut."
        )
    faces = [_face_in(tools, photo, box, scale) for box in boxes]
    return sorted(faces, key=lambda face: float(face.landmarks[:, 0].mean()))


def choose_faces(faces: list[Face], choice: str) -> list[Face]:
    """The faces that "largest", "all" or a number from 1 on stand for. Raises NoSuchFace."""
    if choice == "all":
        return faces
    if choice == "largest":
        return [max(faces, key=lambda face: face.width_px)]
    number = int(choice)
    if not 1 <= number <= len(faces):
        count = "1 face was" if len(faces) == 1 else f"{len(faces)} faces were"
        raise NoSuchFace(f"There is no face number {number}: {count} found in this photo.", faces=len(faces))
    return [faces[number - 1]]


def check_face(face: Face, photo_shape: tuple[int, ...]) -> None:
    """Raise FaceTooSmall or FaceCut where an edit could not work."""
    if face.width_px < MIN_FACE_WIDTH_PX:
        raise FaceTooSmall(
            f"The face is only {face.width_px:.0f} pixels wide; at least {MIN_FACE_WIDTH_PX} are needed. "
            "Send a larger photo.",
            width_px=round(face.width_px),
        )
    height, width = photo_shape[:2]
    x, y = face.landmarks[:, 0], face.landmarks[:, 1]
    outside = float(((x < 0) | (y < 0) | (x >= width) | (y >= height)).mean())
    if outside > MAX_OUTSIDE_LANDMARKS:
        raise FaceCut("Too much of the face lies outside the photo. Send one that shows the whole head.")


def ffhq_quad(landmarks: NDArray[np.float64]) -> NDArray[np.float64]:
    """The FFHQ square (4,2) around 68 landmarks: centred between eyes and mouth, turned with them."""
    eye_left, eye_right = landmarks[36:42].mean(0), landmarks[42:48].mean(0)
    eyes = (eye_left + eye_right) / 2
    eye_to_eye = eye_right - eye_left
    eye_to_mouth = (landmarks[48] + landmarks[54]) / 2 - eyes
    x = eye_to_eye - np.flipud(eye_to_mouth) * [-1, 1]
    x /= np.hypot(*x)
    x *= max(np.hypot(*eye_to_eye) * 2.0, np.hypot(*eye_to_mouth) * 1.8)
    y = np.flipud(x) * [-1, 1]
    center = eyes + eye_to_mouth * 0.1
    return np.stack([center - x - y, center - x + y, center + x + y, center + x - y])


def crop_matrix(quad: NDArray[np.float64], size_px: int = CROP_SIZE_PX, margin: float = 1.0) -> NDArray[np.float64]:
    """The affine map (2,3) from crop pixels to photo pixels; margin widens the square about its centre.

    The quad is an exact square, so its inverse is exact too. Pixel centres are at whole numbers.
    """
    center = quad.mean(0)
    corner = center + (quad[0] - center) * margin
    x_step = (quad[3] - quad[0]) * margin / size_px
    y_step = (quad[1] - quad[0]) * margin / size_px
    origin = corner + (x_step + y_step) / 2 - 0.5
    return np.stack([x_step, y_step, origin], 1)


def undone(matrix: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where an affine map (2,3) moved points (N,2) from: with the map of `crop_matrix`, photo points in the crop."""
    inverse = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))
    return np.asarray(points @ inverse[:2, :2].T + inverse[:2, 2], np.float64)


def crop_face(
    photo: NDArray[np.uint8], quad: NDArray[np.float64], size_px: int = CROP_SIZE_PX, margin: float = 1.0
) -> NDArray[np.uint8]:
    """The aligned crop (size,size,3 uint8): mirrored and blurred beyond the photo's edge, as FFHQ does it."""
    matrix = crop_matrix(quad, size_px, margin)
    step = float(np.hypot(*matrix[:, 0]))  # photo pixels per crop pixel
    source: NDArray[np.uint8] = photo
    if step > 1:
        # Sampling every step-th pixel would alias: average first.
        source = np.asarray(cv2.GaussianBlur(photo, (0, 0), 0.4 * step), np.uint8)
    flags = cv2.WARP_INVERSE_MAP | (cv2.INTER_CUBIC if step < 1 else cv2.INTER_LINEAR)
    crop: NDArray[np.uint8] = np.asarray(
        cv2.warpAffine(source, matrix, (size_px, size_px), flags=flags, borderMode=cv2.BORDER_REFLECT_101), np.uint8
    )
    inside = _inside(photo.shape, matrix, size_px)
    if inside.all():
        return crop
    return _soften_padding(crop, inside, margin)


def inside_photo(
    photo_shape: tuple[int, ...], quad: NDArray[np.float64], size_px: int = CROP_SIZE_PX, margin: float = 1.0
) -> NDArray[np.bool_]:
    """Which pixels (size,size) of the crop come from the photo rather than from the padding."""
    return _inside(photo_shape, crop_matrix(quad, size_px, margin), size_px)


def _inside(photo_shape: tuple[int, ...], matrix: NDArray[np.float64], size_px: int) -> NDArray[np.bool_]:
    height, width = photo_shape[:2]
    y, x = np.mgrid[:size_px, :size_px]
    photo_x = matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]
    photo_y = matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]
    inside = (photo_x > -0.51) & (photo_y > -0.51) & (photo_x < width - 0.49) & (photo_y < height - 0.49)
    return np.asarray(inside, bool)


def _soften_padding(
    crop: NDArray[np.uint8], inside: NDArray[np.bool_], margin: float
) -> NDArray[np.uint8]:
    """Blur the mirrored padding and fade it to the median colour, more so with distance (FFHQ recipe)."""
    size_px = crop.shape[0]
    distance = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5)
    reach = 0.15 * size_px / margin
    mask = np.clip(distance / reach, 0, 1)[..., None]
    blurred = cv2.GaussianBlur(crop, (0, 0), 0.02 * size_px / margin).astype(np.float32)
    out = crop.astype(np.float32)
    out += (blurred - out) * np.clip(mask * 3 + (mask > 0), 0, 1)
    out += (np.median(crop[inside], 0) - out) * mask
    return np.clip(np.rint(out), 0, 255).astype(np.uint8)


def _resized(photo: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=interpolation), np.uint8)


def _face_in(tools: FaceTools, photo: NDArray[np.uint8], box: Any, scale: float) -> Face:
    """Landmarks at a size where the face is about 400 px wide, which is what the predictor resolves well."""
    face_px = box.width() / scale
    fit = min(1.0, 400 / face_px) if face_px > 0 else 1.0
    view = photo if fit == 1.0 else _resized(photo, fit)
    zoom = fit / scale
    scaled = dlib.rectangle(
        round(box.left() * zoom), round(box.top() * zoom), round(box.right() * zoom), round(box.bottom() * zoom)
    )
    shape = tools.predictor(np.ascontiguousarray(view), scaled)
    landmarks = (np.array([(point.x, point.y) for point in shape.parts()], np.float64) + 0.5) / fit - 0.5
    return Face(landmarks, ffhq_quad(landmarks))
