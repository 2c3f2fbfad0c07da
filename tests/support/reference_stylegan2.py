"""StyleGAN2's published equations in NumPy float64, for comparison: written for the eye, with no trick for speed.

Karras et al. 2019 (mapping, pixel norm), 2020 (modulation, demodulation, skip connections), and the resampling of
stylegan2-ada-pytorch/torch_utils/ops/conv2d_resample.py in its generic order: insert zeros, pad, smooth, convolve.
Tensors are a dictionary by NVIDIA's names.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Tensors = Mapping[str, Array]

EPSILON = 1e-8
FILTER = np.array([1.0, 3.0, 3.0, 1.0])
SMOOTHING = np.outer(FILTER, FILTER) / FILTER.sum() ** 2


def correlate(x: Array, kernel: Array) -> Array:
    """x I,H,W with kernel O,I,k,k, without padding: O,H-k+1,W-k+1."""
    size = kernel.shape[2]
    height, width = x.shape[1] - size + 1, x.shape[2] - size + 1
    result = np.zeros((kernel.shape[0], height, width))
    for row in range(size):
        for column in range(size):
            window = x[:, row : row + height, column : column + width]
            result += np.tensordot(kernel[:, :, row, column], window, axes=1)
    return result


def insert_zeros(x: Array) -> Array:
    """A zero behind each value, in both directions."""
    result = np.zeros((x.shape[0], 2 * x.shape[1], 2 * x.shape[2]))
    result[:, ::2, ::2] = x
    return result


def smooth(x: Array, gain: float) -> Array:
    """Each channel convolved with the [1,3,3,1] filter."""
    return np.stack([correlate(channel[None], gain * SMOOTHING[None, None, ::-1, ::-1])[0] for channel in x])


def upsample(picture: Array) -> Array:
    padded = np.pad(insert_zeros(picture), ((0, 0), (2, 1), (2, 1)))
    return smooth(padded, 4.0)


def affine(tensors: Tensors, name: str, x: Array, rate: float = 1.0) -> Array:
    weight = tensors[f"{name}.weight"]
    result: Array = rate / math.sqrt(weight.shape[1]) * weight @ x + rate * tensors[f"{name}.bias"]
    return result


def leaky(x: Array) -> Array:
    result: Array = math.sqrt(2) * np.where(x > 0, x, 0.2 * x)
    return result


def clamped(x: Array, clamp: float | None) -> Array:
    return x if clamp is None else np.clip(x, -clamp, clamp)


def mapping(tensors: Tensors, z: Array, rate: float = 0.01) -> Array:
    """z L to W L."""
    x: Array = z / np.sqrt(np.mean(z**2) + EPSILON)
    layers = sum(1 for name in tensors if name.startswith("mapping.") and name.endswith(".weight"))
    for index in range(layers):
        x = leaky(affine(tensors, f"mapping.fc{index}", x, rate))
    return x


def styled_convolution(tensors: Tensors, name: str, x: Array, w: Array, clamp: float | None) -> Array:
    style = affine(tensors, f"{name}.affine", w)
    kernel = tensors[f"{name}.weight"] * style[None, :, None, None]
    kernel = kernel / np.sqrt((kernel**2).sum((1, 2, 3), keepdims=True) + EPSILON)
    if name.endswith("conv0"):
        x = smooth(np.pad(insert_zeros(x), ((0, 0), (3, 2), (3, 2))), 4.0)
        x = correlate(x, kernel[:, :, ::-1, ::-1])
    else:
        x = correlate(np.pad(x, ((0, 0), (1, 1), (1, 1))), kernel)
    x = np.asarray(x + tensors[f"{name}.noise_strength"] * tensors[f"{name}.noise_const"], np.float64)
    result: Array = clamped(leaky(x + tensors[f"{name}.bias"][:, None, None]), clamp)
    return result


def to_colour(tensors: Tensors, name: str, x: Array, w: Array, clamp: float | None) -> Array:
    weight = tensors[f"{name}.weight"]
    style = affine(tensors, f"{name}.affine", w) / math.sqrt(weight.shape[1])
    return clamped(correlate(x, weight * style[None, :, None, None]) + tensors[f"{name}.bias"][:, None, None], clamp)


def synthesis(tensors: Tensors, ws: Array, clamp: float | None = None) -> tuple[Array, dict[int, Array]]:
    """W+ (layers,L) to the picture (3,S,S) and the activations by side."""
    x: Array = tensors["synthesis.b4.const"]
    x = styled_convolution(tensors, "synthesis.b4.conv1", x, ws[0], clamp)
    picture = to_colour(tensors, "synthesis.b4.torgb", x, ws[1], clamp)
    features = {4: x}
    side, layer = 8, 1
    while f"synthesis.b{side}.conv1.weight" in tensors:
        x = styled_convolution(tensors, f"synthesis.b{side}.conv0", x, ws[layer], clamp)
        x = styled_convolution(tensors, f"synthesis.b{side}.conv1", x, ws[layer + 1], clamp)
        features[side] = x
        picture = upsample(picture) + to_colour(tensors, f"synthesis.b{side}.torgb", x, ws[layer + 2], clamp)
        side, layer = 2 * side, layer + 2
    return picture, features
