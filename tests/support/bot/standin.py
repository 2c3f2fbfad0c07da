"""A pipeline without models that does what the photo tells it, for tests in which the picture is not the point.

A photo here is a real PNG; behind its last byte, where no decoder looks, stands what is to happen (`photo`). The
answer is a real animation in the format that was asked for, of about the size that was asked for, below the byte
limit that was asked for.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from engine.config import EngineConfig
from engine.errors import RecedeError, ResultTooLarge, all_errors
from engine.pipeline.recent import Key, Recent
from engine.protocol import AnimationOptions, BaldOptions, Job, Rendered, StageProgress
from engine.runtime.progress import Hear
from engine.server.worker import Run

MARK = b"RECEDE-ORDER"
SIDE_PX = 64


def photo(do: str = "bald", side_px: int = 256, **what: Any) -> bytes:
    """A picture with an order behind it.

    do: "bald" answers, "raise" raises the error whose code is `code`, "die" kills the worker (on the first `times`
    tries, counted in the file `tries`). seconds: how long it takes, in `steps` steps. script: before that, a list of
    (step's name, fraction, file): it stays there until the file exists. bytes: pad the animation to that size where
    the limit allows. log: file that gets a line for every beginning: the process, whether the photo is
    new or known, and the language of the counter.
    """
    out = io.BytesIO()
    picture = Image.new("RGB", (side_px, side_px), (180, 160, 140))
    ImageDraw.Draw(picture).ellipse((side_px // 4, side_px // 5, side_px * 3 // 4, side_px * 4 // 5), (230, 200, 180))
    picture.save(out, "PNG")
    return behind(out.getvalue(), do=do, **what)


def behind(picture: bytes, **order: Any) -> bytes:
    """The file `picture` with `order` behind its last byte."""
    return picture + MARK + json.dumps(order).encode()


def device_of(device: str) -> str:
    """The name as it is: nothing here needs a device."""
    return "cpu" if device == "auto" else device


def load(settings: EngineConfig, hear: Hear, recent: Recent[Any], films: Recent[Any]) -> Mapping[str, Run]:
    """Nothing to load. What is kept of a photo is its file alone."""
    hear(StageProgress("loading nothing", 0.5))

    def run_known(job: Job, tell: Hear) -> Rendered:
        photo = Key(job.user, hashlib.sha256(job.photo).hexdigest())
        with recent.lent(photo) as loan, films.lent(Key(job.user, job.job_id)) as answer:
            rendered = run(job, tell, "new" if loan.value is None else "known")
            loan.value, loan.size_bytes = job.photo, len(job.photo)
            if order_in(job.photo).get("film", True):
                answer.value, answer.size_bytes = Film(rendered), len(rendered.animation)
        return rendered

    return {"bald": run_known, "edit": run_known}


def order_in(photo: bytes) -> dict[str, Any]:
    """What stands behind the photo's last byte."""
    _, _, text = photo.rpartition(MARK) if MARK in photo else (b"", b"", b"{}")
    found: dict[str, Any] = json.loads(text)
    return found


@dataclass(frozen=True)
class Film:
    """An answer of which there can be files in other formats."""

    answer: Rendered

    def has(self, animation: AnimationOptions) -> bool:
        """Whether there are as many pictures as that needs: a still has two."""
        return animation.format == "png" or self.answer.format != "png"

    def rendered(self, animation: AnimationOptions) -> Rendered:
        """The same in that format, below its limit."""
        size_bytes = len(self.answer.animation) if len(self.answer.animation) > 100_000 else 0
        return replace(self.answer, animation=_animation(animation, size_bytes), format=animation.format)


def run(job: Job, hear: Hear, photo_is: str) -> Rendered:
    """Do what stands behind the photo's last byte; without anything there, answer at once."""
    order = order_in(job.photo)
    if "log" in order:
        with Path(order["log"]).open("a") as file:
            file.write(f"{os.getpid()} {photo_is} {job.animation.language}\n")
    hear(StageProgress("reading the photo", 0.02))
    _maybe_die(order)
    for name, fraction, gate in order.get("script", ()):
        hear(StageProgress(name, fraction, _preview(fraction)))
        while not Path(gate).exists():
            time.sleep(0.02)
    if order.get("do") == "raise":
        raise _error(order["code"])
    seconds, steps = order.get("seconds", 0.0), order.get("steps", 5)
    names = ("looking for faces", "parsing the face", "learning the face", "taking the hair off", "drawing the years")
    for step in range(steps):
        time.sleep(seconds / steps)
        fraction = 0.02 + 0.96 * (step + 1) / steps
        preview = _preview(fraction) if step * 2 >= steps else None
        hear(StageProgress(names[step * len(names) // steps], fraction, preview))
    data = _animation(job.animation, order.get("bytes", 0))
    measured = {"norwood_stage": float(order.get("norwood_stage", 2)), "faces": 1.0, "seconds": seconds}
    what = "going bald over twenty years" if isinstance(job.options, BaldOptions) else "changed step by step"
    alt = f"Edited picture: a person {what}."
    return Rendered(data, job.animation.format, SIDE_PX, SIDE_PX, 3, alt, tuple(order.get("gave_up", ())), measured)


def _maybe_die(order: Mapping[str, Any]) -> None:
    """Die like a worker whose driver takes it down, on the first so many tries."""
    if order.get("do") != "die":
        return
    tries = Path(order["tries"])
    done = tries.read_text().count("x") if tries.exists() else 0
    if done < order.get("times", 1000):
        with tries.open("a") as file:
            file.write("x")
        os.kill(os.getpid(), signal.SIGSEGV)
        time.sleep(3600)


def _error(code: str) -> RecedeError:
    kinds = {kind.code: kind for kind in all_errors()}
    return kinds[code](f"The stand-in was told to fail with {code}.")


def _preview(fraction: float) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (96, 96), (int(255 * fraction), 90, 90)).save(out, "JPEG")
    return out.getvalue()


def _animation(animation: AnimationOptions, size_bytes: int) -> bytes:
    """Three frames in which a dark cap gets smaller."""
    frames = []
    for year in range(3):
        frame = Image.new("RGB", (SIDE_PX, SIDE_PX), (200, 180, 160))
        ImageDraw.Draw(frame).rectangle((8, 4, SIDE_PX - 8, 24 - 8 * year), (40, 30, 20))
        frames.append(frame)
    out = io.BytesIO()
    if animation.format == "mp4":
        out.write(b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom")
    else:
        frames[0].save(out, animation.format.upper(), save_all=True, append_images=frames[1:], duration=200, loop=0)
    data = out.getvalue()
    if len(data) > animation.max_bytes:
        raise ResultTooLarge("Not even the stand-in's animation fits.")
    return data + b"\0" * max(0, min(size_bytes, animation.max_bytes) - len(data))
