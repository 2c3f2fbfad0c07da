"""One face of a photo after the other, and the answer with what is told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from engine.animation import Encoded
from engine.errors import FaceError
from engine.face.faces import Face, choose_faces
from engine.protocol import AnimationFormat, Rendered
from engine.runtime.progress import Hear, within

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
    found: list[Face], choice: str, hear: Hear, make: Callable[[Face, Sequence[Face], Hear], Made]
) -> FacesMade[Made]:
    """What `make` makes of every face found in a photo that is chosen (`choose_faces`), knowing the photo's others.

    With several faces, one that cannot be edited is passed over, as long as another can. Raises FaceError.
    """
    chosen = choose_faces(found, choice)
    done: list[Made] = []
    refused: list[FaceError] = []
    for index, face in enumerate(chosen):
        share = 1 / len(chosen)
        try:
            others = [other for other in found if other is not face]
            done.append(make(face, others, within(hear, index * share, share)))
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
