"""All chosen faces of a photo, and the answer with what is told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock
from typing import TypeVar

import torch

from engine.animation import Encoded
from engine.errors import FaceError
from engine.face.faces import Face, choose_faces
from engine.protocol import AnimationFormat, Rendered, StageProgress
from engine.runtime.progress import Hear
from engine.runtime.side_by_side import side_by_side

Made = TypeVar("Made")


class FacesMade(list[Made]):
    """What was made of each face, from left to right; found: how many faces the photo shows; passed_over: the codes of
    the errors (engine.errors) of those that were chosen and could not be edited."""

    def __init__(self, made: Iterable[Made], found: int, passed_over: Iterable[str]) -> None:
        super().__init__(made)
        self.found = found
        self.passed_over = tuple(passed_over)

    def counts(self) -> dict[str, float]:
        """For `Rendered.measured`: faces (done), faces_found, faces_passed_over, and passed_over_CODE for each why."""
        whys = {f"passed_over_{code}": float(self.passed_over.count(code)) for code in self.passed_over}
        return {
            "faces": float(len(self)),
            "faces_found": float(self.found),
            "faces_passed_over": float(len(self.passed_over)),
            **whys,
        }


def each_face(
    found: list[Face],
    choice: str,
    hear: Hear,
    make: Callable[[Face, Sequence[Face], Hear], Made],
    at_once: int = 1,
) -> FacesMade[Made]:
    """What `make` makes of every face found in a photo that is chosen (`choose_faces`), knowing the photo's others.

    at_once: so many side by side, which share torch's threads. With several faces, one that cannot be edited is passed
    over, as long as another can. Raises FaceError, and what `hear` raises, with nobody left at work.
    """
    chosen = choose_faces(found, choice)
    told = _Told(hear, len(chosen))

    def outcome(index: int) -> Made | FaceError:
        face = chosen[index]
        try:
            return make(face, [other for other in found if other is not face], told.by(index))
        except FaceError as error:
            return error
        except BaseException as error:
            told.stop(error)
            raise
        finally:
            told.end(index)

    with side_by_side(min(at_once, len(chosen))) as pool:
        try:
            outcomes = list(pool.map(outcome, range(len(chosen))))
        except BaseException as error:  # a keyboard's too: the pool waits for its threads
            told.stop(error)
            raise
    done = [made for made in outcomes if not isinstance(made, FaceError)]
    refused = [error for error in outcomes if isinstance(error, FaceError)]
    if not done and refused:
        raise refused[-1]
    return FacesMade(done, len(found), (error.code for error in refused))


class _Told:
    """How far several faces are, as one job's progress. Whoever is still at work when another was stopped is stopped
    at the next word."""

    def __init__(self, hear: Hear, faces: int) -> None:
        self._hear, self._lock = hear, Lock()
        self._fractions, self._faces, self._left = [0.0] * faces, faces, faces
        self._stopped: BaseException | None = None
        self._threads = torch.get_num_threads()

    def by(self, index: int) -> Hear:
        """Hears of one face, on the thread that it is worked on. The last one left of several gets all of torch's
        threads."""

        def part(progress: StageProgress) -> None:
            with self._lock:
                if self._stopped is not None:
                    raise self._stopped
                self._fractions[index] = progress.fraction
                whole = sum(self._fractions) / len(self._fractions)
                self._hear(StageProgress(progress.stage, whole, progress.preview_jpeg))
            if self._left == 1 < self._faces and torch.get_num_threads() < self._threads:
                torch.set_num_threads(self._threads)

        return part

    def stop(self, error: BaseException) -> None:
        """Let nobody go on."""
        with self._lock:
            self._stopped = self._stopped or error

    def end(self, index: int) -> None:
        """Nothing more comes of one face."""
        with self._lock:
            self._fractions[index] = 1.0
            self._left -= 1


def answer(
    encoded: Encoded, format: AnimationFormat, alt_text: str, measured: Mapping[str, float], sheet: bytes | None
) -> Rendered:
    """An encoded animation with all that is told of it."""
    return Rendered(
        animation=encoded.data,
        format=format,
        width_px=encoded.width_px,
        height_px=encoded.height_px,
        frames=encoded.frames,
        alt_text=alt_text,
        gave_up=encoded.gave_up,
        measured=measured,
        sheet_png=sheet,
    )
