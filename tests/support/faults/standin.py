"""Stand-ins for the pipeline's heavy step, for tests in which the fault and not the picture is the point.

The "photo" is a JSON object that says what is to happen: {"do": "echo"|"sleep"|"steps"|"hang"|"die"|"raise"|
"no_face"|"gate"|"nearly"|"keep"|"film", "seconds": float, "bytes": size of the answer, "log": file that gets a line
when the step begins, "gate": file that has to exist before it goes on, with "nearly" from near its end}. "keep" leaves
something in the worker's memory, as the real pipeline does, and tells in `measured` whether it found it. "film" leaves
the answer's pictures, of which another file takes `again` seconds.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.config import EngineConfig
from engine.errors import NoFace
from engine.pipeline.recent import Key, Recent
from engine.protocol import NEARLY_DONE, AnimationOptions, Job, Rendered, StageProgress
from engine.runtime.progress import Hear
from engine.server.worker import Run


def device_of(device: str) -> str:
    """The name as it is: nothing here needs a device."""
    return "cpu" if device == "auto" else device


def load(settings: EngineConfig, hear: Hear, recent: Recent[Any], films: Recent[Any]) -> Mapping[str, Run]:
    """Nothing to load; on the device "slow" it takes for ever."""
    hear(StageProgress("loading nothing", 0.5))
    while settings.device == "slow":
        time.sleep(3600)

    def run_bald(job: Job, tell: Hear) -> Rendered:
        order = json.loads(job.photo)
        if order["do"] == "film":
            with films.lent(Key(job.user, job.job_id)) as kept:
                answer = run(order, tell)
                kept.value, kept.size_bytes = Film(answer, order.get("again", 0.0)), 1
            return answer
        if order["do"] != "keep":
            return run(order, tell)
        with recent.lent(Key(job.user, order["face"])) as loan:
            known = loan.value is not None
            answer = run(order, tell)
            loan.value, loan.size_bytes = order["face"], 1
        return replace(answer, measured={**answer.measured, "known": float(known)})

    return {"bald": run_bald}


@dataclass(frozen=True)
class Film:
    """An answer of which there can be other files, though none of them moves as fast. seconds: that one takes."""

    answer: Rendered
    seconds: float

    def has(self, animation: AnimationOptions) -> bool:
        """Whether there are as many frames as the first file had."""
        return animation.frames == AnimationOptions().frames

    def rendered(self, animation: AnimationOptions) -> Rendered:
        """The same in another format."""
        time.sleep(self.seconds)
        return replace(self.answer, format=animation.format)


def run(order: Mapping[str, Any], hear: Hear) -> Rendered:
    """Do what the photo says."""
    begun = time.monotonic()
    if "log" in order:
        with Path(order["log"]).open("a") as file:
            file.write(f"{order['id']} {begun} {os.getpid()}\n")
    hear(StageProgress(f"begun {begun}", 0.1))
    do, seconds = order["do"], order.get("seconds", 0.0)
    if do == "hang":
        while True:
            time.sleep(3600)
    if do == "die":
        os.kill(os.getpid(), signal.SIGSEGV)
        time.sleep(3600)
    if do == "raise":
        raise RuntimeError(f"the photo's own words: {order['id']}")
    if do == "no_face":
        raise NoFace("No face was found in this picture: send one that shows a face from the front.")
    if do == "nearly":
        hear(StageProgress("working", NEARLY_DONE))
    while "gate" in order and not Path(order["gate"]).exists():
        time.sleep(0.02)
    steps = 50 if do == "steps" else 1
    for step in range(steps):
        time.sleep(seconds / steps)
        hear(StageProgress("working", 0.1 + 0.9 * (step + 1) / steps, b"\xff\xd8preview"))
    answer = b"ANSWER" + order["id"].encode() + b"." * order.get("bytes", 100)
    measured = {"begun": begun, "ended": time.monotonic()}
    return Rendered(answer, "gif", 64, 64, 2, f"stand-in for {order['id']}", (), measured)
