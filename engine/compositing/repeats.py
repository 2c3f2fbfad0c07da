"""How often the same spot of a picture is copied: one leaf that hangs there four times is seen at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.runtime.cached_property import cached_property


@dataclass(frozen=True)
class Repeats:
    """sources: K,N, the spot that each label shows at each cell; worth: S, what one more copy of each spot costs, in
    levels of 0..255; seen: K, how many copies the spot itself, which is seen already, counts as for each label."""

    sources: NDArray[np.int32]
    worth: NDArray[np.float32]
    seen: NDArray[np.float32]

    @cached_property
    def _cells(self) -> NDArray[np.intp]:
        return np.arange(self.sources.shape[1])

    def more_for(self, label: int, choice: NDArray[np.intp]) -> NDArray[np.float32]:
        """What each cell (N) has to pay more for its spot when it takes the label instead of its own choice (N)."""
        own, new = self.sources[choice, self._cells], self.sources[label]
        copies = np.bincount(own, minlength=len(self.worth)).astype(np.float32)
        more = self.worth[new] * (copies[new] + self.seen[label])
        return np.asarray(more - self.worth[own] * (copies[own] - 1 + self.seen[choice]), np.float32)
