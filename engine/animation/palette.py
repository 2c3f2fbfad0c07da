"""One palette for all frames, and a dither that stands still.

Error diffusion would let a single changed pixel disturb everything after it, so that a static background crawls.
Here a pixel's index depends on its own colour and place alone: what does not change keeps its index, and a GIF need
not store it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import cKDTree

from engine.animation.sizing import Frame

Palette = NDArray[np.uint8]  # (colours, 3)
Indices = NDArray[np.uint8]  # (H, W)
Mixtures = NDArray[np.uint8]  # (cells, MIXED_COLOURS)

# Of two photos a sample of 256 px leaves half a percent less error than this, and takes two and a half times as long.
SAMPLE_SIDE_PX = 192
# A sample's colours are as good as settled when no more of its pixels change theirs: the last few take a quarter of the
# time, for half a percent less error.
UNSETTLED_SHARE = 1 / 500
CELL_BITS = 7  # per channel: cells of two levels, too fine to band
CELL_LEVELS = 1 << (8 - CELL_BITS)
MIXED_COLOURS = 8
MIX_STRENGTH = 0.7  # of the error carried from one mixed colour to the next; 1 is exact on average, and grainier
MASK_SIDE_PX = 32
THREADS = 2  # as many as draw the frames


def shared_palette(frames: Sequence[Frame], colours: int, seed: int = 0) -> Palette:
    """Colours that suit all frames: median cut on a random sample of their pixels, refined by k-means.

    Gives at most ``colours`` rows of RGB. The sample takes the first, the last and two frames between; what lies
    between these is a mixture of them.
    """
    rng = np.random.default_rng(seed)
    picked = np.unique(np.linspace(0, len(frames) - 1, 4).round().astype(int))
    pixels = np.concatenate([frames[index].reshape(-1, 3) for index in picked])
    sample = pixels[rng.integers(0, len(pixels), SAMPLE_SIDE_PX**2)].reshape(SAMPLE_SIDE_PX, SAMPLE_SIDE_PX, 3)
    # Pillow goes on as long as this many pixels or more change theirs.
    unsettled = max(1, round(UNSETTLED_SHARE * SAMPLE_SIDE_PX**2))
    quantized = Image.fromarray(sample).quantize(colours, method=Image.Quantize.MEDIANCUT, kmeans=unsettled)
    table = quantized.getpalette()
    assert table is not None  # quantize always gives mode P
    return np.array(table, dtype=np.uint8).reshape(-1, 3)[:colours]


def oklab(rgb: NDArray[np.floating]) -> NDArray[np.float64]:
    """sRGB levels 0..255, shape (N, 3), in Oklab (Ottosson 2020), where distance is near to what the eye sees."""
    encoded = np.asarray(rgb, dtype=np.float64) / 255.0
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    cones = linear @ np.array(
        [
            [0.4122214708, 0.2119034982, 0.0883024619],
            [0.5363325363, 0.6806995451, 0.2817188376],
            [0.0514459929, 0.1073969566, 0.6299787005],
        ]
    )
    mixed: NDArray[np.float64] = np.cbrt(cones) @ np.array(
        [
            [0.2104542553, 1.9779984951, 0.0259040371],
            [0.7936177850, -2.4285922050, 0.7827717662],
            [-0.0040720468, 0.4505937099, -0.8086757660],
        ]
    )
    return mixed


@cache
def blue_noise(side_px: int = MASK_SIDE_PX) -> NDArray[np.int64]:
    """A tileable threshold mask of ranks 0..side²-1 without visible structure.

    The void-and-cluster method (Ulichney 1993): ranks are given out one by one, each to the place that is emptiest
    under a Gaussian of 1.5 px.
    """
    rng = np.random.default_rng(0)
    total = side_px * side_px
    frequency = np.fft.fftfreq(side_px) * side_px
    kernel = np.fft.fft2(np.exp(-(frequency[:, None] ** 2 + frequency[None] ** 2) / (2 * 1.5**2)))

    def crowding(ones: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.fft.ifft2(np.fft.fft2(ones) * kernel).real

    def tightest(ones: NDArray[np.float64]) -> int:
        return int(np.where(ones > 0, crowding(ones), -np.inf).argmax())

    def emptiest(ones: NDArray[np.float64]) -> int:
        return int(np.where(ones > 0, np.inf, crowding(ones)).argmin())

    start = np.zeros((side_px, side_px))
    count = total // 10
    start.flat[rng.choice(total, count, replace=False)] = 1
    while True:
        cluster = tightest(start)
        start.flat[cluster] = 0
        void = emptiest(start)
        start.flat[void] = 1
        if void == cluster:
            break
    ranks = np.zeros(total, dtype=np.int64)
    ones = start.copy()
    for rank in range(count - 1, -1, -1):
        place = tightest(ones)
        ones.flat[place] = 0
        ranks[place] = rank
    ones = start.copy()
    for rank in range(count, total):
        place = emptiest(ones)
        ones.flat[place] = 1
        ranks[place] = rank
    return ranks.reshape(side_px, side_px)


def _tiled(mask: NDArray[np.int64], height_px: int, width_px: int) -> NDArray[np.int16]:
    side = mask.shape[0]
    # Small numbers, and a quarter of the memory to go through.
    return np.tile(mask.astype(np.int16), (-(-height_px // side), -(-width_px // side)))[:height_px, :width_px]


def cells(frame: Frame) -> NDArray[np.int32]:
    """The colour cell of every pixel, shape (H, W): CELL_BITS per channel, rounded up or down by a mask.

    The rounding's mask is the dither's, turned and shifted, so that the two do not work against each other.
    """
    side = MASK_SIDE_PX
    turned = np.roll(blue_noise(side), (side // 2 + 1, side // 3 + 1), axis=(0, 1)).T
    offset = turned * CELL_LEVELS // (side * side) - CELL_LEVELS // 2
    # OpenCV's sum stays within 0..255 by itself.
    values = cv2.add(frame, cv2.merge([_tiled(offset, *frame.shape[:2])] * 3), dtype=cv2.CV_8U) // CELL_LEVELS
    red, green, blue = (plane.astype(np.int32) for plane in cv2.split(values))
    cell: NDArray[np.int32] = (red << 2 * CELL_BITS) | (green << CELL_BITS) | blue
    return cell


def occurring(shown: Iterable[NDArray[np.int32]]) -> NDArray[np.bool_]:
    """Which colour cells occur in any of the pictures of such cells (H,W each)."""
    occurs = np.zeros(1 << 3 * CELL_BITS, dtype=bool)
    for cell in shown:
        occurs[cell] = True
    return occurs


def mixtures(occurs: NDArray[np.bool_], palette: Palette) -> Mixtures:
    """For every colour cell that occurs, the palette's colours whose mixture comes near to it, dark to light.

    Thomas Knoll's pattern dithering (US patent 6,606,166, expired): colours are picked one after the other, each to
    make up for the error of those before. Rows of cells that do not occur are zero.
    """
    used = np.flatnonzero(occurs)
    channel = (1 << CELL_BITS) - 1
    target = np.stack([used >> 2 * CELL_BITS, used >> CELL_BITS & channel, used & channel], axis=1)
    target = target * CELL_LEVELS + (CELL_LEVELS - 1) / 2
    colours = palette.astype(np.float64)
    tree = cKDTree(oklab(colours))

    def pick(target: NDArray[np.float64]) -> NDArray[np.uint8]:
        picked = np.zeros((len(target), MIXED_COLOURS), dtype=np.uint8)
        error = np.zeros_like(target)
        for mixed in range(MIXED_COLOURS):
            _, nearest = tree.query(oklab(np.clip(target + MIX_STRENGTH * error, 0, 255)))
            picked[:, mixed] = nearest
            error += target - colours[nearest]
        return picked

    # NumPy and SciPy let go of the interpreter's lock while they compute.
    with ThreadPoolExecutor(THREADS) as pool:
        picked = np.concatenate(list(pool.map(pick, np.array_split(target, THREADS))))
    luma = colours @ (0.299, 0.587, 0.114)
    order = np.argsort(luma[picked], axis=1, kind="stable")
    table = np.zeros((len(occurs), MIXED_COLOURS), dtype=np.uint8)
    table[used] = np.take_along_axis(picked, order, axis=1)
    return table


def dithered(cell: NDArray[np.int32], table: Mixtures) -> Indices:
    """Palette indices, shape (H, W), of a picture's cells; the blue-noise mask chooses among the colours of each
    mixture."""
    slot = blue_noise() * MIXED_COLOURS // MASK_SIDE_PX**2
    # One index into one row of numbers is half the price of two into a table.
    return table.reshape(-1).take(cell * MIXED_COLOURS + _tiled(slot, *cell.shape))
