"""The real work, as the worker wants it: which device, and what to run for each kind of job."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from engine.config import EngineConfig
from engine.pipeline.recent import Key, Recent
from engine.protocol import BaldOptions, Job, Rendered
from engine.runtime.progress import Hear
from engine.server.worker import Run


def device_of(device: str) -> str:
    """The device that `device` means on this machine. Raises DeviceUnavailable."""
    from engine.models.device import choose_device

    chosen = choose_device(device)
    return f"{chosen.type}:{chosen.index or 0}" if chosen.type == "cuda" else str(chosen)


def load(settings: EngineConfig, hear: Hear, recent: Recent[Any], films: Recent[Any]) -> Mapping[str, Run]:
    """Load the models; both presets use the same ones. recent: gets what is prepared of each photo; films: gets each
    answer's pictures."""
    import torch

    from engine.models.load import load_configured
    from engine.pipeline.film import Film
    from engine.pipeline.prepared import Prepared, prepared_alike
    from engine.pipeline.run import bald, edit
    from engine.runtime.memory import sparing
    from engine.runtime.side_by_side import at_work

    models = load_configured(settings, hear)
    threads = torch.get_num_threads()

    def run(job: Job, tell: Hear) -> Rendered:
        # A thread that uses torch for the first time takes the number that another job has set last, for a while.
        torch.set_num_threads(threads)
        key = Key(job.user, sha256(job.photo).hexdigest(), prepared_alike(job.options))
        with recent.lent(key) as loan, films.lent(Key(job.user, job.job_id)) as answer, at_work():
            known: Prepared = loan.value or Prepared()

            def keep(film: Film) -> None:
                answer.value, answer.size_bytes = film, film.size_bytes

            def once(hear: Hear) -> Rendered:
                if isinstance(job.options, BaldOptions):
                    return bald(models, job.photo, job.options, job.animation, hear, known, keep)
                return edit(models, job.photo, job.options, job.animation, hear, known, keep)

            rendered = sparing(models.generator, tell, once)
            known.rest()
            loan.value, loan.size_bytes = known, known.size_bytes(models)
        return rendered

    return {"bald": run, "edit": run}
