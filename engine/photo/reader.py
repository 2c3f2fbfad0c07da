"""The parent's side of decoding: one short-lived child process per photo."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from engine.errors import MachineBusy, NotAnImage, PhotoDecodeFailed, PhotoError, PhotoTooManyBytes, error_from_code
from engine.photo import decoding
from engine.photo.decoding.limits import MIB, PhotoLimits

# -I and -S: nothing but the standard library and the folders named here is importable, no start-up hook runs.
# -B: under a file size limit of zero no bytecode could be written anyway.
CHILD = ("-I", "-S", "-B", "-c", "import sys; sys.path += sys.argv[2:]; from decoding import child; child.main()")
# A hostile file's child must find no secret in its environment; these few may be needed to start Python at all.
KEPT_ENVIRONMENT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
# Threads and further arenas reserve address space, which is limited.
SINGLE = {"MALLOC_ARENA_MAX": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
PACKAGES = ("PIL", "pi_heif", "numpy")  # numpy: for high dynamic range alone
LOOK_SIDE_PX = 480  # of an animation's frames while the best one is looked for


@dataclass(frozen=True)
class Photo:
    """pixels: (H,W,3) uint8, upright sRGB, transparency laid on neutral grey; alpha: (H,W) uint8, 0 transparent, None
    where all is opaque; animated: whether the file holds more frames."""

    pixels: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None = None
    animated: bool = False


def read_photo(data: bytes, limits: PhotoLimits = PhotoLimits()) -> NDArray[np.uint8]:
    """The pixels (H,W,3) of `open_photo`, for those who need no more. Raises what that raises."""
    return open_photo(data, limits).pixels


def open_photo(data: bytes, limits: PhotoLimits = PhotoLimits(), frame: int = 0) -> Photo:
    """Decode a photo that nobody has checked yet.

    Takes the file's bytes: JPEG, PNG, WebP, GIF, AVIF, BMP, and HEIC where pi-heif is installed; of animations the
    frame of that number. Gives it upright in sRGB, long side at most ``limits.max_side_px`` (larger pictures are scaled
    down). Metadata is left behind.

    The decoding runs in a child process with limits on address space, processor time and wall-clock time, which cannot
    write files and does not see this process's environment; where the kernel has Landlock and seccomp it cannot read
    anything but libraries, nor reach anybody.

    Raises PhotoTooManyBytes, NotAnImage, HeicNotRead, PhotoTooManyPixels, PhotoTooSmall, TruncatedPhoto, or
    PhotoDecodeFailed where the decoder ran out of processor time or memory or crashed; MachineBusy where other work
    left it none. RuntimeError if the child cannot run at all, which is a broken installation and no fault of the photo.
    """
    header, pixels = _asked(data, limits, {"look": None, "frame": frame})
    height, width = header["height_px"], header["width_px"]
    colours = np.frombuffer(pixels, np.uint8, 3 * height * width).reshape(height, width, 3).copy()
    alpha = None
    if header["alpha"]:
        alpha = np.frombuffer(pixels, np.uint8, offset=colours.size).reshape(height, width).copy()
    return Photo(colours, alpha, header["animated"])


def frames_seen(
    data: bytes, count: int, limits: PhotoLimits = PhotoLimits(), side_px: int = LOOK_SIDE_PX
) -> list[tuple[int, NDArray[np.uint8]]]:
    """From `count` to twice as many frames, evenly over an animation, each with its number: (H,W,3), sides at most
    `side_px`. Raises what `open_photo` raises."""
    header, pixels = _asked(data, limits, {"look": count, "side_px": side_px})
    seen, at = [], 0
    for number, width, height in header["frames"]:
        size = 3 * width * height
        seen.append((number, np.frombuffer(pixels, np.uint8, size, at).reshape(height, width, 3).copy()))
        at += size
    return seen


def _asked(data: bytes, limits: PhotoLimits, request: dict[str, Any]) -> tuple[dict[str, Any], memoryview]:
    """The child's answer to a request: its header, and the pixels that follow."""
    if len(data) > limits.max_bytes:
        raise PhotoTooManyBytes(
            f"This file has {len(data) / MIB:.1f} MiB, and {limits.max_bytes / MIB:g} MiB is the limit: "
            "save it smaller and send it again.",
            size_bytes=len(data),
            max_bytes=limits.max_bytes,
        )
    if not data:
        raise NotAnImage("This file is empty: send a JPEG, PNG, WebP, GIF, AVIF, BMP or HEIC.")
    reply = _run_child(data, limits, request)
    end = reply.index(b"\n")
    header: dict[str, Any] = json.loads(reply[:end])
    if "code" not in header:
        return header, memoryview(reply)[end + 1 :]
    sentence = header["sentence"]
    if not sentence:
        sentence = "This picture needs more memory to decode than a photo may use: scale it down and send it again."
    error = error_from_code(header["code"], sentence, **header["details"])
    assert isinstance(error, PhotoError)
    raise error


def _run_child(data: bytes, limits: PhotoLimits, request: dict[str, Any]) -> bytes:
    """The child's whole output. Raises PhotoDecodeFailed if it was stopped or stopped itself, MachineBusy where it was
    not let work."""
    command = [sys.executable, *CHILD, json.dumps({"limits": asdict(limits), **request}), *_child_path()]
    environment = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ} | SINGLE
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a decoder's complaints may quote the file
        env=environment,
    ) as child:
        try:
            reply, _ = child.communicate(data, timeout=limits.deadline_s)
        except subprocess.TimeoutExpired:
            used_s = _processor_s(child.pid)
            child.kill()
            raise (_out_of_time() if used_s >= limits.cpu_s else _held_up()) from None
        except BaseException:
            child.kill()
            raise
    if child.returncode == 0:
        return reply
    if child.returncode < 0:
        if -child.returncode == getattr(signal, "SIGXCPU", None):
            raise _out_of_time()
        raise PhotoDecodeFailed(
            "This picture crashed its decoder, so it is probably damaged: save it as JPEG or PNG and send that."
        )
    raise RuntimeError(f"The decoding process could not start (exit code {child.returncode}): reinstall Pillow.")


def _child_path() -> list[str]:
    """Import path of the child: the decoder's folder, then wherever this process has its packages from."""
    folders = [str(Path(decoding.__file__).parents[1])]
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            folders.append(str(Path(spec.origin).parent.parent))
    return list(dict.fromkeys(folders))


def _processor_s(pid: int) -> float:
    """What a process has used so far; 0 where it is gone."""
    try:
        used = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(used.user + used.system)


def _held_up() -> MachineBusy:
    return MachineBusy(
        "Other work on this machine leaves no time to decode the picture: send it again when less is going on."
    )


def _out_of_time() -> PhotoDecodeFailed:
    return PhotoDecodeFailed(
        "This picture takes too long to decode: save it as JPEG or PNG, perhaps smaller, and send that."
    )
