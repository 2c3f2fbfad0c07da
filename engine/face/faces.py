"""Faces in a photo: detection, whichever way up it lies, and 68 landmarks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

from engine.errors import FaceCut, FaceTooSmall, HatInTheWay, NoFace, NoHairLeft, NoSuchFace
from engine.face import ibug
from engine.face.alignment import ffhq_quad
from engine.face.cut_faces import cut_faces
from engine.face.detector import MIN_CONFIDENCE, SECOND_CONFIDENCE, detect, load_detector, upright
from engine.face.head_axes import head_axes
from engine.weights import weights_path

# Ways that a photo without orientation may lie, in quarters to the left: as it is first.
QUARTER_TURNS = (0, 3, 1, 2)
# Half a face at a photo's edge, or a blurred one, is seen with less than a face needs, but with so much: in 40 photos
# and invented ones people had 0.23 and more, and of all else only a flower did.
GLIMPSE_CONFIDENCE = 0.2
# The landmarks' predictor was trained on boxes that end at the brows and the chin; so wide, in the distance between the
# middle of the eyes and the middle of the mouth, and so far below the eyes is their centre.
LANDMARK_BOX_SIDE, LANDMARK_BOX_DOWN = 2.35, 0.55
# Width of a face in the window that the landmarks are looked for in, which is what the predictor resolves well.
LANDMARK_FACE_PX = 400
# Below this the distance between jaw ends holds too few pixels to see hair by. From here on heads go bald, as softly as
# the photo shows them; below the second what looks like a hat may be none (docs/photos.md has what was looked at): of
# 13 bare portraits at JPEG 20, two of 44 px and one of 60 px were told to wear something.
MIN_FACE_WIDTH_PX, CLEAR_FACE_WIDTH_PX = 24, 64
# The share of landmarks that may lie outside of the photo.
MAX_OUTSIDE_LANDMARKS = 0.25
# A head of which the photo does not show the midline up to this height over the brows (face widths) has no hair to be
# seen on top: most hairlines are at 0.45. Of all faces in 40 photos the least shows 0.61.
LEAST_FOREHEAD = 0.3


@dataclass(frozen=True)
class FaceTools:
    """The detector (an onnxruntime session) and dlib's landmark predictor, loaded once."""

    detector: Any
    predictor: Any


@dataclass(frozen=True)
class Face:
    """landmarks: 68,2 in photo pixels; quad: the FFHQ square's corners (4,2: top left, bottom left, bottom right, top
    right) in photo pixels; sure: false for what only may be one, and is none to work on."""

    landmarks: NDArray[np.float64]
    quad: NDArray[np.float64]
    sure: bool = True

    @property
    def width_px(self) -> float:
        """Distance between the two ends of the jaw line."""
        return float(np.linalg.norm(self.landmarks[ibug.JAW_RIGHT] - self.landmarks[ibug.JAW_LEFT]))


def load_face_tools(predictor_path: Path, detector_path: Path | None = None) -> FaceTools:
    """Load the detector (None: the default one, fetched where it is missing) and the 68-point predictor."""
    detector = load_detector(detector_path or weights_path("retinaface.py"))
    return FaceTools(detector, dlib.shape_predictor(str(predictor_path)))


def find_faces(tools: FaceTools, photo: NDArray[np.uint8]) -> list[Face]:
    """All faces of a photo (H,W,3 uint8), from left to right, whichever way up they are. Raises NoFace where there is
    none."""
    return find_people(tools, photo)[0]


def find_people(tools: FaceTools, photo: NDArray[np.uint8]) -> tuple[list[Face], list[Face]]:
    """The same, and what beside them may be faces, too: half in the photo, blurred or turned away."""
    for quarters in QUARTER_TURNS:
        seen = _seen_turned(tools, photo, quarters)
        found = [face for face in seen if face.sure]
        if found:
            found.sort(key=lambda face: float(face.landmarks[:, 0].mean()))
            return found, [face for face in seen if not face.sure]
    raise NoFace(
        "No face was found in this photo. Use one where the face looks towards the camera, is well lit and neither "
        "cut nor covered; animals and drawn faces (cartoons, anime) are not read here."
    )


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


def shows_midline(face: Face, photo_shape: tuple[int, ...], height: float) -> bool:
    """Whether a photo shows the midline of a head at a height over the brows (face widths)."""
    axes = head_axes(face.landmarks)
    x, y = axes.origin + axes.width_px * height * axes.up
    return bool(0 <= x < photo_shape[1] and 0 <= y < photo_shape[0])


@contextmanager
def cut_if_refused(face: Face, photo_shape: tuple[int, ...]) -> Iterator[None]:
    """What is done in here raises FaceCut instead of HatInTheWay and NoHairLeft, where the photo ends below the
    hairline: the crop goes on beyond its edge mirrored, which looks like a thing on the hair, or like none."""
    try:
        yield
    except (HatInTheWay, NoHairLeft) as error:
        if shows_midline(face, photo_shape, LEAST_FOREHEAD):
            raise
        raise FaceCut("The top of the head lies outside the photo. Send one that shows the whole head.") from error


@contextmanager
def small_if_refused(face: Face) -> Iterator[None]:
    """What is done in here raises FaceTooSmall instead of HatInTheWay, where the face has so few pixels that its own
    hair may look like a hat."""
    try:
        yield
    except HatInTheWay as error:
        if face.width_px >= CLEAR_FACE_WIDTH_PX:
            raise
        raise FaceTooSmall(
            f"The face is only {face.width_px:.0f} pixels wide, too few to see whether something covers its hair. "
            "Send a larger photo.",
            width_px=round(face.width_px),
        ) from error


def _seen_turned(tools: FaceTools, photo: NDArray[np.uint8], quarters: int) -> list[Face]:
    """What are faces, and what may be, of a photo that is first turned by quarters to the left, in the photo's own
    pixels."""
    turned = np.ascontiguousarray(np.rot90(photo, quarters))
    back = _turned_back(photo.shape, quarters)
    detections = detect(tools.detector, turned, GLIMPSE_CONFIDENCE)
    likely = [one for one in detections if one.confidence >= MIN_CONFIDENCE]
    faces = []
    for detection in detections if likely else ():
        points, sure = detection.points, False
        if detection.confidence >= MIN_CONFIDENCE:
            again, to_turned = upright(tools.detector, turned, detection)
            sure = again.confidence >= SECOND_CONFIDENCE
            points = again.points @ to_turned[:, :2].T + to_turned[:, 2] if sure else points
        faces.append(replace(_face_at(tools, photo, points @ back[:, :2].T + back[:, 2]), sure=sure))
    for cut in cut_faces(tools.detector, turned, detections) if likely else ():
        faces.append(replace(_face_at(tools, photo, cut.points @ back[:, :2].T + back[:, 2]), sure=False))
    return faces


def _turned_back(shape: tuple[int, ...], quarters: int) -> NDArray[np.float64]:
    """The map (2,3) from a picture turned by quarters to the left to the picture, of that shape, as it was."""
    height, width = shape[:2]
    return np.array(
        {
            0: [[1, 0, 0], [0, 1, 0]],
            1: [[0, -1, width - 1], [1, 0, 0]],
            2: [[-1, 0, width - 1], [0, -1, height - 1]],
            3: [[0, 1, 0], [-1, 0, height - 1]],
        }[quarters],
        np.float64,
    )


def _face_at(tools: FaceTools, photo: NDArray[np.uint8], points: NDArray[np.float64]) -> Face:
    """dlib's landmarks in a window of the photo that is turned upright by the five points (5,2) of the detector."""
    eyes, mouth = points[:2].mean(0), points[3:].mean(0)
    across = points[1] - points[0]
    across /= max(float(np.hypot(*across)), 1e-6)
    down = np.array([-across[1], across[0]])
    # A turned head's eyes are close together, a nodding one's mouth is near them: the larger measure holds.
    reach_px = max(float((mouth - eyes) @ down), float(np.hypot(*(points[1] - points[0]))), 1.0)
    side_px = LANDMARK_BOX_SIDE * reach_px
    pixel_px = side_px / LANDMARK_FACE_PX
    center = eyes + down * LANDMARK_BOX_DOWN * reach_px
    # The window is twice as wide as the box: the predictor looks beyond it.
    size_px = 2 * LANDMARK_FACE_PX
    turn = pixel_px * np.stack([across, down], 1)
    to_photo = np.hstack([turn, (center - turn @ np.full(2, size_px / 2))[:, None]])
    source = cv2.GaussianBlur(photo, (0, 0), 0.4 * pixel_px) if pixel_px > 1 else photo
    window = np.asarray(
        cv2.warpAffine(
            source, to_photo, (size_px, size_px), flags=cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
        ),
        np.uint8,
    )
    near, far = size_px // 4, 3 * size_px // 4
    shape = tools.predictor(window, dlib.rectangle(near, near, far, far))
    in_window = np.array([(point.x, point.y) for point in shape.parts()], np.float64)
    landmarks = in_window @ to_photo[:, :2].T + to_photo[:, 2]
    return Face(landmarks, ffhq_quad(landmarks))
