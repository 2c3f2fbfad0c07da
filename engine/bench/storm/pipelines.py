"""What the storm's engines do: the "photo" says in JSON how long to work, how much to answer, or how to fail."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.config import EngineConfig, load_config
from engine.errors import NoFace
from engine.pipeline.recent import Recent
from engine.protocol import NEARLY_DONE, Job, Rendered, StageProgress
from engine.runtime.progress import Hear
from engine.server.worker import Run

PHOTO_MARK = "STORM-PHOTO-THAT-MUST-NOT-STAY"
ANSWER_MARK = "STORM-ANSWER"


def device_of(device: str) -> str:
    """A name of its own: nothing here needs a device."""
    return "storm"


def load(settings: EngineConfig, hear: Hear, recent: Recent[Any], films: Recent[Any]) -> Mapping[str, Run]:
    """Nothing to load."""
    return {"bald": run}


def order(job_id: str, do: str, seconds: float, answer_bytes: int, pad_bytes: int) -> bytes:
    """A photo for `run`."""
    what = {"id": job_id, "do": do, "seconds": seconds, "bytes": answer_bytes}
    return json.dumps({**what, "mark": PHOTO_MARK, "pad": "x" * pad_bytes}).encode()


def run(job: Job, hear: Hear) -> Rendered:
    """Do what the photo says."""
    told = json.loads(job.photo)
    hear(StageProgress("working", 0.1))
    if told["do"] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60.0)
    if told["do"] == "no_face":
        raise NoFace("No face was found in this picture: send one that shows a face from the front.")
    time.sleep(told["seconds"] / 2)
    hear(StageProgress("working", NEARLY_DONE))  # the next begins beside the rest
    time.sleep(told["seconds"] / 2)
    answer = f"{ANSWER_MARK}{told['id']}".encode() + b"." * told["bytes"]
    return Rendered(answer, "gif", 64, 64, 2, "")


if __name__ == "__main__":
    from engine.process.logs import log_to_stderr
    from engine.server.serve import serve

    log_to_stderr(as_json=True)
    sys.exit(serve(load_config(Path(sys.argv[1])), pipelines="engine.bench.storm.pipelines", allow_second=True))
