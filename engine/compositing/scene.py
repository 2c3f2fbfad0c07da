"""One head on the pixels of the photo that is drawn: a frame costs what it shows, not what the canvas holds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing.arrays import Plane
from engine.compositing.fall import Fall
from engine.compositing.paste import Placement, warped_to
from engine.compositing.years import layers_at


@dataclass(frozen=True)
class Scene:
    """A fall whose planes are the photo's own pixels at rows and columns."""

    fall: Fall
    rows: slice
    columns: slice


def scene_of(photo: NDArray[np.uint8], fall: Fall, place: Placement) -> Scene | None:
    """Bring a fall from its canvas to the photo (H,W,3 uint8) that it is placed in; None where it changes nothing."""
    if place.empty:
        return None
    change = warped_to(fall.change, place)
    rows, columns = np.nonzero(change.any(1))[0], np.nonzero(change.any(0))[0]
    if len(rows) == 0:
        return None
    box = Placement(
        place.matrix,
        slice(place.rows.start + int(rows[0]), place.rows.start + int(rows[-1]) + 1),
        slice(place.columns.start + int(columns[0]), place.columns.start + int(columns[-1]) + 1),
    )

    def here(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return warped_to(values, box, cv2.BORDER_REPLICATE)

    u, v = _coordinates(fall, box)
    on_photo = replace(
        fall,
        photo=photo[box.rows, box.columns].astype(np.float32),
        plate=here(fall.plate),
        change=change[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1],
        hair=here(fall.hair),
        u=u,
        v=v,
        unit_px=fall.unit_px * box.step,
        time=here(fall.time),
        side=here(fall.side),
        texture=here(fall.texture),
        noise=here(fall.noise),
        whole=here(fall.whole),
    )
    return Scene(on_photo, box.rows, box.columns)


def draw(frame: NDArray[np.uint8], scene: Scene, time: float) -> NDArray[np.uint8]:
    """A copy of the frame (H,W,3 uint8) with the head at a fall time. What no layer covers stays bit for bit."""
    out = frame.copy()
    if time <= 0:
        return out
    layers = layers_at(scene.fall, time)
    below = frame[scene.rows, scene.columns].copy()
    alpha = np.minimum(layers.plate_share + layers.hair_share, 1)
    # blendLinear divides by the sum of the weights, which is what makes a picture of two shares.
    head = cv2.blendLinear(scene.fall.plate, layers.hair, layers.plate_share, layers.hair_share)
    mixed = cv2.blendLinear(below.astype(np.float32), head, 1 - alpha, alpha)
    rounded = cv2.convertScaleAbs(mixed)
    out[scene.rows, scene.columns] = cv2.copyTo(rounded, (alpha > 0).astype(np.uint8), below)
    return out


def _coordinates(fall: Fall, box: Placement) -> tuple[Plane, Plane]:
    """u and v at the photo's pixels: both are linear, so no interpolation can bend them at the canvas's edge."""
    inverse = np.linalg.inv(np.vstack([box.matrix, [0, 0, 1]]))
    x = np.arange(box.columns.start, box.columns.stop)[None]
    y = np.arange(box.rows.start, box.rows.stop)[:, None]
    canvas_x = inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2]
    canvas_y = inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2]

    def linear(plane: Plane) -> Plane:
        last_y, last_x = plane.shape[0] - 1, plane.shape[1] - 1
        corner = float(plane[0, 0])
        by_x, by_y = (float(plane[0, -1]) - corner) / last_x, (float(plane[-1, 0]) - corner) / last_y
        return np.asarray(corner + by_x * canvas_x + by_y * canvas_y, np.float32)

    return linear(fall.u), linear(fall.v)
