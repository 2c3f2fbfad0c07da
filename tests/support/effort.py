"""Models that search less than a preset would, where a test asks for the way and not for the picture."""

from __future__ import annotations

from dataclasses import replace

from engine.latent.descent import Steps
from engine.latent.effort import Effort
from engine.latent.inversion import InversionSteps
from engine.models.load import Models


def in_steps(models: Models, inversion: InversionSteps, edit: Steps, heads: int = 6) -> Models:
    """The same networks; the preset `fast` takes these steps of each descent and draws so many heads."""
    effort = Effort(inversion, balding=edit, balding_on=edit, growing=edit, heads=heads)
    return replace(models, efforts={**models.efforts, "fast": effort})
