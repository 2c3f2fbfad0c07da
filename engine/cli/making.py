"""A photo becomes what was asked for: with models that are here, or by the engine behind the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.protocol import AnimationOptions, BaldOptions, EditOptions, Rendered
from engine.runtime.progress import Hear

if TYPE_CHECKING:
    from engine.models.load import Models


def made(
    models: Models | None, photo: bytes, options: BaldOptions | EditOptions, animation: AnimationOptions, hear: Hear
) -> Rendered:
    """The finished file. models: what makes it here; None for the engine, which is started where none runs.

    Raises PhotoError, FaceError and RequestError as engine.pipeline.run does, OutOfMemory, and without models what
    engine.queue.remote.through_queue raises.
    """
    if models is None:
        from engine.queue.remote import through_queue

        return through_queue(photo, options, animation, hear)
    from engine.pipeline.run import bald, edit
    from engine.runtime.memory import sparing

    def run(tell: Hear) -> Rendered:
        if isinstance(options, BaldOptions):
            return bald(models, photo, options, animation, tell)
        return edit(models, photo, options, animation, tell)

    return sparing(models.generator, hear, run)
