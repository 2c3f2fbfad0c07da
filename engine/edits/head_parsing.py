"""How closely a parser looks at drawn heads."""

from __future__ import annotations

from dataclasses import dataclass

from engine.face.alignment import CROP_SIZE_PX


@dataclass(frozen=True)
class Look:
    """size_px: side of the picture that is parsed; mirrored: whether its mirror image is too, in as much time again."""

    size_px: int = CROP_SIZE_PX // 2
    mirrored: bool = True


@dataclass(frozen=True)
class LookSettings:
    """Which look a head of the way to baldness gets, set by eye on 14 faces."""

    # Edges come from the picture itself, so that a small one does for a full head of hair.
    usual: Look = Look(256, mirrored=False)
    # Thin hair beside a bald head is lost at that size: it was skin with dark streaks, and the head had a notch there.
    # From so many heads before the bald one on.
    bald: Look = Look(mirrored=False)
    before: int = 2

    def of(self, index: int, bald: int) -> Look:
        """That of a head on the way, by its index and the bald one's."""
        return self.bald if index >= bald - self.before else self.usual
