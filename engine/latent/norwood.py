"""The Norwood scale in shares of hair, from the front, where most of its stages look alike.

Two tables, because two things are asked. Today's stage is told from the photo, against a usual head of hair. Where an
animation stops is told from this person's own hair, which may be thin or long, so that a stage looks alike on everyone.
"""

from __future__ import annotations

import numpy as np

# The last is the horseshoe.
LAST_STAGE = 7
STAGES = np.arange(1, LAST_STAGE + 1)
# Share of a usual head of hair that each stage, 1 to 7, still shows.
SHOWN = (0.85, 0.70, 0.55, 0.40, 0.28, 0.15, 0.03)
# Share of the removable hair on top that is left at the end of each stage, 1 to 7.
LEFT = (0.97, 0.90, 0.77, 0.60, 0.42, 0.20, 0.0)


def stage_of(shown: float) -> float:
    """Stage, 1 to 7, of a head that shows this share (0..1) of a usual head of hair."""
    return float(np.interp(-shown, -np.array(SHOWN), STAGES))


def left_at(stage: float) -> float:
    """Share (0..1) of the removable hair on top that is left at a stage, 1 to 7."""
    return float(np.interp(stage, STAGES, LEFT))
