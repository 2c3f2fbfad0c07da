"""A drawn head with hair, and the same as a generator draws it while it goes bald: every pixel's class is known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing import Setting
from engine.compositing.view import View
from engine.face.head_axes import HeadAxes, head_axes, skull_radius
from engine.parsing import FaceClass
from tests.support.schematic_face import face_points

SIZE_PX = 512
FACE_PX = 200.0
CENTER = (256.0, 250.0)
SKIN, HAIR, CLOTH = (205.0, 155.0, 125.0), (55.0, 38.0, 28.0), (60.0, 80.0, 160.0)
RENDERED_SKIN, RENDERED_BACKGROUND = (190.0, 140.0, 120.0), (90.0, 90.0, 110.0)
RENDERED_HAIR = (95.0, 70.0, 50.0)


@dataclass(frozen=True)
class SchematicHead:
    """photo with hair, render bald; on_the_way: renders as haired as the photo and with hair at the sides alone;
    landmarks (68,2) and axes in their pixels; classes of photo and render (H,W)."""

    photo: View
    render: View
    on_the_way: tuple[View, View]
    landmarks: NDArray[np.float64]
    axes: HeadAxes
    photo_classes: NDArray[np.uint8]
    render_classes: NDArray[np.uint8]

    @property
    def setting(self) -> Setting:
        """The head on its canvas, which ends where the photo does."""
        return Setting(self.photo, self.landmarks, self.axes, np.ones(self.photo_classes.shape, np.float32))

    @property
    def renders(self) -> tuple[View, ...]:
        """As the person is, with hair at the sides alone, and bald."""
        return (*self.on_the_way, self.render)


def background(rng: np.random.Generator) -> NDArray[np.float32]:
    """Soft vertical stripes with grain."""
    columns = np.arange(SIZE_PX)
    tone = 150 + 30 * np.sin(columns / 18)
    plain = np.stack([tone * 0.8, tone, tone * 0.9], -1)[None] + rng.normal(0, 2.5, (SIZE_PX, SIZE_PX, 3))
    return plain.astype(np.float32)


def draw_head(*, with_hair: bool = True, hanging: bool = False) -> SchematicHead:
    """The same head each time. hanging: whether its own hair goes on below the ears."""
    rng = np.random.default_rng(4)
    landmarks = face_points(CENTER, FACE_PX)
    axes = head_axes(landmarks)
    u, v = axes.coordinates(SIZE_PX)
    bald = _body_classes(landmarks, u, v)
    haired, sided = bald.copy(), bald.copy()
    if with_hair:
        hairline = 0.30 - 0.25 * np.clip(np.abs(u) - 0.25, 0, 1)
        top = (skull_radius(u, v) < 1.16) & (v > hairline)
        sides = (np.abs(u) > 0.46) & (np.abs(u) < 0.62) & (v > -0.30) & (v <= 0.3)
        haired[top | sides] = FaceClass.HAIR
        if hanging:
            haired[(np.abs(u) > 0.46) & (np.abs(u) < 0.72) & (v > -0.70) & (v <= 0.1)] = FaceClass.HAIR
        sided[sides & (v < 0.2)] = FaceClass.HAIR
    backdrop = background(rng)
    photo = _coloured(haired, backdrop, SKIN, rng)
    plain = np.full_like(backdrop, RENDERED_BACKGROUND)
    render = _coloured(bald, plain, RENDERED_SKIN, rng)
    whole = np.ones(photo.shape[:2], bool)
    on_the_way = [
        View(_coloured(classes, plain, RENDERED_SKIN, rng, RENDERED_HAIR), _probabilities(classes), whole)
        for classes in (haired, sided)
    ]
    return SchematicHead(
        View(photo, _probabilities(haired), whole),
        View(render, _probabilities(bald), whole),
        (on_the_way[0], on_the_way[1]),
        landmarks,
        axes,
        haired,
        bald,
    )


def with_class(view: View, where: NDArray[np.bool_], member: FaceClass) -> View:
    """The view, where a parser says `member` for sure at some places (H,W)."""
    probabilities = view.probabilities.copy()
    seen = where[:: where.shape[0] // probabilities.shape[1], :: where.shape[1] // probabilities.shape[2]]
    probabilities[:, seen] = 0
    probabilities[member, seen] = 1
    return replace(view, probabilities=probabilities)


def _body_classes(landmarks: NDArray[np.float64], u: NDArray[np.float32], v: NDArray[np.float32]) -> NDArray[np.uint8]:
    classes = np.full(u.shape, FaceClass.BACKGROUND, np.uint8)
    classes[(v < -1.0) & (np.abs(u) < 1.1)] = FaceClass.CLOTH
    classes[(v <= -0.6) & (v >= -1.0) & (np.abs(u) < 0.3)] = FaceClass.NECK
    lower = (u / 0.5) ** 2 + (np.minimum(v + 0.15, 0) / 0.70) ** 2 < 1
    classes[(skull_radius(u, np.maximum(v, 0)) < 1) & (v > -0.15)] = FaceClass.SKIN
    classes[lower & (v <= 0)] = FaceClass.SKIN
    for member, points in (
        (FaceClass.RIGHT_BROW, landmarks[17:22]),
        (FaceClass.LEFT_BROW, landmarks[22:27]),
    ):
        line = np.zeros(u.shape, np.uint8)
        cv2.polylines(line, [np.rint(points).astype(np.int32)], False, (1,), 7)
        classes[line > 0] = member
    for member, points in (
        (FaceClass.RIGHT_EYE, landmarks[36:42]),
        (FaceClass.LEFT_EYE, landmarks[42:48]),
        (FaceClass.NOSE, landmarks[27:36]),
        (FaceClass.UPPER_LIP, landmarks[48:60]),
    ):
        filled = np.zeros(u.shape, np.uint8)
        cv2.fillPoly(filled, [np.rint(points).astype(np.int32)], (1,))
        classes[filled > 0] = member
    return classes


def _coloured(
    classes: NDArray[np.uint8],
    backdrop: NDArray[np.float32],
    skin: tuple[float, float, float],
    rng: np.random.Generator,
    hair: tuple[float, float, float] = HAIR,
) -> NDArray[np.float32]:
    behind = (classes == FaceClass.BACKGROUND)[..., None]
    picture = np.where(behind, backdrop, np.array(skin, np.float32)).astype(np.float32)
    brows = np.isin(classes, (FaceClass.LEFT_BROW, FaceClass.RIGHT_BROW))
    eyes = np.isin(classes, (FaceClass.LEFT_EYE, FaceClass.RIGHT_EYE))
    for mask, colour in (
        (brows, (80.0, 60.0, 50.0)),
        (eyes, (235.0, 235.0, 235.0)),
        (classes == FaceClass.UPPER_LIP, (170.0, 80.0, 80.0)),
        (classes == FaceClass.CLOTH, CLOTH),
        (classes == FaceClass.HAIR, hair),
    ):
        picture[mask] = colour
    strands = cv2.GaussianBlur(rng.normal(0, 60, classes.shape).astype(np.float32), (0, 0), 0.8, sigmaY=8)
    picture += np.where(classes == FaceClass.HAIR, np.asarray(strands), 0)[..., None]
    picture += rng.normal(0, 1.5, picture.shape).astype(np.float32)
    return np.asarray(np.clip(cv2.GaussianBlur(picture, (0, 0), 0.7), 0, 255), np.float32)


def _probabilities(classes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What a parser would say: sure inside, undecided over a pixel or two at edges, at half the size."""
    sure = np.stack([(classes == member).astype(np.float32) for member in FaceClass])
    half = [cv2.resize(plane, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for plane in sure]
    return np.stack([cv2.GaussianBlur(plane, (0, 0), 0.8) for plane in half]).astype(np.float32)


def at(setting: Setting, u: float, v: float) -> tuple[int, int]:
    """Row and column of the pixel at (u, v) on the head."""
    distance = np.hypot(setting.u - u, setting.v - v)
    row, column = np.unravel_index(int(distance.argmin()), distance.shape)
    return int(row), int(column)
