"""What is read of an ICC profile beside what littlecms does: codes of high dynamic range, a matrix profile's curves.

ICC.1:2022, 10.6 (curveType), 10.18 (parametricCurveType), 9.2.17 (cicpTag).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .curves import Decode, Meaning, Values, to_srgb

MAX_TAGS = 100
# Of the parametric curve's kinds: which of g a b c d e f are stored.
PARAMETERS = ("g", "gab", "gabc", "gabcd", "gabcdef")


def tags(profile: bytes) -> Mapping[bytes, bytes]:
    """The profile's tags by their signatures."""
    found = {}
    for index in range(min(int.from_bytes(profile[128:132], "big"), MAX_TAGS)):
        entry = profile[132 + 12 * index : 144 + 12 * index]
        begin, size = int.from_bytes(entry[4:8], "big"), int.from_bytes(entry[8:12], "big")
        found[entry[:4]] = profile[begin : begin + size]
    return found


def coding(profile: bytes) -> tuple[int, int, bool] | None:
    """Primaries, transfer and range that a cicp tag says (ITU-T H.273), or None."""
    tag = tags(profile).get(b"cicp", b"")
    return (tag[8], tag[9], bool(tag[11])) if len(tag) >= 12 else None


def meaning(profile: bytes) -> Meaning | None:
    """What codes mean after an RGB profile made of three curves and a matrix, or None for other kinds."""
    found = tags(profile)
    if profile[16:20] != b"RGB " or profile[20:24] != b"XYZ " or b"A2B0" in found:
        return None
    curves = [_curve(found.get(name, b"")) for name in (b"rTRC", b"gTRC", b"bTRC")]
    columns = [_xyz(found.get(name, b"")) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
    same = len({found.get(name) for name in (b"rTRC", b"gTRC", b"bTRC")}) == 1
    if not same or curves[0] is None or any(column is None for column in columns):
        return None
    return Meaning(curves[0], to_srgb(np.array(columns, np.float64).T))


def _xyz(tag: bytes) -> tuple[float, ...] | None:
    return tuple(_fixed(tag, 8 + 4 * k) for k in range(3)) if tag[:4] == b"XYZ " and len(tag) >= 20 else None


def _fixed(tag: bytes, at: int) -> float:
    return int.from_bytes(tag[at : at + 4], "big", signed=True) / 65536


def _curve(tag: bytes) -> Decode | None:
    if tag[:4] == b"curv" and len(tag) >= 12:
        count = int.from_bytes(tag[8:12], "big")
        if count == 0:
            return _parametric({"g": 1.0})
        if count == 1:
            return _parametric({"g": int.from_bytes(tag[12:14], "big") / 256})
        points = np.frombuffer(tag[12 : 12 + 2 * count], ">u2").astype(np.float32) / 65535
        if len(points) != count:
            return None
        places = np.linspace(0, 1, count)
        return lambda values: np.interp(values, places, points).astype(np.float32)
    kind = int.from_bytes(tag[8:10], "big")
    if tag[:4] == b"para" and kind < len(PARAMETERS) and len(tag) >= 12 + 4 * len(PARAMETERS[kind]):
        return _parametric({name: _fixed(tag, 12 + 4 * k) for k, name in enumerate(PARAMETERS[kind])})
    return None


def _parametric(told: Mapping[str, float]) -> Decode:
    g, a, b, c = told["g"], told.get("a", 1.0), told.get("b", 0.0), told.get("c", 0.0)
    e, f = told.get("e", 0.0), told.get("f", 0.0)
    if "d" in told:
        begins, slope = told["d"], c
    else:
        begins, slope = (-b / a if a else 0.0), 0.0  # kinds 1 and 2: a constant below, c of the curve above
        e = f = c

    def decode(values: Values) -> Values:
        above = np.power(np.clip(a * values + b, 0, None), g) + e
        return np.where(values >= begins, above, slope * values + f).astype(np.float32)

    return decode
