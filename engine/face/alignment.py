"""The FFHQ-aligned crop of a face, and the way back to the photo.

Karras et al. 2019 (StyleGAN), appendix "The FFHQ dataset", after their published `recreate_aligned_images`.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.face import ibug

CROP_SIZE_PX = 1024
# At this deviation (px) and above, a blur can be enlarged without a trace.
REDUCED_SIGMA_PX = 3


def ffhq_quad(landmarks: NDArray[np.float64]) -> NDArray[np.float64]:
    """The FFHQ square (4,2) around 68 landmarks: centred between eyes and mouth, turned with them."""
    eye_left, eye_right = landmarks[ibug.LEFT_EYE].mean(0), landmarks[ibug.RIGHT_EYE].mean(0)
    eyes = (eye_left + eye_right) / 2
    eye_to_eye = eye_right - eye_left
    eye_to_mouth = (landmarks[ibug.MOUTH_LEFT] + landmarks[ibug.MOUTH_RIGHT]) / 2 - eyes
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
    across = (quad[3] - quad[0]) * margin / size_px
    down = (quad[1] - quad[0]) * margin / size_px
    origin = corner + (across + down) / 2 - 0.5
    return np.stack([across, down, origin], 1)


def apply_inverse(matrix: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where an affine map (2,3) moved points (N,2) from: with the map of `crop_matrix`, photo points in the crop."""
    inverse = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))
    return np.asarray(points @ inverse[:2, :2].T + inverse[:2, 2], np.float64)


def crop_face(
    photo: NDArray[np.uint8],
    quad: NDArray[np.float64],
    size_px: int = CROP_SIZE_PX,
    margin: float = 1.0,
    part: tuple[slice, slice] = (slice(None), slice(None)),
) -> NDArray[np.uint8]:
    """The aligned crop (size,size,3 uint8): mirrored and blurred beyond the photo's edge, as FFHQ does it. part: the
    rows and columns of it that are wanted."""
    matrix = crop_matrix(quad, size_px, margin)
    pixel_px = float(np.hypot(*matrix[:, 0]))  # photo pixels per crop pixel
    source: NDArray[np.uint8] = photo
    if pixel_px > 1:
        # Sampling every few pixels would alias: average first.
        source = np.asarray(cv2.GaussianBlur(photo, (0, 0), 0.4 * pixel_px), np.uint8)
    flags = cv2.WARP_INVERSE_MAP | (cv2.INTER_CUBIC if pixel_px < 1 else cv2.INTER_LINEAR)
    crop: NDArray[np.uint8] = np.asarray(
        cv2.warpAffine(source, matrix, (size_px, size_px), flags=flags, borderMode=cv2.BORDER_REFLECT_101), np.uint8
    )
    shown = inside(matrix, crop.shape, photo.shape)
    if shown.all():
        return crop[part]
    return _soften_padding(crop, shown, margin, part)


def inside_photo(
    photo_shape: tuple[int, ...], quad: NDArray[np.float64], size_px: int = CROP_SIZE_PX, margin: float = 1.0
) -> NDArray[np.bool_]:
    """Which pixels (size,size) of the crop come from the photo rather than from the padding."""
    return inside(crop_matrix(quad, size_px, margin), (size_px, size_px), photo_shape)


def inside(
    matrix: NDArray[np.float64], shape: tuple[int, ...], photo_shape: tuple[int, ...], *, within_px: float = -0.51
) -> NDArray[np.bool_]:
    """Which pixels (H,W, of a shape) an affine map (2,3) takes from the photo. within_px: how far inside of the middles
    of its outermost pixels, in pixels of the photo; by default as far outside as these reach, and a rounding error."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    height, width = photo_shape[:2]
    photo_x = matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]
    photo_y = matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]
    from_left_or_top = (photo_x >= within_px) & (photo_y >= within_px)
    from_right_or_bottom = (photo_x <= width - 1 - within_px) & (photo_y <= height - 1 - within_px)
    return np.asarray(from_left_or_top & from_right_or_bottom, bool)


def _soften_padding(
    crop: NDArray[np.uint8], shown: NDArray[np.bool_], margin: float, part: tuple[slice, slice]
) -> NDArray[np.uint8]:
    """A part of a crop with its mirrored padding blurred and faded to the whole's median colour, more so with distance
    (FFHQ recipe)."""
    size_px = crop.shape[0]
    padding = ~shown[part]
    distance = cv2.distanceTransform((~shown).view(np.uint8), cv2.DIST_L2, 5)[part]
    faded = np.clip(distance[padding] / (0.15 * size_px / margin), 0, 1)[:, None]
    colours = _widely_blurred(crop, 0.02 * size_px / margin)[part][padding].astype(np.float32)
    colours += (_median_colour(crop, shown) - colours) * faded
    out = crop[part].copy()
    out[padding] = np.clip(np.rint(colours), 0, 255).astype(np.uint8)
    return out


def _widely_blurred(picture: NDArray[np.uint8], sigma_px: float) -> NDArray[np.uint8]:
    """Gaussian blur, told on a copy that is reduced until its deviation is a few pixels: nothing is lost."""
    shrink = max(1, int(sigma_px // REDUCED_SIGMA_PX))
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (-(-width // shrink), -(-height // shrink)), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), sigma_px / shrink)
    return np.asarray(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _median_colour(picture: NDArray[np.uint8], where: NDArray[np.bool_]) -> NDArray[np.float32]:
    """NumPy's median (3) of a mask's pixels, by counting levels: in a tenth of the time."""
    mask, middles = where.view(np.uint8), (int(where.sum()) + np.array([-1, 0])) // 2
    counts = (cv2.calcHist([picture], [channel], mask, [256], [0, 256]).ravel() for channel in range(3))
    return np.array([np.searchsorted(np.cumsum(count), middles, side="right").mean() for count in counts], np.float32)
