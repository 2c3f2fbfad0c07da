"""The decoding child itself: under its limits, one request in, one answer out."""

from __future__ import annotations

import json
import os
import sys

from PIL import ImageFile

from . import sandbox
from .limits import PhotoLimits, Refusal
from .picture import decode, look_through


def confine(limits: PhotoLimits) -> None:
    """Put this process under the limits; also no file can be written and no core dump made, so no photo gets out.

    Does nothing where the system has no such limits: there the parent's deadline remains.
    """
    try:
        import resource
    except ImportError:
        return
    for what, soft, hard in (
        (resource.RLIMIT_AS, limits.memory_bytes, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_s, limits.cpu_s + 1),  # equal ones kill without naming the reason
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        try:
            resource.setrlimit(what, (soft, hard))
        except (ValueError, OSError):  # a lower limit is in force already, or the system ignores this one
            continue


def main() -> None:
    """Takes a request as JSON in argv[1] and the file on standard input; gives a JSON line, then the pixels.

    Request: limits; look: null for one picture, of which `frame` says the number, or how many frames to look at, and
    their side_px.
    """
    request = json.loads(sys.argv[1])
    limits = PhotoLimits(**request["limits"])
    confine(limits)
    sandbox.enter()
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    data = sys.stdin.buffer.read()
    parts: list[bytes] = []
    reply: dict[str, object]
    try:
        if request["look"]:
            seen = look_through(data, limits, request["look"], request["side_px"])
            reply = {"frames": [(number, picture.width, picture.height) for number, picture in seen]}
            parts = [picture.tobytes() for _, picture in seen]
        else:
            made = decode(data, limits, request["frame"])
            reply = {
                "width_px": made.rgb.width,
                "height_px": made.rgb.height,
                "alpha": made.alpha is not None,
                "animated": made.animated,
            }
            parts = [made.rgb.tobytes()] + ([] if made.alpha is None else [made.alpha.tobytes()])
    except MemoryError:
        parts = []
        reply = {"code": "photo_decode_failed", "sentence": "", "details": {}}
    except Refusal as refusal:
        reply = {"code": refusal.code, "sentence": refusal.sentence, "details": refusal.details}
    sys.stdout.buffer.write(json.dumps(reply).encode() + b"\n")
    for part in parts:
        sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()
    os._exit(0)  # nothing is left to tidy up, and the heap that a hostile file has been through is better not walked
