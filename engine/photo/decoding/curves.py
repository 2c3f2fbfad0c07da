"""What code values mean: transfer functions and primaries, and the way to sRGB, also from high dynamic range.

ITU-T H.273 (the codes), BT.2100 (PQ and HLG), BT.2408 (203 cd/m2 is white, also where SDR is shown), BT.2390 5.4 (the
curve that brings brighter light below it), IEC 61966-2-1 (sRGB), Bradford's adaptation of white.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]
Decode = Callable[[Values], Values]

D65 = (0.3127, 0.3290)
D50_XYZ = (0.9642, 1.0, 0.8249)  # ICC's connection space
DCI_WHITE = (0.314, 0.351)
# By H.273's code: red, green, blue and white in x, y.
PRIMARIES = {
    1: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), D65),
    4: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), (0.310, 0.316)),
    5: ((0.640, 0.330), (0.290, 0.600), (0.150, 0.060), D65),
    6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), D65),
    7: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), D65),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), D65),
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), DCI_WHITE),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), D65),
    22: ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), D65),
}
SRGB_PRIMARIES = 1
# Shown with sRGB's curve, as browsers and picture viewers do with what was made for television.
LIKE_SRGB = {1, 2, 6, 13, 14, 15}
GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0, 17: 2.6}
PQ, HLG = 16, 18
WHITE_NITS = 203.0  # BT.2408, 2.1
HLG_PEAK_NITS = 1000.0  # BT.2100: the display that HLG's system gamma of 1.2 is for
HLG_GAMMA = 1.2
PQ_PEAK_NITS = 10_000.0
PQ_M1, PQ_M2 = 2610 / 16384, 2523 / 4096 * 128
PQ_C1, PQ_C2, PQ_C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
HLG_A, HLG_B, HLG_C = 0.17883277, 0.28466892, 0.55991073
# Of the brightest components, what may be clipped: single glints must not darken a photo.
PEAK_SHARE = 0.9995
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
STRIP_LINES = 64  # so that a large picture is never held in floats


@dataclass(frozen=True)
class Meaning:
    """decode: code values 0..1 to linear light, 1 white; to_srgb: 3x3, linear RGB to linear sRGB; hdr: more than white
    may come; luma: weights of linear RGB in luminance."""

    decode: Decode
    to_srgb: NDArray[np.float64]
    hdr: bool = False
    hlg: bool = False
    luma: tuple[float, float, float] = (0.2627, 0.6780, 0.0593)


def of_codes(primaries: int, transfer: int) -> Meaning | None:
    """What H.273's codes stand for; None for those that no photo has."""
    named = PRIMARIES.get(SRGB_PRIMARIES if primaries == 2 else primaries)
    if named is None:
        return None
    matrix = to_srgb(to_xyz(*named), named[3])
    if transfer == PQ:
        return Meaning(pq_to_light, matrix, hdr=True)
    if transfer == HLG:
        luma = to_xyz(*named)[1]
        return Meaning(hlg_to_scene, matrix, hdr=True, hlg=True, luma=(luma[0], luma[1], luma[2]))
    if transfer in GAMMAS:
        return Meaning(power(GAMMAS[transfer]), matrix)
    return Meaning(srgb_to_light, matrix) if transfer in LIKE_SRGB else None


def power(gamma: float) -> Decode:
    """The curve of a plain gamma."""
    return lambda values: np.power(np.clip(values, 0, None), np.float32(gamma))


def srgb_to_light(values: Values) -> Values:
    """sRGB's curve."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** np.float32(2.4))


def light_to_srgb(light: Values) -> Values:
    """And back, 0..1."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** np.float32(1 / 2.4) - 0.055)


def pq_to_light(values: Values) -> Values:
    """BT.2100's PQ: code values to light, of which 1 is BT.2408's white."""
    v = np.clip(values, 0, 1) ** np.float32(1 / PQ_M2)
    share = (np.clip(v - PQ_C1, 0, None) / (PQ_C2 - PQ_C3 * v)) ** np.float32(1 / PQ_M1)
    return np.asarray(share * (PQ_PEAK_NITS / WHITE_NITS), np.float32)


def light_to_pq(light: Values) -> Values:
    """And back."""
    y = np.clip(light * (WHITE_NITS / PQ_PEAK_NITS), 0, 1) ** np.float32(PQ_M1)
    return np.asarray(((PQ_C1 + PQ_C2 * y) / (1 + PQ_C3 * y)) ** np.float32(PQ_M2), np.float32)


def hlg_to_scene(values: Values) -> Values:
    """BT.2100's HLG: code values to the scene's light 0..1; `shown_hlg` makes light of a display of it."""
    v = np.clip(values, 0, 1)
    return np.where(v <= 0.5, v * v / 3, (np.exp((v - HLG_C) / HLG_A) + HLG_B) / 12)


def shown_hlg(scene: Values, luma: tuple[float, float, float]) -> Values:
    """The scene's light (H,W,3) as BT.2100's display shows it, 1 being BT.2408's white."""
    luminance = scene @ np.array(luma, np.float32)
    factor = np.maximum(luminance, 1e-6) ** np.float32(HLG_GAMMA - 1) * (HLG_PEAK_NITS / WHITE_NITS)
    return scene * factor[..., None]


def to_xyz(
    red: tuple[float, float], green: tuple[float, float], blue: tuple[float, float], white: tuple[float, float]
) -> NDArray[np.float64]:
    """The matrix (3,3) from linear RGB of these chromaticities to XYZ."""
    columns = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in (red, green, blue)]).T
    return columns * np.linalg.solve(columns, _white_xyz(white))


def to_srgb(matrix: NDArray[np.float64], white: tuple[float, float] | None = None) -> NDArray[np.float64]:
    """The matrix (3,3) from linear RGB to linear sRGB. matrix: to XYZ; white: the one it is for, None for ICC's D50."""
    source = BRADFORD @ (np.array(D50_XYZ) if white is None else _white_xyz(white))
    target = BRADFORD @ _white_xyz(D65)
    adapted = np.linalg.inv(BRADFORD) @ np.diag(target / source) @ BRADFORD @ matrix
    made: NDArray[np.float64] = np.linalg.solve(to_xyz(*PRIMARIES[SRGB_PRIMARIES]), adapted)
    return made


def shown(codes: NDArray[np.uint16] | NDArray[np.uint8], meaning: Meaning) -> NDArray[np.uint8]:
    """A picture's codes (H,W,3), the whole range of their type, as sRGB (H,W,3 uint8)."""
    table = meaning.decode(np.linspace(0, 1, np.iinfo(codes.dtype).max + 1, dtype=np.float32)).astype(np.float32)
    matrix = meaning.to_srgb.T.astype(np.float32)
    peak = _peak(codes, table, meaning) if meaning.hdr else 1.0
    out = np.empty(codes.shape, np.uint8)
    for top in range(0, len(codes), STRIP_LINES):
        strip = slice(top, top + STRIP_LINES)
        light = table[codes[strip]]
        if meaning.hlg:
            light = shown_hlg(light, meaning.luma)
        if peak > 1.0:
            light = below_white(light, peak)
        out[strip] = np.rint(light_to_srgb(light @ matrix) * 255).astype(np.uint8)
    return out


def below_white(light: Values, peak: float) -> Values:
    """Light up to `peak` (H,W,3) brought below white by BT.2390's curve, colours kept: by the largest component."""
    top = light_to_pq(np.array(peak, np.float32))
    largest = light.max(-1)
    e1 = np.clip(light_to_pq(largest) / top, 0, 1)
    target = float(light_to_pq(np.array(1.0, np.float32)) / top)
    knee = 1.5 * target - 0.5
    t = np.clip((e1 - knee) / max(1 - knee, 1e-6), 0, 1)
    t2, t3 = t * t, t * t * t
    curve = (2 * t3 - 3 * t2 + 1) * knee + (t3 - 2 * t2 + t) * (1 - knee) + (-2 * t3 + 3 * t2) * target
    bent = pq_to_light(np.where(e1 < knee, e1, curve) * top)
    return np.asarray(light * (bent / np.maximum(largest, 1e-6))[..., None], np.float32)


def _peak(codes: NDArray[np.uint16] | NDArray[np.uint8], table: Values, meaning: Meaning) -> float:
    """The brightest light of a picture, single glints left out, told from a part of its lines and columns."""
    every = max(1, max(codes.shape[:2]) // 512)
    light = table[codes[::every, ::every]]
    if meaning.hlg:
        light = shown_hlg(light, meaning.luma)
    return float(np.quantile(light.max(-1), PEAK_SHARE))


def _white_xyz(white: tuple[float, float]) -> NDArray[np.float64]:
    x, y = white
    return np.array([x / y, 1.0, (1 - x - y) / y])
