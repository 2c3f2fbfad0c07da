"""The parent's side of decoding: one short-lived child process per photo."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import NotAnImage, PhotoDecodeFailed, PhotoError, PhotoTooManyBytes, error_from_code
from engine.photo import decoder
from engine.photo.decoder import MIB, PhotoLimits

# -I and -S: nothing but the standard library and the folders named here is importable, no start-up hook runs.
# -B: under a file size limit of zero no bytecode could be written anyway.
CHILD = ("-I", "-S", "-B", "-c", "import sys; sys.path += sys.argv[2:]; import decoder; decoder.main()")
# A hostile file's child shall find no secret in its environment; these few may be needed to start Python at all.
KEPT_ENVIRONMENT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def read_photo(data: bytes, limits: PhotoLimits = PhotoLimits()) -> NDArray[np.uint8]:
    """Decode a photo that nobody has checked yet.

    Takes the file's bytes: JPEG, PNG, WebP, GIF, AVIF, BMP, and HEIC where pillow-heif is installed; of animations the
    first frame. Gives an array (height, width, 3), uint8 in sRGB, upright, transparency laid on neutral grey, long side
    at most ``limits.max_side_px`` (larger pictures are scaled down). Metadata is left behind.

    The decoding runs in a child process with limits on address space, processor time and wall-clock time, which cannot
    write files and does not see this process's environment.

    Raises PhotoTooManyBytes, NotAnImage, PhotoTooManyPixels, PhotoTooSmall, TruncatedPhoto, or PhotoDecodeFailed where
    the decoder ran out of time or memory or crashed. RuntimeError if the child cannot run at all, which is a broken
    installation and no fault of the photo.
    """
    if len(data) > limits.max_bytes:
        raise PhotoTooManyBytes(
            f"This file has {len(data) / MIB:.1f} MiB, and {limits.max_bytes / MIB:g} MiB is the limit: "
            "save it smaller and send it again.",
            size_bytes=len(data),
            max_bytes=limits.max_bytes,
        )
    if not data:
        raise NotAnImage("This file is empty: send a JPEG, PNG, WebP, GIF, AVIF or BMP.")
    return _parse_reply(_run_child(data, limits))


def _run_child(data: bytes, limits: PhotoLimits) -> bytes:
    """The child's whole output. Raises PhotoDecodeFailed if it was stopped or stopped itself."""
    command = [sys.executable, *CHILD, json.dumps(asdict(limits)), *_child_path()]
    environment = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    environment["MALLOC_ARENA_MAX"] = "1"  # further arenas reserve 64 MiB of the address space each
    try:
        child = subprocess.run(
            command,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a decoder's complaints may quote the file
            timeout=limits.deadline_s,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _out_of_time() from None
    if child.returncode == 0:
        return child.stdout
    if child.returncode < 0:
        if -child.returncode == getattr(signal, "SIGXCPU", None):
            raise _out_of_time()
        raise PhotoDecodeFailed(
            "This picture crashed its decoder, so it is probably damaged: save it anew as JPEG or PNG and send that."
        )
    raise RuntimeError(f"The decoding process could not start (exit code {child.returncode}): reinstall Pillow.")


def _child_path() -> list[str]:
    """Import path of the child: the decoder's own folder, then wherever this process has Pillow from."""
    folders = [str(Path(decoder.__file__).parent)]
    for package in ("PIL", "pillow_heif"):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            folders.append(str(Path(spec.origin).parent.parent))
    return list(dict.fromkeys(folders))


def _parse_reply(reply: bytes) -> NDArray[np.uint8]:
    """Pixels out of the child's output, or the error that it reports."""
    end = reply.index(b"\n")
    header: dict[str, Any] = json.loads(reply[:end])
    if "code" not in header:
        shape = (header["height_px"], header["width_px"], 3)
        return np.frombuffer(reply, np.uint8, offset=end + 1).reshape(shape).copy()
    if header["code"] == PhotoDecodeFailed.code:
        raise PhotoDecodeFailed(
            "This picture needs more memory to decode than a photo may use: scale it down and send it again."
        )
    error = error_from_code(header["code"], header["sentence"], **header["details"])
    assert isinstance(error, PhotoError)
    raise error


def _out_of_time() -> PhotoDecodeFailed:
    return PhotoDecodeFailed(
        "This picture takes too long to decode: save it anew as JPEG or PNG, perhaps smaller, and send that."
    )
