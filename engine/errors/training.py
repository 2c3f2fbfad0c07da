"""What an asset is fitted to."""

from __future__ import annotations

from engine.errors.base import RecedeError


class TrainingError(RecedeError):
    """An asset cannot be fitted, or was fitted to something else."""

    code = "training"


class TrainingData(TrainingError):
    """The samples or scores that a fit needs are missing, damaged or not enough."""

    code = "training_data"


class ForeignBoundary(TrainingError):
    """A boundary, or another asset, belongs to the W space of another generator."""

    code = "foreign_boundary"
