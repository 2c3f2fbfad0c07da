"""What a photo's ways through the engine share: parts of a whole, clocks, one face after the other, the answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.animation import Encoded
from engine.errors import FaceError
from engine.face import Face, FaceTools, choose_faces, find_faces
from engine.protocol import AnimationFormat, Rendered, StageProgress

Report = Callable[[StageProgress], None]
Made = TypeVar("Made")


class Tell(Protocol):
    """Takes a stage's name, its own fraction 0..1, and a small JPEG once there is one; may raise to stop the work."""

    def __call__(self, stage: str, fraction: float, preview_jpeg: bytes | None = None) -> None: ...


def within(report: Report, start: float, length: float) -> Report:
    """A report for a part of the work that covers start..start+length of the whole."""

    def part(progress: StageProgress) -> None:
        report(StageProgress(progress.stage, start + length * progress.fraction, progress.preview_jpeg))

    return part


def staged(report: Report, stages: Sequence[tuple[str, float]]) -> Tell:
    """Turns a stage's own fraction into that of the whole. stages: names in their order, with what each costs."""
    total = sum(cost for _, cost in stages)
    starts: dict[str, tuple[float, float]] = {}
    begin = 0.0
    for name, cost in stages:
        starts[name] = (begin / total, cost / total)
        begin += cost
    furthest = 0.0

    def tell(stage: str, fraction: float, preview_jpeg: bytes | None = None) -> None:
        nonlocal furthest
        start, length = starts.get(stage, (furthest, 0.0))
        # A stage that two edits share is passed through twice: progress never goes back.
        furthest = max(furthest, min(1.0, start + length * fraction))
        report(StageProgress(stage, furthest, preview_jpeg))

    return tell


@contextmanager
def timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Adds the time of its block to what `seconds` has under that name."""
    started = time.perf_counter()
    yield
    seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - started


def total_seconds(parts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The sums of several clocks, by name."""
    total: dict[str, float] = {}
    for part in parts:
        for name, value in part.items():
            total[name] = total.get(name, 0.0) + value
    return total


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
    tools: FaceTools,
    photo: NDArray[np.uint8],
    choice: str,
    report: Report,
    make: Callable[[Face, Sequence[Face], Report], Made],
) -> FacesMade[Made]:
    """What `make` makes of every face of a photo (H,W,3) that is chosen (`choose_faces`), knowing the photo's others.

    With several faces, one that cannot be edited is passed over, as long as another can. Raises FaceError.
    """
    report(StageProgress("looking for faces", 0.0))
    found = find_faces(tools, photo)
    chosen = choose_faces(found, choice)
    done: list[Made] = []
    refused: list[FaceError] = []
    for index, face in enumerate(chosen):
        share = 1 / len(chosen)
        try:
            others = [other for other in found if other is not face]
            done.append(make(face, others, within(report, index * share, share)))
        except FaceError as error:
            refused.append(error)
    if not done and refused:
        raise refused[-1]
    return FacesMade(done, len(found), (error.code for error in refused))


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
