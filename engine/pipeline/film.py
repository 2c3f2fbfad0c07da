"""An answer's pictures as they were before they became a file: what another file of the same is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.animation import Encoded, encode
from engine.animation.sizing import Frame
from engine.pipeline.faces import answer
from engine.protocol import AnimationOptions, Rendered


@dataclass(frozen=True)
class Film:
    """frames: pictures of one shape, H,W,3 or of a cut-out H,W,4, one for each of `years`; counted: whether the year is
    drawn into them where that is asked for; size_px: the long side that was asked for; alt_text, measured: as in
    Rendered, what holds for every file of these pictures."""

    frames: Sequence[Frame]
    years: Sequence[float]
    counted: bool
    size_px: int
    alt_text: str
    measured: Mapping[str, float]

    @property
    def size_bytes(self) -> int:
        """Memory that the pictures take."""
        return sum(frame.nbytes for frame in self.frames)

    def has(self, animation: AnimationOptions) -> bool:
        """Whether all pictures of such a file are here. A still needs the first and the last alone."""
        if animation.sheet or animation.size_px != self.size_px:
            return False
        return animation.format == "png" or animation.frames == len(self.frames)

    def encoded(self, animation: AnimationOptions, tell: Callable[[float], None] | None = None) -> Encoded:
        """The file. tell: called with fractions 0..1, may raise to stop the work. Raises ResultTooLarge."""
        chosen = slice(None, None, len(self.frames) - 1) if animation.format == "png" else slice(None)
        counted = animation.counter and self.counted
        return encode(self.frames[chosen], self.years[chosen], replace(animation, counter=counted), tell)

    def rendered(self, animation: AnimationOptions) -> Rendered:
        """The answer once more, in such a file. Raises ResultTooLarge."""
        return answer(self.encoded(animation), animation.format, self.alt_text, self.measured, None)


Keep = Callable[[Film], None]


def drop(film: Film) -> None:
    """Keeps nothing."""
