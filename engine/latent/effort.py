"""How long one job searches, by the preset that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.latent.descent import FINE_SIZE_PX, Steps
from engine.latent.inversion import InversionSteps
from engine.protocol import Preset


@dataclass(frozen=True)
class Effort:
    """inversion: steps of learning the face; balding: of the descent to a bald head from a mean step; balding_on: the
    same from a face's own; growing: of that to new hair; heads: drawn on the way to the horseshoe, both ends included.
    """

    inversion: InversionSteps
    balding: Steps
    balding_on: Steps
    growing: Steps
    heads: int = 6

    @property
    def learns_large(self) -> bool:
        """Whether a step of learning the face holds as much memory as the largest to a bald head."""
        return self.inversion.size_px >= FINE_SIZE_PX


EFFORTS: Mapping[Preset, Effort] = MappingProxyType(
    {
        "draft": Effort(InversionSteps(1, 3, 0, 128), Steps(3, 2), Steps(0, 3), growing=Steps(5, 3)),
        "fast": Effort(InversionSteps(2, 8, 0, 128), Steps(10, 6), Steps(4, 5), growing=Steps(13, 9)),
        "fine": Effort(InversionSteps(4, 30, 0, 512), Steps(16, 24), Steps(8, 24), growing=Steps(20, 16)),
    }
)
